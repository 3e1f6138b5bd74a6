"""A chart as a Vega-Lite specification that holds released numbers and nothing else."""

from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL, plain
from disclosure_control.outputs.crosstab import Output
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.verdict import Verdict

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


def chart(output: Output, x: str, color: str | None) -> dict[str, Any]:
    """Bars of ``output`` by ``x``, grouped by ``color``; margins and hidden cells are left out."""
    wanted = {name for name in (x, color) if name is not None}
    if wanted != set(output.recipe.dimensions):
        raise InvalidInputError("A chart shows all dimensions of its table: x, and color for two.")
    if output.verdict is not Verdict.SAFE:
        raise InvalidInputError("A chart is made from a SAFE output; protect it first.")
    return specification(output.recipe, output.released, x, color)


def specification(
    recipe: Recipe, released: pl.DataFrame, x: str, color: str | None
) -> dict[str, Any]:
    """The specification itself, from the cells that are shown."""
    names = recipe.dimensions
    values = [
        {**{name: plain(row[name]) for name in names}, "value": row["value"]}
        for row in released.iter_rows(named=True)
        if row["value"] is not None and all(row[name] != TOTAL for name in names)
    ]
    encoding: dict[str, Any] = {
        "x": {"field": x, "type": "nominal"},
        "y": {"field": "value", "type": "quantitative", "title": recipe.statistic},
    }
    if color is not None:
        encoding["color"] = {"field": color, "type": "nominal"}
        encoding["xOffset"] = {"field": color}
    return {
        "$schema": SCHEMA,
        "title": recipe.title,
        "data": {"values": values},
        "mark": "bar",
        "encoding": encoding,
    }
