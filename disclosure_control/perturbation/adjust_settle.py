"""Making a choice of sides possible relation by relation, before any program is asked.

Given its side a sensitive cell can change by amounts in a range, other cells by what their bounds
allow. A relation in which the ranges cannot sum to zero is broken: no closest table exists. So the
side of a cell in a broken relation is turned round, that which breaks least; a turned cell rests
for some turns (tabu search, Glover 1989). This settles chains of cells that hold the same people,
which turning single cells with programs does not.
"""

import numpy as np

from disclosure_control.perturbation.adjust_program import allowed
from disclosure_control.perturbation.adjust_terms import UP, Sides, Terms
from disclosure_control.suppression.problem import Floats

_TURNS, _LEAST_TURNS = 10, 1_000
_REST = (3, 10)
_CLOSE = 1e-9


def settled(terms: Terms, sides: Sides, seed: int = 0) -> Sides:
    """``sides`` with turns that leave fewer relations broken; the same for the same seed."""
    ranges = _Ranges(terms, sides.copy())
    chance = np.random.default_rng(seed)
    best, lowest = ranges.sides.copy(), ranges.total
    resting: dict[int, int] = {}
    for turn in range(_LEAST_TURNS + _TURNS * sides.size):
        broken = ranges.broken()
        if broken.size == 0:
            break
        row = int(broken[chance.integers(broken.size)])
        place = _least_broken(ranges, row, resting, turn, lowest)
        if place is None:
            continue
        ranges.turn(place)
        resting[place] = turn + int(chance.integers(*_REST))
        if ranges.total < lowest - _CLOSE:
            best, lowest = ranges.sides.copy(), ranges.total
    return best


def _least_broken(
    ranges: "_Ranges", row: int, resting: dict[int, int], turn: int, lowest: float
) -> int | None:
    """The cell of a relation whose turn breaks least; null when all of them rest."""
    found: tuple[float, int] | None = None
    for place in ranges.places_of(row):
        change = ranges.change(place)
        rests = resting.get(place, -1) >= turn and ranges.total + change >= lowest - _CLOSE
        if not rests and (found is None or change < found[0]):
            found = (change, place)
    return None if found is None else found[1]


class _Ranges:
    """Between what every relation sums over the ranges of its cells, and by how much it misses 0.

    ``low`` and ``high`` are of relations; ``total`` is the sum of misses.
    """

    def __init__(self, terms: Terms, sides: Sides) -> None:
        """The ranges of a choice."""
        self.sides, self.relations = sides, terms.relations.tocsr()
        cells = np.flatnonzero(terms.sensitive)
        far = 2.0 * float((terms.up + terms.down).sum())
        rise, fall = np.minimum(terms.rise, far), np.minimum(terms.fall, far)
        self._own = {
            1: np.stack([terms.up[cells], np.maximum(rise, terms.up)[cells]]),
            -1: np.stack([-np.maximum(fall, terms.down)[cells], -terms.down[cells]]),
        }
        low, high = -fall, rise
        low[cells], high[cells] = np.where(sides == UP, self._own[1], self._own[-1])
        self.low, self.high = _sums(self.relations, low, high)
        self.miss = self._miss(self.low, self.high)
        self.total = float(self.miss.sum())
        self._columns = self.relations.tocsc()[:, cells].tocsc()
        place_of = np.full(terms.up.size, -1)
        both = np.logical_and(*allowed(terms))
        place_of[cells[both]] = np.flatnonzero(both)
        self._place_of = place_of

    def broken(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Relations that cannot sum to zero."""
        return np.flatnonzero(self.miss > _CLOSE)

    def places_of(self, row: int) -> list[int]:
        """The sensitive cells of a relation that may be turned."""
        part = slice(self.relations.indptr[row], self.relations.indptr[row + 1])
        places = self._place_of[self.relations.indices[part]]
        found: list[int] = places[places >= 0].tolist()
        return found

    def change(self, place: int) -> float:
        """By how much the sum of misses grows when a cell is turned."""
        rows, low, high = self._turned(place)
        return float((self._miss(low, high) - self.miss[rows]).sum())

    def turn(self, place: int) -> None:
        """Turns a cell round."""
        rows, low, high = self._turned(place)
        self.low[rows], self.high[rows] = low, high
        miss = self._miss(low, high)
        self.total += float((miss - self.miss[rows]).sum())
        self.miss[rows] = miss
        self.sides[place] = -self.sides[place]

    def _turned(
        self, place: int
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Floats, Floats]:
        part = slice(self._columns.indptr[place], self._columns.indptr[place + 1])
        rows, signs = self._columns.indices[part], self._columns.data[part]
        side = int(self.sides[place])
        low, high = self._own[-side][:, place] - self._own[side][:, place]
        rising = signs > 0
        return (
            rows,
            self.low[rows] + signs * np.where(rising, low, high),
            self.high[rows] + signs * np.where(rising, high, low),
        )

    @staticmethod
    def _miss(low: Floats, high: Floats) -> Floats:
        return np.asarray(np.maximum(low, 0.0) + np.maximum(-high, 0.0))


def _sums(relations: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The least and the largest sum of every relation."""
    plus, minus = relations.maximum(0), relations.minimum(0)  # type: ignore[attr-defined]
    return np.asarray(plus @ low + minus @ high), np.asarray(plus @ high + minus @ low)
