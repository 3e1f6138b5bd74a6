"""Protecting unions: sums of hidden cells that anybody can compute and that break a rule.

Such a sum becomes a cell of its own, bound to its parts by a relation, that must be in doubt as far
as its rule asks. More cells are hidden until every sum that can be computed meets the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from disclosure_control.insiders.sums import Union, known_sums
from disclosure_control.insiders.union_table import judged, widths
from disclosure_control.members import Members
from disclosure_control.policy import Policy
from disclosure_control.suppression.construct import Pattern, first_pattern
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    SuppressionProblem,
)
from disclosure_control.table import Table


@dataclass(frozen=True)
class Extended:
    """A problem whose last cells are unions of others, and a pattern for it.

    Args:
        problem: cells of the table first, then one cell per union.
        unions: the parts of each.
        pattern: what is hidden; unions always are.
    """

    problem: SuppressionProblem
    unions: tuple[Union, ...]
    pattern: Pattern


def weak_unions(
    problem: SuppressionProblem,
    hidden: Flags,
    table: Table,
    policy: Policy,
    members: Members | None = None,
) -> tuple[tuple[Union, ...], Floats, Floats]:
    """Sums of hidden cells that anybody can compute and that break a rule.

    Args:
        problem: the problem of the table itself.
        hidden: hidden cells of the table.
        table: the table.
        policy: whose rules they must meet.
        members: who lies in several finest cells; null: assumed at worst.

    Returns:
        The unions, and how far down and up each must be in doubt.
    """
    sums = [one for one in known_sums(problem.relations, problem.axes, hidden) if len(one) > 1]
    if not sums:
        return (), np.empty(0), np.empty(0)
    whole, found = judged(table, sums, policy, members)
    if not found:
        return (), np.empty(0), np.empty(0)
    lower, upper, weak = widths(whole, found, policy)
    places = np.flatnonzero(weak)
    return tuple(sums[place] for place in places.tolist()), lower[places], upper[places]


def protect_unions(
    held: Extended, unions: Sequence[Union], lower: Floats, upper: Floats
) -> Extended:
    """The pattern with more cells hidden, so that each of the unions is in doubt.

    ``failed`` of the pattern tells which unions are not.
    """
    problem = with_unions(held.problem, unions, lower, upper)
    old, more = held.pattern, len(unions)
    hidden = np.concatenate([old.suppressed, np.ones(more, dtype=np.bool_)])
    new = np.arange(hidden.size) >= old.suppressed.size
    asked = replace(
        problem, primary=hidden, doubts=(),
        lower_protection=np.where(new, problem.lower_protection, 0.0),
        upper_protection=np.where(new, problem.upper_protection, 0.0),
    )  # fmt: skip
    found = first_pattern(asked)
    proof = _joined(_carried(old.certificate, unions), found.certificate)
    failed = np.concatenate([old.failed, np.zeros(more, dtype=np.bool_)]) | found.failed
    suppressed = hidden | found.suppressed
    pattern = Pattern(suppressed, suppressed & ~problem.primary, failed, proof)
    return Extended(problem, (*held.unions, *unions), pattern)


def with_unions(
    problem: SuppressionProblem, unions: Sequence[Union], lower: Floats, upper: Floats
) -> SuppressionProblem:
    """The problem with a primary cell for each union, and a relation that says what it sums."""
    from scipy.sparse import csr_matrix, hstack, identity, vstack

    more, count = len(unions), problem.values.size
    parts = _incidence(unions, count)
    empty = csr_matrix((problem.relations.shape[0], more))
    relations = vstack(
        [hstack([problem.relations, empty]), hstack([parts, -identity(more)])], format="csr"
    )

    def extended(old: Floats, new: Floats) -> Floats:
        return np.concatenate([old, new])

    low = np.array([problem.lower_bounds[list(union)].sum() for union in unions])
    return replace(
        problem,
        values=extended(problem.values, parts @ problem.values),
        costs=extended(problem.costs, np.zeros(more)),
        relations=relations,
        primary=np.concatenate([problem.primary, np.ones(more, dtype=np.bool_)]),
        lower_protection=extended(problem.lower_protection, lower),
        upper_protection=extended(problem.upper_protection, upper),
        lower_bounds=extended(problem.lower_bounds, low),
        upper_bounds=extended(problem.upper_bounds, np.full(more, np.inf)),
        axes=(),
    )


def _incidence(unions: Sequence[Union], count: int) -> Any:
    from scipy.sparse import csr_matrix

    start = np.cumsum([0, *(len(union) for union in unions)])
    cells = np.array([cell for union in unions for cell in union], dtype=np.int64)
    return csr_matrix((np.ones(cells.size), cells, start), shape=(len(unions), count))


def _carried(proof: Certificate, unions: Sequence[Union]) -> Certificate:
    """The same changes in the larger problem: a union moves as its parts do."""
    from scipy.sparse import hstack

    flows = proof.flows.tocsr()
    moved = (flows @ _incidence(unions, flows.shape[1]).T).tocsr()
    moved.eliminate_zeros()
    return replace(proof, flows=hstack([flows, moved], format="csr"))


def _joined(one: Certificate, other: Certificate) -> Certificate:
    """Both certificates together."""
    from scipy.sparse import vstack

    return Certificate(
        vstack([one.flows, other.flows], format="csr"),
        np.concatenate([one.target, other.target]),
        np.concatenate([one.side, other.side]),
        np.concatenate([one.row, other.row + one.flows.shape[0]]),
        np.concatenate([one.scale, other.scale]),
    )
