"""Cuts: what every pattern that protects must satisfy.

Any multipliers of the relations turn a demand into one: where the relations hold, the amount asked
for is a weighted sum of the movements of the other cells, and each can contribute no more than its
weight times its room, and only when it is hidden. So the hidden cells' contributions must add up to
the need (capacity cut); a contribution above the need counts as the need, because the pattern is
binary. That makes cuts finite even where an attacker knows no upper bound. Source: Fischetti and
Salazar-Gonzalez (2001), sections 4.1 and 4.2.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.suppression.exact.scene import Scene
from disclosure_control.suppression.problem import Flags, Floats, Places

_LEAST = 1e-9
_NEAR = 1e-6
_PARTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 24)
_SLACK = 1e-4


@dataclass(frozen=True, repr=False)
class Cut:
    """The hidden fractions of ``places`` times ``amounts`` sum to ``least`` or more."""

    places: Places
    amounts: Floats
    least: float

    def missing(self, hidden: Floats) -> float:
        """By how much fractions miss it; negative when they satisfy it with room to spare."""
        return self.least - float(self.amounts @ hidden[self.places])

    def key(self) -> tuple[bytes, bytes]:
        """Equal for equal cuts."""
        return self.places.tobytes(), np.round(self.amounts, 9).tobytes()


def capacity_cut(scene: Scene, demand: int, multipliers: Floats) -> Cut | None:
    """The cut that multipliers of the relations give for a demand; null when it says nothing.

    Contributions are in shares of the need; what given cells contribute is taken off it. A cut
    without places cannot be satisfied: the demand cannot be met.
    """
    whole, parts = _simple(multipliers)
    place, weight = scene.goal(demand)
    moved = np.zeros(scene.cells.size)
    moved[place] = weight * parts
    moved = (moved + scene.matrix.T @ whole) / parts
    amount = np.zeros(scene.cells.size)
    up, down = moved > 0, moved < 0
    amount[up] = moved[up] * scene.rise[up]
    amount[down] = -moved[down] * scene.fall[down]
    amount /= scene.demands.need[demand]
    rest = 1.0 - float(amount[scene.given].sum())
    if not rest > _NEAR:
        return None
    amount = np.where(scene.given, 0.0, np.minimum(amount / rest, 1.0))
    places = np.flatnonzero(amount > _LEAST)
    ignored = float(amount.sum() - amount[places].sum())
    return Cut(places, amount[places], 1.0 - ignored)


def _simple(multipliers: Floats) -> tuple[Floats, int]:
    """Multipliers as whole numbers over a small one, where they are so but for rounding.

    Any multipliers make a valid cut; simple ones make cells cancel out exactly.
    """
    for parts in _PARTS:
        whole = np.rint(multipliers * parts)
        if np.abs(whole - multipliers * parts).max(initial=0.0) < _NEAR * parts:
            return whole, parts
    return multipliers, 1


def outside_cut(shown: Flags) -> Cut:
    """At least one of the shown cells is hidden: the others are not enough for some demand."""
    places = np.flatnonzero(shown)
    return Cut(places, np.ones(places.size), 1.0)


def first_cuts(scene: Scene) -> list[Cut]:
    """For every demand the cut of each relation that its cell is in."""
    found, columns = [], scene.matrix.tocsc()
    for demand in range(scene.demands.need.size):
        place, weight = scene.goal(demand)
        for cell, size in zip(place[:1].tolist(), weight[:1].tolist(), strict=True):
            part = slice(columns.indptr[cell], columns.indptr[cell + 1])
            for row, sign in zip(columns.indices[part], columns.data[part], strict=True):
                multipliers = np.zeros(scene.matrix.shape[0])
                multipliers[row] = -size * sign
                cut = capacity_cut(scene, demand, multipliers)
                if cut is not None:
                    found.append(cut)
    return found


def bridge_cuts(scene: Scene, hidden: Floats) -> list[Cut]:
    """For fractions hidden, violated cuts of the kind: no cell is hidden alone in a relation.

    A secondary cell hidden alone in a relation cannot move, so showing it loses nothing.
    """
    matrix = scene.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    total = np.bincount(row, hidden[matrix.indices], matrix.shape[0])
    guarded = np.bincount(row, scene.given[matrix.indices], matrix.shape[0]) > 0
    alone = (2 * hidden[matrix.indices] > total[row] + _SLACK) & ~guarded[row]
    found = []
    for place in np.flatnonzero(alone).tolist():
        line = row[place]
        places = matrix.indices[matrix.indptr[line] : matrix.indptr[line + 1]].astype(np.int64)
        amounts = np.where(places == matrix.indices[place], -1.0, 1.0)
        found.append(Cut(places, amounts, 0.0))
    return found
