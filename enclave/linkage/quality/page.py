"""The report as one HTML page that needs nothing else and loads nothing."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from enclave.linkage.quality.estimates import Share
from enclave.linkage.quality.groups import TOTAL, GroupCount
from enclave.linkage.quality.measuring import BY_PASS
from enclave.linkage.quality.plots import (
    HIDDEN,
    Bar,
    Interval,
    at_least,
    bar_chart,
    in_words,
    interval_chart,
    percent,
    trend_chart,
)
from enclave.linkage.quality.policy import MINIMUM_UNITS
from enclave.linkage.quality.report import Quality, ReplayGroup
from enclave.linkage.quality.wording import level_of, name_of


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
        "at_least": at_least,
        "in_words": in_words,
        "name": name_of,
        "level": level_of,
        "pass_chart": _pass_chart,
        "group_chart": _group_chart,
        "precision_chart": _precision_chart,
        "replayed": _replayed,
        "trend": _trend,
    }
    return environment.get_template("page.html.j2")


def _number(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"


def _pass_chart(quality: Quality) -> Markup:
    bars = [Bar(one.name, one.linked, one.review) for one in quality.passes]
    return _safe(bar_chart("Links and reviews per pass", bars))


def _group_chart(groups: Sequence[GroupCount], title: str, rate: Share | None) -> Markup:
    rows = []
    for name, found in groupby(groups, key=lambda row: row.characteristic):
        rows.append(Interval(name_of(name), None, heading=True))
        rows += [
            Interval(level_of(name, row.level), row.rate) for row in found if row.level != TOTAL
        ]
    rows.append(Interval("All", rate))
    return _safe(interval_chart(f"{title}, with 95 % interval", rows))


def _precision_chart(quality: Quality) -> Markup:
    rows = []
    for name, found in groupby(_replayed(quality), key=lambda row: row.characteristic):
        rows.append(Interval(name_of(name), None, heading=True))
        rows += [Interval(level_of(name, row.level), row.precision) for row in found]
    return _safe(interval_chart("Precision without numbers, with 95 % interval", rows))


def _replayed(quality: Quality) -> list[ReplayGroup]:
    """Rows of which something is known; that of all pupils stands once, with the passes."""
    return [
        row
        for row in quality.replay
        if (row.precision or row.found) and (row.level != TOTAL or row.characteristic == BY_PASS)
    ]


def _trend(quality: Quality) -> Markup:
    points = [Interval(one.round_id, one.rate) for one in quality.rounds]
    return _safe(trend_chart("Link rate per round, with 95 % interval", points))


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - every text in it is escaped there
