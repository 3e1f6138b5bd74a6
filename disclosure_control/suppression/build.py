"""From a table and its findings to a suppression problem: what each rule demands of the attacker.

A count below a threshold: the interval covers 0 up to the threshold. An empty cell that may not be
shown: up to the threshold. A total: the width at which its rule would just be met, and
``policy.interval_share`` of the largest unit at least. Group disclosure: some table that fits
leaves the category below the share, and one record of the cell is uncertain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.policy import Policy
from disclosure_control.rules.group_disclosure import concentrations
from disclosure_control.rules.minimum_units import minimum_of
from disclosure_control.suppression.apriori import Apriori
from disclosure_control.suppression.costs import COSTS, find_costs
from disclosure_control.suppression.names import labels_of, listed
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    GroupDoubt,
    SuppressionProblem,
    grid_relations,
)
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

__all__ = ["COSTS", "Known", "build_problem", "flag_cells"]

_NO_WIDTH = {"group_disclosure", "denominator"}


@dataclass(frozen=True)
class Known:
    """What everybody knows beforehand: the values of some cells, and a ceiling for every cell."""

    cells: Flags
    ceiling: Floats


def build_problem(
    table: Table,
    findings: Sequence[Finding],
    policy: Policy,
    cost: Any = "value",
    known: Known | None = None,
    apriori: Apriori | None = None,
) -> SuppressionProblem:  # fmt: skip
    """The problem of protecting every cell named in ``findings``, or declared unsafe beforehand.

    Args:
        table: the table.
        findings: what the rules found in it.
        policy: whose numbers say how wide an interval must be.
        cost: what hiding a cell costs; see ``find_costs``.
        known: what everybody knows beforehand.
        apriori: what is decided about cells beforehand.

    Raises:
        InvalidInputError: an unsafe cell must be shown, or a safe one has a protection level.
    """
    values = table.additive().to_numpy().astype(np.float64)
    lower, upper = _requirements(table, findings, policy, values)
    primary = flag_cells(table, findings)
    nonnegative = _is_nonnegative(table)
    costs = find_costs(table, cost)
    if apriori is not None:
        _check_apriori(table, primary, apriori)
        lower, upper = _own_levels(table, policy, apriori, (values, lower, upper))
        primary = primary | apriori.unsafe
        costs = np.where(np.isnan(apriori.cost), costs, apriori.cost)
        costs = np.where(apriori.forbidden, np.inf, costs)
    if known is not None:
        costs = np.where(known.cells, np.inf, costs)
        upper = np.minimum(upper, np.maximum(known.ceiling - values, 0.0))
    # Medians do not add up: hiding one protects it, and no other tells it.
    axes = () if table.statistic == "median" else table.axes
    relations = grid_relations(axes) if axes else _no_relations(values.size)
    if not axes:
        lower, upper = np.zeros(values.size), np.zeros(values.size)
    possible = table.cells["possible"].to_numpy()
    if table.statistic != "count":
        # Who knows how many are in a cell knows the total of an empty one: it hides nothing.
        possible = possible & (table.cells["records"] > 0).to_numpy()
    costs = np.where(possible, costs, np.inf)
    return SuppressionProblem(
        values=values,
        costs=costs,
        relations=relations,
        primary=primary,
        lower_protection=np.where(primary, np.minimum(lower, values) if nonnegative else lower, 0),
        upper_protection=np.where(primary, upper, 0.0),
        lower_bounds=np.where(possible, 0.0 if nonnegative else -np.inf, 0.0),
        upper_bounds=np.where(possible, np.inf, 0.0),
        integral=table.statistic == "count" and not table.weighted,
        axes=axes,
        doubts=_doubts(table, findings, policy),
    )


def _no_relations(cells: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((0, cells))


def flag_cells(table: Table, findings: Sequence[Finding], rule: str | None = None) -> Flags:
    """Which cells of the table have a finding (of ``rule``, when it is given)."""
    flags = np.zeros(table.cells.height, dtype=np.bool_)
    labels = [item.labels for item in findings if item.labels and rule in {None, item.rule}]
    if labels:
        place_of = [{text: at for at, text in enumerate(axis.labels)} for axis in table.axes]
        places = [
            np.array([places[label] for label in line], dtype=np.int64)
            for places, line in zip(place_of, zip(*labels, strict=True), strict=True)
        ]
        flags[table.grid.fold(places)] = True
    return flags


def _is_nonnegative(table: Table) -> bool:
    lowest = table.cells["lowest"].min()
    return table.statistic in {"count", "std"} or lowest is None or float(str(lowest)) >= 0


def _check_apriori(table: Table, primary: Flags, apriori: Apriori) -> None:
    """Refuses decisions that would show what the policy hides, or that mean nothing."""
    for flags, what in (
        (primary & apriori.forbidden, "These cells must be shown, but the policy hides them"),
        (primary & apriori.safe, "These cells are declared safe, but the policy hides them"),
        (
            ~(primary | apriori.unsafe) & ~(np.isnan(apriori.lower) & np.isnan(apriori.upper)),
            "Only unsafe cells have protection levels; declare these unsafe too",
        ),
    ):
        if flags.any():
            raise InvalidInputError(f"{what}: {listed(labels_of(table, flags))}.")


def _own_levels(
    table: Table, policy: Policy, apriori: Apriori, found: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Requirements at least as wide as decided; else the policy's share of the value."""
    values, lower, upper = found
    own = np.maximum(policy.interval_share * np.abs(values), _least_width(table, policy, values))
    if table.statistic == "count" and not table.weighted:
        own = np.ceil(own)
    down, up = (
        np.where(apriori.unsafe & np.isnan(level), own, np.nan_to_num(level))
        for level in (apriori.lower, apriori.upper)
    )
    return np.maximum(lower, down), np.maximum(upper, up)


