"""The smallest and the largest value are a small part of the sum. A rule of income statistics."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def extreme_share(table: Table, policy: Policy) -> list[Finding]:
    """Cells whose minimum or maximum exceeds ``policy.maximum_extreme_share`` of the sum."""
    share = policy.maximum_extreme_share
    if share is None or table.statistic not in {"sum", "mean"}:
        return []
    extreme = pl.max_horizontal(pl.col("lowest").abs(), pl.col("highest").abs())
    allowed = share * pl.col("sum").abs() * (1 + 1e-12)
    large = where(table, OCCUPIED & (extreme > allowed))
    reason = f"the smallest or largest value is more than {share:.0%} of the sum"
    return findings(table, large, ("extreme_share", reason, HIDE))
