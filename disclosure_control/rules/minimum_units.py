"""At least so many units with a value. Source: DwB / ESSnet guidelines, rule of thumb 1."""

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import findings
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def minimum_units(table: Table, policy: Policy) -> list[Finding]:
    """Cells with contributors, but fewer units than ``policy.minimum_units``."""
    units = table.cells["units"]
    few = (units > 0) & (units < policy.minimum_units)
    reason = f"fewer than {policy.minimum_units} units with a value"
    return findings(table, few, ("minimum_units", reason, "hide the cell or join categories"))
