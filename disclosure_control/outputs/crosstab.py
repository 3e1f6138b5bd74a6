"""Crosstabs: counts, sums, means and row percentages with true margins, judged and protectable."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.assess import assess
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL
from disclosure_control.outputs.evidence import check_evidence, evidence_of
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy, find_policy
from disclosure_control.protect import (
    HIDDEN,
    SHOWN,
    Audit,
    ProtectedTable,
    audit,
    protect,
    with_hidden,
)
from disclosure_control.suppression.build import build_problem, flag_cells
from disclosure_control.table import Table, count_table, magnitude_table
from disclosure_control.verdict import Assessment, Finding, Verdict, collect

STATISTICS = ("count", "sum", "mean", "percentage")
"""The closed list. Anything else is refused: what is not understood cannot be judged."""


@dataclass(frozen=True)
class Output:
    """A table with its verdict, recipe and evidence.

    Its text and HTML show unsafe cells masked. ``protected`` is null until ``protect()``.
    """

    recipe: Recipe
    policy: Policy
    table: Table
    evidence: pl.DataFrame
    assessment: Assessment
    protected: ProtectedTable | None = None

    @property
    def verdict(self) -> Verdict:
        """SAFE after protection; otherwise what the rules say."""
        return Verdict.SAFE if self.protected is not None else self.assessment.verdict

    @property
    def findings(self) -> pl.DataFrame:
        """One row per unsafe cell and rule."""
        return self.assessment.findings

    @property
    def released(self) -> pl.DataFrame:
        """Dimension columns, value (null when hidden) and status; unsafe cells are hidden."""
        if self.protected is not None:
            hidden = self.protected.hidden
        else:
            hidden = flag_cells(self.table, self.findings)
        value = _figures(self.table, self.recipe).set(pl.Series(hidden), None)
        return self.table.cells.select(self.recipe.dimensions).with_columns(
            value.alias("value"), pl.Series("status", np.where(hidden, HIDDEN, SHOWN))
        )

    def protect(self) -> "Output":
        """The same output with cells hidden until it is SAFE; raises naming what cannot be."""
        return replace(self, protected=protect(self.table, self.policy))

    def audit(self) -> Audit:
        """What an attacker derives from what is shown now."""
        if self.protected is not None:
            return audit(self.protected)
        problem = build_problem(self.table, self.findings, self.policy)
        hidden = flag_cells(self.table, self.findings)
        return audit(with_hidden(self.table, self.policy, problem, hidden))

    def explain(self) -> str:
        """What was found, cell by cell, and what to do about it."""
        from disclosure_control.render import explain

        return explain(self)

    def chart(self, x: str, color: str | None = None) -> dict[str, Any]:
        """A Vega-Lite specification made from the released numbers only."""
        from disclosure_control.outputs.chart import chart

        return chart(self, x, color)

    def __repr__(self) -> str:
        from disclosure_control.render import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from disclosure_control.render import as_html

        return as_html(self)


def crosstab(
    frame: Any,
    recipe: Recipe,
    policy: Policy,
) -> Output:
    """The output of ``recipe`` on ``frame``, judged by ``policy``."""
    return recompute(recipe, evidence_of(frame, recipe), policy)


def check_recipe(recipe: Recipe) -> None:
    """Raises ``InvalidInputError`` unless the recipe can be judged."""
    if not isinstance(recipe.statistic, str) or recipe.statistic not in STATISTICS:
        raise InvalidInputError(f"A statistic is one of {', '.join(STATISTICS)}, by name.")
    if (recipe.value is None) != (recipe.statistic in {"count", "percentage"}):
        raise InvalidInputError("Sums and means need values; counts and percentages have none.")


def recompute(recipe: Recipe, evidence: pl.DataFrame, policy: Policy | str | None = None) -> Output:
    """The output of ``recipe`` made anew from ``evidence``, trusting nothing else."""
    chosen = find_policy(policy or recipe.policy)
    check_recipe(recipe)
    check_evidence(evidence, recipe)
    table = _table(recipe, evidence)
    return Output(recipe, chosen, table, evidence, assess(table, chosen))


def judge(output: Output, released: pl.DataFrame) -> Assessment:
    """Whether ``released`` may be shown, given the output recomputed from evidence.

    ``released`` has the dimension columns (text), ``value`` (null when hidden) and ``status``.
    UNSAFE when its cells are not those of the table, a shown value is not the true one, an unsafe
    cell is shown, or a hidden one can be derived.
    """
    names = list(output.recipe.dimensions)
    found: list[Finding] = []
    wanted = output.table.cells.select(names)
    if not _same_cells(released, wanted, names):
        what = ("cells", "the cells are not those of the recomputed table", "submit again")
        return collect([Finding((), *what)], tuple(names), output.policy.name)
    joined = wanted.join(released, on=names, how="left", maintain_order="left")
    hidden = np.asarray((joined["status"] != SHOWN).to_numpy(), dtype=np.bool_)
    true = _figures(output.table, output.recipe)
    differs = ~hidden & ~_close(joined["value"], true)
    visible = flag_cells(output.table, output.findings) & ~hidden
    revealing = hidden & joined["value"].is_not_null().to_numpy()
    for flags, rule, reason in (
        (differs, "value", "the shown value is not the one in the data"),
        (visible, "visible", "an unsafe cell is shown"),
        (revealing, "visible", "a cell marked as hidden has a value"),
    ):
        rows = wanted.filter(pl.Series(flags)).iter_rows()
        found += [Finding(tuple(row), rule, reason, "submit again") for row in rows]
    problem = build_problem(output.table, output.findings, output.policy)
    result = audit(with_hidden(output.table, output.policy, problem, hidden))
    weak = result.frame.filter(~pl.col("holds")).select(names).iter_rows()
    reason = "what is shown narrows this hidden cell too much"
    found += [Finding(tuple(row), "derivable", reason, "hide more cells") for row in weak]
    if result.equation is not None:
        reason = f"subtraction reveals a hidden cell: {result.equation}"
        found.append(Finding((), "subtraction", reason, "hide more cells"))
    return collect(found, tuple(names), output.policy.name)


def _same_cells(released: pl.DataFrame, wanted: pl.DataFrame, names: list[str]) -> bool:
    if not {*names, "value", "status"} <= set(released.columns):
        return False
    typed = all(released.schema[name] == pl.String for name in [*names, "status"])
    if not typed or released.schema["value"] != pl.Float64:
        return False
    if released.height != wanted.height or released.select(names).is_duplicated().any():
        return False
    return wanted.join(released, on=names, how="anti").is_empty()


def _close(shown: pl.Series, true: pl.Series) -> np.ndarray:
    """Whether shown and true values agree to nine digits; both null counts as agreeing."""
    left, right = shown.to_numpy().astype(float), true.to_numpy().astype(float)
    both = np.isnan(left) & np.isnan(right)
    near = np.isclose(left, right, rtol=1e-9, atol=1e-9)
    return np.asarray(both | near)


def _table(recipe: Recipe, evidence: pl.DataFrame) -> Table:
    """The table from evidence; labels are already escaped, so levels are set aside and put back."""
    renamed = evidence.rename({f"d{place}": name for place, name in _places(recipe)})
    levels = {name: list(group) for name, group in recipe.levels}
    who: dict[str, Any] = {
        "unit": "unit" if recipe.unit is not None else None,
        "entity": "entity" if recipe.entity is not None else None,
    }
    if recipe.statistic in {"count", "percentage"}:
        return count_table(renamed, recipe.dimensions, levels=levels, labelled=True, **who)
    return magnitude_table(
        renamed, recipe.dimensions, "value", statistic=recipe.statistic, levels=levels,
        labelled=True, **who,
    )  # fmt: skip


def _places(recipe: Recipe) -> list[tuple[int, str]]:
    return list(enumerate(recipe.dimensions))


def _figures(table: Table, recipe: Recipe) -> pl.Series:
    """The figures that the output shows: values, or percentages of each row's total."""
    if recipe.statistic != "percentage":
        return table.cells["value"]
    columns = [pl.lit(TOTAL).alias(name) for name in recipe.columns]
    keys = list(recipe.dimensions)
    joined = (
        table.cells.select(keys)
        .with_columns(columns)
        .join(table.cells.select(*keys, "records"), on=keys, how="left", maintain_order="left")
    )
    total = joined["records"]
    share = pl.select(pl.when(total > 0).then(100.0 * table.cells["records"] / total)).to_series()
    return share.alias("value")
