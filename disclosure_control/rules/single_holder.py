"""A median that is one unit's own value: of an odd number, or of two that are equal."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding, Verdict


def single_holder(table: Table, policy: Policy) -> list[Finding]:
    """Cells of medians whose value exactly one unit has: people decide, or it is rounded."""
    del policy
    if table.statistic != "median":
        return []
    alone = where(table, OCCUPIED & (pl.col("holders") == 1)).fill_null(value=False)
    reason = "the median is the value of exactly one unit"
    what = ("single_holder", reason, "hide it, or tell the reviewer why it is harmless")
    return findings(table, alone, what, Verdict.REVIEW)
