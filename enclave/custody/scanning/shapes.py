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
    from collections.abc import Iterator

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
_POSTCODE = r"^[1-9][0-9]{3} ?[A-Za-z]{2}$"
_DATE = r"^(?:\d{4}-?\d{2}-?\d{2}|\d{2}[-/]\d{2}[-/]\d{4})$"
_YEAR = r"^(\d{4})|(\d{4})$"
_WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1])
_LETTERS = re.compile(r"[^a-z]")


def is_identifier_name(name: str) -> bool:
    """Whether a column of this name holds an identifier, whatever is in it."""
    return _LETTERS.sub("", name.lower()) in IDENTIFIER_NAMES


def shape_findings(column: pl.Series, oldest_year: int) -> Iterator[tuple[str, int]]:
    """Kinds of identifier that the values of a column look like, with how many do.

    Args:
        column: values of one column, of any type but nested ones.
        oldest_year: full dates of an earlier year are nobody's test date.
    """
    text = _as_text(column)
    digits = text.filter(text.str.contains(r"^\d{8,9}$")).unique().str.zfill(9)
    passing = numbers_beyond_chance(digits)
    if passing:
        yield "numbers that pass the eleven test", passing
    postcodes = text.filter(text.str.contains(_POSTCODE))
    if _prevails(postcodes, text):
        yield "postcodes", len(postcodes)
    dates = text.filter(text.str.contains(_DATE))
    years = dates.str.extract_groups(_YEAR).struct.unnest()
    year = years.select(pl.coalesce(pl.all()).cast(pl.Int32, strict=False)).to_series()
    early = dates.filter(year.is_between(1900, oldest_year - 1))
    if _prevails(early, text):
        yield "birth dates", len(early)


def numbers_beyond_chance(digits: pl.Series) -> int:
    """How many distinct nine-digit numbers pass an eleven test, or 0 when chance explains it.

    The evidence is the Chernoff bound on the binomial tail with one success in eleven; nine
    numbers that all pass are enough.
    """
    if digits.is_empty():
        return 0
    figures = np.frombuffer("".join(digits.to_list()).encode(), dtype=np.uint8) - ord("0")
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


def _prevails(found: pl.Series, among: pl.Series) -> bool:
    """Whether a shape is that of the column: most values, and several different ones."""
    return len(found) * 2 > len(among) and found.n_unique() >= _FEW


def _as_text(column: pl.Series) -> pl.Series:
    """The values as text without nulls and blanks."""
    present = column.drop_nulls()
    if present.dtype == pl.Binary:
        present = pl.Series(
            [value.decode("latin-1") for value in present.to_list()], dtype=pl.String
        )
    elif present.dtype.is_float():
        whole = present.filter(present.is_finite() & (present == present.round()))
        present = whole.filter(whole.abs() < 1e15).cast(pl.Int64)
    text = present.cast(pl.String).str.strip_chars()
    return text.filter(text != "")
