"""Does a pattern hold? For any pattern, without a certificate.

Quick by asking few programs: one program lifts many primary cells at once as far as each must go;
what its answer moves far enough is settled. Cells that are left are asked one by one. In problems
of whole numbers only whole deviations count: an answer that is not whole is taken apart into
pieces that share no relation, whole pieces count, and a whole-number program decides about the
rest. What stays undecided counts as unprotected.
"""

import numpy as np

from disclosure_control.audit.components import components, determined
from disclosure_control.audit.search import Search
from disclosure_control.suppression.problem import Flags, SuppressionProblem

_STRICT = 1e-12


def find_unprotected(problem: SuppressionProblem, suppressed: Flags) -> tuple[Flags, Flags]:
    """Which demands a pattern does not meet, or not provably.

    Returns:
        One flag per cell: primary, and shown or with too narrow an interval. One flag per doubt:
        an attacker may be certain.
    """
    open_cells = suppressed & ~determined(problem.relations, suppressed)
    needed = (problem.lower_protection > 0) | (problem.upper_protection > 0)
    weak = problem.primary & (~suppressed | (needed & ~open_cells))
    certain = ~_hold_already(problem, suppressed)
    left = [place for place in np.flatnonzero(certain) if suppressed[problem.doubts[place].cell]]
    asked = problem.primary & needed
    for place in left:
        asked[[problem.doubts[place].cell, problem.doubts[place].group]] = True
    for part in components(problem.relations, open_cells):
        if asked[part.cells].any():
            search = Search(problem, part)
            weak[part.cells] |= search.weak()
            for place in left:
                if certain[place] and search.touches(problem.doubts[place]):
                    certain[place] = not search.raises(problem.doubts[place])
    return weak, certain


def _hold_already(problem: SuppressionProblem, suppressed: Flags) -> Flags:
    """Doubts that the true table itself raises."""
    held = np.zeros(len(problem.doubts), dtype=np.bool_)
    for place, one in enumerate(problem.doubts):
        limit = one.share * problem.values[one.group]
        below = problem.values[one.cell] < limit - _STRICT * max(1.0, abs(limit))
        held[place] = bool(suppressed[one.cell] and below)
    return held
