"""The attacker of one demand: how far can it be met when cells are hidden by fractions?

A linear program over the movements of the cells. Its multipliers name what stands in the way.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.exact.cuts import Cut, capacity_cut, outside_cut
from disclosure_control.suppression.exact.scene import Scene
from disclosure_control.suppression.problem import Flags, Floats

_OPTIONS = {"output_flag": False, "threads": 1, "presolve": "off"}
_MET = 1.0 - 1e-6
_VIOLATED = 1e-4
_OPENED = 1e-3
"""Every cell counts as hidden by this fraction, so that cuts avoid cells they need not name."""


class Attacker:
    """Answers for one scene; ``steps`` counts the work."""

    def __init__(self, scene: Scene) -> None:
        """One program for all demands."""
        import highspy

        self.scene, self.steps = scene, 0
        self._index = np.arange(2 * scene.cells.size, dtype=np.int32)
        self._goal = np.empty(0, dtype=np.int32)
        self._highs = highspy.Highs()
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(self._model())

    def _model(self) -> Any:
        import highspy

        columns = self.scene.matrix.tocsc()
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = columns.shape[0], self._index.size
        model.col_cost_ = model.col_lower_ = model.col_upper_ = np.zeros(self._index.size)
        model.row_lower_ = model.row_upper_ = np.zeros(columns.shape[0])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        start = np.concatenate([columns.indptr, columns.indptr[1:] + columns.nnz])
        model.a_matrix_.start_ = start.astype(np.int32)
        model.a_matrix_.index_ = np.tile(columns.indices, 2).astype(np.int32)
        model.a_matrix_.value_ = np.concatenate([columns.data, -columns.data])
        return model

    def cut(self, demand: int, hidden: Floats) -> Cut | None:
        """A cut that the fractions violate; null when none is found.

        Movements are limited to the need here, which is where cuts bite.
        """
        opened = np.minimum(hidden + _OPENED, 1.0)
        return self._missed(demand, opened, hidden, 1.0)[1]

    def decide(self, demand: int, hidden: Flags) -> Cut | None:
        """A cut that a pattern violates; null when it meets the demand, or that stays open.

        Whole numbers are not asked for.
        """
        fractions = hidden.astype(np.float64)
        found = self.cut(demand, fractions)
        for limit in () if found is not None else (1.0, np.inf):
            short, found = self._missed(demand, fractions, fractions, limit)
            if not short or found is not None:
                return found
        return outside_cut(~hidden) if found is None else found

    def _missed(
        self, demand: int, opened: Floats, hidden: Floats, limit: float
    ) -> tuple[bool, Cut | None]:
        """Whether cells opened so far fall short, and the cut for it if ``hidden`` violates it."""
        reach, multipliers = self.reach(demand, opened, limit)
        if not reach < _MET:
            return False, None
        found = capacity_cut(self.scene, demand, multipliers)
        return True, found if found is not None and found.missing(hidden) > _VIOLATED else None

    def reach(self, demand: int, hidden: Floats, limit: float) -> tuple[float, Floats]:
        """The share of the need that can be met, and the multipliers of the relations.

        The share is infinite when nothing limits it, and not a number when the solver gave up.

        Args:
            demand: which.
            hidden: by which fraction each cell counts as hidden.
            limit: how many needs a cell moves at most.
        """
        import highspy

        scene, need = self.scene, float(self.scene.demands.need[demand])
        place, weight = scene.goal(demand)
        if place.size == 0:
            return 0.0, np.zeros(scene.matrix.shape[0])
        room = np.minimum(np.concatenate([scene.rise, scene.fall]) / need, limit)
        share = np.tile(np.where(scene.given, 1.0, hidden), 2)
        high = np.multiply(room, share, out=np.zeros(room.size), where=share > 0)
        self._highs.changeColsCost(self._goal.size, self._goal, np.zeros(self._goal.size))
        self._goal = np.concatenate([place, place + scene.cells.size]).astype(np.int32)
        self._highs.changeColsCost(self._goal.size, self._goal, np.concatenate([-weight, weight]))
        self._highs.changeColsBounds(self._index.size, self._index, np.zeros(high.size), high)
        self._highs.clearSolver()
        self._highs.run()
        info = self._highs.getInfo()
        self.steps += max(int(info.simplex_iteration_count), 1)
        state, states = self._highs.getModelStatus(), highspy.HighsModelStatus
        if state != states.kOptimal:
            unlimited = state in {states.kUnbounded, states.kUnboundedOrInfeasible}
            return np.inf if unlimited else np.nan, np.zeros(scene.matrix.shape[0])
        multipliers = np.array(self._highs.getSolution().row_dual)
        return -float(info.objective_function_value), multipliers
