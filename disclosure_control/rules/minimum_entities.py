"""At least so many entities: with two schools in a cell, each learns the other's figure."""

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE, OCCUPIED, findings, where
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def minimum_entities(table: Table, policy: Policy) -> list[Finding]:
    """Cells with contributors, but fewer entities than ``policy.minimum_entities``."""
    if policy.minimum_entities is None or not table.has_entities:
        return []
    few = where(table, OCCUPIED & (pl.col("entities") < policy.minimum_entities))
    reason = f"fewer than {policy.minimum_entities} entities"
    return findings(table, few, ("minimum_entities", reason, HIDE))
