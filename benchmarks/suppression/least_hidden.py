"""How few cells any pattern of a table of counts can hide: a bound from single relations.

In a relation a primary cell can move by its requirement only when the other hidden cells of that
relation together can make up for it, and a hidden cell that is alone in a relation helps nobody.
These conditions are necessary, not sufficient. The linear program that asks for the fewest hidden
cells under them gives the bound. It is taken from the program's dual figures by weak duality, so
it holds however roughly the program was solved.
"""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

_TRIFLE = 1e-9
_Row = tuple[Places, Floats, float]


def fewest_hidden(problem: SuppressionProblem) -> int:
    """No pattern that meets the requirements has fewer secondary cells than this."""
    rows = _conditions(problem)
    if not rows:
        return 0
    matrix, right = _stacked(rows, problem.values.size)
    price = np.where(problem.primary, 0.0, 1.0)
    dual = np.maximum(_duals(matrix, right, price), 0.0)
    reduced = price - matrix.T @ dual
    bound = float(right @ dual) + float(np.minimum(reduced, 0.0)[~problem.primary].sum())
    return int(np.ceil(bound - 1e-6))


def _conditions(problem: SuppressionProblem) -> list[_Row]:
    rows: list[_Row] = []
    relations = problem.relations.tocsr()
    for start, end in zip(relations.indptr[:-1], relations.indptr[1:], strict=True):
        cells, signs = relations.indices[start:end], relations.data[start:end]
        if problem.primary[cells].any():
            rows += _make_up(problem, cells, signs)
        else:
            rows += [_not_alone(cells, place) for place in range(cells.size)]
    return rows


def _stacked(rows: list[_Row], cells: int) -> tuple[Any, Floats]:
    from scipy.sparse import csr_matrix

    start = np.cumsum([0, *(places.size for places, _, _ in rows)])
    data = np.concatenate([weights for _, weights, _ in rows])
    columns = np.concatenate([places for places, _, _ in rows])
    matrix = csr_matrix((data, columns, start), shape=(len(rows), cells))
    return matrix, np.array([right for *_, right in rows])


def _not_alone(cells: Places, place: int) -> _Row:
    """If this cell is hidden, so is another of the relation."""
    weights = np.ones(cells.size)
    weights[place] = -1.0
    return cells, weights, 0.0


def _make_up(problem: SuppressionProblem, cells: Places, signs: Floats) -> list[_Row]:
    """For every primary cell and side: the hidden others can move as far the other way."""
    found = []
    primary: Flags = problem.primary[cells]
    above = problem.upper_bounds[cells] - problem.values[cells]
    below = problem.values[cells] - problem.lower_bounds[cells]
    for place in np.flatnonzero(primary).tolist():
        cell = cells[place]
        for side, need in (
            (1, problem.upper_protection[cell]),
            (-1, problem.lower_protection[cell]),
        ):
            rises = -side * signs[place] * signs > 0
            room = np.where(rises, above, below)
            weights = np.minimum(room, need)
            weights[place] = 0.0
            left = need - weights[primary].sum()
            helps = ~primary & (weights > 0)
            if left > _TRIFLE:
                found.append((cells[helps], np.minimum(weights[helps], left) / left, 1.0))
    return found


def _duals(matrix: Any, right: Floats, price: Floats) -> Floats:
    import highspy

    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_upper_ = price, np.ones(price.size)
    program.col_lower_ = 1.0 - price
    program.row_lower_ = right
    program.row_upper_ = np.full(right.size, highspy.kHighsInf)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False), ("threads", 1), ("solver", "ipm"), ("run_crossover", "off"),
    ):  # fmt: skip
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    return np.array(solver.getSolution().row_dual)
