"""Records by group, also when there is only one group: everybody."""

from dataclasses import replace

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL
from disclosure_control.outputs.evidence import Records, evidence_of, records_in
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.table import EVERYBODY, Table, build


def labelled(records: Records, recipe: Recipe) -> Records:
    """The records with labels for dimensions and numbers for the rest, as in evidence."""
    if records.labelled:
        return records
    return records_in(evidence_of(records.lazy, recipe), recipe)


def group_columns(recipe: Recipe) -> tuple[str, ...]:
    """The grouping columns; a column of one level when there are none."""
    return recipe.dimensions or (EVERYBODY,)


def grouped_records(records: Records, recipe: Recipe) -> Records:
    """The records with the column of one level when there is no grouping."""
    if recipe.dimensions:
        return records
    return replace(records, lazy=records.lazy.with_columns(pl.lit("all").alias(EVERYBODY)))


def group_table(records: Records, recipe: Recipe, statistic: str) -> Table:
    """The table of ``statistic`` by the grouping columns, with its margins."""
    columns = group_columns(recipe)
    source = records.source(columns, value=True, squares=statistic == "std")
    return build(records.lazy, source, statistic, recipe.breakdown(labelled=True))


def only_groups(frame: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """``frame`` without the column of one level, and with one row for everybody."""
    if recipe.dimensions:
        return frame
    return frame.filter(pl.col(EVERYBODY) == TOTAL).drop(EVERYBODY)


def plain_labels(labels: tuple[str, ...], recipe: Recipe) -> tuple[str, ...] | None:
    """Labels of a finding without the column of one level; null for its only level."""
    if recipe.dimensions or not labels:
        return labels
    return labels[1:] if labels[0] == TOTAL else None


def check_free(recipe: Recipe, *names: str) -> None:
    """Raises when a grouping column has the name of a label column of the output."""
    taken = sorted(set(names) & set(recipe.dimensions))
    if taken:
        raise InvalidInputError(f"These names are reserved; rename the column: {taken}.")
