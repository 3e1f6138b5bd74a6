"""Sums of changes that meet demands: a witness moves a group far enough and leaves nobody below 0.

For each demand the first few changes that move its group are tried in turn, each as often as it
helps; then in other orders. All demands are worked on at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.sparse.cells import Flags, Places, SparseTable
from disclosure_control.sparse.demands import Demands

Amounts = npt.NDArray[np.int64]
FEW, MANY = 8, 24
"""How many offers a demand looks at, at first and when few demands are left."""
_ORDERS = 4


@dataclass(frozen=True)
class Offers:
    """For each demand the changes that move its group, first ones first.

    Args:
        change: one row per demand: numbers of changes, -1 where there are no more.
        turn: by which sign each change moves the group towards the demand.
        step: by how much one change moves the group.
    """

    change: Places
    turn: Amounts
    step: Amounts


def meet(
    table: SparseTable, demands: Demands, asked: Places, changes: Any, choices: int = FEW
) -> tuple[Any, Flags]:
    """Witnesses for the demands ``asked``.

    Args:
        table: the table.
        demands: what must be possible.
        asked: places of demands.
        changes: what may be added up, preferred ones first.
        choices: how many of them a demand looks at.

    Returns:
        A sparse matrix, one row per demand asked; and whether the row meets it.
    """
    from scipy.sparse import csr_matrix

    offers = _offers(demands, asked, changes, choices)
    met = np.zeros(asked.size, dtype=np.bool_)
    times = np.zeros(offers.change.shape, dtype=np.int64)
    for order in range(0, choices, choices // _ORDERS):
        left = np.flatnonzero(~met & (offers.change[:, order] >= 0))
        if left.size == 0:
            break
        found, good = _add_up(table, offers, changes, (left, demands.need[asked[left]]), order)
        times[left[good]] = found[good]
        met[left[good]] = True
    mixing = _mixture(offers, times, np.arange(asked.size), changes.shape[0])
    return csr_matrix(mixing @ changes), met


def _offers(demands: Demands, asked: Places, changes: Any, choices: int) -> Offers:
    moved = (demands.groups[demands.group[asked]] @ changes.T).tocsr()
    moved.eliminate_zeros()
    moved.sort_indices()
    size = np.diff(moved.indptr)
    row = np.repeat(np.arange(asked.size), size)
    rank = np.arange(row.size) - np.repeat(moved.indptr[:-1], size)
    first = rank < choices
    place = (row[first], rank[first])
    change = np.full((asked.size, choices), -1, dtype=np.int64)
    turn, step = np.zeros_like(change), np.zeros_like(change)
    change[place] = moved.indices[first]
    turn[place] = np.sign(moved.data[first]) * demands.side[asked[row[first]]]
    step[place] = np.abs(moved.data[first])
    return Offers(change, turn, step)


def _add_up(
    table: SparseTable, offers: Offers, changes: Any, asked: tuple[Places, Amounts], order: int
) -> tuple[Amounts, Flags]:
    """How often each offer is taken, beginning with number ``order``; and whether it is enough."""
    rows, need = asked
    choices = offers.change.shape[1]
    times = np.zeros((rows.size, choices), dtype=np.int64)
    moved = np.zeros(rows.size, dtype=np.int64)
    for _ in range(int(need.max())):
        before = moved.sum()
        for number in range(choices):
            choice = (order + number) % choices
            step = offers.step[rows, choice]
            wanted = np.flatnonzero((moved < need) & (offers.change[rows, choice] >= 0))
            if wanted.size == 0:
                continue
            trial = times[wanted]
            trial[:, choice] += 1
            mixing = _mixture(offers, trial, rows[wanted], changes.shape[0])
            good = wanted[_stays_possible(table, mixing @ changes)]
            times[good, choice] += 1
            moved[good] += step[good]
        if moved.sum() == before:
            break
    return times, moved >= need


def _mixture(offers: Offers, times: Amounts, rows: Places, changes: int) -> Any:
    from scipy.sparse import csr_matrix

    row, choice = np.nonzero(times)
    here = rows[row]
    signed = (times[row, choice] * offers.turn[here, choice]).astype(np.int32)
    place = (row, offers.change[here, choice])
    return csr_matrix((signed, place), shape=(times.shape[0], changes))


def _stays_possible(table: SparseTable, witnesses: Any) -> Flags:
    """Whether no leaf of a row falls below 0."""
    below = table.counts[witnesses.indices] + witnesses.data < 0
    row = np.repeat(np.arange(witnesses.shape[0]), np.diff(witnesses.indptr))
    return np.asarray(np.bincount(row[below], minlength=witnesses.shape[0]) == 0)
