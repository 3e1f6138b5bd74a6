"""Controlled rounding by search: for tables that are too large for a program.

Only the finest cells are moved, each between the two multiples next to it; sums follow, so the
table always adds up. What is given up is that every sum stays next to its true value: a step beyond
costs one base more, and few sums take one. The search is a tabu search (Glover 1989): always the
best move, a moved cell rests for some rounds.
"""

import numpy as np

from disclosure_control.perturbation.multiples import Floats, Multiples

_ROUNDS = 4000
_LEAST_ROUNDS = 300
_WORK = 2_000_000_000
_REST = (5, 15)


def search(table: Multiples, seed: int) -> Floats:
    """Every cell in bases: an additive rounding with a small loss; the same for the same seed."""
    summing = table.summing
    back = summing.T.tocsr()
    leaf = table.leaves
    low, rest = table.floor[leaf], table.rest[leaf]
    steps = np.where(2.0 * rest > table.base, low + 1.0, low)
    steps = low + np.clip(steps - low, table.least[leaf], table.most[leaf])
    still = np.where(table.least[leaf] < table.most[leaf], 0.0, np.inf)
    asleep = np.zeros(leaf.size)
    random = np.random.default_rng(seed)
    cells = summing @ steps
    cost = _price(table, cells).sum()
    best, lowest = cells, cost
    for turn in range(_rounds(table)):
        here = _price(table, cells)
        at_floor = steps == low
        up = back @ (_price(table, cells + 1.0) - here)
        down = back @ (_price(table, cells - 1.0) - here)
        change = np.where(at_floor, up, down) + still
        change[(asleep > turn) & (cost + change >= lowest)] = np.inf
        chosen = int(np.argmin(change))
        if not np.isfinite(change[chosen]):
            break
        steps[chosen] += 1.0 if at_floor[chosen] else -1.0
        asleep[chosen] = turn + 1 + random.integers(*_REST)
        cells = summing @ steps
        cost = _price(table, cells).sum()
        if cost < lowest:
            best, lowest = cells, cost
    return np.asarray(best, dtype=np.float64)


def _rounds(table: Multiples) -> int:
    """How many moves are tried: fewer on tables where each takes long."""
    work = 3 * table.summing.nnz + 10 * table.values.size
    return int(np.clip(_WORK // work, _LEAST_ROUNDS, max(_ROUNDS, table.leaves.size)))


def _price(table: Multiples, cells: Floats) -> Floats:
    """What every cell costs: its change, and one base for every multiple too far."""
    change = np.abs(table.base * cells - table.values)
    return np.asarray(change + table.base * table.widening(cells), dtype=np.float64)
