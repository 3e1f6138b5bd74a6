"""Evidence: exactly the records beneath an output, with what the rules need and no more.

Columns: ``unit``, ``entity`` (text, null when the recipe has none), ``value`` (float, null for
counts) and ``d0``, ``d1``, ... with the labels of the dimensions in the order of the recipe.
Sorted, so the order of the data does not travel.
"""

from typing import Any

import polars as pl

from disclosure_control.errors import BundleError
from disclosure_control.frames import as_lazy, labels
from disclosure_control.outputs.recipe import Recipe


def evidence_of(frame: Any, recipe: Recipe) -> pl.DataFrame:
    """The evidence that ``frame`` gives for ``recipe``."""
    names = [*recipe.dimensions, recipe.value, recipe.unit, recipe.entity]
    lazy = as_lazy(frame, [name for name in names if name is not None])
    dimensions = [
        expression.alias(f"d{place}")
        for place, expression in enumerate(labels(lazy, recipe.dimensions))
    ]
    value = pl.lit(None, pl.Float64) if recipe.value is None else pl.col(recipe.value)
    return (
        lazy.select(
            _text(recipe.unit, "unit"),
            _text(recipe.entity, "entity"),
            value.cast(pl.Float64).alias("value"),
            *dimensions,
        )
        .sort(pl.all())
        .collect(engine="streaming")
    )


def check_evidence(evidence: pl.DataFrame, recipe: Recipe) -> None:
    """Raises ``BundleError`` unless the frame has the columns and types of evidence."""
    wanted = {"unit": pl.String, "entity": pl.String, "value": pl.Float64}
    wanted |= dict.fromkeys((f"d{place}" for place in range(len(recipe.dimensions))), pl.String)
    if dict(evidence.schema) != wanted:
        raise BundleError("Evidence has unit, entity, value and one column per dimension.")


def compare_evidence(evidence: pl.DataFrame, data: pl.DataFrame) -> int:
    """How many records of ``evidence`` are not among those of ``data``, each counted as often."""
    keys = list(evidence.columns)
    have = data.group_by(keys).agg(pl.len().alias("have"))
    claimed = evidence.group_by(keys).agg(pl.len().alias("claimed"))
    joined = claimed.join(have, on=keys, how="left", nulls_equal=True)
    short = pl.col("claimed").cast(pl.Int64) - pl.col("have").fill_null(0).cast(pl.Int64)
    return int(joined.select(short.clip(lower_bound=0).sum()).item())


def _text(column: str | None, name: str) -> pl.Expr:
    if column is None:
        return pl.lit(None, pl.String).alias(name)
    return pl.col(column).cast(pl.String).alias(name)
