"""At least so many units with a value; more of them for sums and means where a policy says so."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def minimum_units(table: Table, policy: Policy) -> list[Finding]:
    """Cells with contributors, but fewer units than ``policy.minimum_units``.

    To a total, a unit with 0 contributes nothing: when all but a few have 0, it is theirs.
    """
    threshold = minimum_of(table, policy)
    few = OCCUPIED & (pl.col("units") < threshold)
    reason = f"fewer than {threshold} units with a value"
    found = findings(table, where(table, few), ("minimum_units", reason, HIDE))
    if table.statistic not in {"sum", "mean", "std"}:
        return found
    active = OCCUPIED & (pl.col("active") > 0) & (pl.col("active") < policy.minimum_units)
    reason = f"fewer than {policy.minimum_units} units with a value other than 0"
    return found + findings(table, where(table, ~few & active), ("minimum_units", reason, HIDE))


def minimum_of(table: Table, policy: Policy) -> int:
    """The threshold that holds for this statistic."""
    totals = policy.minimum_units_of_totals if table.statistic != "count" else None
    return max(policy.minimum_units, totals or 0)


def empty_cells(table: Table, policy: Policy) -> list[Finding]:
    """Empty cells, where the policy counts them as small; impossible combinations are none."""
    if not policy.zeros_are_unsafe or table.statistic != "count":
        return []
    empty = where(table, ~OCCUPIED & pl.col("possible"))
    reason = "nobody is in this cell although somebody could be"
    return findings(table, empty, ("empty_cell", reason, HIDE))
