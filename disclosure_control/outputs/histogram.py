"""Histograms: counts by interval, with edges that are fixed beforehand or rounded.

Automatic edges are round numbers around the middle nine tenths of the values, so that no edge is
anybody's value; what lies outside falls into two open intervals.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

import polars as pl

from disclosure_control.assess import find
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect, number
from disclosure_control.outputs.crosstab import of_table
from disclosure_control.outputs.evaluation import Evaluation
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.grouping import check_free, labelled
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.table import build
from disclosure_control.verdict import Finding, Verdict

BIN = "bin"
INTERVALS = 10
MAXIMUM_EDGES = 1_000


def evaluate_histogram(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Counts of records by interval (label column ``bin``) and group."""
    check_free(recipe, BIN)
    edges = check_edges(recipe.parameters.get("edges"))
    known = labelled(records, recipe)
    value = pl.col(str(known.value))
    lazy = known.lazy.filter(value.is_not_null()).with_columns(bin_of(value, edges).alias(BIN))
    source = known.source((*recipe.dimensions, BIN), value=False)
    present = set(collect(lazy.select(pl.col(BIN).unique()))[BIN])
    breakdown = recipe.breakdown(labelled=True)
    levels = {**breakdown.levels, BIN: _levels(edges, present)}
    table = build(lazy, source, "count", replace(breakdown, levels=levels))
    findings = find(table, policy)
    if recipe.parameters.get("given"):
        findings += _outer_edges(known, edges, policy)
    return of_table(table, findings)


def check_edges(edges: object) -> list[float]:
    """The edges as floats; raises unless they are finite and rise."""
    given = list(edges) if isinstance(edges, list | tuple) else []
    numbers = [float(e) for e in given if isinstance(e, int | float)]
    good = 2 <= len(given) <= MAXIMUM_EDGES and len(numbers) == len(given)
    if not good or not all(a < b for a, b in pairwise(numbers)):
        raise InvalidInputError(f"Edges are 2 to {MAXIMUM_EDGES} numbers, each above the last.")
    if not all(abs(edge) < float("inf") for edge in numbers):
        raise InvalidInputError("Edges are finite.")
    if len({f"{edge:.12g}" for edge in numbers}) != len(numbers):
        raise InvalidInputError("Edges differ in their first twelve digits.")
    return numbers


def rounded_edges(lazy: pl.LazyFrame, column: str) -> list[float]:
    """Round numbers around the middle nine tenths of the values, about ten intervals.

    Raises:
        InvalidInputError: nobody has a value.
    """
    value = number(lazy, column)
    low, high = (value.quantile(p, interpolation="linear") for p in (0.05, 0.95))
    row = collect(lazy.select(low.alias("low"), high.alias("high"))).row(0)
    if row[0] is None:
        raise InvalidInputError(f"Column {column} has values, but there are none.")
    width = (row[1] - row[0]) / INTERVALS or max(1.0, abs(row[0])) / INTERVALS
    step = _round_up(width)
    first, last = floor(row[0] / step), ceil(row[1] / step)
    last = max(last, first + 1)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]


def _round_up(width: float) -> float:
    """The next of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(width))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= width * (1 - 1e-12))


def interval_names(edges: Sequence[float]) -> list[str]:
    """The names of the intervals: the left end belongs to each, the last right end too."""
    return [f"from {a:.12g} to {b:.12g}" for a, b in pairwise(edges)]


def bin_of(value: pl.Expr, edges: list[float]) -> pl.Expr:
    """The name of the interval in which each value lies."""
    names = interval_names(edges)
    found: Any = pl.when(value < edges[0]).then(pl.lit(f"below {edges[0]:.12g}"))
    for name, upper in zip(names, edges[1:], strict=True):
        last = upper == edges[-1]
        found = found.when((value <= upper) if last else (value < upper)).then(pl.lit(name))
    return pl.Expr.alias(found.otherwise(pl.lit(f"above {edges[-1]:.12g}")), BIN)


def _levels(edges: list[float], present: set[str]) -> list[str]:
    below, above = f"below {edges[0]:.12g}", f"above {edges[-1]:.12g}"
    names = interval_names(edges)
    if len(names) == 1:
        # Everybody in the only interval is a disclosure, so what lies outside it counts.
        return [below, *names, above]
    return [*([below] if below in present else []), *names, *([above] if above in present else [])]


def _outer_edges(records: Records, edges: list[float], policy: Policy) -> list[Finding]:
    """An outer edge that is the smallest or largest value of a few units tells it."""
    value = pl.col(str(records.value))
    row = collect(
        records.lazy.select(
            value.min().alias("low"),
            value.max().alias("high"),
            (value == value.min()).sum().alias("lowest"),
            (value == value.max()).sum().alias("highest"),
        )
    ).row(0)
    told = (edges[0] == row[0] and row[2] < policy.minimum_units) or (
        edges[-1] == row[1] and row[3] < policy.minimum_units
    )
    reason = "an outer edge is the smallest or the largest value in the data"
    remedy = "choose round edges, or leave them out"
    return [Finding((), "edge", reason, remedy, Verdict.REVIEW)] if told else []
