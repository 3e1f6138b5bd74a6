"""Numbers as people write them: whole, with thousands apart, decimal, hidden, missing."""

import re

BLANKS = frozenset({"", "na", "n/a", "nan", "none", "null", "missing", "[missing]"})
"""Texts that stand for no value, in lower case."""
HIDDEN = re.compile(r"^(?:[.x*c:-]|--|\.\.|[<≤>]\s?\d+|suppressed|hidden|redacted)$", re.IGNORECASE)
"""Texts that stand for a value that is not shown."""
_WHOLE = re.compile(r"^[+-]?\d{1,18}(?:\.0{1,6})?$")
_APART = re.compile(r"^[+-]?[1-9]\d{0,2}(?:[.,' \u00a0\u202f]\d{3}){1,5}$")
_DECIMAL = re.compile(
    r"^[+-]?(?:\d{1,30}[.,]?\d{0,30}|[.,]\d{1,30})(?:e[+-]?\d{1,3})?\s?%?$", re.IGNORECASE
)
_MARKS = re.compile(r"[.,' \u00a0\u202f]")


def whole(text: str) -> int | None:
    """The whole number that ``text`` shows, thousands apart or ``.0`` behind; null when none."""
    if _WHOLE.match(text):
        return int(text.partition(".")[0])
    return int(_MARKS.sub("", text)) if _APART.match(text) else None


def is_number(text: str) -> bool:
    """Whether ``text`` shows a number of any kind, percentages included."""
    return bool(_DECIMAL.match(text) or _APART.match(text))


def is_blank(text: str) -> bool:
    """Whether ``text`` stands for a missing or hidden value."""
    return text.lower() in BLANKS or bool(HIDDEN.match(text))
