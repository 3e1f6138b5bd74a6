"""Crosstabs: counts, sums, means, medians, deviations and row percentages with true margins."""

from dataclasses import replace

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.auditing import equation_of, weak_cells
from disclosure_control.errors import ProtectionError
from disclosure_control.frames import TOTAL
from disclosure_control.outputs.evaluation import Evaluation, Flags
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.protect import (
    Effort,
    ProtectedTable,
    known_to_insiders,
    protect_cells,
    with_hidden,
)
from disclosure_control.rules.rule import HIDE
from disclosure_control.suppression.build import Known, build_problem
from disclosure_control.suppression.problem import SuppressionProblem
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
        *names,
        pl.col("value").alias("of"),
        pl.col("units").alias("people"),
    )
    keys = table.cells.select(names).with_columns(pl.lit(TOTAL).alias(name) for name in of)
    joined = keys.join(totals, on=names, how="left", maintain_order="left")
    is_total = table.cells.select(pl.all_horizontal(pl.col(name) == TOTAL for name in of))
    flat = is_total.to_series().alias("is_total")
    found = [*find(table, policy), *_denominators(table, joined["people"], flat, policy)]
    part, total = table.cells["value"].alias("part"), joined["of"].alias("total")
    share = pl.when(pl.col("total") > 0).then(100.0 * pl.col("part") / pl.col("total"))
    value = pl.DataFrame([part, total]).select(share.alias("value")).to_series()
    figures = table.cells.select(names).with_columns(value)
    extra = {
        "part": part,
        "total": total,
        "is_total": flat,
    }
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


def _known(evaluation: Evaluation) -> Known | None:
    """What is known beforehand: for percentages, the size of every group.

    The table shows 100 for it and nothing else, but group sizes are often public. So they need no
    protection here, must not be counted on to hide anything, and bound every cell of their group.
    """
    if "is_total" not in evaluation.extra:
        return None
    total = evaluation.extra["total"].cast(pl.Float64).fill_null(0.0).to_numpy()
    return Known(np.asarray(evaluation.extra["is_total"].to_numpy(), dtype=np.bool_), total)


def _figures_of_people(evaluation: Evaluation, findings: list[Finding]) -> list[Finding]:
    """The findings that ask for protection: not those on group sizes that are not shown."""
    known = _known(evaluation)
    if known is None:
        return findings
    sizes = set(evaluation.figures.filter(pl.Series(known.cells)).select(evaluation.columns).rows())
    return [one for one in findings if one.labels not in sizes]


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
    asked = _figures_of_people(evaluation, list(evaluation.findings))
    protected = protect_cells(table, policy, asked, effort, _known(evaluation))
    return protected.hidden | evaluation.flagged(), protected


def attack_table(evaluation: Evaluation, policy: Policy, hidden: Flags) -> list[Finding]:
    """What an attacker who knows every shown cell and every margin derives."""
    table, known = _table(evaluation), _known(evaluation)
    asked = _figures_of_people(evaluation, evaluation.unsafe)
    problem = build_problem(table, asked, policy, known=known)
    guess = with_hidden(table, policy, problem, hidden if known is None else hidden & ~known.cells)
    weak = table.cells.filter(pl.Series(weak_cells(guess))).select(table.dimensions).iter_rows()
    reason = "what is shown narrows this hidden cell too much"
    found = [Finding(tuple(row), "derivable", reason, "hide more cells") for row in weak]
    equation = equation_of(guess)
    if equation is not None:
        reason = f"subtraction reveals a hidden cell: {equation}"
        found.append(Finding((), "subtraction", reason, "hide more cells"))
    return found or _attack_from_inside(table, policy, problem, guess.hidden)


def _attack_from_inside(
    table: Table, policy: Policy, problem: SuppressionProblem, hidden: Flags
) -> list[Finding]:
    """What people and schools that are in the table derive, when strangers derive nothing."""
    narrowed = known_to_insiders(table, policy, problem, hidden)
    rows = table.cells.filter(pl.Series(narrowed)).select(table.dimensions).iter_rows()
    reason = "somebody who is in the table narrows this hidden cell too much"
    return [Finding(tuple(row), "derivable", reason, "hide more cells") for row in rows]


def _table(evaluation: Evaluation) -> Table:
    if evaluation.table is None:
        raise TypeError("the output is no table")
    return evaluation.table
