"""The attacker's view: hidden cells fall into groups that share no relation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.audit.subtraction import subtract
from disclosure_control.suppression.problem import Flags, Places


@dataclass(frozen=True)
class Component:
    """Hidden cells connected through relations.

    ``cells``: their places in the table, rising. ``matrix``: the relations among them, one column
    per cell; everything shown is in the right-hand side, which plays no part when one asks how far
    cells can move from the true table.
    """

    cells: Places
    matrix: Any


def determined(relations: Any, hidden: Flags) -> Flags:
    """Hidden cells that repeated subtraction gives away."""
    found = np.zeros(hidden.size, dtype=np.bool_)
    found[[step.cell for step in subtract(relations, hidden)]] = True
    return found


def components(relations: Any, hidden: Flags) -> Iterator[Component]:
    """The groups of hidden cells, in the order of their first cell."""
    from scipy.sparse.csgraph import connected_components

    cells = np.flatnonzero(hidden)
    if cells.size == 0:
        return
    part = relations.tocsc()[:, cells].tocsr()
    part = part[np.flatnonzero(np.diff(part.indptr))]
    linked = abs(part)
    count, label = connected_components(linked.T @ linked, directed=False)
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(count + 1))
    row_label = label[part.indices[part.indptr[:-1]]]
    row_order = np.argsort(row_label, kind="stable")
    row_ends = np.searchsorted(row_label[row_order], np.arange(count + 1))
    for number in range(count):
        own = np.sort(order[ends[number] : ends[number + 1]])
        rows = row_order[row_ends[number] : row_ends[number + 1]]
        matrix = part[rows].tocsc()[:, own].tocsr()
        yield Component(cells[own], _without_repeats(matrix))


def _without_repeats(matrix: Any) -> Any:
    """Rows that say the same are kept once."""
    seen, kept = set(), []
    for row in range(matrix.shape[0]):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        data = matrix.data[part]
        key = (matrix.indices[part].tobytes(), (data * np.sign(data[0])).tobytes())
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return matrix[np.asarray(kept, dtype=np.int64)]
