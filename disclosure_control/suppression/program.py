"""Linear programs over some cells: the cheapest change for a demand, and lifting many at once.

Variables are rises and falls. The all-slack basis is dual feasible because prices are not
negative, so every program starts cold and ends after few steps; starting warm was slower.
Effort is limited in steps, not in seconds.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

_STEPS = 100_000
_NODES = 500
_ROUNDING = 1e-6


class Program:
    """Changes of some cells that keep every relation; amounts in units of ``unit``."""

    def __init__(self, problem: SuppressionProblem, columns: Any, cells: Places) -> None:
        """The program of ``cells``; ``columns`` holds the relations by cell."""
        import highspy

        self.cells, self.integral = cells, problem.integral
        self.relations = _rows_used(columns, cells)
        rise = np.maximum(problem.upper_bounds[cells] - problem.values[cells], 0.0)
        fall = np.maximum(problem.values[cells] - problem.lower_bounds[cells], 0.0)
        self.room = np.concatenate([rise, fall])
        if problem.integral:
            self.room = np.floor(self.room)
        self._index = np.arange(2 * cells.size, dtype=np.int32)
        self._highs = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off"),
                            ("simplex_iteration_limit", _STEPS), ("mip_max_nodes", _NODES),
                            ("primal_feasibility_tolerance", 1e-9)):  # fmt: skip
            self._highs.setOptionValue(name, value)
        self._highs.passModel(self._model())
        self.steps = 0

    def _model(self) -> Any:
        import highspy
        from scipy.sparse import hstack

        matrix = hstack([self.relations, -self.relations], format="csc")
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
        model.col_cost_ = model.col_lower_ = np.zeros(model.num_col_)
        model.col_upper_ = self.room
        model.row_lower_ = model.row_upper_ = np.zeros(model.num_row_)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data
        return model

    def place(self, cell: int) -> int | None:
        """Where a cell of the table is among the program's."""
        place = int(np.searchsorted(self.cells, cell))
        found = place < self.cells.size and self.cells[place] == cell
        return place if found else None

    def cheapest(self, price: Floats, low: Floats, high: Floats, row: Floats | None = None,
                 need: float = 0.0) -> Floats | None:  # fmt: skip
        """The change with bounds on rises and falls that costs least; null when there is none.

        Args:
            price: of moving each cell by one.
            low: least rises, then least falls.
            high: largest rises, then largest falls.
            row: coefficients per cell of one more demand, that they sum to ``need`` at least.
            need: see ``row``.
        """
        size = self.cells.size
        self._highs.changeColsBounds(2 * size, self._index, low, high)
        self._highs.changeColsCost(2 * size, self._index, price)
        if row is not None:
            used = np.flatnonzero(np.concatenate([row, -row])).astype(np.int32)
            self._highs.addRow(
                need, np.inf, used.size, used, np.concatenate([row, -row])[used]
            )
        found = self._solved()
        if row is not None:
            self._highs.deleteRows(1, np.array([self.relations.shape[0]], dtype=np.int32))
        return found

    def _solved(self) -> Floats | None:
        import highspy

        found = self._run()
        if found is None or not self.integral or self.is_whole(found):
            return found if found is None or not self.integral else np.rint(found)
        kinds = highspy.HighsVarType
        count = self._index.size
        self._highs.changeColsIntegrality(count, self._index, np.full(count, kinds.kInteger))
        found = self._run()
        self._highs.changeColsIntegrality(count, self._index, np.full(count, kinds.kContinuous))
        return np.rint(found) if found is not None and self.is_whole(found) else None

    def is_whole(self, change: Floats) -> bool:
        """Whether a change, rounded, is whole and keeps every relation exactly."""
        whole = np.rint(change)
        near = bool((np.abs(change - whole) < _ROUNDING).all())
        return near and not (self.relations @ whole).any()

    def _run(self) -> Floats | None:
        import highspy

        self._highs.clearSolver()
        self._highs.run()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kNotset:
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
        info = self._highs.getInfo()
        self.steps += max(int(info.simplex_iteration_count), 1)
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solved = np.array(self._highs.getSolution().col_value)
        return np.asarray(solved[: self.cells.size] - solved[self.cells.size :])


def _rows_used(columns: Any, cells: Places) -> Any:
    """The relations among some cells, one column for each."""
    part = columns[:, cells].tocsr()
    return part[np.flatnonzero(np.diff(part.indptr))].tocsc()
