"""The plain attack: an equation with one unknown gives it away; repeat with what was found."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Derivation:
    """A hidden cell that subtraction finds, and the relation (row number) that does it."""

    cell: int
    relation: int


def subtract(relations: Any, hidden: npt.NDArray[np.bool_]) -> tuple[Derivation, ...]:
    """Every hidden cell that repeated subtraction gives away, in the order of discovery.

    For each relation two figures are kept: how many of its cells are unknown, and the sum of their
    places, which is the place of the last one when one is left.
    """
    rows, cells = _unknown_entries(relations, hidden)
    left = np.bincount(rows, minlength=relations.shape[0])
    places = np.bincount(rows, weights=cells, minlength=relations.shape[0]).astype(np.int64)
    queue = deque(np.flatnonzero(left == 1).tolist())
    if not queue:
        return ()
    order = np.argsort(cells, kind="stable")
    rows_of = rows[order]
    start = np.searchsorted(cells[order], np.arange(hidden.size + 1))
    found = []
    while queue:
        row = queue.popleft()
        if left[row] != 1:
            continue
        cell = int(places[row])
        found.append(Derivation(cell, row))
        touched = rows_of[start[cell] : start[cell + 1]]
        left[touched] -= 1
        places[touched] -= cell
        queue.extend(touched[left[touched] == 1].tolist())
    return tuple(found)


def _unknown_entries(
    relations: Any, hidden: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and cell of every unknown in the relations."""
    matrix = relations.tocsr()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    unknown = hidden[matrix.indices] & (matrix.data != 0)
    return rows[unknown], matrix.indices[unknown].astype(np.int64)
