"""The closest table over all choices at once, and whole tables, by mixed-integer programs.

The model is that of Castro (2006): one binary per sensitive cell says whether it rises or falls. A
sensitive cell cannot go further than what a known table already costs, which bounds its binary
tightly. The work is bounded by nodes, so that the answer is always the same; the table known
beforehand is the start. The same model serves for a block of cells, the others as they are.
"""

from typing import Any

import numpy as np

from disclosure_control.perturbation.adjust_program import (
    OPTIONS,
    Choice,
    allowed,
    elastic_model,
)
from disclosure_control.perturbation.adjust_terms import DOWN, UP, Sides, Terms
from disclosure_control.suppression.problem import Flags, Floats, Places

_SENSITIVE, _WORK = 300, 1_000_000
_NODES, _BLOCK_NODES = 2_000_000, 40
_GAP, _BLOCK_GAP = 1e-6, 1e-3
_WHOLE = 1e-5
_MENDING_NODES = 400
_SLACK = (1.0, 3.0)
_FAR = 4.0


def choose_exactly(terms: Terms, known: Choice) -> tuple[Sides, bool] | None:
    """The best sides found from ``known`` on, and whether they are proven best.

    Null when the table is too large, when nothing is to be chosen, or when nothing was found.
    """
    both = np.logical_and(*allowed(terms))
    work = terms.relations.nnz * max(1, int(both.sum()))
    if not known.moved.meets or both.sum() > _SENSITIVE or work > _WORK:
        return None
    if not both.any():
        return known.sides, True
    everywhere = np.ones(terms.up.size, dtype=np.bool_)
    solver = _solver(terms, known, everywhere)
    solver.setOptionValue("mip_max_nodes", int(np.clip(_NODES // work, 5, 5_000)))
    solver.setOptionValue("mip_rel_gap", _GAP)
    status = _run(solver)
    sides = _sides_of(solver, known, np.flatnonzero(both))
    return None if status == "none" else (sides, status == "optimal")


def choose_block(terms: Terms, known: Choice, block: Flags) -> Sides | None:
    """Better sides for the sensitive cells of ``block``, all else staying as it is."""
    solver = _solver(terms, known, block)
    solver.setOptionValue("mip_max_nodes", _BLOCK_NODES)
    solver.setOptionValue("mip_rel_gap", _BLOCK_GAP)
    if _run(solver) == "none":
        return None
    return _sides_of(solver, known, _free(terms, block))


def _sides_of(solver: Any, known: Choice, free: Places) -> Sides:
    sides = known.sides.copy()
    answer = np.array(solver.getSolution().col_value)
    if answer.size and free.size:
        sides[free] = np.where(answer[-free.size :] > 0.5, UP, DOWN)
    return sides


def _free(terms: Terms, block: Flags) -> Places:
    """Places among the sensitive cells of those in the block that can go both ways."""
    return np.flatnonzero(np.logical_and(*allowed(terms)) & block[terms.sensitive])


def _solver(terms: Terms, known: Choice, block: Flags) -> Any:
    """The elastic model of the block, and a binary for every cell in it that has two ways."""
    import highspy

    free = _free(terms, block)
    model = _model(terms, known, block, free)
    columns = int(model.num_col_)
    rows, least, most = _switches(terms, free, np.array(model.col_upper_))
    solver = highspy.Highs()
    for name, value in OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.addVars(free.size, np.zeros(free.size), np.ones(free.size))
    binaries = np.arange(columns, columns + free.size, dtype=np.int32)
    kinds = np.full(free.size, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(free.size, binaries, kinds)
    solver.addRows(
        rows.shape[0], least, most, rows.nnz,
        rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32), rows.data,
    )  # fmt: skip
    _start(solver, known, free)
    return solver


def _model(terms: Terms, known: Choice, block: Flags, free: Places) -> Any:
    """The elastic model: sides of cells that are not free as known, cells outside the block too."""
    size, cells = terms.up.size, np.flatnonzero(terms.sensitive)
    model = elastic_model(terms, cells)
    bound = np.ones(cells.size, dtype=np.bool_)
    bound[free] = False
    up, down = (bound & (known.sides == side) for side in (UP, DOWN))
    low, high = np.array(model.col_lower_), np.array(model.col_upper_)
    if known.moved.meets:
        reach = known.moved.loss / terms.weights[cells] * (1 + _GAP)
        high[2 * size :] = 0.0
    else:
        reach = np.full(cells.size, _FAR * (terms.up[cells] + terms.down[cells]).max())
        reach = np.maximum(reach, np.abs(known.moved.changes[cells]))
    high[cells] = np.where(down, 0.0, np.minimum(terms.rise[cells], reach))
    high[cells + size] = np.where(up, 0.0, np.minimum(terms.fall[cells], reach))
    outside = np.flatnonzero(~block)
    changes = known.moved.changes[outside]
    low[outside] = high[outside] = np.maximum(changes, 0.0)
    low[outside + size] = high[outside + size] = np.maximum(-changes, 0.0)
    first = terms.relations.shape[0]
    least = np.array(model.row_lower_)
    needs = [np.where(up, terms.up[cells], -np.inf), np.where(down, terms.down[cells], -np.inf)]
    least[first : first + 2 * cells.size] = np.concatenate(needs)
    model.col_lower_, model.col_upper_, model.row_lower_ = low, high, least
    return model


def _switches(terms: Terms, free: Places, far: Floats) -> tuple[Any, Floats, Floats]:
    """Rows that tie each binary to its cell, and what they are at least and at most.

    With y = 1 the cell rises: rise + short >= up y, rise <= far y, fall + short >= down (1 - y)
    and fall <= far (1 - y), where far is how far it can go.
    """
    from scipy.sparse import bmat, csr_matrix, diags

    size, count = terms.up.size, free.size
    own = np.flatnonzero(terms.sensitive)[free]
    rises, falls, shorts = (
        csr_matrix((np.ones(count), (np.arange(count), places)), shape=(count, far.size))
        for places in (own, own + size, free + 2 * size)
    )
    up, down = terms.up[own], terms.down[own]
    far_up, far_down = far[own], far[own + size]
    rows = bmat(
        [
            [rises + shorts, diags(-up)],
            [falls + shorts, diags(down)],
            [rises, diags(-far_up)],
            [falls, diags(far_down)],
        ],
        format="csr",
    )
    none, zero = np.full(count, np.inf), np.zeros(count)
    return rows, np.r_[zero, down, -none, -none], np.r_[none, none, zero, far_down]


def _start(solver: Any, known: Choice, free: Places) -> None:
    import highspy

    moved = known.moved
    start = highspy.HighsSolution()
    rises, falls = np.maximum(moved.changes, 0.0), np.maximum(-moved.changes, 0.0)
    start.col_value = list(np.r_[rises, falls, moved.short, known.sides[free] == UP])
    solver.setSolution(start)


def whole_changes(terms: Terms, choice: Choice) -> Floats | None:
    """Whole changes near the closest ones, for the same sides; null when none are found.

    The closest changes are whole already on most tables. Elsewhere a program looks for whole ones
    within one unit of them, then three, then anywhere.
    """
    found = choice.moved.changes
    whole = np.round(found)
    if np.abs(found - whole).max(initial=0.0) <= _WHOLE:
        return whole
    low, high = side_bounds(terms, choice.sides)
    for slack in (*_SLACK, np.inf):
        near_low = np.maximum(low, np.floor(found + _WHOLE) - slack)
        near_high = np.minimum(high, np.ceil(found - _WHOLE) + slack)
        answer = _whole_within(terms, near_low, near_high)
        if answer is not None:
            return answer
    return None


def side_bounds(terms: Terms, sides: Sides) -> tuple[Floats, Floats]:
    """How far every cell may go down (as a negative number) and up, given the sides."""
    low, high = -terms.fall.copy(), terms.rise.copy()
    cells = np.flatnonzero(terms.sensitive)
    up = sides == UP
    low[cells] = np.where(up, terms.up[cells], low[cells])
    high[cells] = np.where(up, high[cells], -terms.down[cells])
    return low, high


def _whole_within(terms: Terms, low: Floats, high: Floats) -> Floats | None:
    import highspy

    if (low > high).any():
        return None
    size = terms.up.size
    model = elastic_model(terms, np.empty(0, dtype=np.int64))
    model.col_lower_ = np.r_[
        np.maximum(low, 0.0), np.maximum(-high, 0.0), np.zeros(terms.limits.size)
    ]
    model.col_upper_ = np.r_[
        np.maximum(high, 0.0), np.maximum(-low, 0.0), np.zeros(terms.limits.size)
    ]
    kinds = [highspy.HighsVarType.kInteger] * (2 * size)
    model.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * terms.limits.size
    solver = highspy.Highs()
    options = {**OPTIONS, "mip_max_nodes": _MENDING_NODES, "mip_rel_gap": 1e-3}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    status = _run(solver)
    answer = np.array(solver.getSolution().col_value)
    if status == "none" or answer.size == 0:
        return None
    whole = np.round(answer[:size] - answer[size : 2 * size])
    return whole if not (terms.relations @ whole).any() else None


def _run(solver: Any) -> str:
    """``optimal``, ``found`` (a table, not proven best) or ``none``."""
    import highspy

    states = highspy.HighsModelStatus
    solver.run()
    if solver.getModelStatus() == states.kNotset:
        highspy.Highs.resetGlobalScheduler(True)
        solver.run()
    if solver.getModelStatus() == states.kOptimal:
        return "optimal"
    found = (
        solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    )
    return "found" if found else "none"
