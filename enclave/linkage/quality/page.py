"""The report as one HTML page that needs nothing else and loads nothing."""

from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from enclave.linkage.quality.groups import TOTAL, GroupCount
from enclave.linkage.quality.plots import (
    HIDDEN,
    Bar,
    Interval,
    bar_chart,
    in_words,
    interval_chart,
    percent,
    trend_chart,
)
from enclave.linkage.quality.policy import MINIMUM_UNITS
from enclave.linkage.quality.report import Quality

NAMES = {
    "number": "Number delivered",
    "address_key": "Address key",
    "sex": "Sex",
    "age": "Age reached in the year of reference",
}
LEVELS = {
    ("address_key", "whole"): "all parts known",
    ("address_key", "not whole"): "a part unknown",
    ("sex", "M"): "boys",
    ("sex", "V"): "girls",
}


def render_quality(quality: Quality) -> str:
    """The page of a report; equal bytes for an equal report."""
    return _template().render(quality=quality, minimum=MINIMUM_UNITS) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "number": _number,
        "percent": percent,
        "in_words": in_words,
        "name": name_of,
        "level": level_of,
        "pass_chart": _pass_chart,
        "group_chart": _group_chart,
        "precision_chart": _precision_chart,
        "trend": _trend,
    }
    return environment.get_template("page.html.j2")


def name_of(row: GroupCount) -> str:
    """The characteristic in words."""
    return NAMES.get(row.characteristic, row.characteristic.replace("_", " "))


def level_of(row: GroupCount) -> str:
    """The level in words."""
    return LEVELS.get((row.characteristic, row.level), row.level)


def _number(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"


def _pass_chart(quality: Quality) -> Markup:
    bars = [Bar(one.name, one.linked, one.review) for one in quality.passes]
    return _safe(bar_chart("Links and reviews per pass", bars))


def _group_chart(quality: Quality) -> Markup:
    rows = []
    for name, found in groupby(quality.groups, key=name_of):
        rows.append(Interval(name, None, heading=True))
        rows += [Interval(level_of(row), row.rate) for row in found if row.level != TOTAL]
    rows.append(Interval("All pupils", quality.totals.rate))
    return _safe(interval_chart("Link rate by group, with 95 % interval", rows))


def _precision_chart(quality: Quality) -> Markup:
    rows = [Interval(one.name, one.precision) for one in quality.replay]
    return _safe(interval_chart("Precision per pass without numbers, with 95 % interval", rows))


def _trend(quality: Quality) -> Markup:
    points = [Interval(one.round_id, one.rate) for one in quality.rounds]
    return _safe(trend_chart("Link rate per round, with 95 % interval", points))


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - every text in it is escaped there
