"""How many people stand behind the values of a regressor. Counted once for units and entities."""

from dataclasses import dataclass

import numpy as np

from disclosure_control.models.algebra import Floats
from disclosure_control.models.design import Codes, Flags


def distinct(keys: Codes) -> Codes:
    """The different keys in ascending order. Sorting beats numpy's hashing of large arrays."""
    ordered = np.sort(keys)
    fresh = np.ones(len(ordered), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]


def people(who: Codes) -> int:
    """How many different ones there are."""
    return len(distinct(who))


def members(levels: Codes, who: Codes) -> tuple[Codes, Codes]:
    """The different pairs of a level and somebody with records in it."""
    whole = int(who.max(initial=0)) + 1
    pairs = distinct(levels * whole + who)
    return pairs // whole, pairs % whole


def behind(levels: Codes, who: Codes) -> tuple[Codes, Codes]:
    """For every level the distinct ``who`` inside it, and those outside it.

    Somebody with records both inside and outside counts in both.
    """
    size = int(levels.max()) + 1
    level, person = members(levels, who)
    inside = np.bincount(level, minlength=size)
    places = np.bincount(person)
    alone = np.bincount(level[places[person] == 1], minlength=size)
    return inside.astype(np.int64), (int((places > 0).sum()) - alone).astype(np.int64)


@dataclass(frozen=True)
class Variation:
    """How a number varies within every level.

    Args:
        distinct: how many different values there are.
        usual: distinct people with the most frequent value.
        unusual: distinct people with another value: they alone determine the coefficient.
        nonzero: distinct people with a value that is not zero.
    """

    distinct: Codes
    usual: Codes
    unusual: Codes
    nonzero: Codes


def variation(levels: Codes, values: Floats, who: Codes) -> Variation:
    """How ``values`` vary among ``who`` within every level."""
    found, places = np.unique(values, return_inverse=True)
    size = int(levels.max()) + 1
    cell, person = members(levels * len(found) + places, who)
    cells, holders = np.unique(cell, return_counts=True)
    level = cells // len(found)
    order = np.lexsort((-holders, level))
    starts = np.unique(level[order], return_index=True)[1]
    usual_cell = np.full(size, -1, dtype=np.int64)
    usual_cell[level[order][starts]] = cells[order][starts]
    usual = np.zeros(size, dtype=np.int64)
    usual[level[order][starts]] = holders[order][starts]
    own = cell // len(found)
    return Variation(
        distinct=np.bincount(level, minlength=size).astype(np.int64),
        usual=usual,
        unusual=_people(own, person, cell != usual_cell[own], size),
        nonzero=_people(own, person, found[cell % len(found)] != 0, size),
    )


def _people(level: Codes, person: Codes, chosen: Flags, size: int) -> Codes:
    """Distinct people among the chosen rows of every level."""
    return np.bincount(members(level[chosen], person[chosen])[0], minlength=size).astype(np.int64)
