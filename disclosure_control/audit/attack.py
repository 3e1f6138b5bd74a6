"""Exact bounds on hidden cells: what an attacker knows from all shown cells and all relations.

Cells that subtraction gives away are known. The others fall into components that share no
relation. In each, two boxes are kept: an outer one that no table leaves, made narrower by the
relations one at a time, and an inner one spanned by tables that were seen to fit. Where they meet
the bound is exact; elsewhere a program decides, started where the last one ended, and every table
it passes widens the inner box. Where values are known to be whole only whole tables count.

Fails closed: what is not decided within the effort allowed is reported as the inner box, so an
interval is never wider than what is certain; for a cell about which nothing was decided it is the
value alone, as if the attacker knew everything.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.audit.components import Component, components, determined
from disclosure_control.audit.program import Program
from disclosure_control.audit.shifts import Shifts
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_ROUNDING = 1e-7
_SWEEPS = 20
_WHOLE = 1e-5


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bounds per cell; shown cells have their value twice."""

    lower: Floats
    upper: Floats


Attack = Bounds


def attacker_bounds(problem: SuppressionProblem, suppressed: Flags) -> Bounds:
    """The tightest bounds that an attacker derives on every cell of a problem."""
    return attack(
        problem.values,
        problem.relations,
        suppressed,
        problem.lower_bounds,
        problem.upper_bounds,
        integral=problem.integral,
    )


def attack(
    values: Floats,
    relations: Any,
    hidden: Flags,
    lower_bounds: Floats,
    upper_bounds: Floats,
    *,
    integral: bool,
) -> Bounds:
    """The tightest bounds on every hidden cell.

    Args:
        values: the true values.
        relations: ``scipy.sparse`` matrix; each row sums to zero over the values.
        hidden: which cells are not shown.
        lower_bounds: what is known beforehand about each cell, at least.
        upper_bounds: and at most.
        integral: whether everybody knows that the values are whole numbers.
    """
    lower, upper = values.astype(np.float64), values.astype(np.float64)
    low = np.minimum(lower_bounds - values, 0.0)
    high = np.maximum(upper_bounds - values, 0.0)
    if integral:
        low, high = np.ceil(low), np.floor(high)
    open_cells = hidden & ~determined(relations, hidden)
    for part in components(relations, open_cells):
        unit = 1.0 if integral else _typical(values[part.cells])
        known = (low[part.cells] / unit, high[part.cells] / unit)
        siege = Siege(part, known, integral=integral)
        siege.decide()
        lower[part.cells] += siege.inner_low * unit
        upper[part.cells] += siege.inner_high * unit
    return Bounds(lower, upper)


def _typical(values: Floats) -> float:
    """The size of most values that are not zero, so that rounding is seen in proportion."""
    size = np.abs(values[values != 0])
    return float(np.median(size)) if size.size else 1.0


