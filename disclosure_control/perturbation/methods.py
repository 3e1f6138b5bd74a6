"""Suppression, rounding or adjustment: each with the same audit, and what each costs the reader.

Suppression hides cells and shows true figures; the other two show every cell and few true figures.
What is better depends on the table. All three are judged by the intervals that the policy demands
and by the same attacker; what each loses is stated in the same terms.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.perturbation.adjust import AdjustedTable, adjust, next_margin, totals
from disclosure_control.perturbation.adjust_audit import (
    PerturbationAudit,
    audit_adjusted,
    audit_rounded,
    audit_shown,
    reach_of,
    steps_of,
)
from disclosure_control.perturbation.base import smallest_base, ways_of
from disclosure_control.perturbation.rounding import RoundedTable, round_controlled
from disclosure_control.policy import Policy, find_policy
from disclosure_control.protect import Effort, ProtectedTable, protect_cells
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.names import labels_of, listed
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem
from disclosure_control.table import Table

METHODS = ("suppression", "rounding", "adjustment")
MAXIMUM_HIDDEN = 0.4
"""The share of cells hidden from which on suppression is said to destroy too much; own choice."""
_ADDITIVE = ("count", "sum")
_WIDENINGS, _BASES = 3, 4


@dataclass(frozen=True, repr=False)
class MethodLoss:
    """What a method costs the reader.

    Args:
        method: ``suppression``, ``rounding`` or ``adjustment``.
        cells: how many cells are hidden, unsafe ones included, or changed.
        share_of_cells: that, as a share of the cells that can have contributors.
        amount: the sum of the absolute figures hidden, or of the absolute changes; margins
            included.
        share_of_amount: that, as a share of the sum of the absolute figures of all cells.
        largest_relative_change: the largest change of a shown sum (total or subtotal), as a share
            of its true value; 0 for suppression, whose shown figures are true.
    """

    method: str
    cells: int
    share_of_cells: float
    amount: float
    share_of_amount: float
    largest_relative_change: float

    def __repr__(self) -> str:
        """Counts and shares; the amount is in the field."""
        return f"MethodLoss({self.in_words()})"

    def in_words(self) -> str:
        """The loss as one line of counts and shares."""
        what = "hidden" if self.method == "suppression" else "changed"
        line = (
            f"{self.method}: {self.cells} cells {what}, {self.share_of_cells:.1%} of the cells, "
            f"{self.share_of_amount:.1%} of the value"
        )
        if self.method == "suppression":
            return f"{line}; all shown figures are true"
        return f"{line}; totals changed by at most {self.largest_relative_change:.1%}"


@dataclass(frozen=True, repr=False)
class Alternative:
    """A table protected by one of the methods.

    Args:
        loss: what it costs.
        audit: what an attacker derives about the primary cells.
        released: what may be released when ``audit.holds``: the dimension columns, value (null when
            hidden or nobody has one) and, for suppression, status.
        result: what the method returned, for the desk only.
        statement: what must be published with it, in words; null for suppression.
    """

    loss: MethodLoss
    audit: PerturbationAudit
    released: pl.DataFrame
    result: ProtectedTable | RoundedTable | AdjustedTable
    statement: str | None = None

    def __repr__(self) -> str:
        """Counts and shares only."""
        return f"Alternative({self.loss.in_words()}; {self.audit!r})"


def protect_by(
    table: Table,
    policy: Policy | str,
    method: str = "suppression",
    effort: Effort | None = None,
) -> Alternative:
    """``table`` protected by a method; only what passes the audit is returned.

    Args:
        table: the table.
        policy: a policy or its name.
        method: ``suppression``, ``rounding`` (additive, to the smallest of four bases that
            leaves the intervals) or ``adjustment``.
        effort: cost of hiding (suppression), seconds (suppression, adjustment), seed, and what is
            decided beforehand about cells (suppression).

    Raises:
        InvalidInputError: an unknown method, or one that this kind of table does not have.
        ProtectionError: the method does not protect some cells; they are named.
    """
    found = attempt(table, policy, method, effort)
    if not found.audit.holds:
        failed = _failed(found.audit, table)
        raise ProtectionError(
            f"{method.capitalize()} leaves too narrow an interval; suppress, or join categories: "
            f"{listed(labels_of(table, failed))}"
        )
    return found


def attempt(
    table: Table, policy: Policy | str, method: str, effort: Effort | None = None
) -> Alternative:
    """``table`` treated by a method and audited; not for release unless ``audit.holds``."""
    chosen, work = find_policy(policy), effort or Effort()
    if method not in METHODS:
        raise InvalidInputError(f"A method is one of {', '.join(METHODS)}.")
    if method != "suppression" and table.statistic not in _ADDITIVE:
        raise InvalidInputError(
            f"Rounding and adjustment are for tables of {' or '.join(_ADDITIVE)}; use suppression."
        )
    if method != "suppression" and work.apriori is not None:
        raise InvalidInputError("Decisions beforehand about cells are for suppression only.")
    if method == "rounding":
        return _rounded(table, chosen, work)
    if method == "adjustment":
        return _adjusted(table, chosen, work)
    return _suppressed(table, chosen, work)


def _suppressed(table: Table, policy: Policy, effort: Effort) -> Alternative:
    done = protect_cells(table, policy, find(table, policy), effort)
    problem, hidden = done.problem, done.hidden
    lower = np.where(hidden, -np.inf, problem.values)
    audit = audit_shown(problem, lower, np.where(hidden, np.inf, problem.values))
    return Alternative(_loss_of_hiding(table, hidden), audit, done.released, done)


def _rounded(table: Table, policy: Policy, effort: Effort) -> Alternative:
    """Rounded to the first base that protects, of four; to the smallest when none does."""
    problem = build_problem(table, find(table, policy), policy)
    base, tried = 0, []
    for _ in range(_BASES):
        base = smallest_base(problem, policy, base)
        tried.append(_rounded_to(table, problem, base, effort.seed))
        if tried[-1].audit.holds:
            return tried[-1]
    return tried[0]


def _rounded_to(table: Table, problem: SuppressionProblem, base: int, seed: int) -> Alternative:
    done = round_controlled(table, base, seed=seed, ways=ways_of(problem, base))
    shown = done.cells["value"].cast(pl.Float64).fill_null(0.0).to_numpy()
    loss = _loss_of_changes(table, "rounding", problem, shown)
    reach = reach_of(base, steps_of(done), integral=problem.integral)
    statement = (
        f"All figures are rounded to multiples of {base}, add up, and lie within {reach:g} of the "
        "true ones."
    )
    return Alternative(loss, audit_rounded(problem, done), done.cells, done, statement)


def _adjusted(table: Table, policy: Policy, effort: Effort) -> Alternative:
    done = adjust(table, policy, effort.seconds, effort.seed)
    audit = audit_adjusted(done)
    for _ in range(_WIDENINGS):
        if audit.holds:
            break
        done = replace(done, margin=next_margin(done.margin))
        audit = audit_adjusted(done)
    loss = _loss_of_changes(table, "adjustment", done.problem, done.values)
    statement = f"Figures are adjusted for confidentiality, each by at most {done.margin:g}."
    return Alternative(loss, audit, done.cells, done, statement)


def _loss_of_hiding(table: Table, hidden: Flags) -> MethodLoss:
    size = np.abs(table.additive().to_numpy().astype(np.float64))
    amount = float(size[hidden].sum())
    number = int(hidden.sum())
    return MethodLoss(
        "suppression", number, number / _possible(table), amount, amount / _whole(size), 0.0
    )


def _loss_of_changes(
    table: Table, method: str, problem: SuppressionProblem, shown: Floats
) -> MethodLoss:
    change, size = np.abs(shown - problem.values), np.abs(problem.values)
    sums = totals(table) & (size > 0)
    relative = float((change[sums] / size[sums]).max(initial=0.0))
    number, amount = int((change > 0).sum()), float(change.sum())
    shares = (number / _possible(table), amount / _whole(size))
    return MethodLoss(method, number, shares[0], amount, shares[1], relative)


def _possible(table: Table) -> int:
    return max(1, int(table.cells["possible"].sum()))


def _whole(size: Floats) -> float:
    return float(size.sum()) or 1.0


def _failed(audit: PerturbationAudit, table: Table) -> Flags:
    weak = audit.frame.filter(~pl.col("holds")).select(table.dimensions).with_columns(weak=True)
    joined = table.cells.select(table.dimensions).join(
        weak, on=table.dimensions, how="left", maintain_order="left"
    )
    return np.asarray(joined["weak"].fill_null(value=False).to_numpy(), dtype=np.bool_)
