"""House number and addition, apart: ``32A``, ``32-2``, ``32 hs`` are 32 with an addition."""

import polars as pl

_PARTS = r"^\s*0*(\d{1,5})\s*[-/ ]?\s*(.*?)\s*$"


def house_parts(column: str) -> tuple[pl.Expr, pl.Expr]:
    """Number and addition from one text field; null where there is none."""
    text = pl.col(column)
    return _number(text.str.extract(_PARTS, 1)), _addition(text.str.extract(_PARTS, 2))


def house_number(column: str = "house_number") -> pl.Expr:
    """The number without leading zeros; text after it is left to the addition."""
    return _number(pl.col(column).str.extract(_PARTS, 1))


def house_addition(column: str = "house_addition", number: str = "house_number") -> pl.Expr:
    """The addition from its own field, else what followed the number; upper case."""
    own = _addition(pl.col(column))
    return own.fill_null(_addition(pl.col(number).str.extract(_PARTS, 2)))


def _number(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"^[1-9]\d{0,4}$")).then(text)


def _addition(text: pl.Expr) -> pl.Expr:
    bare = text.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return pl.when(bare != "").then(bare)
