"""A suppression problem: cells, relations, what must be protected, what an attacker knows.

Also the two nouns that suppression and audit share: what is demanded beyond intervals
(``GroupDoubt``) and the proof that a pattern holds (``Certificate``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError
from disclosure_control.hierarchy import Axis

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

_ADDITIVE = 1e-6


@dataclass(frozen=True)
class GroupDoubt:
    """An attacker must be left in doubt whether nearly all of a group lies in one cell.

    Demands that some table which fits everything shown has x[cell] < share * x[group].

    Args:
        cell: place of the cell; it is primary.
        group: place of the cell that holds the whole group.
        share: the least share that counts as nearly all.
    """

    cell: int
    group: int
    share: float


@dataclass(frozen=True)
class Certificate:
    """Proof that a pattern protects: changes of the table that no attacker can rule out.

    A change keeps every relation and touches hidden cells only, so the changed table fits
    everything shown as well as the true one does. One entry per demand that is proven.

    Args:
        flows: sparse matrix, one row per change, one column per cell.
        target: for each entry the primary cell; for a doubt its place in ``problem.doubts``.
        side: 1 the cell rises by its upper protection, -1 it falls by its lower protection,
            0 the doubt holds in the changed table.
        row: which row of ``flows`` proves the entry.
        scale: by which factor that row is multiplied; whole for whole-number problems.
    """

    flows: Any
    target: Places
    side: npt.NDArray[np.int8]
    row: Places
    scale: Floats


@dataclass(frozen=True, repr=False)
class SuppressionProblem:
    """All arrays have one entry per cell; each row of ``relations`` sums to zero over the cells.

    Args:
        values: the true values; negative ones are allowed.
        costs: what hiding a cell costs; infinite forbids it.
        relations: ``scipy.sparse`` matrix of -1, 0 and 1.
        primary: cells that must be protected.
        lower_protection: by how much an attacker's lower bound must lie below the value.
        upper_protection: and the upper bound above it.
        lower_bounds: what an attacker knows beforehand about each cell, at least.
        upper_bounds: and at most (infinite when nothing).
        integral: whether everybody knows that the values are whole numbers.
        axes: the dimensions when the cells are their full grid, first axis slowest; else empty.
        doubts: what must stay in doubt beyond intervals.
        labels: how messages name the cells when there are no axes; one per cell, or empty.

    Raises:
        InvalidInputError: the arrays do not fit together.
    """

    values: Floats
    costs: Floats
    relations: Any
    primary: Flags
    lower_protection: Floats
    upper_protection: Floats
    lower_bounds: Floats
    upper_bounds: Floats
    integral: bool = False
    axes: tuple[Axis, ...] = ()
    doubts: tuple[GroupDoubt, ...] = ()
    labels: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Counts only; the figures are in the arrays."""
        return (
            f"SuppressionProblem({self.values.size} cells, {self.relations.shape[0]} relations, "
            f"{int(self.primary.sum())} primary)"
        )

    def __post_init__(self) -> None:
        """Refuses arrays that do not fit together."""
        count = self.values.size
        for name in ("costs", "primary", "lower_protection", "upper_protection", "lower_bounds",
                     "upper_bounds"):  # fmt: skip
            if getattr(self, name).shape != (count,):
                raise InvalidInputError(f"{name} has one entry per cell")
            if np.isnan(getattr(self, name)).any():
                raise InvalidInputError(f"{name} has a number in every entry")
        if self.relations.shape[1] != count:
            raise InvalidInputError("relations have one column per cell")
        if not np.isfinite(self.values).all():
            raise InvalidInputError("values are finite")
        slack = np.abs(self.relations @ self.values)
        if slack.size and slack.max() > _ADDITIVE * max(1.0, np.abs(self.values).max()):
            raise InvalidInputError("every relation sums to zero over the values")
        if self.axes and int(np.prod(grid_shape(self.axes))) != count:
            raise InvalidInputError("the cells are the full grid of the axes")
        if self.labels and len(self.labels) != count:
            raise InvalidInputError("labels has one entry per cell, or none")
        _check_doubts(self.doubts, self.primary)


def _check_doubts(doubts: tuple[GroupDoubt, ...], primary: Flags) -> None:
    for doubt in doubts:
        if not (0 <= doubt.cell < primary.size and 0 <= doubt.group < primary.size):
            raise InvalidInputError("a doubt names a cell and a group of the table")
        if not primary[doubt.cell] or doubt.cell == doubt.group or not doubt.share > 0:
            raise InvalidInputError("a doubt is about a primary cell, another group, a share > 0")


def grid_shape(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    """How many labels each axis has, the total included."""
    return tuple(len(axis.labels) for axis in axes)


def grid_relations(axes: tuple[Axis, ...]) -> Any:
    """The relations of a full grid: for every axis, node with children and line, children - node.

    Returns:
        A ``scipy.sparse`` matrix in rows, one column per cell in row-major order.
    """
    from scipy.sparse import csr_matrix

    shape = grid_shape(axes)
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    columns, signs, sizes = [], [], []
    for position, axis in enumerate(axes):
        lines = np.moveaxis(index, position, -1).reshape(-1, shape[position])
        for node, children in enumerate(axis.children):
            if children:
                members = lines[:, [*children, node]]
                columns.append(members.ravel())
                signs.append(np.tile(np.r_[np.ones(len(children)), -1.0], len(lines)))
                sizes.append(np.full(len(lines), len(children) + 1))
    if not columns:
        return csr_matrix((0, index.size))
    start = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    data = (np.concatenate(signs), np.concatenate(columns), start)
    return csr_matrix(data, shape=(start.size - 1, index.size))


def distinct_rows(relations: Any) -> Any:
    """``relations`` without empty rows and without rows that say the same (also negated)."""
    matrix = relations.tocsr().copy()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    length = np.diff(matrix.indptr)
    seen: set[tuple[bytes, bytes]] = set()
    kept = []
    for row in np.flatnonzero(length):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        data = matrix.data[part]
        key = (matrix.indices[part].tobytes(), (data * np.sign(data[0])).tobytes())
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return matrix[np.asarray(kept, dtype=np.int64)]
