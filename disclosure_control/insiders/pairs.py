"""Which demands do not hold against which insiders.

An insider expects less of a cell that it contributes to: the cell need not fall below what it put
in itself. Against an insider a demand holds when one change goes as far as that and moves nothing
that the insider knows, nor any cell below its own contribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from disclosure_control.insiders.knowledge import (
    Objections,
    objections,
    offsets,
    own_amounts,
)
from disclosure_control.insiders.pool import Pool
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Floats, Places

_ROUNDING = 1e-9
_NONE = -1
_KEPT = 3


@dataclass(frozen=True)
class Pairs:
    """Demands and insiders against whom they do not hold yet, and how far a change must go."""

    demand: Places
    who: Places
    need: Floats

    def taken(self, kept: Places) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.demand[kept], self.who[kept], self.need[kept])


def met_by(pool: Pool, kinds: Sequence[Insiders]) -> Objections:
    """The objections to every entry of a pool."""
    return objections(pool.problem, pool.moves(), pool.row.size, kinds)


def trimmed(pool: Pool, kinds: Sequence[Insiders]) -> tuple[Pool, Places]:
    """Of every demand the few entries that go all the way and meet the fewest objections.

    The first of each is the best; when nobody objects to it, it is the only one. Entries that go
    less far are kept, behind. Also per demand how many object to its best entry, -1 without entry.
    """
    pool, count = _ranked(pool, kinds)
    first = np.searchsorted(pool.demand, pool.demand)
    rank = np.arange(first.size) - first
    kept = (rank < _KEPT) | ~_goes_all_the_way(pool)
    objected = np.full(pool.demands.need.size, _NONE)
    objected[pool.demand] = count[first]
    return pool.chosen(np.flatnonzero(kept & ((rank == 0) | (count[first] > 0)))), objected


def _ranked(pool: Pool, kinds: Sequence[Insiders]) -> tuple[Pool, Places]:
    """Entries by demand, those that go all the way first, of them the least objected to.

    Also how many objections each meets.
    """
    count = met_by(pool, kinds).count
    size = np.diff(pool.flows.indptr)[pool.row]
    order = np.lexsort((size, count, ~_goes_all_the_way(pool), pool.demand))
    return pool.chosen(order), count[order]


def _goes_all_the_way(pool: Pool) -> Flags:
    return np.asarray(pool.reach() >= pool.demands.need[pool.demand] * (1 - _ROUNDING))


def unsettled(pool: Pool, kinds: Sequence[Insiders]) -> Pairs:
    """Demands that the entries of a trimmed pool do not prove against some insider."""
    best = pool.chosen(np.unique(pool.demand, return_index=True)[1])
    width = max(1, offsets(kinds)[-1])
    keys = met_by(best, kinds).listed(width)
    pairs = _relevant(pool, best.demand[keys // width], keys % width, kinds)
    return pairs.taken(np.flatnonzero(first_good(pool, pairs, kinds) == _NONE))


def spared(pool: Pool, kinds: Sequence[Insiders]) -> Pool:
    """The best entry of every demand, and of the others those that some insider needs."""
    pool, _ = _ranked(pool, kinds)
    first = np.unique(pool.demand, return_index=True)[1]
    best = pool.chosen(first)
    width = max(1, offsets(kinds)[-1])
    keys = met_by(best, kinds).listed(width)
    pairs = _relevant(pool, best.demand[keys // width], keys % width, kinds)
    found = first_good(pool, pairs, kinds)
    return pool.chosen(np.union1d(first, found[found != _NONE]))


def _relevant(pool: Pool, demand: Places, who: Places, kinds: Sequence[Insiders]) -> Pairs:
    """Pairs in which the insider is not alone in the cell and something is left to prove."""
    problem, wanted = pool.problem, pool.demands
    cell, need = wanted.cell[demand], wanted.need[demand].copy()
    own = own_amounts(kinds, who, cell, problem.values.size)
    falls = (wanted.side[demand] < 0) & (problem.lower_bounds[cell] >= 0)
    rest = np.maximum(problem.values[cell] - np.where(np.isfinite(own), own, 0.0), 0.0)
    need = np.where(falls, np.minimum(need, rest), need)
    # What rounding leaves of a cell is not there to be protected.
    least = 0.0 if problem.integral else _ROUNDING * np.abs(problem.values[cell])
    kept = np.flatnonzero(np.isfinite(own) & (need > least))
    return Pairs(demand[kept], who[kept], need[kept])


def first_good(pool: Pool, pairs: Pairs, kinds: Sequence[Insiders]) -> Places:
    """For each pair the first entry that proves its demand against its insider, -1 for none."""
    width = max(1, offsets(kinds)[-1])
    asked = np.zeros(pool.demands.need.size, dtype=np.bool_)
    asked[pairs.demand] = True
    own = np.flatnonzero(asked[pool.demand])
    pool = pool.chosen(own)
    bad = met_by(pool, kinds).listed(width)
    order = np.argsort(pool.demand, kind="stable")
    start = np.searchsorted(pool.demand[order], pairs.demand)
    size = np.searchsorted(pool.demand[order], pairs.demand, side="right") - start
    pair = np.repeat(np.arange(pairs.demand.size), size)
    entry = order[np.repeat(start - np.cumsum(size) + size, size) + np.arange(pair.size)]
    slack = 0.0 if pool.problem.integral else _ROUNDING
    good = pool.reach()[entry] >= pairs.need[pair] * (1 - slack)
    keys = entry * width + pairs.who[pair]
    if bad.size:
        good &= bad[np.minimum(np.searchsorted(bad, keys), bad.size - 1)] != keys
    found = np.full(pairs.demand.size, _NONE)
    chosen = np.flatnonzero(good)[::-1]
    found[pair[chosen]] = own[entry[chosen]]
    return found


def settled(pool: Pool, kinds: Sequence[Insiders], pairs: Pairs) -> tuple[Pool, Pairs]:
    """Tries multiples of the rows at hand. Returns a larger pool and the pairs still left."""
    plain = np.flatnonzero(pool.demands.side[pairs.demand] != 0)
    if plain.size == 0:
        return pool, pairs
    asked = np.unique(np.stack([pairs.demand[plain], pairs.need[plain]]), axis=1)
    more = pool.multiples(asked[0].astype(np.int64), asked[1])
    found = first_good(more, pairs, kinds)
    used = more.chosen(np.unique(found[found != _NONE]))
    larger = pool.with_entries(used.demand, used.row, used.scale)
    return larger, pairs.taken(np.flatnonzero(found == _NONE))
