"""Where somebody lives or can be written to, and when somebody was born."""

import datetime as dt
import re
from itertools import pairwise

from disclosure_control.outputs.custom_files.content import Column, Content
from disclosure_control.outputs.custom_files.rules.rule import Settings, review, unsafe
from disclosure_control.outputs.custom_files.words import BIRTHS
from disclosure_control.verdict import Finding

_POSTCODE = re.compile(r"^[1-9][0-9]{3} ?[A-Z]{2}$")
_POSTCODE_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{3}[A-Z]{2}(?![0-9A-Za-z])")
_MAIL = re.compile(r"(?<=[\w.+-])@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}")
_ISO = re.compile(
    r"^(?P<y>\d{4})(?P<s>[-/]?)(?P<m>\d{2})(?P=s)(?P<d>\d{2})(?:[T ][\d:.Z+-]{1,30})?$"
)
_EUROPEAN = re.compile(r"^(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4})$")
_FEWEST_CODES = 3
_MOSTLY, _DISTINCT = 0.8, 0.5
_OLDEST, _YOUNGEST = 1900, 2100


def postcodes(content: Content, settings: Settings) -> list[Finding]:
    """Columns of full Dutch postcodes, or several of them in a text."""
    del settings
    found = []
    for label, column in content.places:
        codes = sum(bool(_POSTCODE.match(cell)) for cell in column.filled)
        if codes > 1 and 2 * codes >= len(column.filled):
            found.append(_postcode(f"{label} has {codes} full postcodes"))
    codes = len(_POSTCODE_IN_TEXT.findall(content.text))
    if not found and codes >= _FEWEST_CODES:
        found.append(_postcode(f"the file has {codes} full postcodes"))
    return found


def e_mail(content: Content, settings: Settings) -> list[Finding]:
    """Addresses for e-mail, anywhere."""
    del settings
    count = sum(len(_MAIL.findall(text)) for text in content.texts[:2])
    reason = f"the file has {count} e-mail addresses"
    return [unsafe("e_mail", reason, "leave addresses out")] if count else []


def birth_dates(content: Content, settings: Settings) -> list[Finding]:
    """Columns of mostly different dates without a fixed step; few of them are for people."""
    found = []
    for label, column in content.places:
        days = _days(column)
        if not days or len(days) < _MOSTLY * len(column.filled):
            continue
        named = not BIRTHS.isdisjoint(column.words)
        many = len(set(days)) >= _DISTINCT * len(days) and not _is_series(days)
        reason = f"{label} has {len(days)} dates that may be dates of birth"
        if named or (many and len(days) >= settings.minimum_units):
            found.append(unsafe("birth_dates", reason, "give years or age groups instead"))
        elif many and len(days) > 1:
            found.append(review("birth_dates", reason, "say what the dates are"))
    return found


def _postcode(reason: str) -> Finding:
    return unsafe("postcodes", reason, "give a municipality or the first two digits instead")


def _days(column: Column) -> list[int]:
    """The dates in a column as day numbers, in its order."""
    known = {cell: _day(cell) for cell in column.different}
    return [day for day in (known[cell] for cell in column.filled) if day is not None]


def _day(cell: str) -> int | None:
    match = _ISO.match(cell) or _EUROPEAN.match(cell)
    if match is None or not _OLDEST <= int(match["y"]) <= _YOUNGEST:
        return None
    try:
        return dt.date(int(match["y"]), int(match["m"]), int(match["d"])).toordinal()
    except ValueError:
        return None


def _is_series(days: list[int]) -> bool:
    """Whether dates follow each other at nearly equal steps: days, weeks, months, years."""
    steps = {later - earlier for earlier, later in pairwise(days)}
    return bool(steps) and min(steps) > 0 and max(steps) - min(steps) <= 3 + min(steps) // 28
