"""Evidence: exactly the records beneath an output, with what the rules need and no more.

Columns: ``unit``, ``entity`` (text, null when the recipe has none), ``value`` (float, null for
counts), ``weight`` (only with weights), ``d0``, ``d1``, ... with the labels of the dimensions in
the order of the recipe, and ``x0``, ``x1``, ... with its numeric columns. Sorted, so the order of
the data does not travel.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from disclosure_control.contributions import Source
from disclosure_control.errors import BundleError
from disclosure_control.frames import as_lazy, check_members, collect, labels, number
from disclosure_control.outputs.recipe import Recipe

UNIT, ENTITY, VALUE, WEIGHT = "__unit", "__entity", "__value", "__weight"
CUSTOM = "custom"
"""Files made elsewhere; their evidence is their content."""


@dataclass(frozen=True, repr=False)
class Records:
    """Records as an output reads them: the researcher's own, or evidence.

    Args:
        lazy: the records; dimensions under their own names.
        unit, entity, value, weight: the columns that hold them, null when there are none.
        numeric: the columns that hold the recipe's numeric columns, in its order.
        labelled: whether the dimensions hold labels.
    """

    lazy: pl.LazyFrame
    unit: str | None
    entity: str | None
    value: str | None
    weight: str | None
    numeric: tuple[str, ...]
    labelled: bool

    def source(self, dimensions: tuple[str, ...], *, value: bool, squares: bool = False) -> Source:
        """What a table by ``dimensions`` reads."""
        return Source(
            dimensions,
            self.value if value else None,
            self.unit,
            self.entity,
            self.weight,
            self.labelled,
            squares,
        )


def records_of(frame: Any, recipe: Recipe) -> Records:
    """The researcher's records."""
    lazy = as_lazy(frame, needed(recipe))
    check_members(lazy, (recipe.unit, recipe.entity))
    return Records(
        lazy, recipe.unit, recipe.entity, recipe.value, recipe.weight, recipe.numeric, False
    )


def records_in(evidence: pl.DataFrame, recipe: Recipe) -> Records:
    """The records in evidence, under names that cannot collide with dimensions."""
    if recipe.statistic == CUSTOM:
        return Records(evidence.lazy(), None, None, None, None, (), labelled=True)
    numeric = tuple(f"__x{place}" for place in range(len(recipe.numeric)))
    names = {"unit": UNIT, "entity": ENTITY, "value": VALUE, "weight": WEIGHT}
    names |= {f"d{place}": name for place, name in enumerate(recipe.dimensions)}
    names |= {f"x{place}": name for place, name in enumerate(numeric)}
    return Records(
        evidence.lazy().rename(names, strict=False),
        UNIT if recipe.unit is not None else None,
        ENTITY if recipe.entity is not None else None,
        VALUE if recipe.value is not None else None,
        WEIGHT if recipe.weight is not None else None,
        numeric,
        True,
    )


def needed(recipe: Recipe) -> list[str]:
    """The columns that a recipe reads."""
    others = [recipe.value, recipe.unit, recipe.entity, recipe.weight]
    named = [*recipe.dimensions, *(name for name in others if name is not None), *recipe.numeric]
    return list(dict.fromkeys(named))


def evidence_of(frame: Any, recipe: Recipe) -> pl.DataFrame:
    """The evidence that ``frame`` gives for ``recipe``, sorted by all columns."""
    lazy = as_lazy(frame, needed(recipe))
    dimensions = [
        expression.alias(f"d{place}")
        for place, expression in enumerate(labels(lazy, recipe.dimensions))
    ]
    numeric = [number(lazy, name).alias(f"x{place}") for place, name in enumerate(recipe.numeric)]
    value = pl.lit(None, pl.Float64) if recipe.value is None else number(lazy, recipe.value)
    weight = [] if recipe.weight is None else [number(lazy, recipe.weight).alias("weight")]
    picked = lazy.select(
        _text(recipe.unit, "unit"),
        _text(recipe.entity, "entity"),
        value.alias("value"),
        *weight,
        *dimensions,
        *numeric,
    )
    return collect(picked).sort(pl.all())


def check_evidence(evidence: pl.DataFrame, recipe: Recipe) -> None:
    """Raises ``BundleError`` unless the frame has the columns and types of evidence."""
    if recipe.statistic == CUSTOM:
        wanted: dict[str, Any] = {"content": pl.Binary}
    else:
        wanted = _wanted(recipe)
    if dict(evidence.schema) != wanted:
        raise BundleError("Evidence has unit, entity, value and a column per variable.")


def _wanted(recipe: Recipe) -> dict[str, Any]:
    wanted: dict[str, Any] = {"unit": pl.String, "entity": pl.String, "value": pl.Float64}
    wanted |= {"weight": pl.Float64} if recipe.weight is not None else {}
    wanted |= dict.fromkeys((f"d{place}" for place in range(len(recipe.dimensions))), pl.String)
    wanted |= dict.fromkeys((f"x{place}" for place in range(len(recipe.numeric))), pl.Float64)
    return wanted


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
