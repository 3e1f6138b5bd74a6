"""Controlled rounding as a program: every cell to one of the two multiples next to it.

Sources: Cox and Ernst (1982), Causey, Cox and Ernst (1985): for tables of two dimensions, of which
one may be hierarchical, the linear program has whole solutions. Beyond that whole-number programs
are needed, and there may be no such rounding at all; then cells may move further.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.perturbation.multiples import Floats, Multiples

_WHOLE = 1e-6
_NODES = 20
_INFEASIBLE = 2


@dataclass(frozen=True)
class Solved:
    """What a program says. ``steps``: every cell in bases, null when nothing was found.

    ``exact``: no rounding loses less; or, without ``steps``, there is none.
    """

    steps: Floats | None
    exact: bool


def solve(table: Multiples, width: int, *, whole: bool) -> Solved:
    """The rounding that loses least when cells may go ``width`` multiples beyond the nearest two.

    The work is bounded by nodes, not by time, so that the answer is always the same.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    base = float(table.base)
    free = table.most
    parts = [table.balances]
    costs, low, high = [base - 2.0 * table.rest], [table.least], [free]
    if width:
        # One more step up or down costs a whole base each.
        parts += [table.balances, -table.balances]
        costs += [np.full(free.size, base)] * 2
        high += list(_room(table, width))
        low += [np.zeros(free.size)] * 2
    matrix = hstack(parts, format="csr")
    right = -np.asarray(table.balances @ table.floor)
    found = milp(
        np.concatenate(costs),
        constraints=LinearConstraint(matrix, right, right),
        bounds=Bounds(np.concatenate(low), np.concatenate(high)),
        integrality=np.full(matrix.shape[1], int(whole)),
        options={"node_limit": _NODES, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return Solved(None, bool(found.status == _INFEASIBLE))
    if np.abs(found.x - np.round(found.x)).max(initial=0.0) > _WHOLE:
        return Solved(None, exact=False)
    moves = np.round(found.x).reshape(-1, free.size)
    steps = table.floor + moves[0] + (moves[1] - moves[2] if width else 0.0)
    return Solved(steps, bool(found.status == 0))


def _room(table: Multiples, width: int) -> tuple[Floats, Floats]:
    """How far every cell may go up and down; a finest cell keeps its sign."""
    up = np.full(table.values.size, float(width))
    down = up.copy()
    leaf = table.leaves
    values, floor, ceiling = table.values[leaf], table.floor[leaf], table.ceiling[leaf]
    down[leaf] = np.where(values >= 0, np.minimum(down[leaf], floor), down[leaf])
    up[leaf] = np.where(values <= 0, np.minimum(up[leaf], -ceiling), up[leaf])
    return up, down
