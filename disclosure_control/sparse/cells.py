"""The cells of a table that hold somebody: worked out from records, empty ones never made.

A table of many dimensions is nearly empty. Only its *leaves*, the finest cells with a record, are
free to change: an attacker knows that the rest is empty. Every other cell is a sum of leaves, and
is found once for each combination of levels (one level per dimension, the total being one).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, collect, labels, number
from disclosure_control.hierarchy import ROOT, Axis, Hierarchy, check_covers

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_KEYS = 2**62
_COUNT = "count"


@dataclass(frozen=True, repr=False)
class SparseTable:
    """The non-empty cells of a table of counts and all its margins.

    Args:
        axes: the dimensions.
        leaves: one row per leaf: the place of its label on every axis.
        counts: how many records each leaf has, at least 1.
        keys: one number per cell, rising: the places of its labels, first axis slowest.
        values: how many records each cell has.
        combinations: one row per combination of levels: a level per axis, 0 is the total.
        members: one row per combination: for each leaf the place of its cell in ``keys``. On
            uneven trees a cell can belong to several combinations.
    """

    axes: tuple[Axis, ...]
    leaves: Places
    counts: Places
    keys: Places
    values: Places
    combinations: Places
    members: npt.NDArray[np.int32]

    def __repr__(self) -> str:
        """Counts of cells only."""
        return f"SparseTable({self.keys.size} non-empty cells, {self.counts.size} leaves)"


def read_table(
    frame: Any,
    dimensions: Sequence[str],
    hierarchies: Mapping[str, Hierarchy] | None = None,
    records: str | None = None,
) -> SparseTable:
    """The non-empty cells of ``dimensions`` and all margins.

    Args:
        frame: one row per record, or per group of records when ``records`` is given.
        dimensions: columns that span the table.
        hierarchies: the trees of some dimensions; others are flat.
        records: column with whole numbers: how many records a row stands for; null: one each.

    Raises:
        InvalidInputError: columns are missing, a hierarchy does not cover the data, nobody is in
            the table, or its labels have too many combinations to be numbered.
    """
    if not dimensions or len(set(dimensions)) != len(dimensions):
        raise InvalidInputError("A table has one or more dimensions, each once.")
    trees = dict(hierarchies or {})
    if set(trees) - set(dimensions):
        raise InvalidInputError("Every hierarchy belongs to a dimension of the table.")
    groups = _grouped(frame, dimensions, records)
    axes = tuple(_axis(name, groups[name], trees.get(name)) for name in dimensions)
    places = [
        groups[axis.name]
        .replace_strict(axis.labels, range(len(axis.labels)), return_dtype=pl.Int64)
        .to_numpy()
        for axis in axes
    ]
    return table_of(axes, np.stack(places, axis=1), groups[_COUNT].to_numpy())


def table_of(axes: tuple[Axis, ...], leaves: Places, counts: Places) -> SparseTable:
    """The table of these leaves, each once."""
    shape = [len(axis.labels) for axis in axes]
    if np.prod([float(size) for size in shape]) >= _KEYS:
        raise InvalidInputError("The labels of all dimensions together make fewer than 2^62 cells.")
    strides = np.cumprod([1, *shape[:0:-1]])[::-1].astype(np.int64)
    above = [levels_above(axis) for axis in axes]
    combinations = np.array(list(product(*(range(len(table)) for table in above))), dtype=np.int64)
    found, where = [], []
    for levels in combinations:
        key = np.zeros(counts.size, dtype=np.int64)
        for column, (level, table) in enumerate(zip(levels, above, strict=True)):
            key += table[level][leaves[:, column]] * strides[column]
        own, place = np.unique(key, return_inverse=True)
        found.append(own)
        where.append(place)
    keys, place = np.unique(np.concatenate(found), return_inverse=True)
    start = np.cumsum([0, *(own.size for own in found)])
    members = np.stack(
        [place[first + at].astype(np.int32) for first, at in zip(start[:-1], where, strict=True)]
    )
    values = np.zeros(keys.size, dtype=np.int64)
    for line in members:
        total = np.bincount(line, weights=counts, minlength=keys.size).astype(np.int64)
        values = np.maximum(values, total)
    return SparseTable(axes, leaves, counts, keys, values, combinations, members)


def levels_above(axis: Axis) -> Places:
    """One row per level, the total first: each label's ancestor there, or itself if higher."""
    parents = np.array(axis.parents, dtype=np.int64)
    chains = [np.arange(parents.size)]
    while (parents[chains[-1]] != ROOT).any():
        last = chains[-1]
        chains.append(np.where(parents[last] == ROOT, last, parents[last]))
    height = len(chains) - 1
    steps = np.zeros(parents.size, dtype=np.int64)
    for chain in chains[1:]:
        steps += parents[chain] != ROOT
    depth = steps + (parents != ROOT)
    table = np.stack(chains)
    up = np.maximum(depth[None, :] - np.arange(height + 1)[:, None], 0)
    return np.asarray(table[up, np.arange(parents.size)[None, :]], dtype=np.int64)


def cell_labels(table: SparseTable, cells: Places) -> pl.DataFrame:
    """One row per cell: its label on every axis."""
    left, columns = table.keys[cells], {}
    for axis in reversed(table.axes):
        left, place = np.divmod(left, len(axis.labels))
        columns[axis.name] = pl.Series(axis.labels, dtype=pl.String).gather(place)
    return pl.DataFrame({axis.name: columns[axis.name] for axis in table.axes})


def _grouped(frame: Any, dimensions: Sequence[str], records: str | None) -> pl.DataFrame:
    if _COUNT in dimensions:
        raise InvalidInputError(f"No dimension is named {_COUNT}.")
    needed = [*dimensions, *([] if records is None else [records])]
    lazy = as_lazy(frame, needed)
    many = pl.lit(1.0) if records is None else number(lazy, records)
    rows = lazy.select(*labels(lazy, dimensions), many.alias(_COUNT))
    total = pl.col(_COUNT).sum()
    fits = ((pl.col(_COUNT) >= 0) & (pl.col(_COUNT) == pl.col(_COUNT).round())).fill_null(False)
    groups = collect(rows.group_by(dimensions).agg(total, fits.all().alias("fits")))
    if not groups["fits"].all():
        raise InvalidInputError(f"{records} holds whole numbers of at least 0 in every row.")
    groups = groups.filter(pl.col(_COUNT) > 0).drop("fits").sort(list(dimensions))
    if groups.is_empty():
        raise InvalidInputError("A table has at least one record.")
    return groups.with_columns(pl.col(_COUNT).cast(pl.Int64))


def _axis(name: str, codes: pl.Series, tree: Hierarchy | None) -> Axis:
    seen = codes.unique().sort().to_list()
    if tree is None:
        return Axis.of(name, Hierarchy.flat(seen))
    check_covers(tree, seen, name)
    return Axis.of(name, tree)
