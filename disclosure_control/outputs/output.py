"""An output: figures with their verdict, recipe and evidence. What a researcher holds."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.auditing import Audit, audit
from disclosure_control.errors import InvalidInputError
from disclosure_control.outputs.evaluation import Evaluation, Flags
from disclosure_control.outputs.evidence import (
    CUSTOM,
    Records,
    check_evidence,
    evidence_of,
    records_in,
)
from disclosure_control.outputs.kinds import KINDS, kind_of
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.outputs.rounding import rounded, rounding_findings
from disclosure_control.policy import Policy
from disclosure_control.protect import (
    HIDDEN,
    SHOWN,
    Effort,
    ProtectedTable,
    unprotected,
)
from disclosure_control.table import Table
from disclosure_control.verdict import Assessment, Finding, Verdict, collect


class Journal:
    """The outputs of a study in the order in which they were made; the newest form of each."""

    def __init__(self) -> None:
        """An empty journal."""
        self._outputs: dict[int, Output] = {}
        self._made = 0

    def place(self) -> int:
        """A new place."""
        self._made += 1
        return self._made

    def drop(self, output: "Output") -> None:
        """Forgets the output, whatever its form; nothing happens when it is not there."""
        self._outputs.pop(output.number, None)

    def keep(self, output: "Output") -> "Output":
        """Puts the output at its place."""
        self._outputs[output.number] = output
        return output

    def outputs(self) -> list["Output"]:
        """The newest form of every output."""
        return [self._outputs[number] for number in sorted(self._outputs)]


@dataclass(frozen=True, repr=False, eq=False)
class Output:
    """Figures with their verdict, recipe and evidence; text and HTML show unsafe cells masked.

    Args:
        recipe: how it was made.
        policy: what it is judged by.
        evaluation: figures and findings before anything was hidden.
        records: where the evidence comes from.
        hidden: the cells hidden by ``protect``; null before.
        protected: the protected table, for outputs that are tables.
        number: the place in the study.
    """

    recipe: Recipe
    policy: Policy
    evaluation: Evaluation
    records: Records
    hidden: Flags | None = None
    protected: ProtectedTable | None = None
    number: int = 0
    journal: Journal = field(default_factory=Journal)

    @cached_property
    def assessment(self) -> Assessment:
        """What the rules say about the output as it is now; nothing once it is protected."""
        found: list[Finding] = [] if self.hidden is not None else list(self.evaluation.findings)
        found += rounding_findings(self.recipe, self.policy)
        return collect(found, self.evaluation.columns, self.policy.name)

    @property
    def verdict(self) -> Verdict:
        """SAFE, REVIEW or UNSAFE: the worst finding decides."""
        return self.assessment.verdict

    @property
    def findings(self) -> pl.DataFrame:
        """One row per unsafe cell and rule: label columns, rule, reason, remedy, verdict."""
        return self.assessment.findings

    @property
    def table(self) -> Table | None:
        """The table beneath with all that the rules saw; null for outputs that are no tables."""
        return self.evaluation.table

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns of the output."""
        return self.evaluation.columns

    @property
    def flags(self) -> Flags:
        """Which cells are not shown: those hidden, or before that those that are unsafe."""
        if self.hidden is not None:
            return self.hidden
        whole = any(not item.labels for item in self.evaluation.unsafe)
        flags = self.evaluation.flagged(self.evaluation.unsafe)
        return np.ones_like(flags) if whole else flags

    @cached_property
    def figures(self) -> pl.Series:
        """The figure of every cell as it would be shown, rounded where asked."""
        return rounded(self.evaluation, self.recipe, self.policy)

    @property
    def released(self) -> pl.DataFrame:
        """Label columns, value (null when hidden) and status shown or hidden; unsafe is hidden."""
        flags = self.flags
        value = self.figures.set(pl.Series(flags, dtype=pl.Boolean), None)
        return self.evaluation.figures.select(self.columns).with_columns(
            value.alias("value"),
            pl.Series("status", np.where(flags, HIDDEN, SHOWN), dtype=pl.String),
        )

    @cached_property
    def evidence(self) -> pl.DataFrame:
        """Unit, entity, labels and values of exactly the records used."""
        return evidence_for(self.records, self.recipe)

    def protect(self, cost: str = "value", seconds: float | None = None, seed: int = 0) -> "Output":
        """The same output with cells hidden until it is SAFE, and rounded if the policy asks.

        Args:
            cost: what hiding costs: value, count, equal, sqrt or frequency.
            seconds: how long the pattern may be improved; null: a fixed amount of work.
            seed: of the improvement; the same seed gives the same pattern.

        Raises:
            ProtectionError: some cells cannot be protected; they are named by their labels.
        """
        kind = kind_of(self.recipe)
        hidden, table = kind.hide(self.evaluation, self.policy, Effort(cost, seconds, seed))
        recipe = self.recipe
        base = self.policy.rounding_base
        if kind.counts and base is not None:
            finer = recipe.rounding is None or recipe.rounding % base != 0
            recipe = replace(recipe, rounding=base if finer else recipe.rounding)
        return self._kept(replace(self, hidden=hidden, protected=table, recipe=recipe))

    def round(self, base: int = 5) -> "Output":
        """The same output with its shown figures rounded to multiples of ``base``.

        Rounding hides nothing by itself: unsafe cells stay masked, and the verdict stays.
        """
        if type(base) is not int or base < 1 or not kind_of(self.recipe).rounds:
            raise InvalidInputError("Figures of tables are rounded to a whole base of at least 1.")
        asked = self.policy.rounding_base
        if asked is not None and kind_of(self.recipe).counts and base % asked:
            raise InvalidInputError(f"The policy rounds to multiples of {asked}, and so must this.")
        return self._kept(replace(self, recipe=replace(self.recipe, rounding=base)))

    def audit(self) -> Audit:
        """What an attacker derives about the hidden cells from what is shown now."""
        if self.evaluation.table is None:
            raise InvalidInputError("An audit is made of tables.")
        if self.protected is not None:
            return audit(self.protected)
        return audit(unprotected(self.evaluation.table, self.policy, self.flags))

    def explain(self, lang: str = "en") -> str:
        """What was found, cell by cell, and what to do about it; ``lang`` is en or nl."""
        from disclosure_control.explain import explain

        return explain(self, lang)

    def chart(self, x: str, color: str | None = None, mark: str = "bar") -> dict[str, Any]:
        """A Vega-Lite specification made from the released numbers only."""
        from disclosure_control.outputs.chart import chart

        return chart(self, x, color, mark)

    def __repr__(self) -> str:
        from disclosure_control.render import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from disclosure_control.render import as_html

        return as_html(self)

    def _kept(self, changed: "Output") -> "Output":
        return self.journal.keep(changed)


