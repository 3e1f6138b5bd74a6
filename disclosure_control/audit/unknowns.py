"""What an attacker does not know: hidden cells, with those that move together made one unknown.

All figures are deviations from the true table, so that zero always fits. Cells that subtraction
gives away, and cells that what is known beforehand leaves no room, cannot move. A relation with two
hidden cells ties them to each other; tied cells are one unknown with the bounds of all of them.
Both are done until nothing changes. This is exact and often halves the problem.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.audit.rows import connected, distinct, narrowed
from disclosure_control.audit.subtraction import subtract
from disclosure_control.suppression.problem import Flags, Floats, Places

_FIXED = -1
_SWEEPS = 4


@dataclass(frozen=True)
class Unknowns:
    """Hidden cells as a smaller system.

    Args:
        number: for each cell of the table its unknown, -1 when it cannot move.
        sign: 1 when the cell moves with its unknown, -1 when against it.
        matrix: distinct relations among the unknowns, one column per unknown.
        low: least deviation of each unknown, at most 0.
        high: largest, at least 0.
        label: which unknowns are connected through relations.
        integral: whether only whole deviations count.
    """

    number: Places
    sign: Floats
    matrix: Any
    low: Floats
    high: Floats
    label: Places
    integral: bool

    @property
    def size(self) -> int:
        """How many unknowns there are."""
        return self.low.size

    def of_cells(self, amounts: Floats) -> Floats:
        """Deviations of all cells of the table from deviations of the unknowns."""
        known = self.number >= 0
        found = np.zeros(self.number.size)
        found[known] = self.sign[known] * amounts[self.number[known]]
        return found


def determined(relations: Any, hidden: Flags) -> Flags:
    """Hidden cells that repeated subtraction gives away."""
    found = np.zeros(hidden.size, dtype=np.bool_)
    found[[step.cell for step in subtract(relations, hidden)]] = True
    return found


def find_unknowns(
    relations: Any, hidden: Flags, low: Floats, high: Floats, *, integral: bool
) -> Unknowns:
    """The unknowns of a pattern.

    Args:
        relations: ``scipy.sparse`` matrix of whole numbers; each row sums to zero over the cells.
        hidden: which cells are not shown.
        low: least deviation of each cell by what is known beforehand, at most 0.
        high: largest, at least 0.
        integral: whether deviations are whole.
    """
    number = np.full(hidden.size, _FIXED, dtype=np.int64)
    cells = np.flatnonzero(hidden & ~determined(relations, hidden))
    number[cells] = np.arange(cells.size)
    sign = np.ones(hidden.size)
    matrix = distinct(relations.tocsc()[:, cells].tocsr().astype(np.float64))
    low, high = low[cells], high[cells]
    least, most = narrowed(matrix, low, high, integral=integral, sweeps=_SWEEPS)
    stuck = (least == 0) & (most == 0)
    while True:
        to, factor = _ties(matrix, stuck)
        if to is None:
            break
        matrix = distinct(matrix @ _merging(to, factor))
        low, high = _bounds(to, factor, low, high)
        known = number >= 0
        sign[known] *= factor[number[known]]
        number[known] = to[number[known]]
        stuck = (low == 0) & (high == 0)
    return Unknowns(number, sign, matrix, low, high, connected(matrix), integral)


def _ties(matrix: Any, stuck: Flags) -> tuple[Places | None, Floats]:
    """For each unknown the number it gets and its sign; null when none changes."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size, count = np.diff(matrix.indptr), matrix.shape[1]
    stuck = stuck.copy()
    stuck[matrix.indices[matrix.indptr[:-1][size == 1]]] = True
    first = matrix.indptr[:-1][size == 2]
    first = first[np.abs(matrix.data[first]) == np.abs(matrix.data[first + 1])]
    if first.size == 0 and not stuck.any():
        return None, np.empty(0)
    one, two = matrix.indices[first], matrix.indices[first + 1]
    against = np.where(matrix.data[first] * matrix.data[first + 1] > 0, count, 0)
    # Each unknown stands twice, as itself and reversed, so that signs follow from the links.
    here, there = np.r_[one, one + count], np.r_[two + against, two + count - against]
    links = coo_matrix((np.ones(here.size), (here, there)), shape=(2 * count, 2 * count))
    _, label = connected_components(links, directed=False)
    itself, reverse = label[:count], label[count:]
    _, group = np.unique(np.minimum(itself, reverse), return_inverse=True)
    fixed = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.bool_)
    fixed[group[stuck | (itself == reverse)]] = True
    number = np.where(fixed, _FIXED, np.cumsum(~fixed) - 1)
    return number[group], np.where(itself <= reverse, 1.0, -1.0)


def _merging(to: Places, factor: Floats) -> Any:
    """The matrix that puts the columns of tied unknowns together."""
    from scipy.sparse import csr_matrix

    kept = np.flatnonzero(to >= 0)
    shape = (to.size, int(to.max(initial=-1)) + 1)
    return csr_matrix((factor[kept], (kept, to[kept])), shape=shape)


def _bounds(to: Places, factor: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Bounds of tied unknowns: those that all of them keep."""
    kept = to >= 0
    count = int(to.max(initial=-1)) + 1
    new_low, new_high = np.full(count, -np.inf), np.full(count, np.inf)
    plus = factor > 0
    np.maximum.at(new_low, to[kept], np.where(plus, low, -high)[kept])
    np.minimum.at(new_high, to[kept], np.where(plus, high, -low)[kept])
    return new_low, new_high
