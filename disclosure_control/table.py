"""Tables: every cell of every margin, with what the rules need to know about it.

One pass over the records makes one row per combination of labels, unit and entity; all margins are
made from that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import MISSING, TOTAL, as_lazy, label_of, labels

MAXIMUM_CELLS = 1_000_000
UNIT, ENTITY, VALUE = "__unit", "__entity", "__value"
MEASURES = (
    "records", "units", "entities", "value", "absolute", "largest_unit", "largest_entity",
    "lowest", "highest",
)  # fmt: skip
"""Columns of ``Table.cells`` after the dimensions."""


@dataclass(frozen=True)
class Table:
    """A count or magnitude table with all its margins.

    Args:
        dimensions: names of the dimensions.
        levels: the labels of each dimension, margins left out.
        statistic: ``count``, ``sum`` or ``mean``.
        cells: one row per cell, margins included (label ``TOTAL``): the dimension columns (text),
            records, units and entities (distinct, with a value), value (the count, the sum, or the
            mean; null where nobody has a value), absolute (sum of absolute values), largest_unit
            and largest_entity (largest absolute contribution), lowest and highest value.
        has_entities: whether an entity column was given.
    """

    dimensions: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    statistic: str
    cells: pl.DataFrame
    has_entities: bool

    def additive(self) -> pl.Series:
        """The additive figure beneath each cell: the count, or the sum of values."""
        name = "records" if self.statistic == "count" else "sum"
        return self.cells[name].cast(pl.Float64)


def count_table(
    frame: Any,
    dimensions: Sequence[str],
    *,
    unit: str | None = None,
    entity: str | None = None,
    levels: Mapping[str, Sequence[object]] | None = None,
    labelled: bool = False,
) -> Table:
    """A table of records. Units and entities are counted apart, to judge the cells by.

    Args:
        frame: records; polars, Arrow or pandas.
        dimensions: columns to break down by.
        unit: column that identifies the protected person; null: every record is its own.
        entity: column that identifies what stands above the unit, a school.
        levels: all levels of a dimension, absent ones included.
        labelled: the dimensions (and levels) hold labels already, as evidence does.
    """
    who = _Who(unit, entity, levels or {}, labelled)
    return _build(frame, dimensions, None, "count", who)


def magnitude_table(  # noqa: PLR0913 - the argument names are the library's public surface
    frame: Any,
    dimensions: Sequence[str],
    value: str,
    *,
    statistic: str = "sum",
    unit: str | None = None,
    entity: str | None = None,
    levels: Mapping[str, Sequence[object]] | None = None,
    labelled: bool = False,
) -> Table:
    """A table of sums or means of ``value``; records without a value count for nothing."""
    if statistic not in {"sum", "mean"}:
        raise InvalidInputError("A magnitude table has statistic sum or mean.")
    who = _Who(unit, entity, levels or {}, labelled)
    return _build(frame, dimensions, value, statistic, who)


@dataclass(frozen=True)
class _Who:
    """Unit, entity and declared levels; ``labelled``: dimensions are labels already."""

    unit: str | None
    entity: str | None
    levels: Mapping[str, Sequence[object]]
    labelled: bool


def _build(
    frame: Any,
    dimensions: Sequence[str],
    value: str | None,
    statistic: str,
    who: _Who,
) -> Table:
    unit, entity = who.unit, who.entity
    names = tuple(dimensions)
    _check_names(names)
    needed = [*names, *(column for column in (value, unit, entity) if column is not None)]
    lazy = as_lazy(frame, needed)
    figure = pl.lit(1.0) if value is None else _finite(pl.col(value))
    records = lazy.select(
        *(names if who.labelled else labels(lazy, names)),
        (pl.int_range(pl.len()) if unit is None else pl.col(unit)).alias(UNIT),
        (pl.lit(None, pl.Int8) if entity is None else pl.col(entity)).alias(ENTITY),
        figure.alias(VALUE),
    )
    partial = _contributions(records, names).collect(engine="streaming")
    grid = _levels(partial, names, who)
    _check_size(grid)
    cells = _all_margins(partial, names, grid)
    return Table(names, grid, statistic, _with_value(cells, statistic), entity is not None)


def _check_names(names: tuple[str, ...]) -> None:
    reserved = {*MEASURES, "sum", "status", "rule", "reason", "remedy", "verdict", UNIT, ENTITY}
    taken = [name for name in names if name in reserved]
    if not names or len(set(names)) != len(names):
        raise InvalidInputError("A table has one or more dimensions, each once.")
    if taken:
        raise InvalidInputError(f"These names are reserved; rename the column: {taken}.")


def _finite(column: pl.Expr) -> pl.Expr:
    number = column.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def _contributions(records: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    """One row per combination of labels, unit and entity that has a value."""
    return (
        records.filter(pl.col(VALUE).is_not_null())
        .group_by(*names, UNIT, ENTITY)
        .agg(
            pl.len().alias("records"),
            pl.col(VALUE).sum().alias("sum"),
            pl.col(VALUE).abs().sum().alias("absolute"),
            pl.col(VALUE).min().alias("lowest"),
            pl.col(VALUE).max().alias("highest"),
        )
    )


def _levels(
    partial: pl.DataFrame, names: tuple[str, ...], who: _Who
) -> tuple[tuple[str, ...], ...]:
    """Declared levels in their order, then levels found in the data, missing last."""
    found = []
    for name in names:
        declared = who.levels.get(name, ())
        given = [str(v) if who.labelled else label_of(v) for v in declared]
        seen = sorted(set(partial[name]) - set(given), key=lambda text: (text == MISSING, text))
        found.append(tuple(dict.fromkeys([*given, *seen])))
    return tuple(found)


def _check_size(grid: tuple[tuple[str, ...], ...]) -> None:
    cells = 1
    for group in grid:
        cells *= len(group) + 1
    if cells > MAXIMUM_CELLS:
        raise InvalidInputError(f"A table has at most {MAXIMUM_CELLS:,} cells, this has {cells:,}.")


def _all_margins(
    partial: pl.DataFrame, names: tuple[str, ...], grid: tuple[tuple[str, ...], ...]
) -> pl.DataFrame:
    parts = [
        _margin(partial, kept, names)
        for size in range(len(names), -1, -1)
        for kept in combinations(names, size)
    ]
    every = pl.DataFrame(
        list(product(*((*group, TOTAL) for group in grid))),
        schema=dict.fromkeys(names, pl.String),
        orient="row",
    )
    counts = ("records", "units", "entities", "sum", "absolute", "largest_unit", "largest_entity")
    joined = every.join(pl.concat(parts), on=list(names), how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(0) for name in counts)


def _margin(partial: pl.DataFrame, kept: tuple[str, ...], names: tuple[str, ...]) -> pl.DataFrame:
    """The cells of one margin that have contributors."""
    by_unit = _largest(partial, kept, UNIT)
    by_entity = _largest(partial, kept, ENTITY)
    keys = [pl.lit(TOTAL).alias(name) if name not in kept else pl.col(name) for name in names]
    whole = _grouped(
        partial,
        kept,
        pl.col("records").sum().cast(pl.Int64),
        pl.col(UNIT).n_unique().cast(pl.Int64).alias("units"),
        pl.col(ENTITY).drop_nulls().n_unique().cast(pl.Int64).alias("entities"),
        pl.col("sum").sum(),
        pl.col("absolute").sum(),
        pl.col("lowest").min(),
        pl.col("highest").max(),
    )
    for name, part in (("largest_unit", by_unit), ("largest_entity", by_entity)):
        renamed = part.rename({"largest": name})
        whole = (
            whole.join(renamed, on=list(kept), how="left")
            if kept
            else pl.concat([whole, renamed], how="horizontal")
        )
    order = ("records", "units", "entities", "sum", "absolute", "largest_unit", "largest_entity")
    return whole.select(*keys, *order, "lowest", "highest")


def _largest(partial: pl.DataFrame, kept: tuple[str, ...], who: str) -> pl.DataFrame:
    """The largest absolute contribution of one unit or entity in each cell."""
    own = partial.group_by(*kept, who).agg(pl.col("absolute").sum())
    return _grouped(own, kept, pl.col("absolute").max().alias("largest"))


def _grouped(frame: pl.DataFrame, kept: tuple[str, ...], *what: pl.Expr) -> pl.DataFrame:
    return frame.group_by(kept).agg(*what) if kept else frame.select(*what)


def _with_value(cells: pl.DataFrame, statistic: str) -> pl.DataFrame:
    nobody = pl.col("records") == 0
    value = {
        "count": pl.col("records").cast(pl.Float64),
        "sum": pl.when(~nobody).then(pl.col("sum")),
        "mean": pl.when(~nobody).then(pl.col("sum") / pl.col("records")),
    }[statistic]
    return cells.with_columns(value.alias("value"))
