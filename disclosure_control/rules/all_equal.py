"""All contributors have the same value, so a mean is everybody's value."""

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import findings
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def all_equal(table: Table, policy: Policy) -> list[Finding]:
    """Cells of a mean in which lowest and highest value are the same."""
    del policy
    if table.statistic != "mean":
        return []
    cells = table.cells
    same = (cells["units"] > 0) & (cells["lowest"] == cells["highest"])
    what = ("all_equal", "all contributors have the same value", "hide the cell")
    return findings(table, same.fill_null(value=False), what)
