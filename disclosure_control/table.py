"""Tables: every cell of every margin, with what the rules need to know about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.contributions import TOPS, Contributions, Source, contributions
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import (
    MISSING,
    TOTAL,
    as_lazy,
    check_members,
    check_plain,
    enum_levels,
    label_of,
)
from disclosure_control.hierarchy import Axis, Hierarchy, check_covers, leaves_below
from disclosure_control.margins import Grid, all_margins, roll_up
from disclosure_control.members import Members, members_of
from disclosure_control.positions import medians
from disclosure_control.two_values import COUNTED, two_values

MAXIMUM_CELLS = 2_000_000
MAXIMUM_DIMENSIONS = 12
RESERVED = frozenset(
    {
        "records", "units", "entities", "value", "sum", "absolute", "weight", "deviation",
        "squares", "active", "lowest", "highest", "low_records", "high_records", "possible",
        "holders", "median", "status", "rule", "reason", "remedy", "verdict",
        *COUNTED,
        *(f"{who}_{top}" for who in ("unit", "entity") for top in TOPS),
    }
)  # fmt: skip
"""Names that the columns of a table have; a dimension of such a name must be renamed."""
EVERYBODY = "__everybody"
"""The dimension of outputs that are not broken down: one level, everybody."""
MAGNITUDES = ("sum", "mean", "median", "std")


@dataclass(frozen=True)
class Breakdown:
    """How a table is broken down.

    Args:
        levels: labels (or values) of a dimension that the schema names, absent ones included.
        hierarchies: the tree of a dimension; its leaves must cover the data.
        impossible: combinations of levels that cannot occur, each a mapping from dimension to
            level; their empty cells say nothing about anybody.
        labelled: the records hold labels already, as evidence does.
    """

    levels: Mapping[str, Sequence[object]] = field(default_factory=dict)
    hierarchies: Mapping[str, Hierarchy] = field(default_factory=dict)
    impossible: Sequence[Mapping[str, object]] = ()
    labelled: bool = False


@dataclass(frozen=True)
class Table:
    """A count or magnitude table with all its margins.

    Args:
        axes: the dimensions with their trees, the total last on each.
        statistic: ``count``, ``sum``, ``mean``, ``median`` or ``std``.
        cells: one row per cell, margins and inner nodes included (``TOTAL`` labels the margin), the
            first dimension slowest: the dimension columns (text); units and entities (distinct,
            with a value; entities null when unknown); value (weighted where a weight was given;
            null where nobody has a value); active (units that contribute other than 0); records;
            sum, absolute (of absolute contributions), weight; unit_top_1 to 3 and entity_top_1 to
            3 (largest absolute contributions); lowest and highest value, low_records and
            high_records (how many records have them); low_units to high_entities (of magnitudes
            with exactly two values in the whole table: who has the lower, who the higher; else
            null); possible (false where the combination cannot occur).
        weighted: whether a sampling weight was given.
        has_entities: whether an entity column was given.
        members: who lies in several finest cells, by numbers without names; null when unknown.
    """

    axes: tuple[Axis, ...]
    statistic: str
    cells: pl.DataFrame = field(repr=False)
    weighted: bool = False
    has_entities: bool = False
    members: Members | None = field(default=None, repr=False, compare=False)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions."""
        return tuple(axis.name for axis in self.axes)

    @property
    def grid(self) -> Grid:
        """All cells as a grid."""
        return Grid(self.axes)

    def additive(self) -> pl.Series:
        """The additive figure beneath each cell: the count, the sum, or the sum of squares."""
        name = {"std": "squares", "median": "records"}.get(self.statistic, "sum")
        return self.cells[name].cast(pl.Float64)


