"""Unions of cells as a table of their own, so that the rules of tables judge them.

What is not known about a union is bounded from the unsafe side, see ``contributors``.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.insiders.contributors import contributors
from disclosure_control.insiders.sums import Union
from disclosure_control.members import Members
from disclosure_control.policy import Policy
from disclosure_control.rules import RULES
from disclosure_control.suppression.build import build_problem, flag_cells
from disclosure_control.suppression.problem import Flags, Floats
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

JUDGED = frozenset({
    "minimum_units", "minimum_entities", "unit_dominance", "entity_dominance", "top_dominance",
    "p_percent", "extreme_share", "all_equal",
})  # fmt: skip
"""The rules that unions must meet: those about who contributes how much."""
_ADDED = ("records", "sum", "absolute", "weight", "deviation", "squares")


def judged(
    table: Table, unions: Sequence[Union], policy: Policy, members: Members | None = None
) -> tuple[Table, list[Finding]]:
    """The table of the unions, and what the rules find in it (not in its total)."""
    whole = union_table(table, unions, members)
    found = [one for rule in RULES if rule.name in JUDGED for one in rule.find(whole, policy)]
    labels = set(whole.axes[0].levels)
    return whole, [one for one in found if one.labels and one.labels[0] in labels]


def widths(table: Table, found: Sequence[Finding], policy: Policy) -> tuple[Floats, Floats, Flags]:
    """For every union how far down and up it must be in doubt, and whether it must at all."""
    problem = build_problem(table, found, policy)
    weak = flag_cells(table, found)
    return problem.lower_protection[:-1], problem.upper_protection[:-1], weak[:-1]


def union_table(table: Table, unions: Sequence[Union], members: Members | None = None) -> Table:
    """A table of one axis, one label per union in their order, and all of them added up."""
    cells, count = table.cells, len(unions)
    owner = np.repeat(np.arange(count), [len(union) for union in unions])
    place = np.array([cell for union in unions for cell in union], dtype=np.int64)
    columns: dict[str, Floats] = {}
    for name in _ADDED:
        columns[name] = np.zeros(count)
        np.add.at(columns[name], owner, _of(cells, name)[place])
    columns |= contributors(table, unions, (owner, place), members)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, owner, np.nan_to_num(_of(cells, "lowest"), nan=np.inf)[place])
    np.maximum.at(high, owner, np.nan_to_num(_of(cells, "highest"), nan=-np.inf)[place])
    for name in (name for name in columns if "_top_" in name):
        columns[name] = np.minimum(columns[name], columns["absolute"])
    return _as_table(table, columns | {"lowest": low, "highest": high})


def _as_table(table: Table, columns: dict[str, Floats]) -> Table:
    count = columns["records"].size
    joins = {"lowest": np.min, "highest": np.max}
    axis = Axis.of("union", Hierarchy.flat([f"{number}" for number in range(count)]))
    frame = pl.DataFrame(
        {name: [*part, float(joins.get(name, np.sum)(part))] for name, part in columns.items()}
    )
    whole = [name for name in ("records", "units", "active", "entities") if name in columns]
    frame = frame.with_columns(
        pl.col(whole).cast(pl.Int64),
        pl.Series("union", axis.labels),
        pl.lit(value=True).alias("possible"),
        pl.col("sum").alias("value"),
        *(pl.lit(None, pl.Int64).alias(name) for name in ("low_records", "high_records")),
    )
    if "entities" not in columns:
        frame = frame.with_columns(pl.lit(None, pl.Int64).alias("entities"))
    return Table((axis,), table.statistic, frame, table.weighted, table.has_entities)


def _of(cells: pl.DataFrame, name: str) -> Floats:
    return cells[name].cast(pl.Float64).to_numpy()
