"""Arithmetic on the rows of sparse matrices without a loop over them."""

from typing import Any

import numpy as np

from disclosure_control.suppression.problem import Floats, Places

_WORDS = 2**40
_SWEEPS = 20
_WHOLE = 1e-5


def row_numbers(matrix: Any) -> Places:
    """The row of every entry of a matrix compressed by row."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def mixed(count: int) -> Places:
    """A fixed random whole number for each of ``count`` places; sums of them tell sets apart."""
    return np.random.default_rng(count).integers(1, _WORDS, count)


def spread(first: Places, size: Places) -> Places:
    """The places ``first, first + 1, ...``, as many as ``size`` says, for each entry in turn."""
    total = np.cumsum(size)
    return np.repeat(first - total + size, size) + np.arange(int(total[-1]) if size.size else 0)


def distinct(matrix: Any) -> Any:
    """The rows without empty ones and without those that say the same (also negated).

    Rows that look alike by a checksum are compared entry by entry: a row that is left out in error
    would let an attacker appear weaker than he is.
    """
    matrix = matrix.tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
    if matrix.shape[0] == 0:
        return matrix
    size = np.diff(matrix.indptr).astype(np.int64)
    data = matrix.data * np.repeat(np.sign(matrix.data[matrix.indptr[:-1]]), size)
    bits = data.view(np.int64)
    words = mixed(matrix.shape[1])[matrix.indices] * (bits ^ (bits >> 32))
    checksum = np.add.reduceat(words, matrix.indptr[:-1])
    order = np.lexsort((checksum, size))
    alike = np.zeros(order.size, dtype=np.bool_)
    alike[1:] = (checksum[order[1:]] == checksum[order[:-1]]) & (
        size[order[1:]] == size[order[:-1]]
    )
    later = np.flatnonzero(alike)
    one, two = order[later], order[later - 1]
    here, there = spread(matrix.indptr[one], size[one]), spread(matrix.indptr[two], size[two])
    differ = (matrix.indices[here] != matrix.indices[there]) | (data[here] != data[there])
    if later.size:
        start = np.cumsum(size[one]) - size[one]
        alike[later[np.logical_or.reduceat(differ, start)]] = False
    return matrix[np.sort(order[~alike])]


def connected(matrix: Any) -> Places:
    """For each column which others it is connected with through rows, as numbers from 0."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    rows, columns = matrix.shape
    if rows == 0:
        return np.arange(columns, dtype=np.int64)
    start = np.concatenate([matrix.indptr, np.full(columns, matrix.indptr[-1])])
    links = (np.ones(matrix.indices.size, dtype=np.int8), matrix.indices + rows, start)
    _, label = connected_components(
        csr_matrix(links, shape=(rows + columns, rows + columns)), directed=False
    )
    _, label = np.unique(label[rows:], return_inverse=True)
    return np.asarray(label, dtype=np.int64)


def narrowed(
    matrix: Any, low: Floats, high: Floats, *, integral: bool, sweeps: int = _SWEEPS
) -> tuple[Floats, Floats]:
    """Bounds made narrower by each relation in turn: no cell goes further than the others allow.

    In a relation the sum of all deviations is zero, so one goes up at most as far as the others
    can go down together.

    Args:
        matrix: relations by row; each sums to zero over the deviations.
        low: least deviation of each column, at most 0.
        high: largest, at least 0.
        integral: whether deviations are whole.
        sweeps: how often at most all relations are used.
    """
    rows, cells, signs = row_numbers(matrix), matrix.indices, matrix.data
    count, plus = matrix.shape[0], matrix.data > 0
    order = np.argsort(cells, kind="stable")
    touched, start = np.unique(cells[order], return_index=True)
    for _ in range(sweeps if touched.size else 0):
        least = np.where(plus, signs * low[cells], signs * high[cells])
        most = np.where(plus, signs * high[cells], signs * low[cells])
        up = -_without_own(rows, least, count) / signs
        down = -_without_own(rows, most, count) / signs
        new_high = np.minimum.reduceat(np.where(plus, up, down)[order], start)
        new_low = np.maximum.reduceat(np.where(plus, down, up)[order], start)
        if integral:
            new_low, new_high = np.ceil(new_low - _WHOLE), np.floor(new_high + _WHOLE)
        new_low = np.maximum(low[touched], np.minimum(new_low, 0.0))
        new_high = np.minimum(high[touched], np.maximum(new_high, 0.0))
        if np.array_equal(new_low, low[touched]) and np.array_equal(new_high, high[touched]):
            break
        low, high = low.copy(), high.copy()
        low[touched], high[touched] = new_low, new_high
    return low, high


def _without_own(rows: Places, amounts: Floats, count: int) -> Floats:
    """For each entry the sum of the others in its row, infinite ones counted apart."""
    finite = np.isfinite(amounts)
    if finite.all():
        return np.bincount(rows, weights=amounts, minlength=count)[rows] - amounts
    total = np.bincount(rows, weights=np.where(finite, amounts, 0.0), minlength=count)
    infinite = np.bincount(rows, weights=~finite, minlength=count)
    sign = np.where(finite, 0.0, np.sign(np.where(finite, 0.0, amounts)))
    side = np.bincount(rows, weights=sign, minlength=count)
    others = infinite[rows] - ~finite > 0
    rest = total[rows] - np.where(finite, amounts, 0.0)
    return np.where(others, np.where(side[rows] < 0, -np.inf, np.inf), rest)
