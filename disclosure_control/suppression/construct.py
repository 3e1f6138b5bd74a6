"""Choosing complementary cells: for every demand a witness, as cheap as can be found quickly.

A witness is a change of the table that keeps all relations, moves the cell as demanded, and is
paid for on cells that would have to be hidden. The cells it uses become hidden, so the change
stays possible: it is the proof that the demand is met. First a few programs lift many cells at once
inside what is hidden anyway. Then demand after demand, the largest first: on full grids a box that
costs nothing, found by an array sweep, else the cheapest change that a linear program finds. For
counts a witness is whole numbers, because an attacker knows that counts are. What was found is
then improved (see ``improve``). Source of the idea:
Kelly, Golden and Assad (1992), Fischetti and Salazar (2001); of boxes: see ``boxes``.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.errors import ProtectionError
from disclosure_control.suppression.demands import Demands, find_demands
from disclosure_control.suppression.draft import UNSERVED, Draft
from disclosure_control.suppression.improve import Effort, improve
from disclosure_control.suppression.meet import Means, lift_all, meet
from disclosure_control.suppression.names import cell_names, listed
from disclosure_control.suppression.problem import Certificate, Flags, SuppressionProblem
from disclosure_control.suppression.prune import prune

_STEPS = 500
"""Simplex steps that pruning may use. Eight times as many hid 1 % fewer cells on a crosstab of
1,722 cells, and made protecting it a sixth slower."""
_OPENED = 40
WORK = 20_000
"""Improvement without a time limit: about 0.3 seconds on tables of 1,000 cells."""
_PER_CELL = 40


@dataclass(frozen=True)
class Pattern:
    """Which cells are hidden, and why that is enough.

    Args:
        suppressed: hidden cells, one flag per cell.
        secondary: hidden cells that are not primary.
        failed: primary cells that hiding others does not protect.
        certificate: the proof for every demand of the others.
    """

    suppressed: Flags
    secondary: Flags
    failed: Flags
    certificate: Certificate


def suppress(problem: SuppressionProblem, seconds: float | None = None, seed: int = 0) -> Pattern:
    """A pattern in which every primary cell has its protection; deterministic without ``seconds``.

    Args:
        problem: what must be protected.
        seconds: time for improving the first pattern, 0 for none; null: a fixed amount of work.
            More time never gives a worse pattern.
        seed: of the draws of the improvement.

    Raises:
        ProtectionError: some cells cannot be protected by hiding others, even all of them; they
            are named by their labels.
    """
    pattern = try_suppress(problem, seconds, seed)
    if pattern.failed.any():
        names = listed(cell_names(problem, pattern.failed))
        raise ProtectionError(f"Hiding cells does not protect these; join categories: {names}.")
    return pattern


def try_suppress(
    problem: SuppressionProblem,
    seconds: float | None = None,
    seed: int = 0,
    work: int = WORK,
) -> Pattern:
    """As ``suppress``, but tells the cells that cannot be protected instead of raising.

    ``work``: the amount of improvement when ``seconds`` are not given, in simplex steps with an
    allowance for what surrounds them; small tables get less.
    """
    first = drafted(problem, find_demands(problem))
    if seconds is None:
        effort = Effort(work=min(work, _PER_CELL * problem.values.size))
    else:
        effort = Effort(seconds=seconds)
    return as_pattern(improve(first, effort, seed))


def first_pattern(problem: SuppressionProblem) -> Pattern:
    """As ``try_suppress`` without any improvement."""
    return as_pattern(drafted(problem, find_demands(problem)))


def one_by_one(problem: SuppressionProblem) -> Pattern:
    """As ``first_pattern``, but no change is made to serve many demands.

    So each moves few cells, and somebody who knows more than others rules out few of them.
    """
    draft = Draft(problem, find_demands(problem))
    means = Means.of(draft)
    for demand in range(draft.row.size):
        if draft.row[demand] == UNSERVED:
            meet(draft, means, demand)
    return as_pattern(draft)


def drafted(problem: SuppressionProblem, demands: Demands) -> Draft:
    """One attempt: what many cells can share, then demand after demand, then pruned."""
    draft = Draft(problem, demands)
    means = Means.of(draft)
    lift_all(draft, means)
    lifted = draft.hidden.sum()
    for demand in range(draft.row.size):
        if draft.row[demand] == UNSERVED:
            meet(draft, means, demand)
            if draft.hidden.sum() >= lifted + max(_OPENED, lifted // 10):
                lift_all(draft, means)
                lifted = draft.hidden.sum()
    prune(draft, means, _STEPS)
    return draft


def as_pattern(draft: Draft) -> Pattern:
    """The pattern of a finished draft: cells that no witness uses are shown again."""
    from scipy.sparse import csr_matrix

    demands, primary = draft.demands, draft.problem.primary
    served = np.flatnonzero(draft.row != UNSERVED)
    rows, row = np.unique(draft.row[served], return_inverse=True)
    used = [draft.witnesses[number] for number in rows.tolist()]
    start = np.cumsum([0, *(cells.size for cells, _ in used)])
    cells = np.concatenate([np.empty(0, dtype=np.int64), *(cells for cells, _ in used)])
    amounts = np.concatenate([np.empty(0), *(amounts for _, amounts in used)])
    suppressed = primary.copy()
    suppressed[cells] = True
    failed = np.zeros(primary.size, dtype=np.bool_)
    failed[demands.cell[draft.row == UNSERVED]] = True
    flows = csr_matrix((amounts, cells, start), shape=(rows.size, primary.size))
    certificate = Certificate(
        flows, demands.target[served], demands.side[served], row, draft.scale[served]
    )
    return Pattern(suppressed, suppressed & ~primary, failed, certificate)
