"""The plain attack: an equation with one unknown gives it away; repeat with what was found."""

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
    """Every hidden cell that repeated subtraction gives away, in the order of discovery."""
    matrix = relations.tocsr()
    by_cell = relations.tocsc()
    unknown = hidden.copy()
    left = np.asarray(abs(matrix) @ unknown.astype(np.float64)).round().astype(np.int64)
    queue = [int(row) for row in np.flatnonzero(left == 1)]
    found = []
    while queue:
        row = queue.pop(0)
        cells = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        open_cells = [int(cell) for cell in cells if unknown[cell]]
        if len(open_cells) != 1:
            continue
        cell = open_cells[0]
        unknown[cell] = False
        found.append(Derivation(cell, row))
        touched = by_cell.indices[by_cell.indptr[cell] : by_cell.indptr[cell + 1]]
        for other in touched:
            left[other] -= 1
            if left[other] == 1:
                queue.append(int(other))
    return tuple(found)
