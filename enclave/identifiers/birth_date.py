"""Birth dates as ``YYYYMMDD``, unknown parts ``00`` as the population register writes them."""

import polars as pl

DAY_FIRST, YEAR_FIRST = "day first", "year first"


def birth_date(column: str, order: str) -> pl.Expr:
    """The birth date in eight digits; null when it is no date or wholly unknown.

    Args:
        column: text with or without separators.
        order: ``DAY_FIRST`` (DD-MM-YYYY) or ``YEAR_FIRST`` (YYYY-MM-DD, YYYYMMDD).
    """
    digits = pl.col(column).str.replace_all(r"[\s\-/.]", "")
    if order == DAY_FIRST:
        digits = digits.str.slice(4, 4) + digits.str.slice(2, 2) + digits.str.slice(0, 2)
    whole = digits.str.to_date("%Y%m%d", strict=False).is_not_null()
    partial = digits.str.contains(r"^(19|20)\d{2}((0[1-9]|1[0-2])00|0000)$")
    plausible = digits.str.contains(r"^(19|20)\d{6}$")
    return pl.when(plausible & (whole | partial)).then(digits)
