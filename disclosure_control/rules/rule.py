"""What a rule is: a function from a table and a policy to findings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.table import Table
from disclosure_control.verdict import Finding, Verdict

RuleFunction = Callable[[Table, Policy], list[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule as it stands in the table of rules.

    Args:
        name: as findings name it.
        find: the function.
        applies_to: the statistics that it judges.
        statement: what must hold, with the policy's number by name.
        source: where it comes from.
    """

    name: str
    find: RuleFunction
    applies_to: str
    statement: str
    source: str


def findings(
    table: Table, unsafe: pl.Series, what: tuple[str, str, str], verdict: Verdict = Verdict.UNSAFE
) -> list[Finding]:
    """A finding for every cell where ``unsafe`` is true or unknown (null counts as unsafe).

    ``what`` is rule, reason, remedy.
    """
    rows: Iterable[tuple[str, ...]] = (
        table.cells.filter(unsafe.fill_null(value=True)).select(table.dimensions).iter_rows()
    )
    return [Finding(tuple(row), *what, verdict) for row in rows]


def where(table: Table, unsafe: pl.Expr) -> pl.Series:
    """The condition ``unsafe`` on every cell of the table."""
    return table.cells.select(unsafe.alias("unsafe")).to_series()


OCCUPIED = pl.col("units") > 0
"""Cells in which somebody has a value."""
HIDE = "hide the cell or join categories"
