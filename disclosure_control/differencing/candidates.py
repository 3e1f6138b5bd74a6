"""Which group is behind a small distance: a search among the units that stand out.

Finding a group proves it once its equation holds; finding none proves nothing.
"""

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints
from disclosure_control.differencing.groups import Group, Measure, find_groups
from disclosure_control.differencing.regression import State, Step
from disclosure_control.differencing.rounds import Round
from disclosure_control.differencing.space import Derivable

_CANDIDATES = 600
_MIXES = 4
_BLUR = 1e-6


def find_candidates(one: Round, figures: Floats) -> tuple[Group, ...]:
    """Small groups, as numbers and coefficients, among the units that stand out in ``figures``."""
    owners = one.system.owners
    if figures.shape[1] > _MIXES:
        figures = figures @ np.random.default_rng(7).normal(size=(figures.shape[1], _MIXES))
    order = np.argsort(-np.abs(figures).max(axis=1), kind="stable")
    chosen = np.sort(order[:_CANDIDATES])
    space = _among(one.state, one.after, chosen)
    owner_of = tuple(owners[[number]] for number in chosen)
    weights = 1.0 / np.bincount(owners)[owners[chosen]]
    search = find_groups(space, Measure(weights, one.most, owner_of))
    return tuple(Group(chosen[group.atoms], group.values) for group in search.groups)


def pointing(after: State, step: Step, cells: Ints, size: int) -> Floats:
    """Numbers x ``cells``: the figure with the least sum of squares in which the cell counts once.

    ``cells`` are positions in ``step.kept``.
    """
    inverse = step.inverse()
    least = inverse[:, cells] / np.diag(inverse)[cells]
    # The last rows of the factor belong to the kept new columns.
    right = np.zeros((after.factor.rank, cells.size))
    right[after.factor.rank - step.kept.size :] = step.corner.T @ least
    mixed = after.factor.solve_transposed(right)
    total, start = np.zeros((size, cells.size)), 0
    if cells.size == 0:
        return total
    for table, part in zip(after.tables, after.columns(), strict=True):
        stop = start + part.shape[1]
        total[: table.codes.size] += (part @ mixed[start:stop])[table.codes]
        start = stop
    return total


def _among(state: State, after: State, chosen: Ints) -> Derivable:
    """All computable figures that are zero outside the chosen numbers."""
    rows = [
        part[table.of_units(chosen)]
        for table, part in zip(after.tables, after.columns(), strict=True)
    ]
    solved = after.factor.solve(np.hstack(rows).T)
    shares, vectors = np.linalg.eigh(solved.T @ solved)
    free = vectors[:, shares > 1.0 - _BLUR]
    old = solved[: state.factor.rank]
    return Derivable(
        atoms=np.arange(chosen.size),
        vectors=free,
        news=free - old.T @ (old @ free),
        blur=_BLUR,
    )
