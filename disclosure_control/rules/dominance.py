"""One or few contributors with too large a share of a total: (1, k %) and (n, k %) dominance.

Absolute contributions are compared, so a negative value never switches the rule off.
"""

import polars as pl

from disclosure_control.contributions import TOPS
from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

_JUDGED = {"sum", "mean"}


def unit_dominance(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which one unit has more than ``policy.maximum_unit_share``.

    Of a deviation, one value's squared distance from the mean is compared with all of them.
    """
    if table.statistic == "std":
        return _far_out(table, policy.maximum_unit_share)
    return _dominated(table, ("unit_dominance", "one unit"), "unit", (1, policy.maximum_unit_share))


def entity_dominance(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which one entity has more than ``policy.maximum_entity_share``."""
    if not table.has_entities:
        return []
    what = ("entity_dominance", "one entity")
    return _dominated(table, what, "entity", (1, policy.maximum_entity_share))


def top_dominance(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which ``policy.top_units`` units have more than ``policy.maximum_top_share``.

    Where entities are known, theirs are compared with ``policy.maximum_top_entity_share``.
    """
    number = policy.top_units
    units = "one unit" if number == 1 else f"{number} units together"
    limit = (number, policy.maximum_top_share)
    found = _dominated(table, ("top_dominance", units), "unit", limit)
    if not table.has_entities:
        return found
    entities = "one entity" if number == 1 else f"{number} entities together"
    limit = (number, policy.maximum_top_entity_share)
    return found + _dominated(table, ("top_dominance", entities), "entity", limit)


def _far_out(table: Table, share: float | None) -> list[Finding]:
    if share is None:
        return []
    mean = pl.col("sum") / pl.col("records")
    ends = [(pl.col(name) - mean).pow(2) for name in ("lowest", "highest")]
    allowed = share * pl.col("deviation") * (1 + 1e-9)
    spread = pl.col("lowest") < pl.col("highest")
    far = where(table, OCCUPIED & spread & (pl.max_horizontal(ends) > allowed))
    reason = f"one value makes up more than {share:.0%} of the deviation"
    return findings(table, far, ("unit_dominance", reason, HIDE))


def _dominated(
    table: Table, what: tuple[str, str], who: str, limit: tuple[int, float | None]
) -> list[Finding]:
    number, share = limit
    if share is None or table.statistic not in _JUDGED:
        return []
    largest = pl.sum_horizontal(f"{who}_{top}" for top in TOPS[:number])
    # A hair of slack, so that exactly the share is allowed whatever the rounding of floats.
    allowed = share * pl.col("absolute") * (1 + 1e-12)
    dominated = where(table, OCCUPIED & (largest > allowed))
    reason = f"{what[1]} with more than {share:.0%} of the total"
    return findings(table, dominated, (what[0], reason, HIDE))
