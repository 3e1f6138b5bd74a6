"""Charts: a Vega-Lite specification that holds released numbers and nothing else, and its SVG.

A reviewer can read every number of the chart in its specification. The SVG is drawn offline, and
the same specification gives the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL, plain
from disclosure_control.outputs.output import Output
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.verdict import Verdict

VEGA_LITE = "5.21"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
STEP = 64
"""Width of one place along the axis, in pixels."""
MARKS = ("bar", "line", "box")
_QUARTILES = ("p25", "p50", "p75")


def chart(output: Output, x: str, color: str | None, mark: str = "bar") -> dict[str, Any]:
    """The chart of ``output`` by ``x`` and ``color``; margins and hidden cells are left out.

    Args:
        output: a SAFE output.
        x: the label column along the axis.
        color: another label column, when the output has two.
        mark: bar, line, or box (quartiles without whiskers, of an output of quantiles).
    """
    if output.verdict is not Verdict.SAFE:
        raise InvalidInputError("A chart is made from a SAFE output; protect it first.")
    return specification(output.recipe, output.released, x, color, mark)


def specification(
    recipe: Recipe, released: pl.DataFrame, x: str, color: str | None, mark: str = "bar"
) -> dict[str, Any]:
    """The specification itself, from the cells that are shown."""
    if mark not in MARKS:
        raise InvalidInputError(f"A chart is one of {', '.join(MARKS)}.")
    names = [name for name in released.columns if name not in {"value", "status"}]
    wanted = {name for name in (x, color) if name is not None}
    rest = {"quantile"} if mark == "box" else set()
    if wanted | rest != set(names) or wanted & rest:
        raise InvalidInputError("A chart shows all label columns: x, and color for two.")
    values = [
        {**{name: plain(row[name]) for name in names}, "value": row["value"]}
        for row in released.iter_rows(named=True)
        if row["value"] is not None and all(row[name] != TOTAL for name in names)
    ]
    whole = _boxes(values, x, color) if mark == "box" else _lines(values, mark)
    encoding = whole.pop("encoding")
    order = list(dict.fromkeys(item[x] for item in values))
    counts = recipe.statistic in {"count", "histogram"}
    encoding["x"] = {
        "field": x,
        "type": "nominal",
        "sort": order,
        "title": recipe.value if x == "bin" else x,
        "axis": {"labelAngle": 0 if len(order) <= 8 else -45},
    }
    title = "number" if counts else recipe.value or recipe.statistic
    encoding["y"] |= {"type": "quantitative", "title": title}
    if color is not None:
        encoding["color"] = {"field": color, "type": "nominal"}
        encoding |= {} if mark == "line" else {"xOffset": {"field": color}}
    return {
        "$schema": SCHEMA,
        "title": recipe.title,
        "width": {"step": STEP},
        **whole,
        "encoding": encoding,
    }


def _lines(values: list[dict[str, Any]], mark: str) -> dict[str, Any]:
    shape = {"type": "line", "point": True} if mark == "line" else {"type": "bar"}
    return {"data": {"values": values}, "mark": shape, "encoding": {"y": {"field": "value"}}}


def _boxes(values: list[dict[str, Any]], x: str, color: str | None) -> dict[str, Any]:
    """Boxes from first to third quartile with a tick at the median, where all three are shown."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for item in values:
        key = (item[x], item[color] if color else None)
        own = found.setdefault(key, {name: item[name] for name in (x, color) if name})
        own[item["quantile"]] = item["value"]
    complete = [own for own in found.values() if set(_QUARTILES) <= set(own)]
    return {
        "data": {"values": complete},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"y2": {"field": "p75"}}},
            {
                "mark": {"type": "tick", "color": "black"},
                "encoding": {"y": {"field": "p50", "type": "quantitative"}},
            },
        ],
        "encoding": {"y": {"field": "p25"}},
    }


def as_svg(spec: Mapping[str, Any]) -> str:
    """The SVG of a specification, drawn without a network; equal input, equal bytes."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(json.dumps(spec, sort_keys=True), vl_version=VEGA_LITE))
