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


def binary_value(table: Table, policy: Policy) -> list[Finding]:
    """Cells of two values in which few have one of them, or nearly all have the same.

    Units are counted where the whole table has two values, and records elsewhere: there are never
    more units than records.
    """
    if table.statistic not in _JUDGED:
        return []
    records = pl.col("records")
    both = pl.col("low_records") + pl.col("high_records")
    binary = OCCUPIED & (pl.col("lowest") < pl.col("highest")) & (both == records)
    few = pl.lit(value=False)
    for side in (LOW, HIGH):
        people = pl.coalesce(f"{side}_units", f"{side}_records")
        few |= people < policy.minimum_units
        if table.has_entities and policy.minimum_entities is not None:
            least = policy.minimum_entities
            few |= pl.coalesce(f"{side}_entities", f"{side}_records") < least
    reason = "there are only two values, and too few have one of them"
    found = findings(table, where(table, binary & few), ("binary_value", reason, HIDE))
    share = policy.maximum_group_share
    if share is None:
        return found
    most = pl.max_horizontal("low_records", "high_records").cast(pl.Float64)
    reason = f"there are only two values, and at least {share:.0%} have the same"
    held = binary & ~few & (most >= share * records - 1e-9)
    return found + findings(table, where(table, held), ("binary_value", reason, HIDE))
