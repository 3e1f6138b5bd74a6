"""Making a pattern cheaper by deciding some of its cells anew, exactly; the others stay.

The block of destroy-and-repair: what the certificate proves without the cells in question stays
proven; only the other demands are met anew, at the least cost, among the cells in question and
what is hidden near them.
"""

from dataclasses import replace

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.construct import Pattern
from disclosure_control.suppression.exact.bound import suppress_optimally
from disclosure_control.suppression.exact.part import Part, part_of
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    Places,
    SuppressionProblem,
)

_STEPS = 30_000
_NEAR = 600


def improve_exactly(
    problem: SuppressionProblem,
    pattern: Pattern,
    cells_free: Flags,
    seconds: float | None = None,
    steps: int = _STEPS,
) -> Pattern:
    """The pattern, or a cheaper one that differs from it in free cells only.

    Cells outside ``cells_free`` that nothing needs any more are shown too.

    Args:
        problem: what must be protected.
        pattern: with the certificate of what it protects.
        cells_free: cells that may be hidden or shown; primary cells stay hidden.
        seconds: how long it may take; null: as much work as ``steps`` allow.
        steps: how many steps of the simplex method without ``seconds``.

    Raises:
        InvalidInputError: ``cells_free`` is not one flag per cell.
    """
    if cells_free.shape != problem.values.shape:
        raise InvalidInputError("cells_free has one flag per cell")
    open_entries = _touching(pattern.certificate, cells_free & ~problem.primary)
    if not open_entries.any():
        return pattern
    part, start = _part(problem, pattern, cells_free, open_entries)
    found = suppress_optimally(part.problem, seconds, steps, start)
    if found.pattern is None or found.pattern.failed.any():
        return pattern
    new = part.widened(found.pattern.certificate, problem.values.size)
    return _better(problem, pattern, _joined(_chosen(pattern.certificate, ~open_entries), new))


def _touching(proof: Certificate, cells: Flags) -> Flags:
    """Which entries of a certificate use some of the cells."""
    hit = abs(proof.flows) @ cells.astype(np.float64)
    return np.asarray(hit > 0)[proof.row]


def _part(
    problem: SuppressionProblem, pattern: Pattern, free: Flags, open_entries: Flags
) -> tuple[Part, Flags]:
    """The problem of the open entries, and the pattern in it."""
    proof = pattern.certificate
    target, side = proof.target[open_entries], proof.side[open_entries]
    used = proof.flows.tocsr()[np.unique(proof.row[open_entries])]
    needed = free & np.isfinite(problem.costs)
    needed[used.indices] = True
    doubts = target[side == 0]
    for number in doubts.tolist():
        needed[[problem.doubts[number].cell, problem.doubts[number].group]] = True
    wanted = replace(
        problem,
        costs=np.where(free, problem.costs, np.where(pattern.suppressed, 0.0, np.inf)),
        lower_protection=_only(problem.lower_protection, target[side < 0]),
        upper_protection=_only(problem.upper_protection, target[side > 0]),
    )
    part = part_of(wanted, _near(problem, pattern.suppressed, needed), doubts)
    start = np.zeros(part.problem.values.size, dtype=np.bool_)
    start[: part.cells.size] = pattern.suppressed[part.cells]
    return part, start


def _only(protection: Floats, cells: Places) -> Floats:
    asked = np.zeros(protection.size, dtype=np.bool_)
    asked[cells] = True
    return np.where(asked, protection, 0.0)


def _near(problem: SuppressionProblem, hidden: Flags, needed: Flags) -> Flags:
    """The needed cells and hidden ones around them, relation by relation, up to a limit."""
    rows = abs(problem.relations.tocsr())
    columns, near = rows.T.tocsr(), needed
    while near.sum() < _NEAR:
        reached = (columns @ ((rows @ near.astype(np.float64)) > 0).astype(np.float64)) > 0
        wider = near | (reached & hidden)
        if (wider == near).all():
            break
        near = wider
    return near


def _chosen(proof: Certificate, entries: Flags) -> Certificate:
    """Some entries of a certificate."""
    rows, row = np.unique(proof.row[entries], return_inverse=True)
    flows = proof.flows.tocsr()[rows]
    return Certificate(flows, proof.target[entries], proof.side[entries], row, proof.scale[entries])


def _joined(one: Certificate, other: Certificate) -> Certificate:
    """The entries of two certificates."""
    from scipy.sparse import vstack

    return Certificate(
        vstack([one.flows, other.flows]).tocsr(),
        np.concatenate([one.target, other.target]),
        np.concatenate([one.side, other.side]),
        np.concatenate([one.row, other.row + one.flows.shape[0]]),
        np.concatenate([one.scale, other.scale]),
    )


def _better(problem: SuppressionProblem, old: Pattern, proof: Certificate) -> Pattern:
    """The pattern of a certificate, if it costs less than the old one."""
    suppressed = problem.primary.copy()
    suppressed[proof.flows.indices] = True
    secondary = suppressed & ~problem.primary
    if not problem.costs[secondary].sum() < problem.costs[old.secondary].sum():
        return old
    return Pattern(suppressed, secondary, old.failed, proof)
