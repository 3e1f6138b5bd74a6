"""The rules of correlations. A correlation is judged as the two regressions that it belongs to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from disclosure_control.models.algebra import Floats
from disclosure_control.models.design import Codes
from disclosure_control.models.spread import Variation, members, people, variation
from disclosure_control.policy import Policy

CERTAIN = 1 - 1e-9
"""A correlation above this in absolute value gives one column from the other."""

Reasons = Iterator[tuple[str, str]]
"""Reason and remedy."""
_OTHER = "use more records or another column"


@dataclass(frozen=True, repr=False, eq=False)
class Side:
    """One column of a pair.

    Args:
        values: its values in the records where both columns have one.
        units: how it varies among units.
        entities: among entities; null when unknown.
        leverage: the largest leverage of one unit in a regression on this column; NaN without
            variation.
    """

    values: Floats
    units: Variation
    entities: Variation | None
    leverage: float

    @property
    def constant(self) -> bool:
        """Whether everybody has the same value."""
        return bool(np.ptp(self.values) == 0)


@dataclass(frozen=True, repr=False, eq=False)
class Pair:
    """Two columns in the records where both have a value; there is at least one such record."""

    left: Side
    right: Side
    units: Codes
    entities: Codes | None
    value: float


@dataclass(frozen=True)
class PairRule:
    """A rule of correlations; the fields are those of the rules of models."""

    name: str
    find: Callable[[Pair, Policy], Reasons]
    applies_to: str
    statement: str
    source: str


def side(values: Floats, units: Codes, entities: Codes | None) -> Side:
    """One column of a pair, with what the rules need."""
    everybody = np.zeros(len(values), dtype=np.int64)
    among = None if entities is None else variation(everybody, values, entities)
    distance = values - values.mean()
    total = float(np.square(distance).sum())
    hat = (
        np.square(distance) / total + 1 / len(values) if total > 0 else np.full(len(values), np.nan)
    )
    leverage = float(np.bincount(units, weights=hat).max())
    return Side(values, variation(everybody, values, units), among, leverage)


def degrees_of_freedom(pair: Pair, policy: Policy) -> Reasons:
    """Distinct units less two are below ``policy.minimum_degrees_of_freedom``."""
    if people(pair.units) - 2 < policy.minimum_degrees_of_freedom:
        yield f"units less two are fewer than {policy.minimum_degrees_of_freedom}", _OTHER


def minimum_units(pair: Pair, policy: Policy) -> Reasons:
    """Fewer than ``policy.minimum_units`` units, in all or behind the values of a column."""
    yield from _few(pair, pair.units, (pair.left.units, pair.right.units), policy.minimum_units)


def minimum_entities(pair: Pair, policy: Policy) -> Reasons:
    """The same for entities, when they are known."""
    left, right, minimum = pair.left.entities, pair.right.entities, policy.minimum_entities
    if minimum is None or pair.entities is None or left is None or right is None:
        return
    yield from _few(pair, pair.entities, (left, right), minimum)


def _few(pair: Pair, who: Codes, both: tuple[Variation, Variation], minimum: int) -> Reasons:
    if people(who) < minimum:
        yield f"fewer than {minimum} in the pair", _OTHER
    for found in both:
        usual, unusual, distinct = found.usual[0], found.unusual[0], found.distinct[0]
        if distinct > 1 and usual >= unusual and unusual < minimum:
            yield f"a column is the same for all but fewer than {minimum}", _OTHER
        elif distinct == 2 and usual < minimum:
            yield f"a column has two values, one of them for fewer than {minimum}", _OTHER
    if all(found.distinct[0] == 2 for found in both):
        left = (pair.left.values == pair.left.values.max()).astype(np.int64)
        cells = left * 2 + (pair.right.values == pair.right.values.max())
        held = np.unique(members(cells, who)[0], return_counts=True)[1]
        if (held < minimum).any():
            yield f"the pair is a table of two by two with fewer than {minimum} in a cell", _OTHER


def constant_column(pair: Pair, policy: Policy) -> Reasons:
    """A column has one value only."""
    del policy
    if pair.left.constant or pair.right.constant:
        yield "a column is the same for everybody", "leave the column out"


def one_gives_the_other(pair: Pair, policy: Policy) -> Reasons:
    """The correlation is 1 or -1, or does not exist."""
    del policy
    if not abs(pair.value) < CERTAIN:
        yield "one column gives the other, or there is no correlation", "leave one column out"


def leverage(pair: Pair, policy: Policy) -> Reasons:
    """One unit has more than ``policy.maximum_leverage`` in either column."""
    if any(not item.leverage <= policy.maximum_leverage for item in (pair.left, pair.right)):
        share = f"{policy.maximum_leverage:.0%}"
        yield f"one unit determines more than {share} of its own fitted value", _OTHER


_DWB = "DwB / ESSnet guidelines for output checking"

CORRELATION_RULES: tuple[PairRule, ...] = (
    PairRule("degrees_of_freedom", degrees_of_freedom, "every pair, and all columns together",
         "units less two (less the number of columns, for all together) are at least "
         "minimum_degrees_of_freedom", f"{_DWB}, rule of thumb 2"),
    PairRule("minimum_units", minimum_units, "every pair",
         "a pair, both values of a column with two, and what differs from a column's most frequent "
         "value have at least minimum_units units; so has every cell of two columns with two "
         "values", f"{_DWB}, rule of thumb 1"),
    PairRule("minimum_entities", minimum_entities, "every pair, when entities are known",
         "the same with minimum_entities entities", "own choice"),
    PairRule("constant", constant_column, "every pair",
         "no column is the same for everybody", "SACRO guide, class of linear aggregations"),
    PairRule("certain", one_gives_the_other, "every pair",
         "the correlation is not 1 or -1", "own choice"),
    PairRule("leverage", leverage, "every pair",
         "the hat values of a unit's records in either column add up to at most maximum_leverage",
         "own choice"),
)  # fmt: skip
"""Every rule of correlations."""
