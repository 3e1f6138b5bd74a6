"""Values of which there are only two, such as 0 and 1: a sum or mean of them is a count.

How many units and entities have each of the two is counted beside the figures, so that rules can
judge what the figure tells.
"""

from dataclasses import replace

import polars as pl

from disclosure_control.contributions import Source, contributions
from disclosure_control.frames import collect, number
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.margins import all_margins

SIDE, LOW, HIGH = "__side", "low", "high"
COUNTED = tuple(f"{side}_{what}" for side in (LOW, HIGH) for what in ("units", "entities"))
"""Columns of a table: units and entities with the lower and with the higher value."""


def two_values(
    lazy: pl.LazyFrame, source: Source, axes: tuple[Axis, ...]
) -> list[pl.Series | pl.Expr]:
    """COUNTED for every cell; all null unless the values are exactly two different ones."""
    if source.weight is not None:
        lazy = lazy.filter(number(lazy, source.weight) > 0)
    value = number(lazy, str(source.value))
    low, high = value.min(), value.max()
    others = ((value != low) & (value != high)).sum()
    row = collect(lazy.select(low.alias("l"), high.alias("h"), others.alias("o"))).row(0)
    if row[0] is None or row[0] == row[1] or row[2]:
        return [pl.lit(None, pl.Int64).alias(name) for name in COUNTED]
    side = pl.when(value == row[1]).then(pl.lit(HIGH)).otherwise(pl.lit(LOW))
    part = lazy.filter(value.is_not_null()).with_columns(side.alias(SIDE))
    counted = replace(source, dimensions=(*source.dimensions, SIDE), value=None, squares=False)
    both = (*axes, Axis.of(SIDE, Hierarchy.flat((LOW, HIGH))))
    cells = all_margins(contributions(part, counted), both)
    found: list[pl.Series | pl.Expr] = []
    for name in COUNTED:
        which, _, what = name.partition("_")
        found.append(cells.filter(pl.col(SIDE) == which)[what].cast(pl.Int64).alias(name))
    return found
