"""The one door: from a pattern that holds against strangers to one that holds against everybody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.audit.certificate import verify
from disclosure_control.audit.insiders import verify_insiders
from disclosure_control.errors import ProtectionError
from disclosure_control.insiders.find import find_insiders
from disclosure_control.insiders.guarding import guard
from disclosure_control.insiders.seeing import seeing
from disclosure_control.insiders.sums import Union
from disclosure_control.insiders.unions import (
    Extended,
    protect_unions,
    weak_unions,
    with_unions,
)
from disclosure_control.members import Members
from disclosure_control.policy import Policy
from disclosure_control.suppression.construct import Pattern
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    SuppressionProblem,
)
from disclosure_control.table import Table

_ROUNDS = 24
_NONE: tuple[tuple[Union, ...], Floats, Floats] = ((), np.empty(0), np.empty(0))


@dataclass(frozen=True, repr=False)
class Hardened:
    """A pattern with its proof against strangers and insiders.

    Args:
        suppressed: hidden cells of the table.
        failed: primary cells of the table that hiding does not protect.
        failed_unions: sums of hidden cells that can be computed, break a rule, and cannot be
            hidden; cells of the table.
        problem: the table's problem, with one more cell for every union that had to be protected.
        unions: the parts of those.
        certificate: for ``problem``; several entries per demand.
        insiders: against whom it holds.
    """

    suppressed: Flags
    failed: Flags
    failed_unions: tuple[Union, ...]
    problem: SuppressionProblem
    unions: tuple[Union, ...]
    certificate: Certificate
    insiders: tuple[Insiders, ...]

    def __repr__(self) -> str:
        """Counts only."""
        return (
            f"Hardened({int(self.suppressed.sum())} hidden, {int(self.failed.sum())} failed, "
            f"{len(self.unions)} unions, {len(self.insiders)} kinds of insiders)"
        )

    @property
    def hidden(self) -> Flags:
        """Hidden cells of ``problem``: those of the table, and every union."""
        return np.concatenate([self.suppressed, np.ones(len(self.unions), dtype=np.bool_)])


def harden(
    problem: SuppressionProblem,
    table: Table,
    policy: Policy,
    pattern: Pattern,
    members: Members | None = None,
) -> Hardened:
    """Hides more, until no insider narrows a primary cell and no computable sum breaks a rule.

    Args:
        problem: the problem of the table, as ``build_problem`` makes it.
        table: the table.
        policy: its rules judge the sums.
        pattern: what the engine found for the problem.
        members: who lies in several finest cells; needed where somebody does.

    Raises:
        InvalidInputError: somebody lies in several finest cells and ``members`` are not given.
    """
    kinds = find_insiders(table, problem, members)
    held, size = Extended(problem, (), pattern), pattern.suppressed.size
    for _ in range(_ROUNDS):
        weak = _weak(held, table, (problem, policy, members)) if kinds else _NONE
        if weak[0]:
            held = protect_unions(held, *weak)
            if held.pattern.failed[size:].any():
                break
            continue
        own = seeing(kinds, held.unions)
        before = held.pattern.suppressed
        held = replace(held, pattern=guard(held.problem, held.pattern, own))
        if (held.pattern.suppressed == before).all() or held.pattern.failed.any():
            return _finished(held, own, size)
    left = _weak(held, table, (problem, policy, members))[0]
    return _finished(held, seeing(kinds, held.unions), size, left)


def _weak(
    held: Extended, table: Table, how: tuple[SuppressionProblem, Policy, Members | None]
) -> tuple[tuple[Union, ...], Floats, Floats]:
    """Sums that still break a rule."""
    problem, policy, members = how
    hidden = held.pattern.suppressed[: problem.values.size]
    return weak_unions(problem, hidden, table, policy, members)


def _finished(
    held: Extended, kinds: Sequence[Insiders], size: int, left: tuple[Union, ...] = ()
) -> Hardened:
    """What was reached; ``left`` are sums that ought to be protected still."""
    found = held.pattern
    bad = zip(held.unions, found.failed[size:], strict=True)
    failed = dict.fromkeys((*(one for one, failed in bad if failed), *left))
    return Hardened(
        found.suppressed[:size], found.failed[:size], tuple(failed), held.problem, held.unions,
        found.certificate, tuple(kinds),
    )  # fmt: skip


def verify_hardened(
    problem: SuppressionProblem,
    table: Table,
    policy: Policy,
    hardened: Hardened,
    members: Members | None = None,
) -> None:
    """The post-condition, checked anew and without a solver.

    Every primary cell and every union is hidden and proven against strangers and against every
    insider that the table has, and no sum that can be computed breaks a rule.

    Raises:
        ProtectionError: it does not hold; the message counts, and tells no value.
    """
    count = problem.values.size
    whole, hidden = hardened.problem, hardened.hidden
    kinds = seeing(find_insiders(table, problem, members), hardened.unions)
    same = _is_extension(problem, hardened)
    outside, doubted = verify(whole, hidden, hardened.certificate)
    inside, still = verify_insiders(whole, hidden, hardened.certificate, kinds)
    proven = outside & inside
    unproven = int((whole.primary & ~proven).sum() + (~(doubted & still)).sum())
    weak = weak_unions(problem, hardened.suppressed, table, policy, members)[0] if kinds else ()
    if not same or unproven or weak or count + len(hardened.unions) != hidden.size:
        raise ProtectionError(
            "No insider narrows a hidden cell and no sum of hidden cells breaks a rule, but the "
            f"check found {unproven} unproven cells and {len(weak)} sums; nothing is handed over."
        )


def _is_extension(problem: SuppressionProblem, hardened: Hardened) -> bool:
    """Whether the larger problem is the table's own, with each union bound to its parts."""
    whole, count = hardened.problem, problem.values.size
    lower, upper = whole.lower_protection[count:], whole.upper_protection[count:]
    meant = with_unions(problem, hardened.unions, lower, upper) if hardened.unions else problem
    names = ("values", "primary", "lower_protection", "upper_protection", "lower_bounds",
             "upper_bounds")  # fmt: skip
    same = all(np.array_equal(getattr(whole, name), getattr(meant, name)) for name in names)
    shape = whole.relations.shape == meant.relations.shape
    return bool(same and shape and (whole.relations != meant.relations).nnz == 0) and (
        whole.doubts == problem.doubts and whole.integral == problem.integral
    )
