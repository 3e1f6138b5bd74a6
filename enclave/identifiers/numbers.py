"""Citizen service number (BSN) and education number.

Both have nine digits; leading zeros are often lost on the way. The weighted sum (weights 9 to 2,
and -1 for the last digit) modulo 11 is 0 for a BSN and 5 for an education number, which also
starts with 10. So each can be told from the other, and one typed in the other's field is found.
Source: python-stdnum, ``stdnum.nl.bsn`` and ``stdnum.nl.onderwijsnummer``.
"""

import polars as pl

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
BSN_REMAINDER = 0
EDUCATION_REMAINDER = 5
PLACEHOLDERS = ("123456782", "111222333", "999999990", "000000000")
"""Numbers that pass the test but belong to nobody: test numbers and fillers."""

_SEPARATORS = r"[\s.\-]"


def nine_digits(column: str) -> pl.Expr:
    """The nine digits in ``column`` with lost zeros put back, null for anything else."""
    digits = pl.col(column).str.replace_all(_SEPARATORS, "")
    plain = digits.str.contains(r"^\d{7,9}$")
    return pl.when(plain).then(digits.str.zfill(9))


def _remainder(digits: pl.Expr) -> pl.Expr:
    """The weighted sum modulo 11 (from 0 to 10)."""
    terms = [
        digits.str.slice(place, 1).cast(pl.Int32, strict=False) * weight
        for place, weight in enumerate(WEIGHTS)
    ]
    return ((sum(terms[1:], terms[0]) % 11) + 11) % 11


def is_sound_bsn(digits: pl.Expr) -> pl.Expr:
    """Whether nine digits pass the eleven-test of a BSN and are no filler; null for null."""
    return (_remainder(digits) == BSN_REMAINDER) & ~digits.is_in(PLACEHOLDERS)


def _is_education(digits: pl.Expr) -> pl.Expr:
    return (_remainder(digits) == EDUCATION_REMAINDER) & digits.str.starts_with("10")


def citizen_service_number(column: str = "bsn", other: str = "education_number") -> pl.Expr:
    """A valid BSN from its own field, else from the field of the education number, else null."""
    own, moved = nine_digits(column), nine_digits(other)
    return pl.when(is_sound_bsn(own)).then(own).when(is_sound_bsn(moved)).then(moved)


def education_number(column: str = "education_number", other: str = "bsn") -> pl.Expr:
    """A valid education number from its own field, else from the BSN's field, else null."""
    own, moved = nine_digits(column), nine_digits(other)
    return pl.when(_is_education(own)).then(own).when(_is_education(moved)).then(moved)
