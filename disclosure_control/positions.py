"""Positions: medians and other quantiles of every cell, with what the rules need to know.

A quantile at probability p of n values lies at place (n - 1) p between them (the definition that
numpy and polars call linear; Hyndman and Fan 1996, type 7). Where that place is a whole number, the
quantile is one record's own value.
"""

from collections.abc import Sequence
from itertools import product
from typing import Literal

import numpy as np
import polars as pl

from disclosure_control.contributions import Source
from disclosure_control.frames import collect, label, number
from disclosure_control.hierarchy import Axis
from disclosure_control.margins import Grid, ancestors

_Way = Literal["linear", "nearest", "lower", "higher"]
_WAYS: tuple[_Way, ...] = ("linear", "nearest", "lower", "higher")
_WHOLE = 1e-12
_CLOSE = 0.05
"""A quantile nearer than this to a record's place, in steps, is as good as that record's value."""
CELL, VALUE, UNIT = "__cell", "__value", "__unit"


def medians(lazy: pl.LazyFrame, source: Source, axes: tuple[Axis, ...]) -> list[pl.Series]:
    """The median of every cell, in the order of the grid; null where nobody has a value."""
    found = quantiles(lazy, source, axes, (0.5,))
    return [found["value"].alias("median"), found["holders"].alias("holders")]


def quantiles(
    lazy: pl.LazyFrame, source: Source, axes: tuple[Axis, ...], probabilities: Sequence[float]
) -> pl.DataFrame:
    """One row per cell and probability, cells slowest.

    Columns: value (null where nobody has one); holders, the number of units that have exactly this
    value when it is (or is nearly) one record's own, null when it lies between two others.
    """
    records = _records(lazy, source, axes)
    grid = Grid(axes)
    places = grid.places(records)
    size = int(np.prod(grid.shape))
    values = np.full((size, len(probabilities)), np.nan)
    holders = np.full((size, len(probabilities)), -1, dtype=np.int64)
    for margin in product(*(ancestors(axis) for axis in axes)):
        above = [line[place] for line, place in zip(margin, places, strict=True)]
        kept = np.all([line >= 0 for line in above], axis=0)
        cell = np.where(kept, grid.fold([np.maximum(line, 0) for line in above]), -1)
        one = records.select(VALUE, UNIT).with_columns(pl.Series(CELL, cell))
        _fill(one.filter(pl.col(CELL) >= 0), probabilities, values, holders)
    return pl.DataFrame({"value": values.ravel(), "holders": holders.ravel()}).with_columns(
        pl.col("value").fill_nan(None),
        pl.when(pl.col("holders") >= 0).then(pl.col("holders")).alias("holders"),
    )


def _records(lazy: pl.LazyFrame, source: Source, axes: tuple[Axis, ...]) -> pl.DataFrame:
    schema = lazy.collect_schema()
    names = [axis.name for axis in axes]
    text = [
        pl.col(name) if source.labelled else label(name, schema[name]).alias(name) for name in names
    ]
    unit = pl.int_range(pl.len()) if source.unit is None else pl.col(source.unit)
    value = number(lazy, str(source.value))
    picked = lazy.select(*text, unit.alias(UNIT), value.alias(VALUE))
    return collect(picked.filter(pl.col(VALUE).is_not_null()))


def _fill(
    records: pl.DataFrame,
    probabilities: Sequence[float],
    values: np.ndarray,
    holders: np.ndarray,
) -> None:
    """Quantiles of the cells in ``records``, and who holds them."""
    value = pl.col(VALUE)
    for place, p in enumerate(probabilities):
        found = records.group_by(CELL).agg(
            pl.len().alias("n"),
            *(value.quantile(p, interpolation=how).alias(how) for how in _WAYS),
        )
        position = (pl.col("n") - 1) * p
        off = (position - position.round()).abs()
        # Floats make a whole place not quite whole; there the quantile is a value itself.
        figure = pl.when(off < _WHOLE * pl.col("n")).then("nearest").otherwise("linear")
        own = (
            pl.when(off < _CLOSE)
            .then("nearest")
            .when(pl.col("lower") == pl.col("higher"))
            .then("lower")
        )
        found = found.with_columns(figure.alias("figure"), own.alias("own"))
        cells = found[CELL].to_numpy()
        values[cells, place] = found["figure"].to_numpy()
        held = found.select(CELL, pl.col("own").alias(VALUE)).drop_nulls()
        who = records.join(held, on=[CELL, VALUE]).group_by(CELL).agg(pl.col(UNIT).n_unique())
        holders[who[CELL].to_numpy(), place] = who[UNIT].to_numpy()
