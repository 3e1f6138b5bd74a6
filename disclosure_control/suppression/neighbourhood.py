"""Which cells take part in the program for one demand: those near it, hidden or cheap.

Programs over a whole large table are slow and mostly idle. In a grid the neighbourhood is a smaller
grid: on each axis the labels along which most is hidden. Elsewhere it grows from the cell through
its relations, a few cells of each.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    Places,
    SuppressionProblem,
    distinct_rows,
    grid_shape,
)

_PER_RELATION = 20


@dataclass(frozen=True)
class Network:
    """The relations of a problem in both directions.

    Args:
        rows: relations by row, repeats left out.
        columns: the same by cell.
        costs: of hiding each cell; infinite for cells that must be shown.
        shape: of the grid, empty when there is none.
    """

    rows: Any
    columns: Any
    costs: Floats
    shape: tuple[int, ...]

    @classmethod
    def of(cls, problem: SuppressionProblem) -> "Network":
        """The network of a problem."""
        rows = problem.relations.tocsr() if problem.axes else distinct_rows(problem.relations)
        costs = np.where(problem.primary, 0.0, problem.costs)
        return cls(rows, rows.tocsc(), costs, grid_shape(problem.axes))

    def all(self) -> Places:
        """Every cell that may be hidden and can move."""
        return self.movable(np.flatnonzero(np.isfinite(self.costs)))

    def near(self, cell: int, hidden: Flags, limit: int) -> Places:
        """About ``limit`` cells around one that may be hidden and can move among themselves."""
        if self.shape:
            found = _smaller_grid(cell, hidden, self.shape, limit)
        else:
            found = self._grown(cell, hidden, limit)
        return self.movable(found[np.isfinite(self.costs[found])])

    def blocks(self, cells: Places, turn: int, limit: int) -> list[Places]:
        """Cells of a grid cut along its longest axis into parts of about ``limit``.

        Turns alternate between parts of neighbouring labels and of labels far apart.
        """
        count = -(-cells.size // limit)
        if count <= 1 or not self.shape:
            return [cells]
        axis = int(np.argmax(self.shape))
        stride = int(np.prod(self.shape[axis + 1 :]))
        label = cells // stride % self.shape[axis]
        part = label % count if turn % 2 else label * count // self.shape[axis]
        return [cells[part == number] for number in range(count) if (part == number).any()]

    def movable(self, cells: Places) -> Places:
        """Cells that are not alone in a relation, once the others that are have been left out."""
        while cells.size:
            rows = gathered(self.columns, cells)
            alone = np.bincount(rows, minlength=self.rows.shape[0]) == 1
            if not alone[rows].any():
                break
            owner = np.repeat(cells, np.diff(self.columns.indptr)[cells])
            cells = np.setdiff1d(cells, owner[alone[rows]])
        return cells

    def _grown(self, cell: int, hidden: Flags, limit: int) -> Places:
        """The cheapest cells of each relation, again and again, hidden ones first."""
        price = np.where(hidden, 0.0, self.costs)
        inside = np.zeros(hidden.size, dtype=np.bool_)
        seen = np.zeros(self.rows.shape[0], dtype=np.bool_)
        inside[cell] = True
        front, count = np.array([cell]), 1
        while front.size and count < limit:
            touched = np.unique(gathered(self.columns, front))
            touched = touched[~seen[touched]]
            seen[touched] = True
            members = gathered(self.rows, touched)
            owner = np.repeat(np.arange(touched.size), np.diff(self.rows.indptr)[touched])
            order = np.lexsort((members, price[members], owner))
            rank = np.arange(order.size) - np.searchsorted(owner, owner)
            front = np.unique(members[order[rank < _PER_RELATION]])
            front = front[~inside[front]]
            inside[front] = True
            count += front.size
        return np.flatnonzero(inside)


def gathered(matrix: Any, lines: Places) -> Places:
    """The indices of several lines of a compressed matrix, one after the other."""
    size = np.diff(matrix.indptr)[lines]
    first = np.repeat(matrix.indptr[lines] - np.cumsum(size) + size, size)
    return np.asarray(matrix.indices[first + np.arange(first.size)], dtype=np.int64)


def _smaller_grid(cell: int, hidden: Flags, shape: tuple[int, ...], limit: int) -> Places:
    """The cells of a grid of some labels of each axis, those with most hidden along the cell."""
    own = np.unravel_index(cell, shape)
    grid = hidden.reshape(shape)
    kept = _sizes(shape, limit)
    labels = []
    for axis, count in enumerate(kept):
        if count >= shape[axis]:
            labels.append(np.arange(shape[axis]))
            continue
        line = grid[tuple(slice(None) if at == axis else own[at] for at in range(len(shape)))]
        others = tuple(at for at in range(len(shape)) if at != axis)
        density = grid.mean(axis=others) + line
        density[own[axis]] = np.inf
        labels.append(np.sort(np.argsort(-density, kind="stable")[:count]))
    places = np.ix_(*labels)
    return np.ravel_multi_index(places, shape).ravel()


def _sizes(shape: tuple[int, ...], limit: int) -> list[int]:
    """How many labels of each axis, the longest shortened first."""
    kept = np.array(shape, dtype=np.float64)
    longest: npt.NDArray[np.float64] = np.sort(kept)
    for size in longest[::-1]:
        if kept.prod() <= limit:
            break
        large = kept >= size
        smaller = kept[~large].max(initial=2.0)
        fitting = (limit / kept[~large].prod()) ** (1 / large.sum())
        kept[large] = max(smaller, fitting, 2.0)
    return [int(size) for size in kept]
