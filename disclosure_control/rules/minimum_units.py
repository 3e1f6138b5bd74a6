"""At least so many units with a value; more of them for sums and means where a policy says so."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def minimum_units(table: Table, policy: Policy) -> list[Finding]:
    """Cells with contributors, but fewer units than ``policy.minimum_units``."""
    threshold = minimum_of(table, policy)
    few = where(table, OCCUPIED & (pl.col("units") < threshold))
    reason = f"fewer than {threshold} units with a value"
    return findings(table, few, ("minimum_units", reason, HIDE))


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
