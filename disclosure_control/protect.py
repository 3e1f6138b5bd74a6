"""Protecting a table: assess, hide, verify, and check that nothing unsafe is visible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.audit import verify
from disclosure_control.auditing import equation_of
from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.insiders.hardening import Hardened, harden, verify_hardened
from disclosure_control.policy import Policy, find_policy
from disclosure_control.suppression.apriori import Apriori, find_apriori
from disclosure_control.suppression.build import Known, build_problem
from disclosure_control.suppression.construct import Pattern, first_pattern, try_suppress
from disclosure_control.suppression.costs import check_cost
from disclosure_control.suppression.loss import Loss, measure_loss
from disclosure_control.suppression.names import labels_of, listed
from disclosure_control.suppression.problem import Certificate, Flags, SuppressionProblem
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

_WORK = 1_000
"""Improvement when no seconds are given: a researcher is waiting."""
SHOWN, PRIMARY, SECONDARY, HIDDEN = "shown", "primary", "secondary", "hidden"


@dataclass(frozen=True)
class Effort:
    """How a pattern is looked for.

    Args:
        cost: what hiding a cell costs; see ``protect``.
        seconds: how long to improve; null: a fixed amount of work.
        seed: of the improvement.
        apriori: what is decided about cells beforehand.
        insiders: whether the pattern must hold against those who are in the table as well.
    """

    cost: Any = "value"
    seconds: float | None = None
    seed: int = 0
    apriori: Apriori | None = None
    insiders: bool = True

    def __post_init__(self) -> None:
        """Refuses what is no effort."""
        timed = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if self.seconds is not None and not (timed and self.seconds >= 0):
            raise InvalidInputError("seconds is a number of at least 0, or nothing.")
        if type(self.seed) is not int:
            raise InvalidInputError("A seed is a whole number.")
        check_cost(self.cost)


@dataclass(frozen=True)
class ProtectedTable:
    """A table with hidden cells.

    Args:
        table: the table.
        policy: by which it was judged.
        cells: dimension columns, value (null when hidden), status shown, primary or secondary.
        problem: what had to be protected.
        certificate: the proof that it is; null when nobody gave one.
        hardened: the same against those who are in the table; null when that was not asked.
    """

    table: Table
    policy: Policy
    cells: pl.DataFrame
    problem: SuppressionProblem
    certificate: Certificate | None = None
    hardened: Hardened | None = None

    @property
    def released(self) -> pl.DataFrame:
        """The cells without the reason why: status shown or hidden."""
        status = pl.when(pl.col("status") == SHOWN).then(pl.lit(SHOWN)).otherwise(pl.lit(HIDDEN))
        return self.cells.with_columns(status.alias("status"))

    @property
    def hidden(self) -> Flags:
        """Which cells are hidden."""
        return np.asarray((self.cells["status"] != SHOWN).to_numpy(), dtype=np.bool_)

    @property
    def loss(self) -> Loss:
        """What hiding safe cells for the sake of others costs."""
        return measure_loss(self.table, self.hidden & ~self.problem.primary)

    def __repr__(self) -> str:
        """Counts only; the figures are in ``cells``."""
        number = self.cells["status"].value_counts()
        parts = ", ".join(f"{many} {status}" for status, many in sorted(number.iter_rows()))
        return f"ProtectedTable({parts}; policy {self.policy.name})"


def protect(  # noqa: PLR0913 - the argument names are the library's public surface
    table: Table,
    policy: Policy | str,
    cost: Any = "value",
    seconds: float | None = None,
    seed: int = 0,
    *,
    apriori: Any = None,
    insiders: bool = True,
) -> ProtectedTable:
    """``table`` with every unsafe cell hidden, and others so that it cannot be computed back.

    All margins that are shown are the true ones. Other methods, and what each would lose:
    ``compare_methods`` and ``protect_by``.

    Args:
        table: the table.
        policy: a policy or its name.
        cost: what hiding costs: value, count, equal, sqrt, frequency or log; several of these in
            order of importance; or figures of your own: a frame with the dimensions and a column
            ``cost``, or one figure per cell in the order of ``table.cells``. At least 0; infinite
            forbids hiding.
        seconds: how long the pattern may be improved; null: a fixed amount of work.
        seed: of the improvement.
        apriori: what is decided beforehand: a frame with the dimensions and some of status
            (unsafe, forbidden, safe), cost, lower and upper (protection of unsafe cells, at least);
            or a path to an a-priori file (``.hst``) of tau-Argus.
        insiders: whether intervals must hold against every unit and entity of the table too, and
            sums of hidden cells against the policy; false: against strangers only.

    Raises:
        ProtectionError: some cells cannot be protected; they are named by their labels.
        InvalidInputError: costs or decisions that do not fit the table or the policy.
    """
    chosen = find_policy(policy)
    decided = None if apriori is None else find_apriori(table, apriori)
    effort = Effort(cost, seconds, seed, decided, insiders)
    return protect_cells(table, chosen, find(table, chosen), effort)


def protect_cells(
    table: Table,
    policy: Policy,
    findings: Sequence[Finding],
    effort: Effort,
    known: Known | None = None,
) -> ProtectedTable:
    """The table with the cells of ``findings`` hidden and protected; the post-condition holds."""
    problem = build_problem(table, findings, policy, effort.cost, known, effort.apriori)
    pattern = try_suppress(problem, effort.seconds, effort.seed, _WORK)
    if pattern.failed.any():
        raise ProtectionError(_cannot(table, pattern.failed))
    hardened = _hardened(table, policy, problem, pattern) if effort.insiders else None
    hidden = pattern.suppressed if hardened is None else hardened.suppressed
    protected = with_hidden(table, policy, problem, hidden, pattern.certificate)
    protected = replace(protected, hardened=hardened)
    check_protected(protected)
    return protected


def _cannot(table: Table, failed: Flags) -> str:
    names = listed(labels_of(table, failed))
    return f"Hiding cells does not protect these; join categories: {names}"


def _hardened(
    table: Table, policy: Policy, problem: SuppressionProblem, pattern: Pattern
) -> Hardened:
    """What holds against those who are in the table; doubts about groups hold against strangers.

    A member of a group always knows one member more than strangers do.
    """
    found = harden(replace(problem, doubts=()), table, policy, pattern, table.members)
    failed = found.failed.copy()
    for union in found.failed_unions:
        failed[list(union)] = True
    if failed.any():
        names = listed(labels_of(table, failed))
        raise ProtectionError(
            "Hiding cells does not protect these against people or schools that are in the table "
            f"themselves; join categories: {names}"
        )
    return found


def known_to_insiders(
    table: Table, policy: Policy, problem: SuppressionProblem, hidden: Flags
) -> Flags:
    """Primary cells that somebody in the table narrows too much when exactly ``hidden`` is hidden.

    Cells of a sum of hidden cells that breaks a rule are flagged too. Only for patterns that hold
    against strangers.
    """
    closed = replace(problem, costs=np.where(hidden, 0.0, np.inf), doubts=())
    pattern = first_pattern(closed)
    secondary = hidden & ~problem.primary
    given = Pattern(hidden | problem.primary, secondary, pattern.failed, pattern.certificate)
    found = harden(closed, table, policy, given, table.members)
    narrowed = pattern.failed | found.failed
    for union in found.failed_unions:
        narrowed[list(union)] = True
    return np.asarray(narrowed & hidden)


def unprotected(table: Table, policy: Policy, hidden: Flags) -> ProtectedTable:
    """The table with exactly ``hidden`` hidden, whoever chose it, ready for an audit."""
    problem = build_problem(table, find(table, policy), policy)
    return with_hidden(table, policy, problem, hidden)


def with_hidden(
    table: Table,
    policy: Policy,
    problem: SuppressionProblem,
    hidden: Flags,
    certificate: Certificate | None = None,
) -> ProtectedTable:
    """The table with exactly the cells ``hidden`` hidden."""
    status = np.where(~hidden, SHOWN, np.where(problem.primary, PRIMARY, SECONDARY))
    value = table.cells["value"].set(pl.Series(hidden), None)
    cells = table.cells.select(table.dimensions).with_columns(
        value.alias("value"), pl.Series("status", status)
    )
    return ProtectedTable(table, policy, cells, problem, certificate)


def check_protected(protected: ProtectedTable) -> None:
    """The post-condition: nothing unsafe is visible, every proof verifies, margins are true.

    Raises:
        ProtectionError: it does not hold.
    """
    problem, hidden = protected.problem, protected.hidden
    visible = int((problem.primary & ~hidden).sum())
    proven, doubted = (
        verify(problem, hidden, protected.certificate)
        if protected.certificate is not None
        else (np.zeros_like(hidden), np.zeros(len(problem.doubts), dtype=np.bool_))
    )
    unproven = int((problem.primary & ~proven).sum() + (~doubted).sum())
    shown = protected.cells.filter(pl.col("status") == SHOWN)["value"]
    true = protected.table.cells.filter(pl.Series(~hidden))["value"]
    if visible or unproven or not shown.equals(true) or equation_of(protected) is not None:
        raise ProtectionError(
            "Nothing unsafe is visible after protection, but the check found "
            f"{visible} visible and {unproven} unproven cells; nothing was handed over."
        )
    if protected.hardened is not None:
        own, table = replace(problem, doubts=()), protected.table
        verify_hardened(own, table, protected.policy, protected.hardened, table.members)
        if not np.array_equal(protected.hardened.suppressed, hidden):
            raise ProtectionError("What is hidden is what was proven; nothing was handed over.")