def _doubts(table: Table, findings: Sequence[Finding], policy: Policy) -> tuple[GroupDoubt, ...]:
    if not any(item.rule == "group_disclosure" for item in findings):
        return ()
    share = float(policy.maximum_group_share or 1.0)
    pairs = dict.fromkeys((one.cell, one.group) for one in concentrations(table, policy))
    return tuple(GroupDoubt(cell, group, share) for cell, group in pairs)


def _requirements(
    table: Table, findings: Sequence[Finding], policy: Policy, values: Floats
) -> tuple[Floats, Floats]:
    lower, upper = np.zeros(values.size), np.zeros(values.size)
    for rule in sorted({item.rule for item in findings} - _NO_WIDTH):
        flagged = flag_cells(table, findings, rule)
        down, up = _widths(table, rule, policy, values)
        lower = np.where(flagged, np.maximum(lower, down), lower)
        upper = np.where(flagged, np.maximum(upper, up), upper)
    # Doubt about a group can come from the group alone; the cell must not be computed exactly.
    whole = flag_cells(table, findings, "group_disclosure") & (lower <= 0) & (upper <= 0)
    records = np.maximum(_column(table, "records"), 1.0)
    return np.where(whole, values / records, lower), upper


def _widths(table: Table, rule: str, policy: Policy, values: Floats) -> tuple[Floats, Floats]:
    """How far down and up an attacker's interval must reach for one rule, on every cell."""
    if table.statistic == "count" and rule in {"minimum_units", "empty_cell"}:
        missing = np.maximum(minimum_of(table, policy) - _column(table, "units"), 1.0)
        records = np.maximum(_column(table, "records"), 1.0)
        each = np.where(values > 0, values / records, 1.0) if table.weighted else 1.0
        return values.copy(), missing * each
    if rule == "binary_value" and table.statistic != "std":
        span = np.nan_to_num(_column(table, "highest") - _column(table, "lowest"))
        people = table.cells["high_units"].fill_null(table.cells["high_records"])
        missing = np.maximum(policy.minimum_units - people.to_numpy().astype(np.float64), 1.0)
        return _column(table, "high_records") * span, missing * span
    whole = table.statistic == "count" and not table.weighted
    width = np.maximum(
        _rule_width(table, rule, policy), policy.interval_share * _largest(table, rule)
    )
    width = np.maximum(width, _least_width(table, policy, values))
    return (np.ceil(width), np.ceil(width)) if whole else (width, width)


def _column(table: Table, name: str) -> Floats:
    return table.cells[name].to_numpy().astype(np.float64)


def _largest(table: Table, rule: str) -> Floats:
    if table.statistic == "std":
        return _column(table, "squares")
    return _column(table, "entity_top_1" if "entit" in rule else "unit_top_1")


def _rule_width(table: Table, rule: str, policy: Policy) -> Floats:
    """By how much a total must be able to grow until the rule would just be met."""
    total = _column(table, "absolute")
    tops = [_column(table, f"unit_top_{place}") for place in (1, 2, 3)]
    if rule == "unit_dominance":
        return tops[0] / float(policy.maximum_unit_share or 1.0) - total
    if rule == "entity_dominance":
        share = float(policy.maximum_entity_share or 1.0)
        return _column(table, "entity_top_1") / share - total
    if rule == "top_dominance":
        several = np.sum(tops[: policy.top_units], axis=0)
        schools = [_column(table, f"entity_top_{place}") for place in (1, 2, 3)]
        together = np.sum(schools[: policy.top_units], axis=0)
        enough = np.maximum(
            several / float(policy.maximum_top_share or 1.0),
            together / float(policy.maximum_top_entity_share or 1.0),
        )
        return np.asarray(enough - total)
    if rule == "p_percent":
        remainder = policy.prior_error * (total - tops[0] - tops[1])
        return np.asarray(float(policy.minimum_remainder or 0.0) * tops[0] - remainder)
    return np.zeros(total.size)


def _least_width(table: Table, policy: Policy, values: Floats) -> float:
    """A width above nothing for cells whose contributions are all zero: of an average record."""
    records = max(1.0, float(_column(table, "records").max()))
    largest = float(np.abs(values).max(initial=0.0))
    return policy.interval_share * max(largest / records, 1e-6 * max(1.0, largest))
