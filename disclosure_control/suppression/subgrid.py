"""Smaller grids around a cell: on each axis some finest labels and everything above them.

Whatever can be moved among those labels can be moved in the whole table, because every sum that
it touches is there; a neighbourhood that grows through the relations breaks off somewhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.suppression.flows import Paths
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    Places,
    SuppressionProblem,
    grid_shape,
)

_FEWEST = 2


@dataclass(frozen=True)
class Subgrids:
    """What is needed to choose smaller grids.

    Args:
        shape: of the grid.
        paths: the tree of each axis.
        density: per axis, which share of the cells of each label is primary.
    """

    shape: tuple[int, ...]
    paths: tuple[Paths, ...]
    density: tuple[Floats, ...]

    @classmethod
    def of(cls, problem: SuppressionProblem) -> "Subgrids":
        """Of a problem whose cells are a grid."""
        shape = grid_shape(problem.axes)
        grid = problem.primary.reshape(shape)
        every = range(len(shape))
        density = tuple(grid.mean(axis=tuple(set(every) - {axis})) for axis in every)
        return cls(shape, tuple(Paths.of(axis) for axis in problem.axes), density)

    def around(self, cell: int, hidden: Flags, limit: int) -> Places:
        """About ``limit`` cells, rising: labels near the cell with much hidden in line."""
        own = np.unravel_index(cell, self.shape)
        counts = [len(paths.ancestors) for paths in self.paths]
        grid = hidden.reshape(self.shape)
        room = float(limit)
        while True:
            kept = _sizes(counts, room)
            labels = [
                self._labels(axis, int(own[axis]), _line(grid, own, axis), kept[axis])
                for axis in range(len(self.shape))
            ]
            size = float(np.prod([chosen.size for chosen in labels]))
            if size <= 2 * limit or max(kept) <= _FEWEST:
                return np.ravel_multi_index(np.ix_(*labels), self.shape).ravel()
            room *= limit / size

    def _labels(self, axis: int, own: int, line: Flags, count: int) -> Places:
        """So many finest labels, some of them under the cell's own, and all labels above them."""
        paths = self.paths[axis]
        ancestors, leaves = paths.ancestors, paths.leaf
        if count >= leaves.size:
            return np.arange(self.shape[axis])
        path = ancestors[np.flatnonzero(paths.under(own))[0], : int(paths.depth[own]) + 1]
        shared = ancestors[:, : path.size] == path
        score = line[leaves] + self.density[axis][leaves] + shared.mean(axis=1)
        inside = paths.under(own)
        order = np.argsort(-score, kind="stable")
        below, beside = order[inside[order]], order[~inside[order]]
        least = 1 if below.size == 1 else count // 2
        some = below[: max(least, count - beside.size)]
        chosen = ancestors[np.concatenate([some, beside[: count - some.size]])].ravel()
        marks = np.zeros(self.shape[axis], dtype=np.bool_)
        marks[chosen[chosen >= 0]] = True
        return np.flatnonzero(marks)


def _line(grid: Flags, own: tuple[Any, ...], axis: int) -> Flags:
    """The hidden cells along one axis."""
    place = tuple(slice(None) if at == axis else int(own[at]) for at in range(grid.ndim))
    return np.asarray(grid[place])


def _sizes(counts: list[int], limit: float) -> list[int]:
    """How many finest labels of each axis, the longest shortened first."""
    kept = np.array(counts, dtype=np.float64)
    for size in sorted(counts, reverse=True):
        if kept.prod() <= limit:
            break
        large = kept >= size
        if not large.any():
            continue
        smaller = kept[~large].max(initial=_FEWEST)
        fitting = (limit / kept[~large].prod()) ** (1 / large.sum())
        kept[large] = max(smaller, fitting, _FEWEST)
    return [int(size) for size in kept]
