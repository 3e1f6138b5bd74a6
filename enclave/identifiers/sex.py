"""Sex as ``M`` or ``V``. Every source has its own code map; digits are never interpreted."""

import polars as pl

SEX_CODES: dict[str, dict[str, str]] = {
    "letters": {"M": "M", "V": "V"},
    "ISO 5218": {"1": "M", "2": "V"},
    "OSO": {"1": "V", "2": "M"},
}
"""The same digits mean opposite things in EDEXML (ISO 5218) and in OSO 2019.1."""


def sex(column: str, coding: str) -> pl.Expr:
    """``M`` or ``V`` by the coding of the source; null for unknown and for anything else."""
    codes = SEX_CODES[coding]
    return pl.col(column).str.strip_chars().replace_strict(codes, default=None)
