"""Audit of a sparse pattern: checks a proof without a solver, and attacks by subtraction.

Shares no code with the construction: which cells lie above a leaf is worked out anew, from the
parents in the trees and not from levels, and sums are exact. The work is linear in the size of the
proof.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.hierarchy import ROOT
from disclosure_control.sparse.cells import Flags, Places, SparseTable
from disclosure_control.sparse.proof import SparseCertificate

_ROWS = 20_000
_EXACT = 2**31


def verify_sparse(
    table: SparseTable, hidden: Flags, minimum_units: int, certificate: SparseCertificate
) -> Flags:
    """One flag per cell: small, hidden, and proven to leave 0 up to the threshold possible.

    Args:
        table: the table.
        hidden: one flag per cell.
        minimum_units: cells below are small.
        certificate: the proof; entries that prove nothing are passed over.
    """
    falls, rises = np.zeros(table.keys.size, dtype=np.bool_), np.zeros_like(hidden)
    above = _above(table)
    if above is None or not _is_well_formed(table, certificate):
        return falls
    order = np.argsort(certificate.row, kind="stable")
    for start in range(0, certificate.changes.shape[0], _ROWS):
        rows = certificate.changes[start : start + _ROWS].astype(np.int64)
        ends = np.searchsorted(certificate.row[order], [start, start + rows.shape[0]])
        entry = order[ends[0] : ends[1]]
        moved = (rows @ above).tocsr()
        moved.sort_indices()
        sound = _is_sound(table, hidden, rows, moved)
        at, cell = certificate.row[entry] - start, certificate.cell[entry]
        side = certificate.side[entry]
        by = np.asarray(moved[at, cell]).ravel() if entry.size else np.zeros(0)
        value = table.values[cell]
        falls[cell[sound[at] & (side == -1) & (value + by == 0)]] = True
        rises[cell[sound[at] & (side == 1) & (value + by >= minimum_units)]] = True
    return hidden & falls & rises & (table.values < minimum_units)


def subtract_sparse(table: SparseTable, hidden: Flags) -> Flags:
    """Which hidden cells repeated subtraction finds: a sum gives away its last unknown."""
    relation, cell, count = _relations(table)
    unknown = hidden.copy()
    while True:
        held = unknown[cell]
        left = np.bincount(relation[held], minlength=count)
        place = np.bincount(relation[held], weights=cell[held], minlength=count)
        found = place[left == 1].astype(np.int64)
        if found.size == 0:
            return hidden & ~unknown
        unknown[found] = False


def _is_sound(table: SparseTable, hidden: Flags, rows: Any, moved: Any) -> Flags:
    """Rows that leave every shown cell as it is and no leaf below 0."""
    sound = np.ones(rows.shape[0], dtype=np.bool_)
    number = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    sound[number[table.counts[rows.indices] + rows.data < 0]] = False
    number = np.repeat(np.arange(rows.shape[0]), np.diff(moved.indptr))
    sound[number[~hidden[moved.indices] & (moved.data != 0)]] = False
    return sound


def _is_well_formed(table: SparseTable, certificate: SparseCertificate) -> bool:
    changes, row, cell = certificate.changes, certificate.row, certificate.cell
    if not row.shape == cell.shape == certificate.side.shape or row.ndim != 1:
        return False
    if changes.shape[1] != table.counts.size or not changes.has_canonical_format:
        return False
    if not all(np.issubdtype(part.dtype, np.integer) for part in (changes, row, cell)):
        return False
    inside = ((row >= 0) & (row < changes.shape[0])).all()
    inside &= ((cell >= 0) & (cell < table.keys.size)).all()
    return bool(inside) and bool((np.abs(changes.data.astype(np.int64)) < _EXACT).all())


def _above(table: SparseTable) -> Any:
    """The cells above each leaf, one row per leaf; null when keys or values are not as counted."""
    from scipy.sparse import coo_matrix

    leaf, place = [], []
    for which, key in _keys_above(table):
        at = np.minimum(np.searchsorted(table.keys, key), table.keys.size - 1)
        if (table.keys[at] != key).any():
            return None
        leaf.append(which.astype(np.int32))
        place.append(at.astype(np.int32))
    rows, columns = np.concatenate(leaf), np.concatenate(place)
    counted = np.bincount(columns, weights=table.counts[rows], minlength=table.keys.size)
    if (counted != table.values).any() or (table.counts < 1).any():
        return None
    ones = np.ones(rows.size, dtype=np.int8)
    shape = (table.counts.size, table.keys.size)
    return coo_matrix((ones, (rows, columns)), shape=shape).tocsr()


def _keys_above(table: SparseTable) -> Iterator[tuple[Places, Places]]:
    """Leaves, and the key of one cell above each: all cells above all leaves, each once."""
    climbs, step = [], _strides(table)
    for column, axis in enumerate(table.axes):
        parents = np.array(axis.parents, dtype=np.int64)
        climb = [table.leaves[:, column]]
        while (climb[-1] != ROOT).any():
            climb.append(np.where(climb[-1] == ROOT, ROOT, parents[climb[-1]]))
        climbs.append(climb[:-1])
    for chosen in product(*climbs):
        there = np.ones(table.counts.size, dtype=np.bool_)
        for place in chosen:
            there &= place != ROOT
        which = np.flatnonzero(there)
        if which.size:
            parts = (size * place[which] for size, place in zip(step, chosen, strict=True))
            yield which, np.asarray(sum(parts), dtype=np.int64)


def _strides(table: SparseTable) -> list[int]:
    step, size = [], 1
    for axis in reversed(table.axes):
        step.append(size)
        size *= len(axis.labels)
    return step[::-1]


def _relations(table: SparseTable) -> tuple[Places, Places, int]:
    """Every sum over children: pairs of relation and cell, the parent being one; how many."""
    sums: list[npt.NDArray[np.int64]] = []
    cells: list[npt.NDArray[np.int64]] = []
    for number, (axis, step) in enumerate(zip(table.axes, _strides(table), strict=True)):
        parents = np.array(axis.parents, dtype=np.int64)
        place = table.keys // step % parents.size
        child = np.flatnonzero(parents[place] != ROOT)
        key = table.keys[child] + (parents[place[child]] - place[child]) * step
        parent = np.searchsorted(table.keys, key)
        sums.append(np.concatenate([parent, np.unique(parent)]) + number * table.keys.size)
        cells.append(np.concatenate([child, np.unique(parent)]))
    relation = np.concatenate(sums)
    _, relation = np.unique(relation, return_inverse=True)
    return relation, np.concatenate(cells), int(relation.max()) + 1