def count_table(  # noqa: PLR0913 - the argument names are the library's public surface
    frame: Any,
    dimensions: Sequence[str],
    *,
    unit: str | None = None,
    entity: str | None = None,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    levels: Mapping[str, Sequence[object]] | None = None,
    weight: str | None = None,
    impossible: Sequence[Mapping[str, object]] = (),
) -> Table:
    """A table of records. Units and entities are counted apart, to judge the cells by.

    Args:
        frame: records; polars (eager or lazy), Arrow or pandas.
        dimensions: columns to break down by.
        unit: column that identifies the protected person; null: every record is its own.
        entity: column that identifies what stands above the unit, a school.
        hierarchies: the code tree of a dimension.
        levels: all levels of a dimension, absent ones included.
        weight: sampling weight; the cell is the sum of weights, the rules count units.
        impossible: combinations of levels that cannot occur.
    """
    source = Source(tuple(dimensions), unit=unit, entity=entity, weight=weight)
    return build(frame, source, "count", Breakdown(levels or {}, hierarchies or {}, impossible))


def magnitude_table(  # noqa: PLR0913 - the argument names are the library's public surface
    frame: Any,
    dimensions: Sequence[str],
    value: str,
    *,
    statistic: str = "sum",
    unit: str | None = None,
    entity: str | None = None,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    levels: Mapping[str, Sequence[object]] | None = None,
    weight: str | None = None,
    impossible: Sequence[Mapping[str, object]] = (),
) -> Table:
    """A table of sums, means, medians or standard deviations of ``value``.

    Records without a value (null, NaN, infinite) count for nothing. The other arguments are those
    of :func:`count_table`; with a weight the sum is of weight times value.
    """
    source = Source(tuple(dimensions), value, unit, entity, weight, squares=statistic == "std")
    return build(frame, source, statistic, Breakdown(levels or {}, hierarchies or {}, impossible))


def build(frame: Any, source: Source, statistic: str, breakdown: Breakdown) -> Table:
    """The table of ``source``; the door behind both constructors.

    Raises:
        InvalidInputError: columns, statistic, weights, levels or hierarchies that do not fit.
    """
    _check(source, statistic)
    lazy = as_lazy(frame, source.columns)
    check_members(lazy, (source.unit, source.entity))
    if not source.labelled:
        check_plain(lazy, source.dimensions)
        if not breakdown.labelled:
            known = {**enum_levels(lazy, source.dimensions), **breakdown.levels}
            breakdown = replace(breakdown, levels=known)
    found = contributions(lazy, source)
    axes = tuple(_axis(name, found, breakdown) for name in source.dimensions)
    size = prod(len(axis.labels) for axis in axes)
    if size > MAXIMUM_CELLS:
        raise InvalidInputError(f"A table has at most {MAXIMUM_CELLS:,} cells, this has {size:,}.")
    cells = all_margins(found, axes)
    if statistic == "median":
        cells = cells.with_columns(medians(lazy, source, axes))
    _check_finite(cells)
    if source.value is not None:
        cells = cells.with_columns(two_values(lazy, source, axes))
    cells = _with_value(cells, statistic)
    cells = cells.with_columns(_possible(cells, axes, breakdown))
    weighted = source.weight is not None
    members = members_of(found, Grid(axes))
    return Table(axes, statistic, cells, weighted, source.entity is not None, members)


def _check(source: Source, statistic: str) -> None:
    names = source.dimensions
    if not all(isinstance(name, str) for name in names):
        raise InvalidInputError("Dimensions are names of columns.")
    if not names or len(set(names)) != len(names) or len(names) > MAXIMUM_DIMENSIONS:
        raise InvalidInputError(f"A table has 1 to {MAXIMUM_DIMENSIONS} dimensions, each once.")
    own = {name for name in names if name.startswith("__") and name != EVERYBODY}
    taken = sorted(own | (RESERVED & set(names)))
    if taken:
        raise InvalidInputError(f"These names are reserved; rename the column: {taken}.")
    if (statistic == "count") != (source.value is None) or (
        source.value is not None and statistic not in MAGNITUDES
    ):
        raise InvalidInputError(f"A magnitude table has a value and one of {MAGNITUDES}.")
    if source.weight is not None and statistic in {"median", "std"}:
        raise InvalidInputError(f"A {statistic} has no weight.")


