"""Changes that no insider at all can rule out, looked for inside what is hidden already.

Every cell falls at most to its largest contribution, and cells that somebody knows do not move:
what moves so is beyond everybody's doubt. That is asked for all demands at once, and then for some
at a time, whose own cells are exempt: some, because what moves many of those somebody can rule out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from disclosure_control.insiders.pairs import trimmed
from disclosure_control.insiders.pool import Pool, numbers
from disclosure_control.suppression.construct import Pattern, first_pattern, one_by_one
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import (
    Flags,
    Places,
    SuppressionProblem,
    grid_shape,
)

_BATCH = 60


def beyond_doubt(pool: Pool, kinds: Sequence[Insiders], hidden: Flags, open_: Flags) -> Pool:
    """The pool with more changes, which move hidden cells only.

    Args:
        pool: changes at hand.
        kinds: the insiders.
        hidden: hidden cells.
        open_: per demand, whether somebody may rule out all that proves it.
    """
    problem = pool.problem
    lone = np.any([kind.lone for kind in kinds], axis=0)
    asked = open_ & ~lone[pool.demands.cell]
    pool = _more(pool, _known_by_all(problem, kinds), hidden, asked, first_pattern)
    pool, objected = trimmed(pool, kinds)
    open_ = open_ & (objected != 0)
    for cells in _batches(problem, np.unique(pool.demands.cell[open_])):
        own = open_ & np.isin(pool.demands.cell, cells)
        own &= (pool.demands.side < 0) | lone[pool.demands.cell]
        pool = _more(pool, _known_by_all(problem, kinds, cells), hidden, own, one_by_one)
    return pool


def _batches(problem: SuppressionProblem, cells: Places) -> list[Places]:
    """The cells in batches, neighbours seldom in the same."""
    order = np.arange(cells.size)
    if problem.axes:
        places = np.unravel_index(cells, grid_shape(problem.axes))
        order = np.lexsort((cells, np.sum(places, axis=0) // 2))
    return [cells[order[first : first + _BATCH]] for first in range(0, cells.size, _BATCH)]


def _known_by_all(
    problem: SuppressionProblem, kinds: Sequence[Insiders], cells: Places | None = None
) -> SuppressionProblem:
    """The problem of an attacker who knows what any insider does, but for the free cells."""
    free = np.zeros(problem.values.size, dtype=np.bool_)
    if cells is not None:
        free[cells] = True
    lower, upper = problem.lower_bounds.copy(), problem.upper_bounds.copy()
    for kind in kinds:
        part = ~free & (problem.lower_bounds >= 0)
        lower = np.where(part, np.maximum(lower, np.minimum(kind.top, problem.values)), lower)
        fixed = kind.lone & ~free
        lower = np.where(fixed, problem.values, lower)
        upper = np.where(fixed, problem.values, upper)
    return replace(problem, lower_bounds=lower, upper_bounds=upper)


def _more(
    pool: Pool,
    known: SuppressionProblem,
    hidden: Flags,
    asked: Flags,
    engine: Callable[[SuppressionProblem], Pattern],
) -> Pool:
    """What the engine finds inside the hidden cells for the demands that are asked."""
    wanted, none = pool.demands, np.zeros(hidden.size)
    lower, upper = none.copy(), none.copy()
    falls, rises = asked & (wanted.side < 0), asked & (wanted.side > 0)
    cell = wanted.cell[falls]
    lower[cell] = np.minimum(wanted.need[falls], known.values[cell] - known.lower_bounds[cell])
    upper[wanted.cell[rises]] = wanted.need[rises]
    if not (lower.any() or upper.any()):
        return pool
    problem = replace(
        known, primary=hidden, costs=np.full(hidden.size, np.inf), doubts=(),
        lower_protection=lower, upper_protection=upper,
    )  # fmt: skip
    proof = engine(problem).certificate
    demand = numbers(wanted, proof.target, proof.side)
    return pool.joined(proof.flows.tocsr(), (demand, proof.row, proof.scale))
