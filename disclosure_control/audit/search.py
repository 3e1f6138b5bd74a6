"""Searching one component for tables that an attacker cannot rule out."""

from collections.abc import Iterator

import numpy as np

from disclosure_control.audit.components import Component
from disclosure_control.audit.program import Program
from disclosure_control.audit.shifts import Shifts
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
_FEW = 4
_GAIN = 0.05
_BLOCK = 1_500
_NEAR = 500
_SMALL = 1_000
_REWARD = 100.0


class Search:
    """How far the primary cells of one component can move, as far as it matters.

    Amounts are in units of ``unit``, 1 where values are whole.
    """

    def __init__(self, problem: SuppressionProblem, part: Component) -> None:
        """Nothing reached yet."""
        cells = part.cells
        self.problem, self.part = problem, part
        self.low, self.high = deviation_bounds(problem, cells)
        need = np.stack([problem.upper_protection[cells], problem.lower_protection[cells]])
        need = np.where(problem.primary[cells], np.maximum(need, 0.0), 0.0)
        asked = need[need > 0]
        self.unit = 1.0 if problem.integral or asked.size == 0 else float(np.median(asked))
        self.need = np.ceil(need) if problem.integral else need / self.unit
        self.low, self.high = self.low / self.unit, self.high / self.unit
        self.reached = self.need <= 0
        self._whole: Shifts | None = None

    def place(self, cell: int) -> int | None:
        """Where a cell of the table is in the component, or null."""
        place = int(np.searchsorted(self.part.cells, cell))
        found = place < self.part.cells.size and self.part.cells[place] == cell
        return place if found else None

    def touches(self, doubt: GroupDoubt) -> bool:
        """Whether the cell or the group of a doubt is in the component."""
        return self.place(doubt.cell) is not None or self.place(doubt.group) is not None

    def weak(self) -> Flags:
        """Which cells of the component do not provably move as far as they must."""
        possible = np.stack([self.high, -self.low]) >= self.need * (1 - _ROUNDING)
        for turn in range(_ROUNDS):
            missing = ~self.reached & possible
            if missing.sum() < _FEW or not self._lift_many(missing, turn):
                break
        for size in (_NEAR, _BLOCK):
            for turn in (0, 2):
                if self.part.cells.size > size and not self.reached.all():
                    for block in self._blocks(turn, size):
                        self._lift_each(block, possible)
        self._lift_each(np.arange(self.part.cells.size), possible)
        return np.asarray(~self.reached.all(axis=0))

    def raises(self, doubt: GroupDoubt) -> bool:
        """Whether some table that fits leaves the cell below its share of the group."""
        values, cell, group = self.problem.values, self.place(doubt.cell), self.place(doubt.group)
        limit = doubt.share * values[doubt.group]
        needed = (values[doubt.cell] - limit + _STRICT * max(1.0, abs(limit))) / self.unit
        weights = np.zeros(self.part.cells.size)
        if cell is not None:
            weights[cell] = -1.0
        if group is not None:
            weights[group] = doubt.share
        for aim in self._aims(weights, needed):
            if weights @ aim >= needed:
                low, high = self.low.copy(), self.high.copy()
                fixed = np.flatnonzero(weights)
                low[fixed] = high[fixed] = aim[fixed]
                inside = (aim >= self.low) & (aim <= self.high)
                found = self._shifts(np.arange(low.size)).find(low, high)
                if inside[fixed].all() and found is not None and weights @ found >= needed:
                    return True
        return False

    def _aims(self, weights: Floats, needed: float) -> Iterator[Floats]:
        """Movements worth trying: the cell falls alone; the furthest there is, then whole."""
        fall = np.zeros(weights.size)
        integral = self.problem.integral
        fall[weights < 0] = -(np.ceil(needed) if integral else needed * (1 + _ROUNDING))
        yield fall
        far = 2 * (np.abs(self.problem.values).max() + 1) / self.unit
        low, high = np.maximum(self.low, -far), np.minimum(self.high, far)
        program = Program(self.part.matrix, low, high, warm=False)
        found = program.best(weights)
        if found is not None:
            yield np.where(weights > 0, np.floor(found), np.ceil(found)) if integral else found
        if found is not None and integral and weights.size <= _SMALL:
            found = program.best_whole(weights)
            if found is not None:
                yield np.rint(found)

    def _lift_many(self, missing: Flags, turn: int) -> bool:
        """Lets half of the cells rise and half fall, as far as each must; whether it paid."""
        order = (self.part.cells + turn) % 2 == 0
        if self.problem.axes:
            shape = tuple(len(axis.labels) for axis in self.problem.axes)
            order = (np.sum(np.unravel_index(self.part.cells, shape), axis=0) + turn) % 2 == 0
        rises, falls = missing[0] & order, missing[1] & ~order
        rises |= missing[0] & ~missing[1]
        falls |= missing[1] & ~missing[0]
        low = np.where(falls, -self.need[1], self.low)
        high = np.where(rises, self.need[0], self.high)
        low, high = np.where(rises, 0.0, low), np.where(falls, 0.0, high)
        reward = np.where(rises, _REWARD / np.where(rises, self.need[0], 1.0), 0.0)
        reward -= np.where(falls, _REWARD / np.where(falls, self.need[1], 1.0), 0.0)
        before = int(missing.sum())
        for block in self._blocks(turn, _BLOCK):
            found = self._shifts(block).find(low[block], high[block], reward[block])
            if found is not None:
                self._note(block, found)
        return before - int((~self.reached & missing).sum()) >= max(_GAIN * before, 1)

    def _blocks(self, turn: int, limit: int) -> list[Places]:
        """The component, in parts when it is large; only cells of one part move at a time."""
        size = self.part.cells.size
        count = -(-size // limit)
        label = np.arange(size)
        if self.problem.axes:
            shape = [len(axis.labels) for axis in self.problem.axes]
            longest = int(np.argmax(shape))
            label = self.part.cells // int(np.prod(shape[longest + 1 :])) % shape[longest]
        rank = label * count // (int(label.max()) + 1) if turn % 4 < 2 else label % count
        return [np.flatnonzero(rank == number) for number in range(count) if (rank == number).any()]

    def _shifts(self, block: Places) -> Shifts:
        """Movements of some cells of the component; those of all are kept."""
        if block.size < self.part.cells.size:
            part = self.part.matrix[:, block]
            part = part[np.flatnonzero(np.diff(part.indptr))]
            return Shifts(part, integral=self.problem.integral)
        if self._whole is None:
            self._whole = Shifts(self.part.matrix, integral=self.problem.integral)
        return self._whole

    def _lift_each(self, block: Places, possible: Flags) -> None:
        """Lifts cells of a block one by one, moving only cells of the block."""
        shifts = None
        for side, number in np.argwhere((~self.reached & possible)[:, block]).tolist():
            place = block[number]
            if self.reached[side, place]:
                continue
            shifts = shifts or self._shifts(block)
            low, high = self.low[block], self.high[block]
            low[number] = high[number] = self.need[side, place] * (1 - 2 * side)
            found = shifts.find(low, high)
            if found is not None:
                self._note(block, found)

    def _note(self, places: Places, found: Floats) -> None:
        """Marks what a movement takes far enough."""
        self.reached[:, places] |= np.stack([found, -found]) >= self.need[:, places] * (
            1 - _ROUNDING
        )


def deviation_bounds(problem: SuppressionProblem, cells: Places) -> tuple[Floats, Floats]:
    """How far cells can fall (as a negative number) and rise, by what is known beforehand."""
    low = np.minimum(problem.lower_bounds[cells] - problem.values[cells], 0.0)
    high = np.maximum(problem.upper_bounds[cells] - problem.values[cells], 0.0)
    return (np.ceil(low), np.floor(high)) if problem.integral else (low, high)
