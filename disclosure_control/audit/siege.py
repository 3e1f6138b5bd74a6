"""Two boxes around the unknowns that are made to meet: what is possible, and what is not ruled out.

The inner box is spanned by tables that were seen to fit, the outer one is what no table leaves.
Exchanges of few cells and programs that push many unknowns at once widen the inner box. Where the
boxes have not met, a program over the whole component decides, as far as the work allows. In very
large components the surroundings of the unknown are asked, with everything farther away fixed and
then free; what that leaves open stays open.
"""

import numpy as np

from disclosure_control.audit.blocks import among, components, packs
from disclosure_control.audit.exchanges import exchange, exchange_boxes
from disclosure_control.audit.frontier import Frontier, Surroundings
from disclosure_control.audit.program import Program
from disclosure_control.audit.reach import Reach
from disclosure_control.audit.shifts import Shifts
from disclosure_control.audit.unknowns import Unknowns
from disclosure_control.suppression.problem import Flags, Floats, Places

_ROUNDING = 1e-7
_WHOLE = 1e-5
_LARGEST = 12_000
_JOINT = 1_500
_NEAR = 200
_PUSHES = 2
_STEPS = 20_000_000
_STEPS_NEAR = 5_000_000


class Siege:
    """The two boxes of all unknowns; rows of two-row arrays are rises and falls."""

    def __init__(self, unknowns: Unknowns) -> None:
        """The box that relations allow one at a time, and nothing seen yet."""
        self.unknowns = unknowns
        self.reach, self.frontier = Reach(unknowns), Frontier(unknowns)

    def decide(self) -> None:
        """Lets the boxes meet as far as the work allows."""
        exchange(self.reach, self._open())
        exchange_boxes(self.reach, self._open())
        for turn in range(_PUSHES):
            for block in packs(self.unknowns, self._asked(), _JOINT, turn):
                self._push(block)
        count = np.bincount(self.unknowns.label, minlength=1)
        fit = count[self.unknowns.label] <= _LARGEST
        parts = components(self.unknowns, self._asked() & fit)
        left = _STEPS
        for part in sorted(parts, key=len):
            left -= Whole(self, part).decide(left)
        self._decide_near()

    def _open(self) -> Flags:
        return self.open(slice(None))

    def _asked(self) -> Flags:
        return np.asarray(self._open().any(axis=0))

    def open(self, places: Places | slice) -> Flags:
        """Where the boxes have not met."""
        inner = np.stack([self.reach.rise[places], self.reach.fall[places]])
        outer = self.frontier.far(places)
        slack = 0.0 if self.unknowns.integral else _ROUNDING * np.maximum(inner, self.trifle(outer))
        return np.asarray(outer > inner + slack)

    def trifle(self, outer: Floats) -> float:
        """An amount that is small compared with how far most unknowns go."""
        sizes = outer[np.isfinite(outer) & (outer > 0)]
        return float(np.median(sizes)) if sizes.size else 1.0

    def _push(self, block: Places) -> None:
        """Pushes all open unknowns of a block at once, up and then down."""
        open_ = self.open(block)
        if not open_.any():
            return
        outer = self.frontier.far(block)
        size = np.where(np.isfinite(outer) & (outer > 0), outer, 1.0)
        unit = 1.0 if self.unknowns.integral else self.trifle(outer)
        low, high = self.frontier.low[block] / unit, self.frontier.high[block] / unit
        program = Program(among(self.frontier.columns, block), low, high, warm=True)
        for side in (0, 1):
            found = program.best(np.where(open_[side], (1 - 2 * side) * unit / size[side], 0.0))
            if found is not None:
                self.reach.see(found * unit, block)

    def _decide_near(self) -> None:
        """Asks the surroundings of each open unknown."""
        left = _STEPS_NEAR
        for unknown in np.flatnonzero(self._asked()).tolist():
            block = np.array([unknown])
            asked = np.flatnonzero(self.open(block)[:, 0])
            if asked.size == 0:
                continue
            if left <= 0:
                break
            near = Surroundings(self.frontier, unknown, _NEAR)
            for side in asked.tolist():
                near.narrow(side)
                found = near.furthest(side, closed=True) if self.open(block)[side, 0] else None
                if found is not None:
                    self.reach.see(found, near.cells)
            left -= near.work


class Whole:
    """A whole component, in which programs are exact."""

    def __init__(self, siege: Siege, part: Places) -> None:
        """The program of the component, in amounts of a common size."""
        self.siege, self.part = siege, part
        self.integral = siege.unknowns.integral
        low, high = siege.frontier.low[part], siege.frontier.high[part]
        outer = siege.frontier.far(part)
        self.unit = 1.0 if self.integral else siege.trifle(outer)
        self.matrix = among(siege.frontier.columns, part)
        self._program = Program(self.matrix, low / self.unit, high / self.unit, warm=True)
        self._shifts: Shifts | None = None

    def decide(self, steps: int) -> int:
        """Decides unknown by unknown, in at most about so many steps; how many it took."""
        for side in (0, 1):
            for place in np.flatnonzero(self.siege.open(self.part)[side]).tolist():
                if self._work() > steps:
                    return self._work()
                if self._is_open(side, place):
                    self._program.allow(steps - self._work())
                    self._decide(side, place)
        return self._work()

    def _work(self) -> int:
        return self._program.steps + (self._shifts.steps if self._shifts else 0)

    def _is_open(self, side: int, place: int) -> bool:
        inner = self.siege.reach.far(side, int(self.part[place]))
        outer = self.siege.frontier.most(side, int(self.part[place]))
        slack = 0.0 if self.integral else _ROUNDING * max(inner, self.unit)
        return outer > inner + slack

    def _decide(self, side: int, place: int) -> None:
        """Decides how far one unknown goes to one side."""
        weights = np.zeros(self.part.size)
        weights[place] = 1 - 2 * side
        found = self._program.best(weights)
        if found is None:
            if self._program.unbounded:
                self.siege.reach.see_endless(side, int(self.part[place]))
            return
        self._see(found * self.unit)
        far = float(found[place]) * self.unit * (1 - 2 * side)
        self.siege.frontier.lower(side, int(self.part[place]), far)
        while self.integral and self._is_open(side, place):
            if not self._is_reached(side, place) and not self._is_out_of_reach(side, place):
                return

    def _see(self, found: Floats) -> None:
        reach = self.siege.reach
        if not reach.see_all(found, self.part, self.matrix) and self.integral:
            reach.see(found, self.part)

    def _is_reached(self, side: int, place: int) -> bool:
        """Whether a whole table is found that takes the unknown as far as the outer box."""
        low, high = self.siege.frontier.low[self.part], self.siege.frontier.high[self.part]
        low[place] = high[place] = high[place] if side == 0 else low[place]
        if self._shifts is None:
            self._shifts = Shifts(self.matrix)
        found = self._shifts.find(low, high)
        whole = None if found is None else self._shifts.whole(found, exhaustive=True)
        if whole is not None:
            self.siege.reach.see(whole, self.part)
        return not self._is_open(side, place)

    def _is_out_of_reach(self, side: int, place: int) -> bool:
        """Whether no whole table goes as far as the outer box; then it is made narrower."""
        weights = np.zeros(self.part.size)
        weights[place] = 1 - 2 * side
        found = self._program.best_whole(weights)
        if found is None:
            return False
        self.siege.reach.see(np.rint(found), self.part)
        cell = int(self.part[place])
        before = self.siege.frontier.most(side, cell)
        self.siege.frontier.lower(side, cell, float(np.rint(found[place])) * (1 - 2 * side))
        return self.siege.frontier.most(side, cell) < before
