"""All contributors have the same value, so a mean, sum or median is everybody's value."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def all_equal(table: Table, policy: Policy) -> list[Finding]:
    """Cells of a magnitude table in which lowest and highest value are the same."""
    del policy
    if table.statistic == "count":
        return []
    same = where(table, OCCUPIED & (pl.col("lowest") == pl.col("highest")))
    what = ("all_equal", "all contributors have the same value", "hide the cell")
    return findings(table, same, what)
