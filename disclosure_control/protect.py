"""Protecting a table: assess, hide, audit, and check that nothing unsafe is visible."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from disclosure_control.assess import assess
from disclosure_control.audit import attack, subtract
from disclosure_control.errors import ProtectionError
from disclosure_control.frames import plain
from disclosure_control.policy import Policy, find_policy
from disclosure_control.suppression.build import build_problem, cell_labels, flag_cells
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import Flags, SuppressionProblem
from disclosure_control.table import Table
from disclosure_control.verdict import Assessment

_SHARE = 1e-6
SHOWN, PRIMARY, SECONDARY, HIDDEN = "shown", "primary", "secondary", "hidden"


@dataclass(frozen=True)
class Audit:
    """What an attacker derives about the hidden cells of a table.

    ``frame``: one row per hidden cell: dimension columns, lower, upper, required_lower,
    required_upper, holds. ``exact`` counts primary cells with one possible value,
    ``underprotected`` those whose interval is too narrow. ``equation`` tells in words how
    subtraction reveals a primary cell, null when it does not.
    """

    frame: pl.DataFrame
    exact: int
    underprotected: int
    equation: str | None


@dataclass(frozen=True)
class ProtectedTable:
    """A table with hidden cells. ``cells``: dimension columns, value (null when hidden), status."""

    table: Table
    policy: Policy
    cells: pl.DataFrame
    problem: SuppressionProblem

    @property
    def released(self) -> pl.DataFrame:
        """The cells without the reason why: status shown or hidden."""
        status = pl.when(pl.col("status") == SHOWN).then(pl.lit(SHOWN)).otherwise(pl.lit(HIDDEN))
        return self.cells.with_columns(status.alias("status"))

    @property
    def hidden(self) -> Flags:
        """Which cells are hidden."""
        return np.asarray((self.cells["status"] != SHOWN).to_numpy(), dtype=np.bool_)


def protect(table: Table, policy: Policy | str) -> ProtectedTable:
    """``table`` with every unsafe cell hidden, and others so that it cannot be computed back.

    All margins that are shown are the true ones.

    Raises:
        ProtectionError: some cells cannot be protected; they are named by their labels.
    """
    chosen = find_policy(policy)
    found = assess(table, chosen)
    problem = build_problem(table, found.findings, chosen)
    pattern = try_suppress(problem)
    if pattern.failed.any():
        raise ProtectionError(
            "Hiding cells does not protect these; join categories: "
            + "; ".join(plain(text) for text in cell_labels(table, pattern.failed))
        )
    protected = with_hidden(table, chosen, problem, pattern.suppressed)
    _check(protected, found)
    return protected


def with_hidden(
    table: Table, policy: Policy, problem: SuppressionProblem, hidden: Flags
) -> ProtectedTable:
    """The table with exactly the cells ``hidden`` hidden."""
    status = np.where(~hidden, SHOWN, np.where(problem.primary, PRIMARY, SECONDARY))
    value = table.cells["value"].set(pl.Series(hidden), None)
    cells = table.cells.select(table.dimensions).with_columns(
        value.alias("value"), pl.Series("status", status)
    )
    return ProtectedTable(table, policy, cells, problem)


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
    exact = problem.primary & (bounds.upper - bounds.lower <= slack)
    frame = (
        protected.table.cells.select(protected.table.dimensions)
        .with_columns(
            lower=bounds.lower,
            upper=bounds.upper,
            required_lower=needed_low,
            required_upper=needed_high,
            holds=holds,
        )
        .filter(pl.Series(hidden))
    )
    return Audit(frame, int((exact & hidden).sum()), int((~holds).sum()), _equation(protected))


def _equation(protected: ProtectedTable) -> str | None:
    """The first subtraction that reveals a primary cell, in words."""
    problem = protected.problem
    for step in subtract(problem.relations, protected.hidden):
        if problem.primary[step.cell]:
            row = problem.relations.getrow(step.relation)
            names = cell_names(protected.table)
            total = [int(c) for c, sign in zip(row.indices, row.data, strict=True) if sign < 0]
            parts = [int(c) for c in row.indices if int(c) not in total]
            rest = [names[c] for c in parts if c != step.cell]
            if step.cell in total:
                return f"{names[step.cell]} = {' + '.join(rest)}"
            return f"{names[step.cell]} = {' - '.join([names[total[0]], *rest])}"
    return None


def cell_names(table: Table) -> list[str]:
    """Every cell by its labels, as people read them."""
    rows = table.cells.select(table.dimensions).rows()
    return ["(" + ", ".join(plain(text) for text in row) + ")" for row in rows]


def _check(protected: ProtectedTable, found: Assessment) -> None:
    """The post-condition: no unsafe cell is visible, the audit holds, margins are true."""
    table, hidden = protected.table, protected.hidden
    visible = flag_cells(table, found.findings) & ~hidden
    result = audit(protected)
    shown = protected.cells.filter(pl.col("status") == SHOWN)["value"]
    true = table.cells.filter(pl.Series(~hidden))["value"]
    if visible.any() or result.exact or result.underprotected or not shown.equals(true):
        raise ProtectionError(
            "Nothing unsafe is visible after protection, but the check found "
            f"{int(visible.sum())} visible, {result.exact} exactly derivable and "
            f"{result.underprotected} underprotected cells; nothing was handed over."
        )
