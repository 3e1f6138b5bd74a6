"""Regressions and correlations as outputs. A model is released whole or not at all."""

from dataclasses import replace

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.frames import MISSING, collect
from disclosure_control.outputs.evaluation import Evaluation, Flags
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.grouping import labelled
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.protect import Effort, ProtectedTable
from disclosure_control.verdict import Finding


def evaluate_model(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Coefficients and fit of one model; label columns ``term`` and ``measure``."""
    from disclosure_control.models import evaluate

    known = labelled(records, recipe)
    found = evaluate(
        _data(known, recipe),
        str(recipe.parameters.get("formula", "")),
        recipe.statistic,
        policy,
        unit=known.unit,
        entity=known.entity,
        levels={name: list(group) for name, group in recipe.levels},
    )
    return _evaluation(found.cells, ("term", "measure"), found.findings)


def evaluate_correlation(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Pearson correlations of all pairs; label columns ``row`` and ``column``."""
    from disclosure_control.models import correlation

    known = labelled(records, recipe)
    found = correlation(
        _data(known, recipe), list(recipe.numeric), policy, unit=known.unit, entity=known.entity
    )
    return _evaluation(found.cells, ("row", "column"), found.findings)


def _data(records: Records, recipe: Recipe) -> pl.DataFrame:
    """Variables under their own names; a missing category leaves the record out."""
    both = set(recipe.dimensions) & set(recipe.numeric)
    if both:
        raise InvalidInputError(f"A variable is numeric or a category, not both: {sorted(both)}.")
    labels = [
        pl.when(pl.col(name) != MISSING).then(pl.col(name)).alias(name)
        for name in recipe.dimensions
    ]
    named = zip(records.numeric, recipe.numeric, strict=True)
    numbers = [pl.col(column).alias(name) for column, name in named]
    who = [pl.col(name) for name in (records.unit, records.entity) if name is not None]
    return collect(records.lazy.select(*labels, *numbers, *who))


def _evaluation(
    cells: pl.DataFrame, columns: tuple[str, str], findings: list[Finding]
) -> Evaluation:
    """A finding on one figure of a term counts for all figures of that term."""
    every: dict[str, list[tuple[str, ...]]] = {}
    for row in cells.select(columns).iter_rows():
        every.setdefault(row[0], []).append(tuple(row))
    spread = [
        replace(item, labels=labels)
        for item in findings
        for labels in (_places(item, every, columns))
    ]
    return Evaluation(columns, cells.select(*columns, "value"), list(dict.fromkeys(spread)))


def _places(
    item: Finding, every: dict[str, list[tuple[str, ...]]], columns: tuple[str, str]
) -> list[tuple[str, ...]]:
    if not item.labels or columns[0] == "row":
        return [item.labels]
    return every.get(item.labels[0]) or [()]


def keep_whole(
    evaluation: Evaluation, policy: Policy, effort: Effort
) -> tuple[Flags, ProtectedTable | None]:
    """Nothing is hidden from a model or a file: it is safe as it is, or it must be changed.

    Raises:
        ProtectionError: there is a finding.
    """
    del policy, effort
    if evaluation.findings:
        rules = ", ".join(sorted({item.rule for item in evaluation.findings}))
        raise ProtectionError(f"Hiding figures does not help against {rules}: see .explain().")
    return np.zeros(evaluation.figures.height, dtype=np.bool_), None
