"""Lengths that rounding blurs, computed again from the units instead of from a difference."""

from collections.abc import Sequence

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.factor import Factor

_ZERO = 1e-12
_REAL = 1e-9
"""Squared lengths over all units: below the first is rounding, from the second on real."""
_ROUNDS = 2


def refined(
    tables: Sequence[CodedTable],
    columns: Sequence[Floats],
    factor: Factor,
    wanted: tuple[CodedTable, Floats, Floats],
) -> Floats:
    """Numbers x figures: what the columns of all tables leave of some figures over one table.

    Args:
        tables: whose cells explain.
        columns: for each, classes x columns that the factor holds.
        factor: of the Gram matrix of all columns.
        wanted: the table of the figures, classes x figures, and what the factor solved for them.
    """
    table, figures, solved = wanted
    size = max(one.codes.size for one in tables)
    numbers = np.arange(size)
    left = figures[table.of_units(numbers)]
    mixed = factor.solve_transposed(solved)
    for again in range(_ROUNDS + 1):
        start = 0
        for one, part in zip(tables, columns, strict=True):
            stop = start + part.shape[1]
            left[: one.codes.size] -= (part @ mixed[start:stop])[one.codes]
            start = stop
        if again < _ROUNDS:
            mixed = factor.solve_transposed(factor.solve(_met(tables, columns, left)))
    return left


def independent(figures: Floats) -> tuple[Ints, Floats, bool]:
    """Independent columns, their Cholesky factor, and whether some length is doubtful."""
    left, rows, chosen = figures.copy(), [], []
    doubtful = False
    for _ in range(figures.shape[1]):
        lengths = np.square(left).sum(axis=0)
        best = int(np.argmax(lengths))
        if lengths[best] < _REAL:
            doubtful = bool(lengths[best] > _ZERO)
            break
        unit = left[:, best] / np.sqrt(lengths[best])
        row = unit @ left
        left = left - np.outer(unit, row)
        rows.append(row)
        chosen.append(best)
        left[:, chosen] = 0.0
    places = np.array(chosen, dtype=np.int64)
    corner = np.array(rows).reshape(places.size, figures.shape[1])[:, places].T
    return places, np.tril(corner), doubtful


def _met(tables: Sequence[CodedTable], columns: Sequence[Floats], left: Floats) -> Floats:
    """What every column has in common with each figure."""
    parts = []
    for table, part in zip(tables, columns, strict=True):
        sums = [
            np.bincount(table.codes, weights=left[: table.codes.size, place],
                        minlength=table.classes)
            for place in range(left.shape[1])
        ]  # fmt: skip
        parts.append(part.T @ np.array(sums).T)
    return np.vstack(parts)
