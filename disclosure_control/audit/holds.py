"""Does a pattern hold? For any pattern, without a certificate."""

import numpy as np

from disclosure_control.audit.doubts import hold_already, is_raised
from disclosure_control.audit.frontier import Frontier
from disclosure_control.audit.reach import Reach
from disclosure_control.audit.search import Search
from disclosure_control.audit.unknowns import Unknowns, find_unknowns
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_ROUNDING = 1e-6
_STEPS = 1_000_000
_STEPS_EACH = 4


def find_unprotected(problem: SuppressionProblem, suppressed: Flags) -> tuple[Flags, Flags]:
    """Which demands a pattern does not meet, or not provably.

    In problems of whole numbers only whole tables count. What stays undecided counts as not met.

    Returns:
        One flag per cell: primary, and shown or with too narrow an interval. One flag per doubt:
        an attacker may be certain.
    """
    unknowns = unknowns_of(problem, suppressed)
    short = _short(problem, unknowns, suppressed)
    weak = problem.primary & (~suppressed | short)
    certain = ~hold_already(problem, suppressed)
    for place in np.flatnonzero(certain).tolist():
        one = problem.doubts[place]
        certain[place] = not (suppressed[one.cell] and is_raised(problem, unknowns, one))
    return weak, certain


def _short(problem: SuppressionProblem, unknowns: Unknowns, suppressed: Flags) -> Flags:
    """Which primary cells do not move as far as they must.

    Cells tied to each other are one unknown; the largest of their demands is tried first, then the
    largest of those that are left.
    """
    need = np.stack([problem.upper_protection, problem.lower_protection])
    need = np.where(problem.primary & suppressed, np.maximum(need, 0.0), 0.0)
    enough = np.ceil(need) if problem.integral else need * (1 - _ROUNDING)
    reach, frontier, left = Reach(unknowns), Frontier(unknowns), need > 0
    left &= unknowns.number >= 0
    steps = _STEPS + _STEPS_EACH * unknowns.size
    while left.any():
        asked = _of_unknowns(unknowns, np.where(left, need, 0.0))
        steps = Search(reach, frontier, asked).settle(steps)
        tried = need >= _to_cells(unknowns, asked)
        left &= ~tried & (_far(reach) < enough)
    far = _far(reach)
    return np.asarray((far < enough).any(axis=0))


def unknowns_of(problem: SuppressionProblem, suppressed: Flags) -> Unknowns:
    """The unknowns that a pattern leaves an attacker."""
    low = np.minimum(problem.lower_bounds - problem.values, 0.0)
    high = np.maximum(problem.upper_bounds - problem.values, 0.0)
    if problem.integral:
        low, high = np.ceil(low), np.floor(high)
    return find_unknowns(problem.relations, suppressed, low, high, integral=problem.integral)


def _of_unknowns(unknowns: Unknowns, need: Floats) -> Floats:
    """The largest demand of the cells of each unknown, by side."""
    found = np.zeros((2, unknowns.size))
    known = np.flatnonzero(unknowns.number >= 0)
    number, turned = unknowns.number[known], unknowns.sign[known] < 0
    need = need[:, known]
    need = np.where(turned, need[::-1], need)
    for side in (0, 1):
        np.maximum.at(found[side], number, need[side])
    return found


def _to_cells(unknowns: Unknowns, amounts: Floats) -> Floats:
    """What two-row arrays of unknowns mean for the cells of the table; 0 for known cells."""
    found = np.zeros((2, unknowns.number.size))
    known = np.flatnonzero(unknowns.number >= 0)
    of_known = amounts[:, unknowns.number[known]]
    found[:, known] = np.where(unknowns.sign[known] < 0, of_known[::-1], of_known)
    return found


def _far(reach: Reach) -> Floats:
    return _to_cells(reach.unknowns, np.stack([reach.rise, reach.fall]))
