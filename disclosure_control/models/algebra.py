"""Least squares without the hat matrix: triangles, dependent columns and leverage.

Rows are read in blocks and folded into one triangle (QR of the triangle above the next block), so
memory is that of one block and precision that of QR, not of the cross-product.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BLOCK_ROWS = 16_384
INDEPENDENT = 1e-7
"""A column is independent when its distance from the earlier ones is this share of its length."""


def scales(matrix: Floats) -> Floats:
    """The root mean square of every column; 1 for columns of zeros."""
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    divisor = np.where(largest > 0, largest, 1.0)
    total = np.zeros(matrix.shape[1])
    for block in _blocks(matrix):
        total += np.square(block / divisor).sum(axis=0)
    size = divisor * np.sqrt(total / max(len(matrix), 1))
    return np.where(size > 0, size, 1.0)


def triangle(matrix: Floats, weights: Floats) -> Floats:
    """R of the QR decomposition of the rows of ``matrix``, each times the root of its weight."""
    width = matrix.shape[1]
    folded = np.zeros((0, width))
    place = 0
    for block in _blocks(matrix):
        root = np.sqrt(weights[place : place + len(block), None])
        folded = np.asarray(np.linalg.qr(np.vstack([folded, block * root]), mode="r"))
        place += len(block)
    missing = max(width - len(folded), 0)
    return np.vstack([folded, np.zeros((missing, width))])


def dependent(upper: Floats) -> list[int]:
    """The columns that are combinations of earlier ones, given the triangle of all of them."""
    basis: list[Floats] = []
    found: list[int] = []
    for place in range(upper.shape[1]):
        column = upper[:, place]
        length = float(np.linalg.norm(column))
        rest = column.copy()
        for _ in range(2):  # twice is enough: once leaves rounding errors
            for direction in basis:
                rest -= (direction @ rest) * direction
        distance = float(np.linalg.norm(rest))
        if np.isfinite(distance) and distance > INDEPENDENT * length:
            basis.append(rest / distance)
        else:
            found.append(place)
    return found


def hats(matrix: Floats, upper: Floats, weights: Floats) -> Floats:
    """The hat value of every row: its weight times the squared length of x R^-1."""
    from scipy.linalg import solve_triangular

    if matrix.shape[1] == 0:
        return np.zeros(len(matrix))
    found = [
        np.square(solve_triangular(upper, block.T, trans="T")).sum(axis=0)
        for block in _blocks(matrix)
    ]
    return np.asarray(np.concatenate(found) * weights, dtype=np.float64)


def _blocks(matrix: Floats) -> Iterator[Floats]:
    for start in range(0, len(matrix), BLOCK_ROWS):
        yield matrix[start : start + BLOCK_ROWS]
