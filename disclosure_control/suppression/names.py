"""Names of cells for messages: labels, never values."""

import numpy as np

from disclosure_control.frames import plain
from disclosure_control.suppression.problem import (
    Flags,
    Places,
    SuppressionProblem,
    grid_shape,
)
from disclosure_control.table import Table

_NAMED = 12
"""How many cells a message names."""


def cell_name(problem: SuppressionProblem, cell: int) -> str:
    """One cell as people read it, like ``(north, Total)``; ``cell 17`` when it has no label."""
    return cell_names(problem, np.array([cell], dtype=np.int64))[0]


def cell_names(problem: SuppressionProblem, chosen: Flags | Places) -> list[str]:
    """The chosen cells as people read them.

    Args:
        problem: whose axes or labels name the cells; without either the places do.
        chosen: one flag per cell, or places of cells.
    """
    places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
    if problem.axes:
        lines = np.unravel_index(places, grid_shape(problem.axes))
        parts = [
            [plain(axis.labels[place]) for place in line]
            for axis, line in zip(problem.axes, lines, strict=True)
        ]
        return ["(" + ", ".join(name) + ")" for name in zip(*parts, strict=True)]
    if problem.labels:
        return [problem.labels[place] for place in places]
    return [f"cell {place}" for place in places]


def labels_of(table: Table, chosen: Flags) -> list[str]:
    """The flagged cells of a table by their labels, like ``north x Total``."""
    from polars import Series

    rows = table.cells.filter(Series(chosen)).select(table.dimensions).iter_rows()
    return [" x ".join(plain(text) for text in row) for row in rows]


def listed(names: list[str]) -> str:
    """Names in a message: the first twelve, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more
