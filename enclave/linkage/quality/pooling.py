"""Counts by level in which no level is small: it is joined with the next smallest."""

from collections.abc import Sequence

import polars as pl

import disclosure_control as dc

MINIMUM_PUPILS = 10
"""Groups smaller than this are pooled: the receipt is read by many (policy cbs, minimum units)."""

OTHER, UNKNOWN = "other", "unknown"


def pooled(counted: pl.DataFrame, name: str, counts: Sequence[str]) -> pl.DataFrame:
    """The levels of a characteristic with their counts, no level below the minimum; other last.

    The levels add up to all, so a small one is not left out: the total would tell it. It is pooled
    with the next smallest instead. With fewer than the minimum in all there are no rows. A level
    that is called as the total of a table is given another name.

    Args:
        counted: the characteristic (null: unknown) and the counts; a level may stand in many rows.
        name: of the characteristic.
        counts: columns to add up; the first is how many there are.
    """
    size = counts[0]
    level = pl.col(name).fill_null(UNKNOWN).replace(dc.TOTAL, dc.TOTAL.strip("[]"))
    table = counted.group_by(level.alias("level")).agg(pl.col(counts).sum()).sort(size, "level")
    few = 0
    while few < table.height and table[size][few] < MINIMUM_PUPILS:
        few += 1
    while 0 < few < table.height and table[size][:few].sum() < MINIMUM_PUPILS:
        few += 1
    rest = table[:few].select(pl.lit(OTHER).alias("level"), pl.col(counts).sum())
    every = pl.concat([table[few:], rest.filter(pl.col(size) >= MINIMUM_PUPILS)])
    # A register may have a level of that name itself.
    joined = every.group_by("level").agg(pl.col(counts).sum())
    return joined.sort(pl.col("level") == OTHER, "level")
