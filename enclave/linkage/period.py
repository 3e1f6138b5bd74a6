"""The period of which a spine tells something: from its first date to its last believable one."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

MAXIMUM_AGE = timedelta(days=366)
"""People move every day: without a change in a year before the reference date it is an old copy."""

FEW_SHARE = 0.005
"""Dates of so few rows, more than a year after those of all others, are errors of typing."""


@dataclass(frozen=True)
class Period:
    """The first and the last day; null when there is no date at all.

    ``strays``: spells that begin long after all others. ``backwards``: spells that end before they
    begin.
    """

    first: date | None
    last: date | None
    strays: int
    backwards: int


def period_of(spells: pl.LazyFrame, long_ago: date = date.min) -> Period:
    """The period of a spine.

    An end more than a year after every begin is no date but a way of writing "still valid".

    Args:
        spells: valid_from and valid_to, one row per spell.
        long_ago: stands for a missing valid_from.
    """
    begin, end = pl.col("valid_from"), pl.col("valid_to")
    begins = (
        spells.filter(begin > long_ago).group_by("valid_from").len().collect(engine="streaming")
    )
    latest = _latest(begins.sort("valid_from", descending=True))
    near = end if latest is None else end.filter(end <= later(latest))
    told, backwards = (
        spells.select(near.max().alias("told"), (end < begin).sum().alias("backwards"))
        .collect(engine="streaming")
        .row(0)
    )
    first = begins["valid_from"].min() if begins.height else None
    strays = 0 if latest is None else begins.filter(begin > later(latest))["len"].sum()
    last = max((day for day in (latest, told) if day is not None), default=None)
    return Period(first if isinstance(first, date) else None, last, int(strays), int(backwards))


def later(day: date) -> date:
    """A year later, or the last day there is."""
    return min(day, date.max - MAXIMUM_AGE) + MAXIMUM_AGE


def _latest(begins: pl.DataFrame) -> date | None:
    """The last begin that is not far from all others and rare.

    Args:
        begins: valid_from and len, how many rows have it; newest first.
    """
    begin = pl.col("valid_from")
    few = pl.col("len").cum_sum() <= FEW_SHARE * float(begins["len"].sum())
    far = begin - begin.shift(-1) > MAXIMUM_AGE
    alone = begins.filter(few & far)
    left = begins.filter(begin < alone["valid_from"].min()) if alone.height else begins
    found = left["valid_from"].max()
    return found if isinstance(found, date) else None
