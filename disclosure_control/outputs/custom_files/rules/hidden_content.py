"""Content that people do not see: control and invisible characters, packed data, markup."""

import re

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.kinds import CSV, JSON
from disclosure_control.outputs.custom_files.rules.rule import Settings, unsafe
from disclosure_control.verdict import Finding

_RULE = "hidden_content"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_NOBODYS = re.compile("[\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{48,}")
_LONG_RUN = 200
_FEWEST_DIGITS = 3
_MARKUP = re.compile(
    r"<\s{0,4}/?(?:script|svg|html|iframe|object|embed|img|link|meta|style)\b|javascript:"
    r"|data:[\w/+.-]{1,60};base64",
    re.IGNORECASE,
)
_MIXED_END = re.compile(r"(?: \t|\t )[ \t]*$", re.MULTILINE)
_CLEAN = "write the file anew from plain text and numbers"


def hidden_content(content: Content, settings: Settings) -> list[Finding]:
    """Characters that do not show, blobs, markup, cells too long to read."""
    texts = content.texts
    blanks = len(_MIXED_END.findall(content.text)) if content.kind != CSV else 0
    checks = (
        ("control characters", sum(len(_CONTROL.findall(text)) for text in texts)),
        ("invisible or direction characters", sum(len(_INVISIBLE.findall(t)) for t in texts)),
        ("characters without a meaning", sum(len(_NOBODYS.findall(text)) for text in texts)),
        ("runs of packed data", sum(_packed(text) for text in texts)),
        ("pieces of markup or embedded files", sum(len(_MARKUP.findall(t)) for t in texts)),
        ("lines whose ends mix spaces and tabs", blanks),
        ("cells or texts too long to read", _too_long(content, settings.limits.maximum_field)),
    )
    return [unsafe(_RULE, f"{count} {what}", _CLEAN) for what, count in checks if count]


def _packed(text: str) -> int:
    """Runs that look like base64: capitals, small letters and digits mixed, or very long."""
    return sum(_is_packed(run) for run in _PACKED.findall(text))


def _is_packed(run: str) -> bool:
    if len(run) >= _LONG_RUN and len(set(run)) > _FEWEST_DIGITS:
        return True
    digits = sum(letter.isdigit() for letter in run)
    mixed = any(map(str.islower, run)) and any(map(str.isupper, run))
    return mixed and digits >= _FEWEST_DIGITS


def _too_long(content: Content, limit: int) -> int:
    if content.kind == JSON:
        return sum(len(text) > limit for text in content.strings)
    return sum(len(cell) > limit for _, column in content.places for cell in column.cells)
