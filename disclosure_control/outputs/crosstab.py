"""Crosstabs: counts, sums, means, medians, deviations and row percentages with true margins."""

from dataclasses import replace

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.errors import ProtectionError
from disclosure_control.frames import TOTAL
from disclosure_control.outputs.evaluation import Evaluation, Flags
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.protect import (
    Effort,
    ProtectedTable,
    equation_of,
    protect_cells,
    weak_cells,
    with_hidden,
)
from disclosure_control.rules.rule import HIDE
from disclosure_control.suppression.build import build_problem
from disclosure_control.table import Table, build
from disclosure_control.verdict import Finding


def evaluate_crosstab(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """A crosstab of one statistic."""
    counts = recipe.statistic == "count"
    source = records.source(recipe.dimensions, value=not counts, squares=recipe.statistic == "std")
    table = build(records.lazy, source, recipe.statistic, recipe.breakdown(labelled=True))
    return of_table(table, find(table, policy))


def of_table(table: Table, findings: list[Finding]) -> Evaluation:
    """The evaluation of a table that was judged."""
    figures = table.cells.select(*table.dimensions, "value")
    return Evaluation(table.dimensions, figures, findings, table)


def evaluate_percentage(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Percentages of each row's total; without column dimensions, of the whole table.

    They are judged by the counts beneath them, and by what they are a percentage of.
    """
    source = records.source(recipe.dimensions, value=False)
    table = build(records.lazy, source, "count", recipe.breakdown(labelled=True))
    names = list(recipe.dimensions)
    of = recipe.columns or recipe.rows
    totals = table.cells.select(
        *names, pl.col("value").alias("of"), pl.col("units").alias("people")
    )
    keys = table.cells.select(pl.lit(TOTAL).alias(n) if n in of else pl.col(n) for n in names)
    joined = keys.join(totals, on=names, how="left", maintain_order="left")
    is_total = table.cells.select(pl.all_horizontal(pl.col(name) == TOTAL for name in of))
    flat = is_total.to_series().alias("is_total")
    found = [*find(table, policy), *_denominators(table, joined["people"], flat, policy)]
    part, total = table.cells["value"].alias("part"), joined["of"].alias("total")
    share = pl.when(pl.col("total") > 0).then(100.0 * pl.col("part") / pl.col("total"))
    value = pl.DataFrame([part, total]).select(share.alias("value")).to_series()
    figures = table.cells.select(names).with_columns(value)
    extra = {"part": part, "total": total, "is_total": flat}
    return replace(of_table(table, found), figures=figures, extra=extra)


def _denominators(
    table: Table, people: pl.Series, is_total: pl.Series, policy: Policy
) -> list[Finding]:
    """Percentages of too few people; those of nobody are empty."""
    least = max(policy.minimum_units, policy.minimum_denominator or 0)
    few = (people > 0) & (people < least) & ~is_total & (table.cells["records"] > 0)
    reason = f"a percentage of fewer than {least} units"
    rows = table.cells.filter(few).select(table.dimensions).iter_rows()
    return [Finding(tuple(row), "denominator", reason, HIDE) for row in rows]


def _shown_by_definition(evaluation: Evaluation) -> Flags | None:
    """Row totals of percentages: hiding them would hide nothing, for the shares tell them."""
    total = evaluation.extra.get("is_total")
    return None if total is None else np.asarray(total.to_numpy(), dtype=np.bool_)


def hide_in_table(
    evaluation: Evaluation, policy: Policy, effort: Effort
) -> tuple[Flags, ProtectedTable | None]:
    """Unsafe cells and as many others as make them underivable."""
    table = _table(evaluation)
    whole = sorted({item.rule for item in evaluation.findings if not item.labels})
    if whole:
        raise ProtectionError(
            f"Hiding cells does not help against {', '.join(whole)}: change what is computed."
        )
    forbidden = _shown_by_definition(evaluation)
    protected = protect_cells(table, policy, evaluation.findings, effort, forbidden)
    return protected.hidden, protected


def attack_table(evaluation: Evaluation, policy: Policy, hidden: Flags) -> list[Finding]:
    """What an attacker who knows every shown cell and every margin derives."""
    table = _table(evaluation)
    problem = build_problem(table, evaluation.unsafe, policy)
    guess = with_hidden(table, policy, problem, hidden)
    weak = table.cells.filter(pl.Series(weak_cells(guess))).select(table.dimensions).iter_rows()
    reason = "what is shown narrows this hidden cell too much"
    found = [Finding(tuple(row), "derivable", reason, "hide more cells") for row in weak]
    equation = equation_of(guess)
    if equation is not None:
        reason = f"subtraction reveals a hidden cell: {equation}"
        found.append(Finding((), "subtraction", reason, "hide more cells"))
    return found


def _table(evaluation: Evaluation) -> Table:
    if evaluation.table is None:
        raise TypeError("the output is no table")
    return evaluation.table
