"""From contributions to all cells: every node of every axis, as arrays over the full grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.contributions import ENTITY, SUMS, TOPS, UNIT, Contributions
from disclosure_control.hierarchy import ROOT, Axis

_SPREAD = ("records", "mean", "deviation")
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """All cells of a table: the product of the axes' labels, the first axis slowest."""

    axes: tuple[Axis, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many labels each axis has, the total included."""
        return tuple(len(axis.labels) for axis in self.axes)

    def labels(self) -> pl.DataFrame:
        """One row per cell: its label on every axis."""
        size = int(np.prod(self.shape))
        places = np.unravel_index(np.arange(size), self.shape)
        return pl.DataFrame(
            {
                axis.name: pl.Series(axis.labels, dtype=pl.String).gather(place)
                for axis, place in zip(self.axes, places, strict=True)
            }
        )

    def places(self, frame: pl.DataFrame) -> list[Places]:
        """For every row of ``frame`` the place of its label on each axis."""
        return [
            frame[axis.name]
            .replace_strict(axis.labels, range(len(axis.labels)), return_dtype=pl.Int64)
            .to_numpy()
            for axis in self.axes
        ]

    def fold(self, places: Sequence[Places]) -> Places:
        """The cell numbers of places on the axes."""
        return np.ravel_multi_index(tuple(places), self.shape).astype(np.int64)


def all_margins(found: Contributions, axes: tuple[Axis, ...]) -> pl.DataFrame:
    """One row per cell: labels, SUMS, lowest, highest, units, largest units; the same of entities.

    ``lowest`` and ``highest`` are null where nobody has a value, ``entities`` where unknown.
    """
    grid = Grid(axes)
    columns = _additive(found, grid)
    units, active, tops = _lone_units(found, grid)
    for frame in found.shared:
        more, busy, their = _members(frame, UNIT, grid)
        units, active = units + more, active + busy
        tops = np.sort(np.concatenate([tops, their]), axis=0)
    columns["units"] = units.ravel().astype(np.int64)
    columns["active"] = active.ravel().astype(np.int64)
    columns |= _named(tops, "unit")
    if found.entities is not None:
        entities, _, tops = _members(found.entities, ENTITY, grid)
        columns["entities"] = entities.ravel().astype(np.int64)
    else:
        tops = np.zeros((len(TOPS), *grid.shape))
    columns |= _named(tops, "entity")
    frame = grid.labels().with_columns(pl.Series(name, values) for name, values in columns.items())
    if found.entities is None:
        frame = frame.with_columns(pl.lit(None, pl.Int64).alias("entities"))
    return frame.with_columns(
        pl.col("records", "low_records", "high_records").cast(pl.Int64),
        pl.col("lowest", "highest").fill_nan(None),
    )


def _named(tops: Floats, who: str) -> dict[str, Floats]:
    """The last entries are the largest."""
    return {f"{who}_{name}": tops[-place].ravel() for place, name in enumerate(TOPS, start=1)}


def _additive(found: Contributions, grid: Grid) -> dict[str, Floats]:
    """Sums, and least and greatest values, rolled up from the finest cells."""
    cells = grid.fold(grid.places(found.figures))
    columns = {}
    for name in SUMS:
        columns[name] = roll_up(_scatter(found.figures[name], cells, grid, 0.0), grid.axes, np.add)
    columns["lowest"], columns["low_records"] = _extreme(found, grid, cells, ("lowest", "low", 1))
    columns["highest"], columns["high_records"] = _extreme(
        found, grid, cells, ("highest", "high", -1)
    )
    parts = (_scatter(found.figures[name], cells, grid, 0.0) for name in _SPREAD)
    columns["deviation"], columns["squares"] = _spread((*parts,), grid.axes)
    return {name: values.ravel() for name, values in columns.items()}


def _extreme(
    found: Contributions, grid: Grid, cells: Places, which: tuple[str, str, int]
) -> tuple[Floats, Floats]:
    """The least (or greatest) value of each cell, NaN where nobody has one, and who has it."""
    name, short, sign = which
    value = sign * _scatter(found.figures[name], cells, grid, sign * np.inf)
    count = _scatter(found.figures[f"{short}_records"], cells, grid, 0.0)
    for number, axis in enumerate(grid.axes):
        v, c = np.moveaxis(value, number, 0), np.moveaxis(count, number, 0)
        for place in range(len(axis.labels) - 2, -1, -1):
            up = axis.parents[place]
            c[up] = np.where(
                v[place] < v[up], c[place], np.where(v[place] == v[up], c[up] + c[place], c[up])
            )
            v[up] = np.minimum(v[up], v[place])
    return np.where(np.isfinite(value), sign * value, np.nan), count


def _spread(parts: tuple[Floats, ...], axes: tuple[Axis, ...]) -> tuple[Floats, Floats]:
    """Sums of squares about each cell's own mean, and about the overall mean.

    Two groups are joined by the difference of their means, which does not cancel for groups far
    from each other. Source: Chan, Golub and LeVeque (1983), updating formulae for variances.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return _joined_spread(parts, axes)


def _joined_spread(parts: tuple[Floats, ...], axes: tuple[Axis, ...]) -> tuple[Floats, Floats]:
    """As ``_spread``; what does not fit into a float comes out as not finite."""
    records, mean, deviation = (part.copy() for part in parts)
    for number, axis in enumerate(axes):
        n, m, d = (np.moveaxis(part, number, 0) for part in (records, mean, deviation))
        for place in range(len(axis.labels) - 2, -1, -1):
            up = axis.parents[place]
            both = n[up] + n[place]
            share = np.divide(n[place], both, out=np.zeros_like(both), where=both > 0)
            apart = m[place] - m[up]
            d[up] += d[place] + apart**2 * n[up] * share
            m[up] += apart * share
            n[up] = both
    overall = mean.reshape(-1)[-1]
    return deviation, deviation + records * (mean - overall) ** 2


def _scatter(series: pl.Series, cells: Places, grid: Grid, blank: float) -> Floats:
    whole = np.full(int(np.prod(grid.shape)), blank)
    whole[cells] = series.to_numpy()
    return whole.reshape(grid.shape)


def roll_up(values: Floats, axes: tuple[Axis, ...], join: np.ufunc) -> Floats:
    """``values`` with every inner node made from its children, axis by axis.

    The axes are the last dimensions of ``values``; what stands on inner nodes is kept and joined.
    """
    whole = values.copy()
    first = values.ndim - len(axes)
    for number, axis in enumerate(axes):
        lines = np.moveaxis(whole, first + number, 0)
        if all(parent == len(axis.labels) - 1 for parent in axis.parents[:-1]):
            lines[-1] = join(lines[-1], join.reduce(lines[:-1], axis=0))
            continue
        # Parents stand before their children, so going backwards meets children first.
        for place in range(len(axis.labels) - 2, -1, -1):
            parent = axis.parents[place]
            lines[parent] = join(lines[parent], lines[place])
    return whole


def _lone_units(found: Contributions, grid: Grid) -> tuple[Floats, Floats, Floats]:
    """Units in one finest cell only: their numbers add up, their largest stay the largest."""
    cells = grid.fold(grid.places(found.lone))
    units, active = (
        roll_up(_scatter(found.lone[name], cells, grid, 0.0), grid.axes, np.add)
        for name in ("units", "active")
    )
    tops = np.stack([_scatter(found.lone[name], cells, grid, 0.0) for name in reversed(TOPS)])
    for number, axis in enumerate(grid.axes):
        lines = np.moveaxis(tops, 1 + number, 1)
        if all(parent == len(axis.labels) - 1 for parent in axis.parents[:-1]):
            several = np.moveaxis(lines[:, :-1], 1, 0).reshape(-1, *lines.shape[2:])
            lines[:, -1] = np.sort(several, axis=0)[-len(TOPS) :]
            continue
        for place in range(len(axis.labels) - 2, -1, -1):
            parent = axis.parents[place]
            both = np.concatenate([lines[:, parent], lines[:, place]])
            lines[:, parent] = np.sort(both, axis=0)[-len(TOPS) :]
    return units, active, tops


def _members(frame: pl.DataFrame, who: str, grid: Grid) -> tuple[Floats, Floats, Floats]:
    """How many members each cell has, how many contribute, and their largest contributions.

    A member may occur in several finest cells, so every margin is counted anew. Unknown entities
    are not counted; unknown units count as one.
    """
    places = grid.places(frame)
    size = int(np.prod(grid.shape))
    code = frame[who].rank("dense").cast(pl.Int64)
    most = frame[who].n_unique()
    code = code.fill_null(0 if who == ENTITY else most + 1)
    width = most + 2
    count, active, tops = np.zeros(size), np.zeros(size), np.zeros((len(TOPS), size))
    for margin in product(*(ancestors(axis) for axis in grid.axes)):
        above = [line[place] for line, place in zip(margin, places, strict=True)]
        kept = np.all([line >= 0 for line in above], axis=0)
        cell = grid.fold([np.maximum(line, 0) for line in above])
        one = pl.DataFrame({"key": cell * width + code.to_numpy(), "absolute": frame["absolute"]})
        members = one.filter(pl.Series(kept)).group_by("key").agg(pl.col("absolute").sum())
        largest = pl.col("absolute").top_k(len(TOPS))
        known = (pl.col("key") % width != 0) | (who != ENTITY)
        found = members.group_by(cell=pl.col("key") // width).agg(
            known.sum().alias("members"),
            (pl.col("absolute") > 0).sum().alias("active"),
            largest.alias("tops"),
        )
        index = found["cell"].to_numpy()
        count[index] = found["members"].to_numpy()
        active[index] = found["active"].to_numpy()
        ordered = found["tops"].list.sort(descending=True)
        for place in range(len(TOPS)):
            top = ordered.list.get(place, null_on_oob=True).fill_null(0.0)
            tops[-1 - place, index] = top.to_numpy()
    shape = grid.shape
    return count.reshape(shape), active.reshape(shape), tops.reshape(len(TOPS), *shape)


def ancestors(axis: Axis) -> list[Places]:
    """For each depth, the node at that depth above every label (-1 when there is none)."""
    depths = [0] * len(axis.labels)
    for place in range(len(axis.labels) - 1):
        parent = axis.parents[place]
        depths[place] = depths[parent] + 1
    found = []
    for depth in range(max(depths) + 1):
        line = np.full(len(axis.labels), -1, dtype=np.int64)
        for place in range(len(axis.labels)):
            node = place
            while depths[node] > depth and axis.parents[node] != ROOT:
                node = axis.parents[node]
            if depths[node] == depth:
                line[place] = node
        found.append(line)
    return found
