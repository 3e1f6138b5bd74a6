"""Tables that certainly fit: least movements of a group of unknowns that take some somewhere.

Rises and falls are variables of their own and cost, so that nothing moves that need not, which
keeps most answers whole. Where values are known to be whole and an answer is not, it is rounded at
random and the relations that break are mended by another program, until none is broken; a
whole-number program is the last resort, in small groups.
"""

from typing import Any

import numpy as np

from disclosure_control.audit.program import Program
from disclosure_control.suppression.problem import Floats

_MENDINGS = 6
_BETWEEN = 0.2
_UNEVEN = 0.1
_SMALL = 1_000


class Shifts:
    """Movements of a group of unknowns inside bounds, cheapest first."""

    def __init__(self, matrix: Any) -> None:
        """``matrix``: the relations, by row; each sums to zero over the movements."""
        self.matrix = matrix.tocsr()
        self.size = int(matrix.shape[1])
        none = np.zeros(2 * self.size)
        self._program = Program(_both_ways(matrix.tocsc()), none, none, warm=False)
        self._chance = np.random.default_rng(self.size)
        self._asked = (none, none, none)

    @property
    def steps(self) -> int:
        """The work done so far, in steps of the programs."""
        return self._program.steps

    def allow(self, steps: int) -> None:
        """No program takes more than about so many steps from now on; else it has no answer."""
        self._program.allow(steps)

    def find(self, low: Floats, high: Floats, reward: Floats | None = None) -> Floats | None:
        """The cheapest movement with ``low <= d <= high``, whole or not; null when none is found.

        Args:
            low: least movement of each unknown.
            high: largest movement of each unknown.
            reward: what each unit of rising (positive) or falling (negative) is worth; a unit of
                movement costs 1. Null when nothing is.
        """
        price = np.ones(2 * self.size)
        if reward is not None:
            price -= np.concatenate([np.maximum(reward, 0), np.maximum(-reward, 0)])
        self._asked = (price, low, high)
        return self._least(price, low, high)

    def whole(self, found: Floats, *, exhaustive: bool) -> Floats | None:
        """A whole movement for the question that ``find`` answered last; null when none is found.

        Args:
            found: the answer.
            exhaustive: whether a whole-number program is asked at last, in small groups.
        """
        price, low, high = self._asked
        whole = self._mended(np.abs(price), low, high, found)
        if whole is None and exhaustive and self.size <= _SMALL:
            self._bound(low, high)
            answer = self._program.best_whole(-price)
            whole = None if answer is None else np.rint(self._net(answer))
        return whole if whole is not None and self._fits(whole, low, high) else None

    def _mended(self, price: Floats, low: Floats, high: Floats, found: Floats) -> Floats | None:
        for _ in range(_MENDINGS):
            near = np.rint(found)
            chance = self._chance.random(found.size)
            between = np.abs(found - near) > _BETWEEN
            whole = np.where(between, np.floor(found + chance), near)
            broken = self.matrix @ whole
            if not broken.any():
                return whole
            self._program.sum_to(-broken)
            uneven = price * (1 + _UNEVEN * self._chance.random(price.size))
            mending = self._least(uneven, low - whole, high - whole)
            self._program.sum_to(np.zeros(broken.size))
            if mending is None:
                return None
            found = whole + mending
        return None

    def _least(self, price: Floats, low: Floats, high: Floats) -> Floats | None:
        self._bound(low, high)
        answer = self._program.best(-price)
        return None if answer is None else self._net(answer)

    def _bound(self, low: Floats, high: Floats) -> None:
        least = np.concatenate([np.maximum(low, 0), np.maximum(-high, 0)])
        most = np.concatenate([np.maximum(high, 0), np.maximum(-low, 0)])
        self._program.bound(least, most)

    def _net(self, answer: Floats) -> Floats:
        return np.asarray(answer[: self.size] - answer[self.size :])

    def _fits(self, whole: Floats, low: Floats, high: Floats) -> bool:
        """Exactly: whole numbers add up without rounding."""
        inside = (whole >= low) & (whole <= high)
        return bool(inside.all()) and not (self.matrix @ whole).any()


def _both_ways(columns: Any) -> Any:
    """The matrix and its negative side by side, by column."""
    from scipy.sparse import csc_matrix

    start = np.concatenate([columns.indptr, columns.indptr[1:] + columns.nnz])
    data = np.concatenate([columns.data, -columns.data])
    shape = (columns.shape[0], 2 * columns.shape[1])
    return csc_matrix((data, np.tile(columns.indices, 2), start), shape=shape)
