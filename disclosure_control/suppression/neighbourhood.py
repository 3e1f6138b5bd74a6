"""Which cells take part in the program for one demand: those near it and cheap.

Programs over a whole table are slow and mostly idle. A cell takes part when it is hidden already
or among the cheapest of one of its relations, and can be reached from the demand through relations
of such cells.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

_CHEAPEST = 6


@dataclass(frozen=True)
class Network:
    """Relations as lists in both directions.

    Args:
        matrix: relations by row, repeats left out.
        columns: the same by cell.
        cheap: cells among the cheapest of a relation.
        allowed: cells that may be hidden at all.
    """

    matrix: Any
    columns: Any
    cheap: Flags
    allowed: Flags

    @classmethod
    def of(cls, problem: SuppressionProblem, matrix: Any) -> "Network":
        """The network of a problem."""
        allowed = problem.primary | np.isfinite(problem.costs)
        return cls(matrix, matrix.tocsc(), _cheap(matrix, problem.costs) & allowed, allowed)

    def near(self, cell: int, hidden: Flags, limit: int) -> Places:
        """About ``limit`` cells around one, without those that cannot move among them."""
        taking_part = self.allowed if limit >= hidden.size else (self.cheap & self.allowed) | hidden
        inside = np.zeros(hidden.size, dtype=np.bool_)
        seen = np.zeros(self.matrix.shape[0], dtype=np.bool_)
        inside[cell] = True
        front, count = np.array([cell]), 1
        while front.size and count < limit:
            rows = gathered(self.columns, front)
            rows = np.unique(rows[~seen[rows]])
            seen[rows] = True
            reached = np.unique(gathered(self.matrix, rows))
            front = reached[taking_part[reached] & ~inside[reached]]
            inside[front] = True
            count += front.size
        return self.movable(np.flatnonzero(inside))

    def movable(self, cells: Places) -> Places:
        """Cells that are not alone in a relation, once the others that are have been left out."""
        while cells.size:
            rows = gathered(self.columns, cells)
            alone = np.bincount(rows, minlength=self.matrix.shape[0]) == 1
            if not alone[rows].any():
                break
            owner = np.repeat(cells, np.diff(self.columns.indptr)[cells])
            cells = np.setdiff1d(cells, owner[alone[rows]], assume_unique=False)
        return cells


def gathered(matrix: Any, lines: Places) -> npt.NDArray[np.int64]:
    """The indices of several lines of a compressed matrix, one after the other."""
    size = np.diff(matrix.indptr)[lines]
    first = np.repeat(matrix.indptr[lines] - np.r_[0, np.cumsum(size)[:-1]], size)
    return np.asarray(matrix.indices[first + np.arange(first.size)], dtype=np.int64)


def _cheap(matrix: Any, costs: Floats) -> Flags:
    """Cells that are among the cheapest of some relation."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, costs[matrix.indices], row))
    rank = np.arange(order.size) - matrix.indptr[row[order]]
    found = np.zeros(costs.size, dtype=np.bool_)
    found[matrix.indices[order[rank < _CHEAPEST]]] = True
    return found
