"""Judging a table by every rule of a policy."""

from disclosure_control.policy import Policy, find_policy
from disclosure_control.rules import RULES
from disclosure_control.table import Table
from disclosure_control.verdict import Assessment, collect


def assess(table: Table, policy: Policy | str) -> Assessment:
    """What the rules of ``policy`` find in ``table``; the worst finding decides the verdict."""
    chosen = find_policy(policy)
    found = [finding for rule in RULES for finding in rule.find(table, chosen)]
    return collect(found, table.dimensions, chosen.name)
