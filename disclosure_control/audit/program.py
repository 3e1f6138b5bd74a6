"""Linear programs on one component, solved by HiGHS.

All figures are deviations from the true table: zero always fits, and nothing is lost to the size
of the values. Effort is limited in steps, not in seconds, so that results do not depend on load.
Every solver object of a process must use the same number of threads, else HiGHS stops without a
status; the status is therefore always looked at, and once the scheduler is started anew.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Floats

_LIMITS = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "simplex_iteration_limit": 500_000,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_max_nodes": 500,
}
_PRIMAL = 4


class Program:
    """Deviations ``d`` with ``matrix @ d = right``, bounds and an aim; asked again and again.

    An answer is null unless it is proven to be best; ``unbounded`` tells whether that was because
    the aim can be made as large as one likes.
    """

    def __init__(self, matrix: Any, lower: Floats, upper: Floats, *, warm: bool) -> None:
        """``warm``: start each answer where the last one ended; good when only the aim changes."""
        import highspy

        self._highs, self.unbounded, self._warm = highspy.Highs(), False, warm
        for name, value in _LIMITS.items():
            self._highs.setOptionValue(name, value)
        if warm:
            self._highs.setOptionValue("simplex_strategy", _PRIMAL)
        columns = matrix.tocsc()
        self._columns = np.arange(columns.shape[1], dtype=np.int32)
        self._rows = np.arange(columns.shape[0], dtype=np.int32)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._columns.size, self._rows.size
        model.col_cost_ = np.zeros(self._columns.size)
        model.col_lower_, model.col_upper_ = lower, upper
        model.row_lower_ = model.row_upper_ = np.zeros(self._rows.size)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = columns.indptr.astype(np.int32)
        model.a_matrix_.index_ = columns.indices.astype(np.int32)
        model.a_matrix_.value_ = columns.data.astype(np.float64)
        self._highs.passModel(model)

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Other bounds from now on."""
        self._highs.changeColsBounds(self._columns.size, self._columns, lower, upper)

    def sum_to(self, right: Floats) -> None:
        """What the relations sum to from now on."""
        self._highs.changeRowsBounds(self._rows.size, self._rows, right, right)

    def best(self, weights: Floats) -> Floats | None:
        """The deviations whose weighted sum is largest."""
        self._highs.changeColsCost(self._columns.size, self._columns, -weights)
        if not self._warm:
            self._highs.clearSolver()
        return self._solved()

    def best_whole(self, weights: Floats) -> Floats | None:
        """The same among whole deviations."""
        import highspy

        kinds, count = highspy.HighsVarType, self._columns.size
        self._highs.changeColsIntegrality(count, self._columns, np.full(count, kinds.kInteger))
        found = self.best(weights)
        self._highs.changeColsIntegrality(count, self._columns, np.full(count, kinds.kContinuous))
        return found

    def _solved(self) -> Floats | None:
        import highspy

        states = highspy.HighsModelStatus
        self._highs.run()
        if self._highs.getModelStatus() == states.kNotset:
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
        self.unbounded = self._highs.getModelStatus() == states.kUnbounded
        if self._highs.getModelStatus() != states.kOptimal:
            return None
        return np.array(self._highs.getSolution().col_value)
