"""Survival by the product-limit method, at fixed times, with a threshold for every interval.

Between two shown times the drop tells how many events there were, so that number must reach
``minimum_units`` or be nothing. Source: Kaplan and Meier (1958); SACRO guide, class of hazard and
survival tables.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect
from disclosure_control.outputs.evaluation import Evaluation, Flags
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.grouping import check_free, group_columns, grouped_records, labelled
from disclosure_control.outputs.histogram import check_edges
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.rules.rule import HIDE
from disclosure_control.verdict import Finding

UNTIL = "until"
TIME, EVENT = "__x0", "__x1"
Floats = npt.NDArray[np.float64]


def evaluate_survival(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """The share still without the event at each time (label column ``until``), by group."""
    check_free(recipe, UNTIL)
    times = check_edges([0.0, *recipe.parameters.get("times", [])])[1:]
    known = grouped_records(labelled(records, recipe), recipe)
    by = list(group_columns(recipe))
    frame = _people(known, by)
    rows, events, findings = [], [], []
    for number, (key, group) in enumerate(_groups(frame, by)):
        labels = key if recipe.dimensions else ()
        share, drop, risk = _curve(group, times)
        cells = [(*labels, f"{time:.12g}") for time in times]
        rows += [(*cell, float(value)) for cell, value in zip(cells, share, strict=True)]
        events += [(number, int(many)) for many in drop]
        findings += _whole_group(cells, group, policy, known)
        findings += _intervals(cells, (share, drop, risk), policy)
    columns = (*recipe.dimensions, UNTIL)
    schema = {**dict.fromkeys(columns, pl.String), "value": pl.Float64}
    figures = pl.DataFrame(rows, schema=schema, orient="row")
    return Evaluation(columns, figures, findings, extra={"events": events})


def _people(records: Records, by: list[str]) -> pl.DataFrame:
    unit = pl.int_range(pl.len()) if records.unit is None else pl.col(records.unit)
    entity = pl.lit(None) if records.entity is None else pl.col(records.entity)
    frame = collect(
        records.lazy.select(
            *by, pl.col(TIME), pl.col(EVENT), unit.alias("__who"), entity.alias("__where")
        ).drop_nulls([TIME, EVENT])
    )
    if frame.is_empty():
        raise InvalidInputError("Survival has people with a time and an event, but there are none.")
    if not frame[EVENT].is_in([0.0, 1.0]).all() or frame[TIME].min() < 0:  # type: ignore[operator]
        raise InvalidInputError("An event is 0 or 1 (or false, true), a time is at least 0.")
    twice = frame.height - frame["__who"].n_unique()
    if twice:
        raise InvalidInputError(f"Survival has one row per unit; {twice} rows repeat one.")
    return frame


def _groups(frame: pl.DataFrame, by: list[str]) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    for key, group in sorted(frame.group_by(by), key=lambda item: tuple(map(str, item[0]))):
        yield tuple(str(label) for label in key), group


def _curve(group: pl.DataFrame, times: list[float]) -> tuple[Floats, Floats, Floats]:
    """At each time the share without the event; events since the time before; units at risk."""
    steps = (
        group.group_by(TIME)
        .agg(pl.col(EVENT).sum().alias("events"), pl.len().alias("leaving"))
        .sort(TIME)
    )
    at = steps[TIME].to_numpy()
    events, leaving = steps["events"].to_numpy(), steps["leaving"].to_numpy().astype(float)
    risk = group.height - np.r_[0.0, np.cumsum(leaving)[:-1]]
    share = np.cumprod(1.0 - events / risk)
    place = np.searchsorted(at, times, side="right")
    total = np.r_[0.0, np.cumsum(events)][place]
    remaining = group.height - np.r_[0.0, np.cumsum(leaving)][place]
    return np.r_[1.0, share][place], np.diff(np.r_[0.0, total]), remaining


def _whole_group(
    cells: list[tuple[str, ...]], group: pl.DataFrame, policy: Policy, records: Records
) -> list[Finding]:
    found = []
    if group.height < policy.minimum_units:
        reason = f"fewer than {policy.minimum_units} units with a value"
        found += [Finding(cell, "minimum_units", reason, HIDE) for cell in cells]
    few = policy.minimum_entities or 0
    if records.entity is not None and group["__where"].drop_nulls().n_unique() < few:
        reason = f"fewer than {few} entities"
        found += [Finding(cell, "minimum_entities", reason, HIDE) for cell in cells]
    return found


def _intervals(
    cells: list[tuple[str, ...]], curve: tuple[Floats, Floats, Floats], policy: Policy
) -> list[Finding]:
    """Times that may not be shown; a time is joined to the next until there are enough events."""
    found, since = [], 0.0
    for cell, share, events, remaining in zip(cells, *curve, strict=True):
        since += events
        unsafe = []
        if 0 < since < policy.minimum_units:
            reason = f"fewer than {policy.minimum_units} events since the time shown before"
            unsafe.append(Finding(cell, "events", reason, "join intervals, or hide this time"))
        if 0 < remaining < policy.minimum_units and events:
            reason = f"fewer than {policy.minimum_units} units are left at this time"
            unsafe.append(Finding(cell, "at_risk", reason, "end the curve earlier"))
        if share == 0:
            reason = "100 % of the group has had the event"
            unsafe.append(Finding(cell, "group_disclosure", reason, "end the curve earlier"))
        since = since if unsafe else 0.0
        found += unsafe
    return found


def attack_survival(evaluation: Evaluation, policy: Policy, hidden: Flags) -> list[Finding]:
    """Drops between shown times that tell a few events."""
    unsafe = np.zeros_like(hidden)
    since, group = 0, None
    for place, (number, events) in enumerate(evaluation.extra["events"]):
        since = events if number != group else since + events
        group = number
        if not hidden[place]:
            unsafe[place] = 0 < since < policy.minimum_units
            since = 0
    rows = evaluation.figures.filter(pl.Series(unsafe)).select(evaluation.columns).iter_rows()
    reason = "what is shown tells a few events"
    return [Finding(tuple(row), "derivable", reason, "hide more times") for row in rows]
