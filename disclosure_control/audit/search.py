"""Searching one component for tables that an attacker cannot rule out."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from disclosure_control.audit.components import Component
from disclosure_control.audit.program import Program
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    GroupDoubt,
    Places,
    SuppressionProblem,
)

_ROUNDING = 1e-6
_STRICT = 1e-12
_ROUNDS = 12
_GAIN = 0.25
_SMALL = 4_000


class Search:
    """How far the primary cells of one component can move, as far as it matters.

    Only deviations that certainly fit count: whole ones where values are known to be whole.
    """

    def __init__(self, problem: SuppressionProblem, part: Component) -> None:
        """Nothing reached yet."""
        cells = part.cells
        self.problem, self.part = problem, part
        self.low, self.high = deviation_bounds(problem, cells)
        self.need = np.stack([problem.upper_protection[cells], problem.lower_protection[cells]])
        self.need = np.where(problem.primary[cells], np.maximum(self.need, 0.0), 0.0)
        if problem.integral:
            self.need = np.ceil(self.need)
        self.reached = self.need <= 0
        self.program = Program(part.matrix, self.low, self.high)

    def holds(self, cell: int) -> bool:
        """Whether a cell of the table belongs to the component."""
        return self._place(cell) is not None

    def weak(self) -> Flags:
        """Which cells of the component do not provably move as far as they must."""
        possible = np.stack([self.high, -self.low]) >= self.need * (1 - _ROUNDING)
        for side in (0, 1):
            self._lift_many(side, possible[side])
        for side in (0, 1):
            for place in np.flatnonzero(~self.reached[side] & possible[side]):
                if not self.reached[side, place]:
                    self._lift_one(side, int(place))
        return np.asarray(~self.reached.all(axis=0))

    def raises(self, doubt: GroupDoubt) -> bool:
        """Whether some table that fits leaves the cell below its share of the group."""
        cell, group = self._place(doubt.cell), self._place(doubt.group)
        values = self.problem.values
        limit = doubt.share * values[doubt.group]
        aim = np.zeros(self.part.cells.size)
        if cell is None:
            return False
        aim[cell] = -1.0
        if group is not None:
            aim[group] += doubt.share
        far = 2 * np.abs(values).max() + 1
        self.program.bound(np.maximum(self.low, -far), np.minimum(self.high, far))
        self.program.aim(aim)
        needed = values[doubt.cell] - limit + _STRICT * max(1.0, abs(limit))
        return any(float(aim @ found) > needed for found in self._answers())

    def _answers(self) -> Iterator[Floats]:
        """Certain deviations for the present aim: the first kind, and if not used, the second."""
        found = self.program.best()
        if found is None:
            return
        certain = self.certain(found)
        if certain is not None:
            yield certain
        if self.problem.integral and found.size <= _SMALL:
            found = self.program.best_whole()
            certain = None if found is None else self.certain(found)
            if certain is not None:
                yield certain

    def _lift_many(self, side: int, possible: Flags) -> None:
        for _ in range(_ROUNDS):
            missing = ~self.reached[side] & possible
            before = int(missing.sum())
            if before < 2:
                return
            self._bound(side, missing)
            weights = np.where(missing, 1.0 / np.where(missing, self.need[side], 1.0), 0.0)
            self.program.aim(weights * (1 - 2 * side))
            found = self.program.best()
            if found is None:
                return
            self._note(found)
            if before - int((~self.reached[side] & possible).sum()) < _GAIN * before:
                return

    def _lift_one(self, side: int, place: int) -> None:
        aim = np.zeros(self.part.cells.size)
        aim[place] = 1 - 2 * side
        self._bound(side, aim != 0)
        self.program.aim(aim)
        found = self.program.best()
        need = self.need[side, place]
        if found is None or aim @ found < need * (1 - _ROUNDING):
            return
        self._note(found)
        if self.reached[side, place] or not self.problem.integral or found.size > _SMALL:
            return
        low, high = self.low.copy(), self.high.copy()
        low[place], high[place] = (need, need) if side == 0 else (-need, -need)
        self.program.bound(low, high)
        self.program.aim(np.zeros(found.size))
        whole = self.program.best_whole()
        if whole is not None:
            self._note(whole)

    def _bound(self, side: int, cells: Flags) -> None:
        """Lets the cells go as far as they must, and no further."""
        low, high = self.low.copy(), self.high.copy()
        if side == 0:
            high[cells] = np.minimum(high[cells], self.need[0, cells])
        else:
            low[cells] = np.maximum(low[cells], -self.need[1, cells])
        self.program.bound(low, high)

    def _note(self, found: Floats) -> None:
        """Marks what a deviation moves far enough."""
        certain = self.certain(found)
        if certain is not None:
            self.reached |= np.stack([certain, -certain]) >= self.need * (1 - _ROUNDING)

    def certain(self, found: Floats) -> Floats | None:
        """The part of a deviation that certainly fits, or null when nothing does."""
        if not self.problem.integral:
            return found
        whole = np.rint(found)
        moved = np.abs(found) > _ROUNDING
        broken = np.abs(found - whole) > _ROUNDING
        if broken.any():
            whole[_pieces_with(self.part.matrix, np.flatnonzero(moved), broken)] = 0.0
        kept = not (self.part.matrix @ whole).any()
        inside = bool(((whole >= self.low) & (whole <= self.high)).all())
        return whole if kept and inside and whole.any() else None

    def _place(self, cell: int) -> int | None:
        place = int(np.searchsorted(self.part.cells, cell))
        found = place < self.part.cells.size and self.part.cells[place] == cell
        return place if found else None


def deviation_bounds(problem: SuppressionProblem, cells: Places) -> tuple[Floats, Floats]:
    """How far cells can fall (as a negative number) and rise, by what is known beforehand."""
    low = np.minimum(problem.lower_bounds[cells] - problem.values[cells], 0.0)
    high = np.maximum(problem.upper_bounds[cells] - problem.values[cells], 0.0)
    return (np.ceil(low), np.floor(high)) if problem.integral else (low, high)


def _pieces_with(matrix: Any, moved: Places, broken: Flags) -> Places:
    """Moved cells that share relations, directly or not, with a broken one."""
    from scipy.sparse.csgraph import connected_components

    part = abs(matrix[:, moved])
    _, label = connected_components(part.T @ part, directed=False)
    bad = np.isin(label, label[broken[moved]])
    return np.asarray(moved[bad])
