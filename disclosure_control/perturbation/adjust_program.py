"""The program of an adjustment once it is chosen which sensitive cells rise and which fall.

Then the closest table is a linear program (Dandekar and Cox 2002; Castro 2006). It is asked again
and again with one choice changed, and starts each time where the last answer ended. What cannot be
met is short at a high price instead of impossible, so that a poor choice still tells where.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.perturbation.adjust_terms import DOWN, UP, Sides, Terms
from disclosure_control.suppression.problem import Flags, Floats, Places

PRICE = 200.0
"""What a unit of shortage costs, in units of the dearest cell: more than any way around."""
OPTIONS = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
_STEPS = 2_000_000
_SHORT = 1e-6


@dataclass(frozen=True)
class Moved:
    """An answer.

    Args:
        changes: of every cell, in units.
        loss: weighted distance plus the price of what is short.
        short: how much each sensitive cell and each doubt lacks.
        pull: per sensitive cell what its requirement costs at the margin.
        steps: simplex steps it took.
    """

    changes: Floats
    loss: float
    short: Floats
    pull: Floats
    steps: int

    @property
    def meets(self) -> bool:
        """Whether nothing is short."""
        return bool((self.short <= _SHORT).all())


@dataclass(frozen=True)
class Choice:
    """A choice of sides, one per sensitive cell, and the closest table for it."""

    sides: Sides
    moved: Moved


class Distance:
    """The least weighted distance for given sides; null where HiGHS gave no proven answer."""

    def __init__(self, terms: Terms) -> None:
        """Nothing chosen yet: no cell has to go anywhere."""
        import highspy

        self.terms = terms
        self.cells: Places = np.flatnonzero(terms.sensitive)
        self._highs = highspy.Highs()
        for name, value in {**OPTIONS, "simplex_iteration_limit": _STEPS}.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(elastic_model(terms, self.cells))

    def best(self, sides: Sides) -> Moved | None:
        """The closest table when each sensitive cell goes to its side."""
        self._choose(sides)
        return self._solved()

    def basis(self) -> Any:
        """Where the last answer ended, for :meth:`start_at`."""
        return self._highs.getBasis()

    def start_at(self, basis: Any) -> None:
        """Starts the next answer there."""
        self._highs.setBasis(basis)

    def _choose(self, sides: Sides) -> None:
        terms, cells, highs = self.terms, self.cells, self._highs
        count, size = cells.size, terms.up.size
        up, down = (sides == side for side in (UP, DOWN))
        none = np.full(2 * count, np.inf)
        rows = np.arange(2 * count, dtype=np.int32) + terms.relations.shape[0]
        least = np.r_[
            np.where(up, terms.up[cells], -np.inf), np.where(down, terms.down[cells], -np.inf)
        ]
        highs.changeRowsBounds(rows.size, rows, least, none)
        columns = np.r_[cells, cells + size].astype(np.int32)
        most = np.r_[np.where(down, 0.0, terms.rise[cells]), np.where(up, 0.0, terms.fall[cells])]
        highs.changeColsBounds(columns.size, columns, np.zeros(columns.size), most)

    def _solved(self) -> Moved | None:
        import highspy

        states = highspy.HighsModelStatus
        self._highs.run()
        if self._highs.getModelStatus() == states.kNotset:
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
        if self._highs.getModelStatus() != states.kOptimal:
            return None
        size, count = self.terms.up.size, self.cells.size
        found = self._highs.getSolution()
        answer = np.array(found.col_value)
        first = self.terms.relations.shape[0]
        pull = np.abs(np.array(found.row_dual)[first : first + 2 * count]).reshape(2, count)
        info = self._highs.getInfo()
        return Moved(
            changes=answer[:size] - answer[size : 2 * size],
            loss=float(info.objective_function_value),
            short=answer[2 * size :],
            pull=pull.max(axis=0, initial=0.0),
            steps=max(int(info.simplex_iteration_count), 0),
        )


def elastic_model(terms: Terms, cells: Places) -> Any:
    """The model: rises, falls, what ``cells`` are short of, what doubts are short of.

    Rows: relations; per cell what it must rise; per cell what it must fall; doubts.
    """
    import highspy
    from scipy.sparse import bmat, csr_matrix, identity

    size, count, doubts = terms.up.size, cells.size, terms.limits.size
    ones = np.ones(count)
    pick = csr_matrix((ones, (np.arange(count), cells)), shape=(count, size))
    matrix = bmat(
        [
            [terms.relations, -terms.relations, None, None],
            [pick, None, identity(count), None],
            [None, pick, identity(count), None],
            [terms.doubts, -terms.doubts, None, -identity(doubts)],
        ],
        format="csc",
    )
    price = PRICE * float(terms.weights.max(initial=1.0))
    shorts = np.full(count + doubts, price)
    free = np.full(2 * count, -np.inf)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.r_[terms.weights, terms.weights, shorts]
    model.col_lower_ = np.zeros(matrix.shape[1])
    model.col_upper_ = np.r_[terms.rise, terms.fall, np.full(count + doubts, np.inf)]
    zero = np.zeros(terms.relations.shape[0])
    model.row_lower_ = np.r_[zero, free, np.full(doubts, -np.inf)]
    model.row_upper_ = np.r_[zero, np.full(2 * count, np.inf), terms.limits]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    return model


def allowed(terms: Terms) -> tuple[Flags, Flags]:
    """Which sensitive cells may rise, and which may fall."""
    cells = terms.sensitive
    return terms.may_rise[cells], terms.may_fall[cells]
