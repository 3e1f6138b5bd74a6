"""Whether unknowns move as far as they must: quick exchanges, joint programs, single programs.

Most demands are met by exchanges of few cells. One program lifts many of the others at once, as far
as each must go; what its answer moves far enough is settled. The rest are asked one by one, first
among the unknowns around them, at last in their whole component. The work in large components is
bounded; what it leaves undecided counts as not met.
"""

import numpy as np

from disclosure_control.audit.blocks import among, components, packs
from disclosure_control.audit.exchanges import exchange, exchange_boxes
from disclosure_control.audit.frontier import Frontier, Surroundings
from disclosure_control.audit.reach import Reach
from disclosure_control.audit.shifts import Shifts
from disclosure_control.suppression.problem import Flags, Floats, Places

_ROUNDING = 1e-6
_FLOATS = 1e-12
_TURNS = 12
_FEW = 4
_MANY = 200
_GAIN = 0.05
_JOINT = 1_500
_WIDE = 6_000
_NEAR = 200
_WHOLE = 1_000
_REWARD = 100.0
_HALF = 0.5
_STEPS_SMALL = 1_000_000


class Search:
    """Demands on unknowns, and which of them are met.

    All arrays have two rows, rises and falls, and one column per unknown.
    """

    def __init__(self, reach: Reach, frontier: Frontier, need: Floats) -> None:
        """``need``: how far each unknown must rise and fall; 0 when nothing is asked."""
        self.reach, self.frontier, self.unknowns = reach, frontier, reach.unknowns
        self.need = np.ceil(need) if self.unknowns.integral else need
        self._columns = frontier.columns
        self._hopeless = np.zeros(need.shape, dtype=np.bool_)
        most = frontier.far(slice(None))
        self._left = 0
        self._trifle = _FLOATS * float(np.abs(most[np.isfinite(most)]).max(initial=0.0))

    @property
    def far(self) -> Floats:
        """How far unknowns are certain to move."""
        return np.stack([self.reach.rise, self.reach.fall])

    def _open(self, block: Places) -> Flags:
        """Demands of some unknowns that are not met so far and may be."""
        far = np.stack([self.reach.rise[block], self.reach.fall[block]])
        unmet = far < self.need[:, block] * (1 - _ROUNDING)
        return np.asarray(unmet & ~self._hopeless[:, block])

    @property
    def unmet(self) -> Flags:
        """Demands not met so far."""
        return np.asarray(self.far < self.need * (1 - _ROUNDING))

    @property
    def open(self) -> Flags:
        """Demands not met so far that may be."""
        return self.unmet & ~self._hopeless

    def _asked(self) -> Flags:
        """Unknowns with a demand not met so far that may be."""
        return np.asarray(self.open.any(axis=0))

    def settle(self, steps: int) -> int:
        """Meets what can be met; returns what is left of the steps allowed in large components."""
        self._left = steps
        self._rule_out(np.arange(self.unknowns.size))
        if int(self.open.sum()) >= _MANY:
            exchange(self.reach, self.open)
            exchange_boxes(self.reach, self.open)
        for turn in range(_TURNS):
            before = int(self.open.sum())
            if before < _FEW or not self._lift_many(turn, before):
                break
        self._lift_in_small()
        self._lift_near()
        for turn in (0, 1):
            for block in packs(self.unknowns, self._asked(), _JOINT, turn):
                self._left -= self._lift_each(block, self._left)
        for part in components(self.unknowns, self._asked()):
            self._left -= self._lift_each(part, self._left)
        return self._left

    def _rule_out(self, block: Places) -> None:
        """Demands beyond the frontier."""
        need = self.need[:, block]
        slack = 0.0 if self.unknowns.integral else _ROUNDING * need + self._trifle
        self._hopeless[:, block] |= self.frontier.far(block) + slack < need

    def _lift_near(self) -> None:
        """Decides what the surroundings of an unknown decide, one way or the other."""
        for unknown in np.flatnonzero(self._asked()).tolist():
            block = np.array([unknown])
            asked = np.flatnonzero(self._open(block)[:, 0])
            if asked.size == 0:
                continue
            if self._left <= 0:
                break
            near = Surroundings(self.frontier, unknown, _NEAR)
            for side in asked.tolist():
                found = near.furthest(side, closed=True)
                if found is not None:
                    self.reach.see(found, near.cells)
                if self._open(block)[side, 0]:
                    near.narrow(side)
            self._rule_out(block)
            self._left -= near.work

    def _lift_many(self, turn: int, before: int) -> bool:
        """Lets many unknowns rise and others fall, as far as each must; whether it paid."""
        chance = np.random.default_rng(turn)
        size = _JOINT if turn < 4 else _WIDE
        for block in packs(self.unknowns, self._asked(), size, turn):
            asked, need = self._open(block), self.need[:, block]
            if not asked.any():
                continue
            even = chance.random(block.size) < _HALF
            rises = asked[0] & (even | ~asked[1])
            falls = asked[1] & ~rises
            unit = self._unit(need[asked])
            worth = _REWARD * unit / np.where(need > 0, need, unit)
            low, high = self.unknowns.low[block], self.unknowns.high[block]
            low = np.where(rises, 0.0, np.where(falls, -need[1], low))
            high = np.where(falls, 0.0, np.where(rises, need[0], high))
            reward = np.where(rises, worth[0], 0.0) - np.where(falls, worth[1], 0.0)
            shifts = Shifts(among(self._columns, block))
            found = shifts.find(low / unit, high / unit, reward)
            if found is not None:
                self._show(block, found, shifts, exhaustive=False, unit=unit)
        return before - int(self.open.sum()) >= max(_GAIN * before, 1)

    def _unit(self, need: Floats) -> float:
        return 1.0 if self.unknowns.integral else float(np.median(need))

    def _show(
        self, block: Places, found: Floats, shifts: Shifts, *, exhaustive: bool, unit: float
    ) -> None:
        """Widens the box by an answer, and by a whole one where that is needed."""
        self.reach.see(found * unit, block)
        if self.unknowns.integral and (found != np.rint(found)).any():
            whole = shifts.whole(found, exhaustive=exhaustive)
            if whole is not None:
                self.reach.see(whole, block)

    def _lift_in_small(self) -> None:
        """Decides what is left in small components, each for itself."""
        count = np.bincount(self.unknowns.label, minlength=1)
        small = count[self.unknowns.label] <= _WHOLE
        for part in components(self.unknowns, self._asked() & small):
            self._lift_each(part, _STEPS_SMALL)
            self._hopeless[:, part] |= self._open(part)

    def _lift_each(self, block: Places, steps: int) -> int:
        """Lifts unknowns of a block one by one, moving only the block; the steps it took."""
        asked = np.argwhere(self._open(block))
        if asked.size == 0 or steps <= 0:
            return 0
        shifts = Shifts(among(self._columns, block))
        unit = self._unit(self.need[:, block][tuple(asked.T)])
        low, high = self.unknowns.low[block] / unit, self.unknowns.high[block] / unit
        for side, place in asked.tolist():
            if shifts.steps > steps:
                break
            shifts.allow(steps - shifts.steps)
            need = self.need[side, block[place]]
            if self.reach.far(side, block[place]) < need * (1 - _ROUNDING):
                least, most = low.copy(), high.copy()
                if side == 0:
                    least[place] = min(need / unit, high[place])
                else:
                    most[place] = max(-need / unit, low[place])
                found = shifts.find(least, most)
                if found is not None:
                    self._show(block, found, shifts, exhaustive=True, unit=unit)
        return shifts.steps