def _axis(name: str, found: Contributions, breakdown: Breakdown) -> Axis:
    """Declared levels in their order, then levels found in the data, missing last."""
    seen = set(found.figures[name])
    declared = breakdown.levels.get(name, ())
    given = [str(v) if breakdown.labelled else label_of(v) for v in declared]
    tree = breakdown.hierarchies.get(name)
    if tree is not None:
        check_covers(tree, [*given, *seen - {MISSING}], name)
        return Axis.of(name, tree.with_leaves([MISSING]) if MISSING in seen else tree)
    if not seen and not given:
        raise InvalidInputError(
            f"Somebody has a value in some level of {name}, or its levels are declared; the frame "
            "is empty or nobody has a value."
        )
    others = sorted(seen - set(given), key=lambda text: (text == MISSING, text))
    return Axis.of(name, Hierarchy.flat(tuple(dict.fromkeys([*given, *others]))))


def _with_value(cells: pl.DataFrame, statistic: str) -> pl.DataFrame:
    present = pl.col("records") > 0
    n = pl.col("records").cast(pl.Float64)
    squared = pl.col("deviation") / (n - 1)
    value = {
        "count": pl.col("sum"),
        "sum": pl.when(present).then(pl.col("sum")),
        "mean": pl.when(present).then(pl.col("sum") / pl.col("weight")),
        "median": pl.col("median") if statistic == "median" else pl.lit(None, pl.Float64),
        "std": pl.when(n > 1).then(squared.clip(lower_bound=0.0).sqrt()),
    }[statistic]
    # Sums of floats depend on their order in the last digits; the order must not travel.
    digits = pl.when(value == value.round()).then(value).otherwise(value.round_sig_figs(12))
    return cells.with_columns(digits.alias("value")).drop("median", strict=False)


def _check_finite(cells: pl.DataFrame) -> None:
    sums = pl.col("sum", "absolute", "weight", "squares")
    if not cells.select(sums.is_finite().all()).select(pl.all_horizontal(pl.all())).item():
        raise InvalidInputError(
            "Sums of the values fit into 64-bit floats; divide the values by a constant first."
        )


def _possible(cells: pl.DataFrame, axes: tuple[Axis, ...], breakdown: Breakdown) -> pl.Series:
    """Whether a cell can have contributors: whether any finest cell below it can."""
    if not breakdown.impossible:
        return pl.Series("possible", np.ones(cells.height, dtype=np.bool_))
    leaf = np.ones(tuple(len(axis.labels) for axis in axes))
    for position, axis in enumerate(axes):
        inner = [number for number, below in enumerate(axis.children) if below]
        np.moveaxis(leaf, position, 0)[inner] = 0.0
    below = [leaves_below(axis.children) for axis in axes]
    for combination in breakdown.impossible:
        leaf[np.ix_(*_leaves(combination, axes, below, breakdown))] = 0.0
    possible = roll_up(leaf, axes, np.maximum).ravel() > 0
    used = int((~possible & (cells["records"] > 0).to_numpy()).sum())
    if used:
        raise InvalidInputError(f"Impossible combinations have no records; {used} cells have some.")
    return pl.Series("possible", possible)


def _leaves(
    combination: Mapping[str, object],
    axes: tuple[Axis, ...],
    below: list[list[npt.NDArray[np.int64]]],
    breakdown: Breakdown,
) -> list[npt.NDArray[np.int64]]:
    """The leaves on each axis that the combination speaks of; none when a level is unknown."""
    names = [axis.name for axis in axes]
    if not set(combination) <= set(names):
        return [np.array([], dtype=np.int64)] * len(axes)
    found = []
    for axis, leaves in zip(axes, below, strict=True):
        level = combination.get(axis.name, TOTAL)
        text = str(level) if breakdown.labelled or axis.name not in combination else label_of(level)
        place = axis.labels.index(text) if text in axis.labels else None
        found.append(np.array([], dtype=np.int64) if place is None else leaves[place])
    return found
