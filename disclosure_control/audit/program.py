"""Linear programs on one component, solved by HiGHS.

All figures are deviations from the true table: zero always fits, and nothing is lost to the size
of the values. Effort is limited in steps, not in seconds, so that results do not depend on load.
Every solver object of a process must use the same number of threads, else HiGHS stops without a
status; the status is therefore always looked at, and once the scheduler is started anew.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Floats

_MOST = 500_000
_LIMITS = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "simplex_iteration_limit": _MOST,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_max_nodes": 500,
}
_PRIMAL = 4
_CALL = 100
_PER_CALL = 10
_PER_STEP = 2_000
_BY_COLUMN = 1
_MINIMISE = 1


class Program:
    """Deviations ``d`` with ``matrix @ d = right``, bounds and an aim; asked again and again.

    An answer is null unless it is proven to be best; ``unbounded`` tells whether that was because
    the aim can be made as large as one likes. ``steps`` is the work done so far,
    in simplex steps of a small program.
    """

    def __init__(self, matrix: Any, lower: Floats, upper: Floats, *, warm: bool) -> None:
        """``warm``: start each answer where the last one ended; good when only the aim changes."""
        import highspy

        self._highs, self._warm = highspy.Highs(), warm
        self.unbounded, self.steps = False, 0
        for name, value in _LIMITS.items():
            self._highs.setOptionValue(name, value)
        if warm:
            self._highs.setOptionValue("simplex_strategy", _PRIMAL)
        columns = matrix.tocsc()
        self._columns = np.arange(columns.shape[1], dtype=np.int32)
        self._lower, self._upper, self._weights = lower, upper, np.zeros(columns.shape[1])
        self._rows = np.arange(columns.shape[0], dtype=np.int32)
        none = np.zeros(self._rows.size)
        self._highs.passModel(
            self._columns.size,
            self._rows.size,
            columns.nnz,
            _BY_COLUMN,
            _MINIMISE,
            0.0,
            self._weights,
            lower,
            upper,
            none,
            none,
            columns.indptr.astype(np.int32),
            columns.indices.astype(np.int32),
            columns.data.astype(np.float64),
            np.zeros(self._columns.size, dtype=np.int32),
        )

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Other bounds from now on."""
        new = self._columns[(lower != self._lower) | (upper != self._upper)]
        self._highs.changeColsBounds(new.size, new, lower[new], upper[new])
        self._lower, self._upper = lower.copy(), upper.copy()

    def sum_to(self, right: Floats) -> None:
        """What the relations sum to from now on."""
        self._highs.changeRowsBounds(self._rows.size, self._rows, right, right)

    def allow(self, steps: int) -> None:
        """No question takes more than about so many steps from now on; else it has no answer."""
        most = max(int(steps / (1 + self._columns.size / _PER_STEP)), 0)
        self._highs.setOptionValue("simplex_iteration_limit", min(most, _MOST))

    def best(self, weights: Floats) -> Floats | None:
        """The deviations whose weighted sum is largest."""
        new = self._columns[weights != self._weights]
        self._highs.changeColsCost(new.size, new, -weights[new])
        self._weights = weights.copy()
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
        taken = max(self._highs.getInfo().simplex_iteration_count, 0)
        size = self._columns.size
        self.steps += _CALL + size // _PER_CALL + int(taken * (1 + size / _PER_STEP))
        self.unbounded = self._highs.getModelStatus() == states.kUnbounded
        if self._highs.getModelStatus() != states.kOptimal:
            return None
        return np.array(self._highs.getSolution().col_value)
