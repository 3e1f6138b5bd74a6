"""One linear program over some cells: the cheapest change of the table that does what is asked.

Variables are rises and falls. Where no price is negative the all-slack basis is dual feasible, so
every question starts cold and ends after few steps; starting warm was slower. Answers that must be
whole and are not are rounded, and what rounding breaks is repaired by the same program, until
nothing is broken; branching is the last resort. Effort is limited in steps, not in seconds, so
that results do not depend on the machine.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Floats, Places, SuppressionProblem

_STEPS = 100_000
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

    def __init__(self, problem: SuppressionProblem, columns: Any, cells: Places) -> None:
        """The program of ``cells``; ``columns`` holds the relations by cell."""
        import highspy

        self.cells, self.integral, self.steps = cells, problem.integral, 0
        part = columns[:, cells].tocsr()
        self.relations = part[np.flatnonzero(np.diff(part.indptr))].tocsc()
        self._index = np.arange(2 * cells.size, dtype=np.int32)
        self._rows = np.arange(self.relations.shape[0], dtype=np.int32)
        self._chance = np.random.default_rng(cells.size)
        self._highs = highspy.Highs()
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(self._model())
        nothing = np.zeros(self._index.size)
        self._told = (nothing, nothing, np.full(self._index.size, np.inf))

    def _model(self) -> Any:
        import highspy

        columns, count = self.relations, self.relations.nnz
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._index.size, self._rows.size
        model.col_cost_ = model.col_lower_ = np.zeros(self._index.size)
        model.col_upper_ = np.full(self._index.size, np.inf)
        model.row_lower_ = model.row_upper_ = np.zeros(self._rows.size)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        start = np.concatenate([columns.indptr, columns.indptr[1:] + count])
        model.a_matrix_.start_ = start.astype(np.int32)
        model.a_matrix_.index_ = np.concatenate([columns.indices] * 2).astype(np.int32)
        model.a_matrix_.value_ = np.concatenate([columns.data, -columns.data])
        return model

    def place(self, cell: int) -> int | None:
        """Where a cell of the table is among the program's."""
        place = int(np.searchsorted(self.cells, cell))
        found = place < self.cells.size and self.cells[place] == cell
        return place if found else None

    def answer(self, asked: Question) -> Floats | None:
        """The change that costs least, by cell, whole where it must be; null when none is found."""
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
        old_price, old_low, old_high = self._told
        new = self._index[(low != old_low) | (high != old_high)]
        self._highs.changeColsBounds(new.size, new, low[new], high[new])
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
