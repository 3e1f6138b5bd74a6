"""Nearly all members of a group share a category, so belonging to the group tells it.

A group is a slice of the table along one dimension; categories absent from the data count when the
schema names them. Source: DwB / ESSnet guidelines, rule of thumb 3 (no category above 90 %).
"""

import polars as pl

from disclosure_control.frames import TOTAL
from disclosure_control.policy import Policy
from disclosure_control.rules.rule import findings
from disclosure_control.table import Table
from disclosure_control.verdict import Finding


def group_disclosure(table: Table, policy: Policy) -> list[Finding]:
    """Cells that hold more than ``policy.maximum_group_share`` of a group of their own."""
    share = policy.maximum_group_share
    if share is None or table.statistic != "count":
        return []
    found = []
    for position, dimension in enumerate(table.dimensions):
        if len(table.levels[position]) > 1:
            found += _along(table, dimension, share)
    return found


def group_totals(cells: pl.DataFrame, dimensions: tuple[str, ...], along: str) -> pl.Series:
    """For each cell the total of its group along one dimension (null on the total itself)."""
    others = [name for name in dimensions if name != along]
    totals = cells.filter(pl.col(along) == TOTAL).select(*others, pl.col("records").alias("group"))
    joined = (
        cells.join(totals, on=others, how="left", maintain_order="left")
        if others
        else cells.with_columns(pl.lit(totals["group"][0]).alias("group"))
    )
    return joined.select(pl.when(pl.col(along) != TOTAL).then("group")).to_series()


def _along(table: Table, dimension: str, share: float) -> list[Finding]:
    cells = table.cells
    group = group_totals(cells, table.dimensions, dimension)
    records = cells["records"]
    held = (group > 0) & (records > share * group)
    whole = (held & (records == group)).fill_null(value=False)
    nearly = (held & (records != group)).fill_null(value=False)
    remedy = "hide the cell with others of its group, or join categories"
    everyone = f"100 % of the group is in this category of {dimension}, the others have 0 %"
    most = f"more than {share:.0%} of the group is in this category of {dimension}"
    return [
        *findings(table, whole, ("group_disclosure", everyone, remedy)),
        *findings(table, nearly, ("group_disclosure", most, remedy)),
    ]
