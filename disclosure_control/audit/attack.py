"""Exact bounds on hidden cells: what an attacker knows from all shown cells and all relations.

Hidden cells fall into components that share no relation; each is attacked alone. Bounds are optima
of linear programs; where the values are known to be whole and an optimum is not, of whole-number
programs. A program that does not finish counts as knowing everything.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_SECONDS = 60.0
_WHOLE = 1e-6


@dataclass(frozen=True)
class Attack:
    """Lower and upper bounds per cell; shown cells have their value twice."""

    lower: Floats
    upper: Floats


def attack(
    values: Floats,
    relations: Any,
    hidden: Flags,
    lower_bounds: Floats,
    upper_bounds: Floats,
    *,
    integral: bool,
) -> Attack:
    """The tightest bounds on every hidden cell."""
    lower, upper = values.copy(), values.copy()
    matrix = relations.tocsc()
    known = -np.asarray(matrix @ np.where(hidden, 0.0, values))
    for cells in _components(matrix, hidden):
        part = matrix[:, cells].tocsr()
        rows = np.flatnonzero(np.diff(part.indptr))
        system = (part[rows], known[rows])
        box = (lower_bounds[cells], upper_bounds[cells])
        for place, cell in enumerate(cells):
            lower[cell] = _extreme(system, box, place, 1.0, integral=integral)
            upper[cell] = -_extreme(system, box, place, -1.0, integral=integral)
    return Attack(lower, upper)


def _components(matrix: Any, hidden: Flags) -> list[npt.NDArray[np.int64]]:
    """Groups of hidden cells connected through relations."""
    from scipy.sparse.csgraph import connected_components

    cells = np.flatnonzero(hidden)
    if cells.size == 0:
        return []
    part = abs(matrix[:, cells])
    count, label = connected_components(part.T @ part, directed=False)
    return [cells[label == group] for group in range(count)]


def _extreme(
    system: tuple[Any, Floats],
    box: tuple[Floats, Floats],
    place: int,
    sign: float,
    *,
    integral: bool,
) -> float:
    """The least value of ``sign`` times one cell."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, right = system
    aim = np.zeros(matrix.shape[1])
    aim[place] = sign
    scale = 1e-9 * max(1.0, float(np.abs(right).max(initial=0.0)))
    for whole in (False, True) if integral else (False,):
        solved = milp(
            aim,
            constraints=LinearConstraint(matrix, right - scale, right + scale),
            bounds=Bounds(*box),
            integrality=np.full(aim.size, int(whole)),
            options={"time_limit": _SECONDS},
        )
        if solved.status == 3:
            return -np.inf
        if solved.status != 0:
            return np.inf
        best = float(solved.fun)
        if not integral or whole or np.abs(solved.x - np.round(solved.x)).max() < _WHOLE:
            return round(best) if integral else best
    return np.inf
