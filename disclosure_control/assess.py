"""Judging a table by every rule of a policy."""

from disclosure_control.policy import Policy, find_policy
from disclosure_control.rules import RULES
from disclosure_control.table import Table
from disclosure_control.verdict import Assessment, Finding, collect


def assess(table: Table, policy: Policy | str) -> Assessment:
    """What the rules of ``policy`` find in ``table``; the worst finding decides the verdict."""
    chosen = find_policy(policy)
    return collect(find(table, chosen), table.dimensions, chosen.name)


def find(table: Table, policy: Policy) -> list[Finding]:
    """Every finding of every rule, in the order of the table of rules."""
    return [finding for rule in RULES for finding in rule.find(table, policy)]
