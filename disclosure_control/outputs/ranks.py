"""Quantiles, extremes, modes and measures of spread, by group."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from disclosure_control.assess import find
from disclosure_control.errors import InvalidInputError
from disclosure_control.outputs.evaluation import Evaluation
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.grouping import (
    check_free,
    group_columns,
    group_table,
    grouped_records,
    only_groups,
    plain_labels,
)
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.positions import quantiles
from disclosure_control.rules.rule import HIDE
from disclosure_control.table import Table, build
from disclosure_control.verdict import Finding, Verdict

QUANTILE, EXTREME, MEASURE = "quantile", "extreme", "measure"
MEASURES = ("std", "variance", "cv", "iqr")
_POSITION_RULES = {"nobody", "minimum_units", "minimum_entities", "all_equal"}


def evaluate_quantiles(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Quantiles at the recipe's probabilities; label column ``quantile`` (p25, p50, ...)."""
    check_free(recipe, QUANTILE)
    probabilities = _probabilities(recipe)
    people = grouped_records(records, recipe)
    table = group_table(people, recipe, "median")
    found = quantiles(
        people.lazy, people.source(table.dimensions, value=True), table.axes, probabilities
    )
    names = [f"p{100 * p:.10g}" for p in probabilities]
    cells = _repeated(table, QUANTILE, names).with_columns(
        found["value"], found["holders"], _people(table, len(names))
    )
    findings = _on_each(_base(table, policy), names)
    for name, p in zip(names, probabilities, strict=True):
        findings += _tails(cells.filter(pl.col(QUANTILE) == name), table, policy, p)
    return _evaluation(cells, (*table.dimensions, QUANTILE), findings, recipe)


def _probabilities(recipe: Recipe) -> list[float]:
    given = recipe.parameters.get("probabilities", [])
    good = isinstance(given, list) and all(isinstance(p, int | float) and 0 < p < 1 for p in given)
    if not good or not given or len({f"{100 * p:.10g}" for p in given}) != len(given):
        raise InvalidInputError(
            "Probabilities lie between 0 and 1, each once; for minimum and maximum use extremes."
        )
    return [float(p) for p in given]


def _base(table: Table, policy: Policy) -> list[Finding]:
    """Findings about who is in a group; dominance does not apply to positions."""
    return [item for item in find(table, policy) if item.rule in _POSITION_RULES]


def _on_each(findings: Sequence[Finding], names: Sequence[str]) -> list[Finding]:
    """The same finding for each figure of the cell; those on the whole as they are."""
    whole = [item for item in findings if not item.labels]
    return whole + [
        replace(item, labels=(*item.labels, name))
        for item in findings
        if item.labels
        for name in names
    ]


def _repeated(table: Table, column: str, names: Sequence[str]) -> pl.DataFrame:
    """The cells of the table, each once for every name."""
    cells = table.cells.select(table.dimensions)
    return cells.join(pl.DataFrame({column: list(names)}), how="cross", maintain_order="left_right")


def _people(table: Table, times: int) -> pl.Series:
    units = table.cells["units"]
    return units.gather([place for place in range(units.len()) for _ in range(times)])


def _tails(cells: pl.DataFrame, table: Table, policy: Policy, p: float) -> list[Finding]:
    """Too few units beyond a quantile, or a quantile that is one unit's value.

    Half of ``minimum_units`` on the smaller side, so that a median needs just ``minimum_units``.
    """
    names = [*table.dimensions, QUANTILE]
    side = pl.col("units") * min(p, 1 - p)
    few = (pl.col("units") > 0) & (side < policy.minimum_units / 2 - 1e-9)
    alone = pl.col("holders") == 1
    rows = cells.filter(few).select(names).iter_rows()
    reason = f"fewer than {policy.minimum_units / 2:g} units on one side of the quantile"
    found = [Finding(tuple(row), "tail", reason, HIDE) for row in rows]
    reason = "the quantile is the value of exactly one unit"
    remedy = "hide it, or tell the reviewer why it is harmless"
    rows = cells.filter(~few & alone).select(names).iter_rows()
    return found + [
        Finding(tuple(row), "single_holder", reason, remedy, Verdict.REVIEW) for row in rows
    ]


