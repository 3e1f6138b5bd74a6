"""A sum or mean of zeros and ones is a count or a percentage, and is judged as one."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def is_binary(table: Table) -> bool:
    """Whether every value beneath a table of sums or means is 0 or 1."""
    return table.statistic in {"sum", "mean"} and not table.cells["others"].sum()


def binary_value(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which few have the value 1 or the value 0, or nearly all have the same."""
    if not is_binary(table):
        return []
    ones, records = pl.col("ones"), pl.col("records")
    zeros = records - ones
    least = policy.minimum_units
    few = ((ones > 0) & (ones < least)) | ((zeros > 0) & (zeros < least))
    reason = f"the values are 0 and 1, and fewer than {least} have one of them"
    found = findings(table, where(table, OCCUPIED & few), ("binary_value", reason, HIDE))
    share = policy.maximum_group_share
    if share is None:
        return found
    most = pl.max_horizontal(ones, zeros).cast(pl.Float64) >= share * records - 1e-9
    reason = f"the values are 0 and 1, and at least {share:.0%} have the same"
    nearly = where(table, OCCUPIED & ~few & most)
    return found + findings(table, nearly, ("binary_value", reason, HIDE))
