"""A standard deviation needs degrees of freedom: units with a value, less one."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def degrees_of_freedom(table: Table, policy: Policy) -> list[Finding]:
    """Cells whose units less one are below ``policy.minimum_degrees_of_freedom``."""
    if table.statistic != "std":
        return []
    threshold = policy.minimum_degrees_of_freedom
    few = where(table, OCCUPIED & (pl.col("units") - 1 < threshold))
    reason = f"fewer than {threshold} degrees of freedom"
    return findings(table, few, ("degrees_of_freedom", reason, HIDE))