def evaluate_extremes(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Smallest and largest value of each group: never released without people deciding."""
    check_free(recipe, EXTREME)
    people = grouped_records(records, recipe)
    table = group_table(people, recipe, "median")
    names = ["minimum", "maximum"]
    both = pl.concat_list("lowest", "highest")
    values = table.cells.select(both.alias("value")).explode("value", empty_as_null=True)
    cells = _repeated(table, EXTREME, names).with_columns(values["value"], _people(table, 2))
    findings = _on_each(_base(table, policy), names)
    reason = "a smallest or largest value is somebody's own"
    remedy = "use a percentile, or tell the reviewer why it is harmless"
    rows = cells.filter(pl.col("units") > 0).select(*table.dimensions, EXTREME).iter_rows()
    findings += [Finding(tuple(row), "extreme", reason, remedy, Verdict.REVIEW) for row in rows]
    return _evaluation(cells, (*table.dimensions, EXTREME), findings, recipe)


def evaluate_spread(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """A measure of spread of each group; label column ``measure``."""
    check_free(recipe, MEASURE)
    measure = recipe.parameters.get("measure")
    if measure not in MEASURES:
        raise InvalidInputError(f"A measure of spread is one of {', '.join(MEASURES)}.")
    people = grouped_records(records, recipe)
    if measure == "iqr":
        return _interquartile(recipe, people, policy)
    table = group_table(people, recipe, "std")
    mean = pl.when(pl.col("records") > 0).then(pl.col("sum") / pl.col("records"))
    figure = {
        "std": pl.col("value"),
        "variance": pl.col("value") ** 2,
        "cv": pl.when(mean != 0).then(pl.col("value") / mean.abs()),
    }[str(measure)]
    cells = _repeated(table, MEASURE, [str(measure)]).with_columns(
        table.cells.select(figure.round_sig_figs(12).alias("value")).to_series()
    )
    findings = _on_each(find(table, policy), [str(measure)])
    return _evaluation(cells, (*table.dimensions, MEASURE), findings, recipe)


def _interquartile(recipe: Recipe, people: Records, policy: Policy) -> Evaluation:
    """The distance between the quartiles, judged as the quartiles are."""
    table = group_table(people, recipe, "median")
    source = people.source(table.dimensions, value=True)
    found = quantiles(people.lazy, source, table.axes, (0.25, 0.75))["value"]
    distance = found.gather_every(2, 1) - found.gather_every(2, 0)
    cells = _repeated(table, MEASURE, ["iqr"]).with_columns(
        distance.alias("value"), _people(table, 1)
    )
    few = cells.filter((pl.col("units") > 0) & (pl.col("units") < 2 * policy.minimum_units))
    reason = f"fewer than {policy.minimum_units / 2:g} units on one side of a quartile"
    rows = few.select(*table.dimensions, MEASURE).iter_rows()
    findings = _on_each(_base(table, policy), ["iqr"])
    findings += [Finding(tuple(row), "tail", reason, HIDE) for row in rows]
    return _evaluation(cells, (*table.dimensions, MEASURE), findings, recipe)


def _evaluation(
    cells: pl.DataFrame, columns: tuple[str, ...], findings: list[Finding], recipe: Recipe
) -> Evaluation:
    """Figures by group, without the column of one level where there is no grouping."""
    figures = only_groups(cells.select(*columns, "value"), recipe)
    kept = []
    for item in findings:
        labels = plain_labels(item.labels, recipe)
        if labels is not None:
            kept.append(Finding(labels, item.rule, item.reason, item.remedy, item.verdict))
    shown = tuple(name for name in columns if name in figures.columns)
    return Evaluation(shown, figures, list(dict.fromkeys(kept)))


def evaluate_mode(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """Which category is the most frequent: 1 for the mode of each group, 0 for the others.

    The category is the last dimension. A group is hidden whole: when it or its mode is small, or
    when the mode holds nearly all of it.
    """
    people = grouped_records(records, recipe)
    columns = group_columns(recipe)
    table = build(
        people.lazy, people.source(columns, value=False), "count", recipe.breakdown(labelled=True)
    )
    *by, category = table.dimensions
    inner = table.cells.filter(pl.col(category) != table.axes[-1].labels[-1])
    most = pl.col("records").max().over(by) if by else pl.col("records").max()
    cells = inner.with_columns(
        pl.when(most > 0).then((pl.col("records") == most).cast(pl.Float64)).alias("value")
    )
    every = find(table, policy)
    flagged = {item.labels: item for item in every if item.labels}
    groups: dict[tuple[str, ...], Finding] = {}
    for row in cells.filter(pl.col("value") == 1).select(table.dimensions).iter_rows():
        total = (*row[:-1], table.axes[-1].labels[-1])
        item = flagged.get(tuple(row)) or flagged.get(total)
        if item is not None:
            groups[tuple(row[:-1])] = item
    findings = [item for item in every if not item.labels]
    findings += [
        Finding(tuple(row), groups[row[:-1]].rule, groups[row[:-1]].reason, HIDE)
        for row in cells.select(table.dimensions).iter_rows()
        if row[:-1] in groups
    ]
    return Evaluation(table.dimensions, cells.select(*table.dimensions, "value"), findings)
