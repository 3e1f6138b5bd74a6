"""Protecting a table: assess, hide, verify, and check that nothing unsafe is visible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.audit import attack, find_unprotected, subtract, verify
from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.frames import plain
from disclosure_control.policy import Policy, find_policy
from disclosure_control.suppression.apriori import Apriori, find_apriori
from disclosure_control.suppression.build import Known, build_problem
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.costs import check_cost
from disclosure_control.suppression.loss import Loss, measure_loss
from disclosure_control.suppression.names import labels_of, listed
from disclosure_control.suppression.problem import Certificate, Flags, SuppressionProblem
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

_SHARE = 1e-6
SHOWN, PRIMARY, SECONDARY, HIDDEN = "shown", "primary", "secondary", "hidden"


@dataclass(frozen=True)
class Effort:
    """How a pattern is looked for.

    Args:
        cost: what hiding a cell costs; see ``protect``.
        seconds: how long to improve; null: a fixed amount of work.
        seed: of the improvement.
        apriori: what is decided about cells beforehand.
    """

    cost: Any = "value"
    seconds: float | None = None
    seed: int = 0
    apriori: Apriori | None = None

    def __post_init__(self) -> None:
        """Refuses what is no effort."""
        timed = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if self.seconds is not None and not (timed and self.seconds >= 0):
            raise InvalidInputError("seconds is a number of at least 0, or nothing.")
        if type(self.seed) is not int:
            raise InvalidInputError("A seed is a whole number.")
        check_cost(self.cost)


@dataclass(frozen=True)
class Audit:
    """What an attacker derives about the hidden cells of a table.

    Args:
        frame: one row per hidden cell: dimension columns, lower, upper, required_lower,
            required_upper (null for cells hidden for others), holds.
        exact: how many primary cells have one possible value.
        underprotected: how many primary cells have an interval that is too narrow, or leave no
            doubt about their group.
        equation: how subtraction reveals a primary cell, in words; null when it does not.
    """

    frame: pl.DataFrame
    exact: int
    underprotected: int
    equation: str | None

    def __repr__(self) -> str:
        """Counts and the equation; the bounds are in ``frame``."""
        return (
            f"Audit({self.frame.height} hidden cells, {self.exact} exactly known, "
            f"{self.underprotected} underprotected, equation {self.equation})"
        )


@dataclass(frozen=True)
class ProtectedTable:
    """A table with hidden cells.

    Args:
        table: the table.
        policy: by which it was judged.
        cells: dimension columns, value (null when hidden), status shown, primary or secondary.
        problem: what had to be protected.
        certificate: the proof that it is; null when nobody gave one.
    """

    table: Table
    policy: Policy
    cells: pl.DataFrame
    problem: SuppressionProblem
    certificate: Certificate | None = None

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


def protect(
    table: Table,
    policy: Policy | str,
    cost: Any = "value",
    seconds: float | None = None,
    seed: int = 0,
    *,
    apriori: Any = None,
) -> ProtectedTable:
    """``table`` with every unsafe cell hidden, and others so that it cannot be computed back.

    All margins that are shown are the true ones.

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

    Raises:
        ProtectionError: some cells cannot be protected; they are named by their labels.
        InvalidInputError: costs or decisions that do not fit the table or the policy.
    """
    chosen = find_policy(policy)
    decided = None if apriori is None else find_apriori(table, apriori)
    effort = Effort(cost, seconds, seed, decided)
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
    pattern = try_suppress(problem, effort.seconds, effort.seed)
    if pattern.failed.any():
        raise ProtectionError(_cannot(table, pattern.failed))
    protected = with_hidden(table, policy, problem, pattern.suppressed, pattern.certificate)
    check_protected(protected)
    return protected


def _cannot(table: Table, failed: Flags) -> str:
    names = listed(labels_of(table, failed))
    return f"Hiding cells does not protect these; join categories: {names}"


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


def audit(protected: ProtectedTable) -> Audit:
    """What an attacker who knows every shown cell and every relation derives."""
    problem, hidden = protected.problem, protected.hidden
    bounds = attack(
        problem.values,
        problem.relations,
        hidden,
        problem.lower_bounds,
        problem.upper_bounds,
        integral=problem.integral,
    )
    slack = _SHARE * np.maximum(1.0, np.abs(problem.values))
    needed_low = problem.values - problem.lower_protection
    needed_high = problem.values + problem.upper_protection
    holds = (bounds.lower <= needed_low + slack) & (bounds.upper >= needed_high - slack)
    holds |= ~problem.primary
    certain = _without_doubt(problem, hidden)
    holds[certain] = False
    exact = problem.primary & (bounds.upper - bounds.lower <= slack)
    frame = (
        protected.table.cells.select(protected.table.dimensions)
        .with_columns(
            lower=bounds.lower,
            upper=bounds.upper,
            required_lower=np.where(problem.primary, needed_low, np.nan),
            required_upper=np.where(problem.primary, needed_high, np.nan),
            holds=holds,
        )
        .with_columns(pl.col("required_lower", "required_upper").fill_nan(None))
        .filter(pl.Series(hidden))
    )
    return Audit(frame, int(exact.sum()), int((~holds).sum()), equation_of(protected))


def _without_doubt(problem: SuppressionProblem, hidden: Flags) -> list[int]:
    """Cells whose group is certain to lie in them."""
    if not problem.doubts:
        return []
    failing = find_unprotected(problem, hidden)[1]
    return [one.cell for one, bad in zip(problem.doubts, failing, strict=True) if bad]


def weak_cells(protected: ProtectedTable) -> Flags:
    """Primary cells that are visible or too narrow, by an attacker of its own code."""
    problem, hidden = protected.problem, protected.hidden
    weak, certain = find_unprotected(problem, hidden)
    weak = weak | (problem.primary & ~hidden)
    for one, bad in zip(problem.doubts, certain, strict=True):
        weak[one.cell] |= bad
    return np.asarray(weak, dtype=np.bool_)


def equation_of(protected: ProtectedTable) -> str | None:
    """The first subtraction that reveals a primary cell, in words."""
    problem = protected.problem
    for step in subtract(problem.relations, protected.hidden):
        if problem.primary[step.cell]:
            row = problem.relations.getrow(step.relation)
            return _in_words(row, step.cell, cell_names(protected.table))
    return None


def _in_words(row: Any, cell: int, names: list[str]) -> str:
    total = [int(c) for c, sign in zip(row.indices, row.data, strict=True) if sign < 0]
    parts = [int(c) for c in row.indices if int(c) not in total]
    rest = [names[c] for c in parts if c != cell]
    if cell in total:
        return f"{names[cell]} = {' + '.join(rest)}"
    return f"{names[cell]} = {' - '.join([names[total[0]], *rest])}"


def cell_names(table: Table) -> list[str]:
    """Every cell by its labels, as people read them."""
    rows = table.cells.select(table.dimensions).rows()
    return ["(" + ", ".join(plain(text) for text in row) + ")" for row in rows]


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
