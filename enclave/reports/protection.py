"""What may be printed of a school's figures.

Staff know every score of their pupils and their sex, but no group may single out a few pupils, nor
leave a few behind. A figure needs ``minimum_pupils``; and within one school, domain, year and kind
the pupils in hidden figures are none or at least as many. Kinds: grades against the school's total,
sexes, starting levels. A hidden total hides everything below it. Sources: a simulation of school
reports (groups known to staff: n >= 6 with a hidden rest of 0 or >= 6); NCO: nothing on five or
fewer pupils.
"""

import polars as pl

from enclave.errors import FindingsError

GROUP = ("school_code", "domain", "school_year", "kind")
NEVER = "onbekend"
"""Pupils of unknown sex are no group: they count as hidden."""

NUMBERS = ("n", "points", "national", "z", "error")


def protect_figures(figures: pl.DataFrame, minimum_pupils: int) -> pl.DataFrame:
    """The figures with a column ``shown``; every number of a hidden one is null.

    Args:
        figures: as made by ``school_figures``.
        minimum_pupils: fewest pupils behind a figure, and behind what is hidden.
    """
    small = (pl.col("n") < minimum_pupils) | (pl.col("label") == NEVER)
    left = pl.col("n").filter(small).sum().over(GROUP)
    large = pl.when(~small).then(pl.col("n"))
    smallest = large.rank("ordinal").over(GROUP) == 1
    spare = (left > 0) & (left < minimum_pupils) & smallest.fill_null(value=False)
    marked = figures.with_columns((~small & ~spare).alias("shown"))
    totals = marked.filter(pl.col("kind") == "total").select(
        "school_code", "domain", "school_year", pl.col("shown").alias("total_shown")
    )
    joined = marked.join(totals, on=["school_code", "domain", "school_year"], how="left")
    shown = pl.col("shown") & pl.col("total_shown").fill_null(value=False)
    protected = joined.with_columns(shown.alias("shown")).drop("total_shown")
    check_figures(protected, minimum_pupils)
    return protected.with_columns(
        pl.when("shown").then(pl.col(name)).alias(name) for name in NUMBERS
    )


def check_figures(marked: pl.DataFrame, minimum_pupils: int) -> None:
    """The post-condition, written apart from the rule: no few shown, no few left behind.

    Raises:
        FindingsError: counts of figures that break it; nothing is written then.
    """
    few = marked.filter(pl.col("shown") & (pl.col("n") < minimum_pupils)).height
    rest = (
        marked.group_by(GROUP)
        .agg(
            pl.col("n").filter(~pl.col("shown")).sum().alias("rest"),
            pl.col("shown").any().alias("some"),
        )
        .filter(pl.col("some") & pl.col("rest").is_between(1, minimum_pupils - 1))
        .height
    )
    if few or rest:
        raise FindingsError(
            f"Every figure, and every hidden rest, has at least {minimum_pupils} pupils.",
            where=f"{few} figures and {rest} groups do not",
            next_step="report this; no report was written",
        )
