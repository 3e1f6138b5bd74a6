"""Linked and not linked by characteristic, as counts that may be shown.

Every characteristic is a table of its levels by outcome. They are of the same pupils, so they are
protected together: what is hidden in one cannot be had from another. Only the protected cells are
handed on; nothing is when the protection cannot be finished or does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

import disclosure_control as dc
from enclave.linkage.passes import LINKED
from enclave.linkage.quality.estimates import Share, between, wilson
from enclave.linkage.quality.margins import NOT_LINKED, Cells, Margin, protected_cells

UNKNOWN = "unknown"
TOTAL = dc.TOTAL


@dataclass(frozen=True)
class GroupCount:
    """One level of one characteristic, or of all pupils; a hidden count is null.

    ``rate`` is the link rate. Where counts are hidden it has no estimate, and its interval is as
    wide as the shown counts leave it; null when they tell nothing.
    """

    characteristic: str
    level: str
    pupils: int | None
    linked: int | None
    not_linked: int | None
    rate: Share | None


def group_counts(facts: pl.LazyFrame, characteristics: Sequence[str]) -> tuple[GroupCount, ...]:
    """Counts fit to show, by characteristic and level; ``[total]`` is all pupils.

    Args:
        facts: a row per pupil or person: ``linked`` and the characteristics as text; null is
            unknown.
        characteristics: names of columns, at least one.

    Raises:
        FindingsError: the counts cannot be protected, or the protection does not hold.
    """
    outcome = pl.when("linked").then(pl.lit(LINKED)).otherwise(pl.lit(NOT_LINKED))
    margins = [
        Margin(
            name,
            facts.group_by(
                pl.col(name).cast(pl.String).fill_null(UNKNOWN).alias("level"),
                outcome.alias("outcome"),
            )
            .agg(pl.len().alias("pupils"))
            .sort("level", "outcome")
            .collect(engine="streaming"),
        )
        for name in characteristics
    ]
    if margins[0].cells.is_empty():
        return ()
    every = zip(characteristics, protected_cells(margins), strict=True)
    return tuple(row for name, cells in every for row in shown_groups(name, cells))


def shown_groups(name: str, cells: Cells) -> list[GroupCount]:
    """The levels of one characteristic from its protected cells, the total last."""
    levels = list(dict.fromkeys(level for level, _ in cells))
    inner = [level for level in levels if level != TOTAL]
    spare = [_spare(cells, inner, kind) for kind in (LINKED, NOT_LINKED)]
    return [
        GroupCount(
            name,
            level,
            cells[level, TOTAL],
            cells[level, LINKED],
            cells[level, NOT_LINKED],
            _rate(cells[level, TOTAL], cells[level, LINKED], spare),
        )
        for level in levels
    ]


def _spare(cells: Cells, levels: Sequence[str], kind: str) -> int | None:
    """How many of one outcome the hidden levels have together; null when that is not shown."""
    whole = cells[TOTAL, kind]
    return None if whole is None else whole - sum(cells[one, kind] or 0 for one in levels)


def _rate(pupils: int | None, linked: int | None, spare: Sequence[int | None]) -> Share | None:
    """The rate, or what anybody computes from the shown counts about it."""
    if pupils is None:
        return None
    if linked is not None:
        return wilson(linked, pupils)
    others, rest = (pupils if one is None else one for one in spare)
    low, high = max(0, pupils - rest), min(pupils, others)
    return None if (low, high) == (0, pupils) else between(low, high, pupils)
