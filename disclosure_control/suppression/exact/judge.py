"""Does a pattern hold? If so a proof, if not cuts that rule it out.

The proof is the engine's: it is asked to protect the table while hiding no other cells. What it
cannot protect is decided by the attacker's program; for whole numbers, by one over whole movements.
"""

from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.suppression.construct import Pattern, first_pattern
from disclosure_control.suppression.exact.attacker import Attacker
from disclosure_control.suppression.exact.cuts import Cut, outside_cut
from disclosure_control.suppression.exact.scene import Scene
from disclosure_control.suppression.exact.whole import can_move_whole
from disclosure_control.suppression.problem import Flags, Places, SuppressionProblem

_GROWN = 64
_CUTS = 4


@dataclass(frozen=True, repr=False)
class Verdict:
    """A proven pattern, or cuts that rule it out; neither when it stays undecided."""

    pattern: Pattern | None
    cuts: list[Cut]


def within(problem: SuppressionProblem, hidden: Flags) -> Pattern:
    """What the engine protects by hiding some of these cells and no others."""
    return first_pattern(replace(problem, costs=np.where(hidden, problem.costs, np.inf)))


def completed(problem: SuppressionProblem, hidden: Flags) -> Pattern:
    """A pattern from cells that do not suffice: they cost nothing, what they lack is added."""
    costs = np.where(hidden & np.isfinite(problem.costs), 0.0, problem.costs)
    found = first_pattern(replace(problem, costs=costs))
    return within(problem, found.suppressed | (hidden & np.isfinite(problem.costs)))


def judge(problem: SuppressionProblem, attacker: Attacker, hidden: Flags) -> Verdict:
    """Whether hiding these cells of a scene protects the problem."""
    scene = attacker.scene
    flags = problem.primary.copy()
    flags[scene.cells[hidden]] = True
    pattern = within(problem, flags)
    if not pattern.failed.any():
        return Verdict(pattern, [])
    failing = _unserved(scene, pattern).tolist()
    return Verdict(
        None, [one for demand in failing for one in _cuts(problem, attacker, demand, hidden)]
    )


def _cuts(problem: SuppressionProblem, attacker: Attacker, demand: int, hidden: Flags) -> list[Cut]:
    """Cuts that a pattern violates because of one demand; each names cells that no other does."""
    found: list[Cut] = []
    opened = hidden
    cut = attacker.decide(demand, hidden)
    if cut is None and problem.integral and not can_move_whole(attacker.scene, demand, hidden):
        cut = _outside(attacker.scene, demand, hidden)
    while cut is not None and cut.places.size and len(found) < _CUTS:
        found.append(cut)
        opened = opened.copy()
        opened[cut.places] = True
        cut = attacker.decide(demand, opened)
    return found if cut is None or found else [cut]


def _unserved(scene: Scene, pattern: Pattern) -> Places:
    wanted, proof = scene.demands, pattern.certificate
    served = set(zip(proof.target.tolist(), proof.side.tolist(), strict=True))
    every = zip(wanted.target.tolist(), wanted.side.tolist(), strict=True)
    return np.array([n for n, one in enumerate(every) if one not in served], dtype=np.int64)


def _outside(scene: Scene, demand: int, hidden: Flags) -> Cut:
    """Cells one of which must be hidden too; few, because others that do not help are left out."""
    hidden = hidden.copy()
    shown = np.flatnonzero(~hidden)
    for cell in shown[np.argsort(scene.cost[shown], kind="stable")].tolist():
        if shown.size > _GROWN:
            break
        hidden[cell] = True
        hidden[cell] = not can_move_whole(scene, demand, hidden)
    return outside_cut(~hidden)
