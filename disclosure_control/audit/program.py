"""Linear and whole-number programs on one component, solved by HiGHS and started warm.

All figures are deviations from the true table: zero always fits, and nothing is lost to the size
of the values. Effort is limited in steps, not in seconds, so that results do not depend on load.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Floats

_STEPS = 200_000
_NODES = 2_000
_INFINITE = np.inf


class Program:
    """Deviations ``d`` with ``matrix @ d = 0`` and bounds; asked again and again.

    Each answer is the best deviations found with proof that they are best, or null: unbounded,
    unfinished and failed are all null, ``unbounded`` tells the first apart.
    """

    def __init__(self, matrix: Any, lower: Floats, upper: Floats) -> None:
        """Builds the program; the objective is zero until asked."""
        import highspy

        self._highs, self.unbounded = highspy.Highs(), False
        for name, value in (("output_flag", False), ("threads", 1), ("simplex_strategy", 4),
                            ("presolve", "off"), ("simplex_iteration_limit", _STEPS),
                            ("mip_max_nodes", _NODES), ("primal_feasibility_tolerance", 1e-9),
                            ("dual_feasibility_tolerance", 1e-9)):  # fmt: skip
            self._highs.setOptionValue(name, value)
        self.size = int(matrix.shape[1])
        self._index = np.arange(self.size, dtype=np.int32)
        self._lower, self._upper = lower.copy(), upper.copy()
        self._highs.passModel(self._model(matrix))

    def _model(self, matrix: Any) -> Any:
        import highspy

        columns = matrix.tocsc()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.size, int(matrix.shape[0])
        model.col_cost_ = np.zeros(self.size)
        model.col_lower_, model.col_upper_ = self._lower, self._upper
        model.row_lower_ = model.row_upper_ = np.zeros(model.num_row_)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = columns.indptr.astype(np.int32)
        model.a_matrix_.index_ = columns.indices.astype(np.int32)
        model.a_matrix_.value_ = columns.data.astype(np.float64)
        return model

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Other bounds from now on."""
        self._lower, self._upper = lower, upper
        self._highs.changeColsBounds(self.size, self._index, lower, upper)

    def aim(self, weights: Floats) -> None:
        """What is to be made large from now on."""
        self._highs.changeColsCost(self.size, self._index, -weights)

    def best(self) -> Floats | None:
        """The deviations that make the aim largest."""
        return self._run()

    def best_whole(self) -> Floats | None:
        """The same among whole deviations."""
        import highspy

        whole = np.full(self.size, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(self.size, self._index, whole)
        found = self._run()
        back = np.full(self.size, highspy.HighsVarType.kContinuous)
        self._highs.changeColsIntegrality(self.size, self._index, back)
        return found

    def _run(self) -> Floats | None:
        import highspy

        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kNotset:
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
            status = self._highs.getModelStatus()
        self.unbounded = status == highspy.HighsModelStatus.kUnbounded
        if status != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self._highs.getSolution().col_value)
