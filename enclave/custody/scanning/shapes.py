"""What identifiers are called, and what a column of them looks like.

A single nine-digit number proves nothing: one in eleven passes the eleven test by chance, and
person numbers of the spine have nine digits too. A whole column that passes is no chance.

Source: the eleven test of the BSN (weights 9 to 2 and -1, sum divisible by 11) and of the
education number (same sum leaves 5, number begins with 10), Nictiz and DUO descriptions.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

IDENTIFIER_NAMES = frozenset(
    {
        "bsn",
        "burgerservicenummer",
        "sofinummer",
        "educationnumber",
        "onderwijsnummer",
        "persoonsgebondennummer",
        "pgn",
        "postcode",
        "postalcode",
        "zipcode",
        "house",
        "housenumber",
        "houseaddition",
        "huisnummer",
        "huisnummertoevoeging",
        "toevoeging",
        "street",
        "straat",
        "address",
        "adres",
        "birthdate",
        "dateofbirth",
        "geboortedatum",
        "learnerid",
        "leerlingid",
        "leerlingnummer",
        "firstname",
        "lastname",
        "surname",
        "voornaam",
        "achternaam",
    }
)
"""Names of identifying columns in lower case, without anything but letters."""

CHANCE = 1 / 11
_ENOUGH_EVIDENCE = 20.0
_ENOUGH_SHARE = 0.3
_FEW = 5
_SHORTEST, _LONGEST = 6, 10
_SMALLEST, _LARGEST = 10_000_000, 999_999_999
_SHAPE = re.compile(
    r"(?P<number>\d{8,9})|(?P<postcode>[1-9]\d{3} ?[A-Za-z]{2})"
    r"|(?P<first>\d{4})-\d{2}-\d{2}|\d{2}[-/]\d{2}[-/](?P<last>\d{4})"
)
_COMPACT_DATE = re.compile(r"(\d{4})(?:0\d|1[0-2])(?:[0-2]\d|3[01])")
_WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1])
_LETTERS = re.compile(r"[^a-z]")


def is_identifier_name(name: str) -> bool:
    """Whether a column of this name holds an identifier, whatever is in it."""
    return _LETTERS.sub("", name.lower()) in IDENTIFIER_NAMES


def shape_findings(column: pl.Series, oldest_year: int) -> Iterator[tuple[str, int]]:
    """Kinds of identifier that a column looks like, with how many distinct values do.

    Args:
        column: values of one column, of any type but nested ones.
        oldest_year: full dates of an earlier year are nobody's test date.
    """
    distinct = column.drop_nulls().unique()
    numbers: list[str] = []
    postcodes = early = 0
    for value in _candidates(distinct):
        match = _SHAPE.fullmatch(value)
        if match is None:
            continue
        number = match["number"]
        if number:
            numbers.append(number.zfill(9))
        postcodes += match["postcode"] is not None
        compact = _COMPACT_DATE.fullmatch(number) if number else None
        year = compact[1] if compact else match["first"] or match["last"]
        early += year is not None and 1900 <= int(year) < oldest_year
    passing = numbers_beyond_chance(numbers)
    if passing:
        yield "numbers that pass the eleven test", passing
    for kind, count in (("postcodes", postcodes), ("birth dates", early)):
        if count >= _FEW and count * 2 > len(distinct):
            yield kind, count


def numbers_beyond_chance(digits: Collection[str]) -> int:
    """How many distinct nine-digit numbers pass an eleven test, or 0 when chance explains it.

    The evidence is the Chernoff bound on the binomial tail with one success in eleven; nine
    numbers that all pass are enough.
    """
    if not digits:
        return 0
    figures = np.frombuffer("".join(digits).encode(), dtype=np.uint8) - ord("0")
    figures = figures.reshape(-1, 9).astype(np.int64)
    remainder = (figures @ _WEIGHTS) % 11
    citizens = int((remainder == 0).sum())
    begins_10 = (figures[:, 0] == 1) & (figures[:, 1] == 0)
    pupils = int((remainder[begins_10] == 5).sum())
    found = citizens if _beyond_chance(citizens, len(figures)) else 0
    return found + (pupils if _beyond_chance(pupils, int(begins_10.sum())) else 0)


def _beyond_chance(passing: int, tried: int) -> bool:
    if tried == 0 or passing / tried < _ENOUGH_SHARE:
        return False
    share = passing / tried
    divergence = share * math.log(share / CHANCE)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - CHANCE))
    return tried * divergence >= _ENOUGH_EVIDENCE


def _candidates(distinct: pl.Series) -> Iterable[str]:
    """The values that are of the length of an identifier, as text."""
    if distinct.dtype == pl.Binary:
        return (value.decode("latin-1").strip() for value in distinct if len(value) < _LONGEST * 2)
    if distinct.dtype.is_float():
        whole = distinct.filter(distinct.is_between(_SMALLEST, _LARGEST))
        distinct = whole.filter(whole == whole.round()).cast(pl.Int64)
    elif distinct.dtype.is_integer():
        wide = distinct.cast(pl.Int64, strict=False)
        distinct = wide.filter(wide.is_between(_SMALLEST, _LARGEST))
    elif distinct.dtype == pl.Datetime:
        distinct = distinct.dt.date().unique()
    elif distinct.dtype == pl.Boolean:
        return ()
    text = distinct.cast(pl.String).str.strip_chars()
    return text.filter(text.str.len_bytes().is_between(_SHORTEST, _LONGEST)).to_list()
