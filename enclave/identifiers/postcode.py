"""Postcodes as ``1234AB``, never SA, SD or SS. Source: python-stdnum, ``nl.postcode``."""

import polars as pl

PLACEHOLDERS = ("9999XX", "9999ZZ", "1000AA")


def postcode(column: str = "postcode") -> pl.Expr:
    """The postcode without space, dash or country prefix; null when it is none."""
    bare = pl.col(column).str.to_uppercase().str.replace_all(r"[\s\-]", "").str.replace(r"^NL", "")
    valid = bare.str.contains(r"^[1-9]\d{3}[A-Z]{2}$") & ~bare.str.contains(r"S[ADS]$")
    return pl.when(valid & ~bare.is_in(PLACEHOLDERS)).then(bare)
