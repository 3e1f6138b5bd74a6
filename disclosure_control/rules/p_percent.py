"""The p % and pq rules: nobody may estimate the largest contribution too closely.

The second largest contributor subtracts its own value from the total. What remains beside the
largest is its uncertainty; when others can be guessed to within a share q beforehand, only that
share of the remainder is. Source: Handbook on Statistical Disclosure Control, section 4.2.2.
"""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def p_percent(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which the remainder is below ``policy.minimum_remainder`` of the largest unit."""
    share = policy.minimum_remainder
    if share is None or table.statistic not in {"sum", "mean"}:
        return []
    largest, second = pl.col("unit_top_1"), pl.col("unit_top_2")
    remainder = policy.prior_error * (pl.col("absolute") - largest - second)
    close = where(table, OCCUPIED & (remainder < share * largest * (1 - 1e-12)))
    reason = f"the largest unit can be estimated to within {share:.0%}"
    return findings(table, close, ("p_percent", reason, HIDE))
