"""Protecting linked tables: what is hidden in one cannot be computed from the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from disclosure_control.audit import subtract, verify
from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.linking_tables.codes import Trees
from disclosure_control.linking_tables.problem import check_kinds, link, own_certificate
from disclosure_control.policy import Policy, find_policy
from disclosure_control.protect import (
    Effort,
    ProtectedTable,
    check_protected,
    with_hidden,
)
from disclosure_control.suppression.apriori import find_apriori
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.names import cell_names, listed
from disclosure_control.suppression.problem import Certificate, Flags, SuppressionProblem
from disclosure_control.table import Table


@dataclass(frozen=True)
class LinkedTables:
    """Linked tables, protected together.

    Args:
        tables: the tables in their order, each with a problem and a proof of its own. A cell that
            is unsafe in one of them has the status primary in all.
        problem: all cells of all tables once, named by ``labels``, and after them the parts that
            overlapping groups have in common, which no table shows.
        hidden: which cells of ``problem`` are hidden; of a part: used to hide others.
        certificate: the proof that the joint problem is solved.
        complete: whether the proof covers everything that the tables tell together; false where
            dimensions go round in a circle with too many finest cells: then it covers their sums.
    """

    tables: tuple[ProtectedTable, ...]
    problem: SuppressionProblem = field(repr=False)
    hidden: Flags = field(repr=False)
    certificate: Certificate = field(repr=False)
    complete: bool = True


def protect_linked(
    tables: Sequence[Table | tuple[Table, Any]],
    policy: Policy | str,
    cost: str | tuple[str, ...] = "value",
    seconds: float | None = None,
    seed: int = 0,
    *,
    hierarchies: Trees | None = None,
) -> LinkedTables:
    """``tables`` with every unsafe cell hidden, such that all together reveal none.

    Cells are the same when they are of the same finest categories of every dimension; a dimension
    that a table does not have counts as its total. A cell that is hidden in one table is hidden in
    all. An attacker knows all shown cells of all tables, how they add up within and across tables,
    and, where figures cannot be negative, that those beneath groups that overlap cannot either.
    For tables that share dimensions in a circle (a x b, b x c, a x c) that takes the finest cells
    of all dimensions together; beyond 4,000 of them only sums are looked at, and ``complete`` of
    the result is false.

    Args:
        tables: tables of the same records (and the same variable): all counts, all sums and means,
            all standard deviations, or all medians. Equal names of dimensions mean equal
            dimensions; their trees may differ. A pair of a table and a frame or ``.hst`` file says
            what is decided about its cells beforehand; see ``apriori`` of ``protect``.
        policy: a policy or its name.
        cost: what hiding costs, by name; see ``protect``.
        seconds: how long the pattern may be improved; null: a fixed amount of work.
        seed: of the improvement.
        hierarchies: by dimension, a tree (or several) that says what the codes of one table are in
            those of another, where no table's own tree does.

    Raises:
        ProtectionError: some cells cannot be protected; they are named by table and labels.
        InvalidInputError: trees that contradict each other, or tables of different populations,
            variables or kinds.

    Source: de Wolf and Giessing (2009), adjusting the tau-Argus modular approach to deal with
    linked tables; here all tables are one problem instead of a sequence.
    """
    chosen = find_policy(policy)
    if not isinstance(cost, str | tuple):
        raise InvalidInputError("Costs of linked tables are given by name.")
    effort = Effort(cost, seconds, seed)
    pairs = [one if isinstance(one, tuple) else (one, None) for one in tables]
    if any(len(pair) != 2 for pair in pairs):
        raise InvalidInputError("A pair is of a table and what is decided about its cells.")
    only = [table for table, _ in pairs]
    check_kinds(only)
    decided = [None if one is None else find_apriori(table, one) for table, one in pairs]
    linked = link(only, chosen, (effort.cost, decided), hierarchies or {})
    pattern = try_suppress(linked.problem, effort.seconds, effort.seed)
    if pattern.failed.any():
        names = listed(cell_names(linked.problem, pattern.failed))
        raise ProtectionError(f"Hiding cells does not protect these; join categories: {names}")
    _check_joint(linked.problem, pattern.suppressed, pattern.certificate)
    protected = []
    for number, (table, places) in enumerate(zip(only, linked.places, strict=True)):
        certificate = own_certificate(linked, pattern.certificate, number)
        hidden = pattern.suppressed[places]
        one = with_hidden(table, chosen, linked.own[number], hidden, certificate)
        check_protected(one)
        protected.append(one)
    return LinkedTables(
        tuple(protected),
        linked.problem,
        pattern.suppressed,
        pattern.certificate,
        linked.complete,
    )


def _check_joint(problem: SuppressionProblem, hidden: Flags, certificate: Certificate) -> None:
    """The post-condition across tables: every proof verifies, no subtraction reveals anything."""
    proven, doubted = verify(problem, hidden, certificate)
    unproven = int((problem.primary & ~proven).sum() + (~doubted).sum())
    found = [step.cell for step in subtract(problem.relations, hidden)]
    told = int(problem.primary[np.array(found, dtype=np.int64)].sum())
    if unproven or told:
        raise ProtectionError(
            "Nothing unsafe can be computed from linked tables after protection, but the check "
            f"found {unproven} unproven and {told} derivable cells; nothing was handed over."
        )
