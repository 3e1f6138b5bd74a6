"""From a table and its findings to a suppression problem."""

import numpy as np
import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.group_disclosure import group_totals
from disclosure_control.suppression.problem import Floats, SuppressionProblem
from disclosure_control.table import Table


def build_problem(table: Table, findings: pl.DataFrame, policy: Policy) -> SuppressionProblem:
    """The problem of protecting every cell named in ``findings``.

    Required widths. Count below a threshold: an attacker excludes neither 0 nor the threshold.
    Group disclosure: the category may hold no more than the allowed share. Totals: uncertain by
    what dominance demands, and by ``policy.interval_share`` of the largest unit at least.
    """
    values = table.additive().to_numpy().astype(np.float64)
    primary = flag_cells(table, findings)
    lower, upper = _requirements(table, findings, policy, values)
    nonnegative = _is_nonnegative(table)
    return SuppressionProblem(
        values=values,
        costs=np.abs(values) + 1.0,
        relations=relations(table),
        primary=primary,
        lower_protection=np.where(primary, np.minimum(lower, values) if nonnegative else lower, 0),
        upper_protection=np.where(primary, upper, 0.0),
        lower_bounds=np.full(values.size, 0.0 if nonnegative else -np.inf),
        upper_bounds=np.full(values.size, np.inf),
        integral=table.statistic == "count",
    )


def flag_cells(table: Table, findings: pl.DataFrame) -> np.ndarray:
    """Which cells of the table are named in ``findings``."""
    names = list(table.dimensions)
    named = findings.drop_nulls(names).select(names).unique().with_columns(flag=True)
    joined = table.cells.select(names).join(named, on=names, how="left", maintain_order="left")
    return np.asarray(joined["flag"].fill_null(value=False).to_numpy(), dtype=np.bool_)


def relations(table: Table):  # type: ignore[no-untyped-def]  # noqa: ANN201 - scipy has no types
    """Every margin as a row: the levels of one dimension minus their total."""
    from scipy.sparse import csr_matrix

    shape = [len(group) + 1 for group in table.levels]
    index = np.arange(int(np.prod(shape))).reshape(shape)
    rows, columns, signs, number = [], [], [], 0
    for axis, size in enumerate(shape):
        lines = np.moveaxis(index, axis, -1).reshape(-1, size)
        count = lines.shape[0]
        rows.append(np.repeat(np.arange(number, number + count), size))
        columns.append(lines.ravel())
        signs.append(np.tile(np.r_[np.ones(size - 1), -1.0], count))
        number += count
    data = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
    return csr_matrix(data, shape=(number, index.size))


def _is_nonnegative(table: Table) -> bool:
    lowest = table.cells["lowest"].min()
    return table.statistic == "count" or lowest is None or float(str(lowest)) >= 0


def _requirements(
    table: Table, findings: pl.DataFrame, policy: Policy, values: Floats
) -> tuple[Floats, Floats]:
    lower, upper = np.zeros(values.size), np.zeros(values.size)
    for rule in findings["rule"].unique().sort():
        part = findings.filter(pl.col("rule") == rule)
        flagged = flag_cells(table, part)
        down, up = _widths(table, rule, policy, values)
        lower = np.where(flagged, np.maximum(lower, down), lower)
        upper = np.where(flagged, np.maximum(upper, up), upper)
    return lower, upper


def _widths(table: Table, rule: str, policy: Policy, values: Floats) -> tuple[Floats, Floats]:
    """How far down and up an attacker's interval must reach for one rule, on every cell."""
    if table.statistic != "count":
        largest = table.cells["largest_unit"].to_numpy().astype(np.float64)
        total = table.cells["absolute"].to_numpy().astype(np.float64)
        if rule == "entity_dominance":
            largest = table.cells["largest_entity"].to_numpy().astype(np.float64)
        width = np.maximum(2 * largest - total, policy.interval_share * largest)
        width = np.maximum(width, 1e-6 * np.maximum(1.0, np.abs(values)))
        return width, width
    if rule == "group_disclosure":
        return _group_width(table, policy, values), np.zeros(values.size)
    return values.copy(), np.maximum(policy.minimum_units - values, 1.0)


def _group_width(table: Table, policy: Policy, values: Floats) -> Floats:
    share = policy.maximum_group_share or 1.0
    width = np.ones(values.size)
    for position, dimension in enumerate(table.dimensions):
        if len(table.levels[position]) > 1:
            group = group_totals(table.cells, table.dimensions, dimension)
            total = group.cast(pl.Float64).fill_null(np.inf).to_numpy()
            allowed = np.where(np.isfinite(total), np.floor(share * total), np.inf)
            width = np.maximum(width, values - allowed)
    return width


def cell_labels(table: Table, flags: np.ndarray) -> list[str]:
    """The flagged cells by their labels, for messages."""
    chosen = table.cells.filter(pl.Series(flags)).select(table.dimensions)
    return [" x ".join(row) for row in chosen.iter_rows()]
