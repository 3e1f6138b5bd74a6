"""A table in which nobody has a value says nothing; people decide whether that was meant."""

from disclosure_control.policy import Policy
from disclosure_control.table import Table
from disclosure_control.verdict import Finding, Verdict


def nobody(table: Table, policy: Policy) -> list[Finding]:
    """A finding on the whole when no cell has a contributor: never a silent SAFE."""
    del policy
    if table.cells["units"].sum():
        return []
    reason = "nobody has a value in the whole table"
    return [Finding((), "nobody", reason, "check the filter and the columns", Verdict.REVIEW)]