class Siege:
    """The two boxes around the cells of one component, as deviations from the true table."""

    def __init__(self, part: Component, known: tuple[Floats, Floats], *, integral: bool) -> None:
        """``known``: least and largest deviations by what is known beforehand."""
        self.matrix, self.integral, self.known = part.matrix, integral, known
        self.size = part.cells.size
        self.inner_low, self.inner_high = np.zeros(self.size), np.zeros(self.size)
        self.low, self.high = tightened(self.matrix, *known, integral=integral)
        self._program = Program(self.matrix, self.low, self.high, warm=True)
        self._shifts: Shifts | None = None

    def decide(self) -> None:
        """Lets the boxes meet, cell by cell."""
        for sign in (-1.0, 1.0):
            for _ in range(2):
                weights = np.where(self._open(sign), sign, 0.0)
                if weights.any():
                    self._see(self._program.best(weights / self._scale()))
        for sign in (-1.0, 1.0):
            for cell in range(self.size):
                if self._open(sign)[cell]:
                    self._push(cell, sign)

    def _scale(self) -> Floats:
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        return np.where(np.isfinite(size) & (size > 0), size, 1.0)

    def _open(self, sign: float) -> Flags:
        """Cells whose boxes have not met on one side."""
        inner, outer = (self.inner_high, self.high) if sign > 0 else (self.inner_low, self.low)
        slack = 0.0 if self.integral else _ROUNDING * np.maximum(1.0, np.abs(inner))
        return np.asarray(sign * outer > sign * inner + slack)

    def _push(self, cell: int, sign: float) -> None:
        """Decides one side of one cell."""
        weights = np.zeros(self.size)
        weights[cell] = sign
        found = self._program.best(weights)
        if found is None:
            if self._program.unbounded:
                inner = self.inner_high if sign > 0 else self.inner_low
                inner[cell] = sign * np.inf
            return
        self._see(found)
        best = float(found[cell])
        if not self.integral:
            return
        best = float(np.floor(best + _WHOLE)) if sign > 0 else float(np.ceil(best - _WHOLE))
        outer = self.high if sign > 0 else self.low
        outer[cell] = best
        while self._open(sign)[cell] and not self._reach(cell, outer[cell]):
            if not self._is_out_of_reach(cell, sign):
                return

    def _reach(self, cell: int, deviation: float) -> bool:
        """Whether a whole table is found with this deviation of a cell."""
        low, high = self.low.copy(), self.high.copy()
        low[cell] = high[cell] = deviation
        if self._shifts is None:
            self._shifts = Shifts(self.matrix, integral=True)
        found = self._shifts.find(low, high)
        if found is not None:
            self._see(found)
        return found is not None

    def _is_out_of_reach(self, cell: int, sign: float) -> bool:
        """Whether no whole table goes as far as the outer box; then it is made narrower."""
        weights = np.zeros(self.size)
        weights[cell] = sign
        found = self._program.best_whole(weights)
        if found is None:
            return False
        outer = self.high if sign > 0 else self.low
        narrower = bool(sign * (outer[cell] - np.rint(found[cell])) > 0)
        outer[cell] = np.rint(found[cell])
        self._see(found)
        return narrower

    def _see(self, found: Floats | None) -> None:
        """Widens the inner box by a table that fits."""
        if found is None:
            return
        if self.integral:
            whole = np.rint(found)
            near = bool((np.abs(found - whole) < _WHOLE).all())
            inside = bool(((whole >= self.low) & (whole <= self.high)).all())
            if not near or not inside or (self.matrix @ whole).any():
                return
            found = whole
        self.inner_low = np.minimum(self.inner_low, found)
        self.inner_high = np.maximum(self.inner_high, found)


def tightened(matrix: Any, low: Floats, high: Floats, *, integral: bool) -> tuple[Floats, Floats]:
    """Bounds made narrower by each relation in turn: no cell goes further than the others allow.

    In a relation the sum of all deviations is zero, so one goes up at most as far as the others
    can go down together.
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    cells, signs = matrix.indices, matrix.data
    for _ in range(_SWEEPS):
        least = np.where(signs > 0, signs * low[cells], signs * high[cells])
        most = np.where(signs > 0, signs * high[cells], signs * low[cells])
        up = -_without_own(rows, least, matrix.shape[0]) / signs
        down = -_without_own(rows, most, matrix.shape[0]) / signs
        new_high, new_low = high.copy(), low.copy()
        np.minimum.at(new_high, cells, np.where(signs > 0, up, down))
        np.maximum.at(new_low, cells, np.where(signs > 0, down, up))
        if integral:
            new_low, new_high = np.ceil(new_low - _WHOLE), np.floor(new_high + _WHOLE)
        new_low, new_high = np.minimum(new_low, 0.0), np.maximum(new_high, 0.0)
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return low, high


def _without_own(rows: Any, amounts: Floats, count: int) -> Floats:
    """For each entry the sum of the others in its row, infinite ones counted apart."""
    finite = np.isfinite(amounts)
    total = np.bincount(rows, weights=np.where(finite, amounts, 0.0), minlength=count)
    infinite = np.bincount(rows, weights=~finite, minlength=count)
    sign = np.where(finite, 0.0, np.sign(np.where(finite, 0.0, amounts)))
    side = np.bincount(rows, weights=sign, minlength=count)
    others = infinite[rows] - ~finite > 0
    rest = total[rows] - np.where(finite, amounts, 0.0)
    return np.where(others, np.where(side[rows] < 0, -np.inf, np.inf), rest)
