"""Known identifiers, and codes that look like hashes or pseudonyms."""

import re

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.rules.rule import Settings, unsafe
from disclosure_control.verdict import Finding

_HEX = re.compile(r"^(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{16,}$", re.IGNORECASE)
_UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_BASE64 = re.compile(
    r"^(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])[A-Za-z0-9+/_-]{16,}={0,2}$"
)
_IN_TEXT = re.compile(
    r"(?<![0-9A-Za-z.])(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{16,}(?![0-9A-Za-z])"
)
_FEWEST = 3
_WORD = re.compile(r"\w+")
_REMEDY = "leave identifiers out"


def known_identifiers(content: Content, settings: Settings) -> list[Finding]:
    """Identifiers of the project that occur in the file, however they are separated."""
    if not settings.known:
        return []
    wanted = _by_first_word(settings.known)
    found = []
    for label, column in content.places:
        count = sum(_contains(cell, wanted) for cell in (column.name, *column.cells) if cell)
        if count:
            reason = f"{label} has {count} cells with known identifiers"
            found.append(unsafe("known_identifiers", reason, _REMEDY))
    elsewhere = 0 if found else sum(_contains(text, wanted) for text in content.texts)
    if elsewhere:
        reason = "the file or its name has known identifiers"
        found.append(unsafe("known_identifiers", reason, _REMEDY))
    return found


def pseudonyms(content: Content, settings: Settings) -> list[Finding]:
    """Columns of codes of 16 characters and more, or many such codes in a text."""
    found = []
    for label, column in content.places:
        codes = sum(map(_is_code, column.filled))
        if codes >= _FEWEST and 2 * codes >= len(column.filled):
            reason = f"{label} has {codes} cells that look like pseudonyms or hashes"
            found.append(unsafe("pseudonyms", reason, _REMEDY))
    in_text = len(frozenset(_IN_TEXT.findall(content.text)))
    if not found and in_text >= settings.minimum_units:
        reason = f"the file has {in_text} different codes that look like pseudonyms or hashes"
        found.append(unsafe("pseudonyms", reason, _REMEDY))
    return found


def _is_code(cell: str) -> bool:
    return bool(_HEX.match(cell) or _UUID.match(cell) or _BASE64.match(cell))


Wanted = dict[str, list[tuple[str, ...]]]


def _by_first_word(known: frozenset[str]) -> Wanted:
    """Identifiers as words; those written without separators too."""
    found: Wanted = {}
    for identifier in known:
        words = tuple(_WORD.findall(identifier.casefold()))
        for form in {words, ("".join(words),)}:
            if form and form[0]:
                found.setdefault(form[0], []).append(form)
    return found


def _contains(text: str, wanted: Wanted) -> bool:
    words = _WORD.findall(text.casefold())
    for place, word in enumerate(words):
        for form in wanted.get(word, ()):
            if tuple(words[place : place + len(form)]) == form:
                return True
    return ("".join(words),) in wanted.get("".join(words), ())
