"""One contributor with too large a share of a total: (1, k %) dominance.

Absolute contributions are compared, so a negative value never switches the rule off. Source: DwB /
ESSnet guidelines, rule of thumb 4 (largest contributor at most 50 %).
"""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import findings
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

_REMEDY = "hide the cell or join categories"


def unit_dominance(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which one unit has more than ``policy.maximum_unit_share``."""
    return _dominated(table, "unit", policy.maximum_unit_share)


def entity_dominance(table: Table, policy: Policy) -> list[Finding]:
    """Cells in which one entity has more than ``policy.maximum_entity_share``."""
    return _dominated(table, "entity", policy.maximum_entity_share) if table.has_entities else []


def _dominated(table: Table, who: str, share: float | None) -> list[Finding]:
    if share is None or table.statistic == "count":
        return []
    cells = table.cells
    largest = cells[f"largest_{who}"]
    dominated = pl.select((cells["units"] > 0) & (largest > share * cells["absolute"])).to_series()
    reason = f"one {who} has more than {share:.0%} of the total"
    return findings(table, dominated, (f"{who}_dominance", reason, _REMEDY))
