"""Dutch national numbers: the BSN and the education number.

Nine digits weighted 9 to 2 and -1 sum to 0 modulo 11 for a BSN, and to 5 for an education number,
which starts with 10. One in eleven other numbers passes by chance. So passing numbers are unsafe
when they are more than chance explains: a quarter or more of a column's numbers with a probability
below 1 % (two of two, six of twenty), or any share with one below 1 in a million. Else they are
named for people. Source: python-stdnum, nl.bsn and nl.onderwijsnummer.
"""

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.rules.rule import Settings, review, unsafe
from disclosure_control.outputs.custom_files.words import IDENTIFIERS
from disclosure_control.verdict import Finding

_RULE = "national_numbers"
_WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1])
Whole = npt.NDArray[np.int64]
_CHANCE = 1 / 11
_UNLIKELY, _SHARE = 0.01, 0.25
_IMPOSSIBLE = 1e-6
_NINE = re.compile(
    r"(?<!\d)(?<!\d[.,])(?:\d{9}|\d{4}[.\- ]\d{2}[.\- ]\d{3}|\d{3}[\- ]\d{3}[\- ]\d{3})"
    r"(?:\.0{1,6})?(?!\d|[.,]\d)"
)
_MARKS = re.compile(r"[.\- ]")
_REMEDY = "leave identifiers out"


def national_numbers(content: Content, settings: Settings) -> list[Finding]:
    """Columns, else the file, with numbers that pass the tests of a BSN or education number."""
    del settings
    found = []
    for label, column in content.places:
        if not IDENTIFIERS.isdisjoint(column.words) and column.filled:
            reason = f"{label} is named as an identifier and has {len(column.filled)} cells"
            found.append(unsafe(_RULE, reason, _REMEDY))
        elif column.filled:
            found += _judged(label, nine_digits((column.name, *column.different)), named=False)
    if found:
        return found
    cells = (cell for _, column in content.places for cell in column.different)
    return _judged("the file", nine_digits(content.texts) | nine_digits(cells), named=True)


def nine_digits(texts: Iterable[str]) -> frozenset[str]:
    """The different numbers of nine digits in ``texts``, separators left out."""
    runs = (run for text in texts for run in _NINE.findall(text))
    return frozenset(_MARKS.sub("", run)[:9] for run in runs)


def passing_bsn(numbers: Whole) -> int:
    """How many numbers pass the eleven test."""
    return int(((_sums(numbers) % 11 == 0) & (numbers > 0)).sum())


def passing_education(numbers: Whole) -> int:
    """How many numbers pass the test of an education number."""
    return int(((_sums(numbers) % 11 == 5) & (numbers // 10_000_000 == 10)).sum())


def _sums(numbers: Whole) -> Whole:
    """The weighted sum of every number's nine digits."""
    powers = 10 ** np.arange(8, -1, -1)
    return np.asarray((numbers[:, None] // powers % 10) @ _WEIGHTS, dtype=np.int64)


def _judged(label: str, numbers: frozenset[str], *, named: bool) -> list[Finding]:
    """Findings on one place; ``named``: also when chance may explain them."""
    values = np.array([int(number) for number in numbers], dtype=np.int64)
    tens = int((values // 10_000_000 == 10).sum())
    tests = (
        ("a BSN", passing_bsn(values), values.size),
        ("an education number", passing_education(values), tens),
    )
    found = []
    for what, passing, tried in tests:
        if not passing:
            continue
        reason = f"{label} has {passing} of {tried} numbers that pass the test of {what}"
        if is_more_than_chance(passing, tried):
            found.append(unsafe(_RULE, f"{reason}, more than chance explains", _REMEDY))
        elif named:
            ask = "one in eleven numbers passes by chance; say what the number is"
            found.append(review(_RULE, reason, ask))
    return found


def is_more_than_chance(passing: int, tried: int) -> bool:
    """Whether so many of the numbers tried do not pass by chance."""
    from scipy.special import bdtrc

    probability = float(bdtrc(passing - 1, tried, _CHANCE))
    limit = _UNLIKELY if passing >= _SHARE * tried else _IMPOSSIBLE
    return probability < limit