def make(
    recipe: Recipe, records: Records, policy: Policy, journal: Journal | None = None
) -> Output:
    """The output of ``recipe`` on ``records``, judged by ``policy``."""
    kind = check_recipe(recipe)
    evaluation = kind.evaluate(recipe, records, policy)
    book = Journal() if journal is None else journal
    return book.keep(Output(recipe, policy, evaluation, records, number=book.place(), journal=book))


def check_recipe(recipe: Recipe) -> Any:
    """The kind of the recipe; raises ``InvalidInputError`` unless it can be judged."""
    kind = kind_of(recipe)
    if (recipe.value is not None) != kind.needs_value:
        raise InvalidInputError(
            f"{recipe.statistic} " + ("needs values." if kind.needs_value else "has no values.")
        )
    return kind


def recompute(recipe: Recipe, evidence: pl.DataFrame, policy: Policy | None = None) -> Output:
    """The output of ``recipe`` made anew from ``evidence``, trusting nothing else."""
    check_recipe(recipe)
    check_evidence(evidence, recipe)
    return make(recipe, records_in(evidence, recipe), policy or recipe.find_policy())


def evidence_for(records: Records, recipe: Recipe) -> pl.DataFrame:
    """The evidence in ``records``, whichever form they have."""
    if not records.labelled:
        return evidence_of(records.lazy, recipe)
    if recipe.statistic == CUSTOM:
        return records.lazy.collect()
    back = {
        "__unit": "unit",
        "__entity": "entity",
        "__value": "value",
        "__weight": "weight",
        **{name: f"d{place}" for place, name in enumerate(recipe.dimensions)},
        **{name: f"x{place}" for place, name in enumerate(records.numeric)},
    }
    return records.lazy.rename(back, strict=False).collect()


STATISTICS = tuple(KINDS)
"""The closed list. Anything else is refused: what is not understood cannot be judged."""
