"""A figure of values of which there are only two, such as 0 and 1, is judged as a count.

The sum, mean or spread of such values tells how many have each of them.
"""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.two_values import HIGH, LOW
from disclosure_control.verdict import Finding

_JUDGED = {"sum", "mean", "std"}


def is_binary(table: Table) -> bool:
    """Whether a table of sums, means or deviations has exactly two different values beneath it."""
    return table.statistic in _JUDGED and not table.cells["low_records"].has_nulls()


def binary_value(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which few have one of the values, or nearly all have the same."""
    if not is_binary(table):
        return []
    few = pl.lit(value=False)
    for side in (LOW, HIGH):
        some = pl.col(f"{side}_records") > 0
        few |= some & (pl.col(f"{side}_units") < policy.minimum_units)
        if table.has_entities and policy.minimum_entities is not None:
            few |= some & (pl.col(f"{side}_entities") < policy.minimum_entities)
    reason = "there are only two values, and too few have one of them"
    found = findings(table, where(table, OCCUPIED & few), ("binary_value", reason, HIDE))
    share = policy.maximum_group_share
    if share is None:
        return found
    most = pl.max_horizontal("low_records", "high_records").cast(pl.Float64)
    reason = f"there are only two values, and at least {share:.0%} have the same"
    held = OCCUPIED & ~few & (most >= share * pl.col("records") - 1e-9)
    return found + findings(table, where(table, held), ("binary_value", reason, HIDE))
