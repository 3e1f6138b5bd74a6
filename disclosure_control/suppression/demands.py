"""What a pattern must leave possible, as a list of demands of one form.

A demand asks for a change ``f`` of the table with ``weight * f[cell] + share * f[group] >= need``.
Up: weight 1. Down: weight -1. A doubt: weight -1 and the share of its group, need the excess of
the cell over that share.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from disclosure_control.suppression.problem import Floats, Places, SuppressionProblem

_STRICT = 1e-7
_EXACT = 1e-12
_PARTS = 1_000
_NOBODY = -1


@dataclass(frozen=True)
class Demands:
    """One entry per demand with a need above zero, the largest need first.

    ``target`` and ``side`` are as in ``Certificate``. ``group`` is -1 when there is none.
    """

    cell: Places
    weight: Floats
    group: Places
    share: Floats
    need: Floats
    target: Places
    side: npt.NDArray[np.int8]


def find_demands(problem: SuppressionProblem) -> Demands:
    """Every demand of a problem; for whole numbers the needs of intervals are rounded up."""
    cells = np.flatnonzero(problem.primary)
    parts = [
        _interval(cells, problem.upper_protection, 1, integral=problem.integral),
        _interval(cells, problem.lower_protection, -1, integral=problem.integral),
        _doubts(problem),
    ]
    every = [np.concatenate(column) for column in zip(*parts, strict=True)]
    cell, _, _, _, need, _, side = every
    order = np.lexsort((-side, cell, -need))
    order = order[need[order] > 0]
    return Demands(*(column[order] for column in every))


def _interval(
    cells: Places, protection: Floats, side: int, *, integral: bool
) -> tuple[npt.NDArray[np.generic], ...]:
    need = protection[cells]
    count = cells.size
    return (
        cells,
        np.full(count, float(side)),
        np.full(count, _NOBODY),
        np.zeros(count),
        np.ceil(need) if integral else need,
        cells,
        np.full(count, side, dtype=np.int8),
    )


def _doubts(problem: SuppressionProblem) -> tuple[npt.NDArray[np.generic], ...]:
    cell = np.array([doubt.cell for doubt in problem.doubts], dtype=np.int64)
    group = np.array([doubt.group for doubt in problem.doubts], dtype=np.int64)
    share = np.array([doubt.share for doubt in problem.doubts], dtype=np.float64)
    limit = share * problem.values[group]
    strictly = (_EXACT if problem.integral else _STRICT) * np.maximum(1.0, np.abs(limit))
    need = problem.values[cell] - limit + strictly
    return (
        cell,
        np.full(cell.size, -1.0),
        group,
        share,
        _next_possible(need, share) if problem.integral else need,
        np.arange(cell.size),
        np.zeros(cell.size, dtype=np.int8),
    )


def _next_possible(need: Floats, share: Floats) -> Floats:
    """The least amount not below the need that whole changes can make, for shares like 9/10."""
    parts = [Fraction(one).limit_denominator(_PARTS) for one in share.tolist()]
    known = [abs(part - Fraction(one)) < _EXACT for part, one in zip(parts, share, strict=True)]
    whole = np.array([part.denominator for part in parts], dtype=np.float64)
    return np.where(known, np.ceil(need * whole) / whole, need)
