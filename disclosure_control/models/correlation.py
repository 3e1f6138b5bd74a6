"""Pearson correlations of numeric columns, pair by pair, each judged for disclosure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, collect, number
from disclosure_control.models.algebra import Floats
from disclosure_control.models.design import Codes, Flags, codes_of, identifier
from disclosure_control.models.evaluation import Evaluation
from disclosure_control.models.rules.pairs import CORRELATION_RULES, Pair, Side, side
from disclosure_control.models.spread import people
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding

MAXIMUM_COLUMNS = 60


def correlation(
    data: Any,
    columns: Sequence[str],
    policy: Policy,
    *,
    unit: str | None = None,
    entity: str | None = None,
) -> Evaluation:
    """The Pearson correlation of every pair of ``columns``, judged by ``policy``.

    A pair uses the records in which both columns have a value (finite, not null). Cells: ``row``
    and ``column`` (each pair once, in the order given) and ``value``, null where there is none.

    Args:
        data: records.
        columns: numeric columns.
        policy: the thresholds.
        unit: the protected person; null: every record is its own.
        entity: what stands above the unit; null: unknown.

    Raises:
        InvalidInputError: columns that are missing, not numeric, fewer than two or too many.
    """
    names = [str(name) for name in columns]
    if not 2 <= len(set(names)) == len(names) <= MAXIMUM_COLUMNS:
        raise InvalidInputError(f"A correlation is of 2 to {MAXIMUM_COLUMNS} different columns.")
    who = [name for name in (unit, entity) if name is not None]
    lazy = as_lazy(data, [*names, *who])
    kinds = lazy.collect_schema()
    numbers = [number(lazy, name).alias(f"x{place}") for place, name in enumerate(names)]
    for name, alias in ((unit, "unit"), (entity, "entity")):
        numbers += [identifier(name, kinds[name]).alias(alias)] if name is not None else []
    frame = collect(lazy.select(numbers))
    frame = frame.sort([f"x{place}" for place in range(len(names))])
    units = np.arange(frame.height) if unit is None else codes_of(frame["unit"])
    entities = None if entity is None else codes_of(frame["entity"])
    values = tuple(
        frame[f"x{place}"].fill_null(np.nan).to_numpy() + 0.0 for place in range(len(names))
    )
    with np.errstate(all="ignore"):  # what overflows is no number, and that is a finding
        return _judged(names, _records(values, units, entities), policy)


@dataclass(frozen=True, repr=False, eq=False)
class _Records:
    """The columns with whom they are about.

    ``sides`` are the columns in their own records: most pairs share all of them. Null where a
    column has no value.
    """

    values: tuple[Floats, ...]
    present: tuple[Flags, ...]
    sides: tuple[Side | None, ...]
    units: Codes
    entities: Codes | None


def _records(values: tuple[Floats, ...], units: Codes, entities: Codes | None) -> _Records:
    present = tuple(np.isfinite(column) for column in values)
    bare = _Records(values, present, (None,) * len(values), units, entities)
    sides = tuple(_side(bare, place, own) for place, own in enumerate(present))
    return replace(bare, sides=sides)


def _side(records: _Records, place: int, rows: Flags) -> Side | None:
    """A column in some of its records; null when there are none."""
    kept = records.sides[place]
    if kept is not None and len(kept.values) == rows.sum():
        return kept
    if not rows.any():
        return None
    entities = None if records.entities is None else records.entities[rows]
    return side(records.values[place][rows], records.units[rows], entities)


def _pair(records: _Records, left: int, right: int) -> Pair | None:
    """Two columns in the records where both have a value; null when there are none."""
    both = records.present[left] & records.present[right]
    one, other = _side(records, left, both), _side(records, right, both)
    if one is None or other is None:
        return None
    entities = None if records.entities is None else records.entities[both]
    value = _pearson(one.values, other.values)
    return Pair(one, other, records.units[both], entities, value)


def _pearson(left: Floats, right: Floats) -> float:
    """The correlation; NaN where a column is constant."""
    one, other = left - left.mean(), right - right.mean()
    one, other = one / np.abs(one).max(), other / np.abs(other).max()
    product = float(one @ other) / float(np.sqrt((one @ one) * (other @ other)))
    return float(np.clip(product, -1.0, 1.0))


def _judged(names: list[str], records: _Records, policy: Policy) -> Evaluation:
    cells: list[tuple[str, str, float | None]] = []
    found: list[Finding] = []
    clean: list[tuple[int, int, int]] = []
    for left, right in combinations(range(len(names)), 2):
        labels = (names[left], names[right])
        pair = _pair(records, left, right)
        broken = _findings(labels, pair, policy)
        found += broken
        exists = pair is not None and np.isfinite(pair.value)
        cells.append((*labels, pair.value if pair is not None and exists else None))
        if pair is not None and not broken:
            clean.append((left, right, people(pair.units)))
    schema = {"row": pl.String, "column": pl.String, "value": pl.Float64}
    frame = pl.DataFrame(cells, schema=schema, orient="row")
    return Evaluation(frame, [*found, *_together(clean, policy)])


def _findings(labels: tuple[str, str], pair: Pair | None, policy: Policy) -> list[Finding]:
    if pair is None:
        reason = "no record has a value in both columns"
        return [Finding(labels, "minimum_units", reason, "leave one column out")]
    return [
        Finding(labels, rule.name, reason, remedy)
        for rule in CORRELATION_RULES
        for reason, remedy in dict.fromkeys(rule.find(pair, policy))
    ]


def _together(clean: list[tuple[int, int, int]], policy: Policy) -> list[Finding]:
    """All correlations that may be shown give every regression among their columns."""
    columns = {place for left, right, _ in clean for place in (left, right)}
    fewest = min((units for *_, units in clean), default=0)
    if len(columns) <= 2 or fewest - len(columns) >= policy.minimum_degrees_of_freedom:
        return []
    reason = f"units less columns are fewer than {policy.minimum_degrees_of_freedom}"
    return [Finding((), "degrees_of_freedom", reason, "correlate fewer columns")]
