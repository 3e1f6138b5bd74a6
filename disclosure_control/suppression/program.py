"""One linear program over some cells: the cheapest change of the table that does what is asked.

Variables are rises and falls. Where no price is negative the all-slack basis is dual feasible, so
every question starts cold and ends after few steps; starting warm was slower. Answers that must be
whole and are not are rounded, and what rounding breaks is repaired by the same program, until
nothing is broken; branching is the last resort. Effort is limited in steps, not in seconds, so
that results do not depend on the machine.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from disclosure_control.suppression.neighbourhood import Piece
from disclosure_control.suppression.problem import Floats

_STEPS = 100_000
_BY_COLUMN = 1
_MINIMISE = 1
_REPAIRS = 6
_SMALL = 3_000
_NOISE = 1e-9
_CLEAR = 0.2
_SPREAD = 0.1
_OPTIONS = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "simplex_iteration_limit": _STEPS,
    "primal_feasibility_tolerance": 1e-9,
    "mip_max_nodes": 500,
    "mip_max_improving_sols": 1,
}


@dataclass(frozen=True)
class Question:
    """Prices and bounds of rises, then of falls; and at most one more row.

    ``price`` below zero is a reward. ``row``: coefficients per cell whose sum must be ``need`` at
    least; null when there is none.
    """

    price: Floats
    low: Floats
    high: Floats
    row: Floats | None = None
    need: float = 0.0

    def least(self) -> Floats:
        """How far each cell must move, rises positive."""
        size = self.low.size // 2
        return np.asarray(self.low[:size] - self.high[size:])

    def most(self) -> Floats:
        """How far each cell may move, rises positive."""
        size = self.low.size // 2
        return np.asarray(self.high[:size] - self.low[size:])


class Program:
    """Changes of ``cells`` that keep every relation, answered question after question."""

    def __init__(self, piece: Piece, *, integral: bool) -> None:
        """The program of a piece of the table; ``integral``: only whole changes count."""
        import highspy

        self.piece, self.integral, self.steps = piece, integral, 0
        self.cells = piece.cells
        self._index = np.arange(2 * piece.cells.size, dtype=np.int32)
        self._rows = np.arange(piece.relations, dtype=np.int32)
        self._chance = np.random.default_rng(piece.cells.size)
        self._highs = highspy.Highs()
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._told: tuple[Floats, Floats, Floats] | None = None

    @cached_property
    def relations(self) -> Any:
        """The relations among the cells."""
        return self.piece.matrix()

    def _pass(self, price: Floats, low: Floats, high: Floats) -> None:
        """The first question, with the whole program."""
        piece, count = self.piece, self.piece.relation.size
        zero = np.zeros(self._rows.size)
        self._highs.passModel(
            self._index.size,
            self._rows.size,
            2 * count,
            _BY_COLUMN,
            _MINIMISE,
            0.0,
            price,
            low,
            high,
            zero,
            zero,
            np.concatenate([piece.start, piece.start[1:] + count]).astype(np.int32),
            np.concatenate([piece.relation] * 2).astype(np.int32),
            np.concatenate([piece.sign, -piece.sign]),
            np.zeros(self._index.size, dtype=np.int32),
        )

    def place(self, cell: int) -> int | None:
        """Where a cell of the table is among the program's."""
        place = int(np.searchsorted(self.cells, cell))
        found = place < self.cells.size and self.cells[place] == cell
        return place if found else None

    def answer(self, asked: Question) -> Floats | None:
        """The change that costs least, by cell, whole where it must be; null when none is found."""
        self._tell(asked.price, asked.low, asked.high)
        if asked.row is not None:
            row = np.concatenate([asked.row, -asked.row])
            used = np.flatnonzero(row).astype(np.int32)
            self._highs.addRow(asked.need, np.inf, used.size, used, row[used])
        found = self._solved(asked.price, asked.low, asked.high)
        if found is not None and self.integral:
            found = self._repaired(asked, found)
            if found is None and self.cells.size <= _SMALL and (asked.price >= 0).all():
                found = self._branched(asked)
        if asked.row is not None:
            self._highs.deleteRows(1, np.array([self._rows.size], dtype=np.int32))
        if found is None or self.integral:
            return found
        return np.where(np.abs(found) > _NOISE, found, 0.0)

    def _repaired(self, asked: Question, found: Floats) -> Floats | None:
        """A whole change near one that may not be; rewards are what leaving them costs."""
        least, most = asked.least(), asked.most()
        price = np.abs(asked.price)
        for _ in range(_REPAIRS):
            whole = self._rounded(found)
            rest = self.relations @ whole
            missing = 0.0 if asked.row is None else asked.need - float(asked.row @ whole)
            if not rest.any() and missing <= _NOISE:
                return np.asarray(whole)
            low, high = least - whole, most - whole
            spread = price * (1 + _SPREAD * self._chance.random(price.size))
            self._fix(-rest, missing, row=asked.row is not None)
            found_rest = self._solved(
                spread,
                np.concatenate([np.maximum(low, 0), np.maximum(-high, 0)]),
                np.concatenate([np.maximum(high, 0), np.maximum(-low, 0)]),
            )
            self._fix(np.zeros(rest.size), asked.need, row=asked.row is not None)
            if found_rest is None:
                return None
            found = whole + found_rest
        return None

    def _branched(self, asked: Question) -> Floats | None:
        """The first whole change that branching finds, the last resort."""
        import highspy

        kinds, count = highspy.HighsVarType, self._index.size
        self._highs.changeColsIntegrality(count, self._index, np.full(count, kinds.kInteger))
        found = self._solved(asked.price, asked.low, asked.high)
        self._highs.changeColsIntegrality(count, self._index, np.full(count, kinds.kContinuous))
        if found is None:
            return None
        whole = np.rint(found)
        short = asked.row is not None and float(asked.row @ whole) < asked.need - _NOISE
        return None if short or (self.relations @ whole).any() else np.asarray(whole)

    def _rounded(self, found: Floats) -> Floats:
        """Whole numbers near a change; halves go either way, so that attempts differ."""
        near = np.rint(found)
        between = np.abs(found - near) > _CLEAR
        return np.where(between, np.floor(found + self._chance.random(found.size)), near)

    def _fix(self, right: Floats, need: float, *, row: bool) -> None:
        """What the relations must sum to, and the further row at least."""
        self._highs.changeRowsBounds(self._rows.size, self._rows, right, right)
        if row:
            self._highs.changeRowBounds(self._rows.size, need, np.inf)

    def _tell(self, price: Floats, low: Floats, high: Floats) -> None:
        """Passes on what differs from the last question."""
        if self._told is None:
            self._pass(price, low, high)
            self._told = (price, low, high)
            return
        old_price, old_low, old_high = self._told
        if low is not old_low or high is not old_high:
            new = self._index[(low != old_low) | (high != old_high)]
            self._highs.changeColsBounds(new.size, new, low[new], high[new])
        if price is not old_price:
            new = self._index[price != old_price]
            self._highs.changeColsCost(new.size, new, price[new])
        self._told = (price, low, high)

    def _solved(self, price: Floats, low: Floats, high: Floats) -> Floats | None:
        import highspy

        self._tell(price, low, high)
        self._highs.clearSolver()
        self._highs.run()
        states = highspy.HighsModelStatus
        if self._highs.getModelStatus() == states.kNotset:
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
        self.steps += max(int(self._highs.getInfo().simplex_iteration_count), 1)
        info = self._highs.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        ended = self._highs.getModelStatus() in {states.kOptimal, states.kSolutionLimit}
        if not ended or not feasible:
            return None
        solved = np.array(self._highs.getSolution().col_value)
        return np.asarray(solved[: self.cells.size] - solved[self.cells.size :])
