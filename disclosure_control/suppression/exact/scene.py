"""What the exact method works on: the cells that can matter, and the demands on them.

Cells that must be shown, cannot move, or cost as much as a pattern already known are left out.
Cells whose hiding costs nothing are ``given``: they count as hidden.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.suppression.demands import Demands, find_demands
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    Places,
    SuppressionProblem,
    distinct_rows,
)


@dataclass(frozen=True, repr=False)
class Scene:
    """One entry per cell that may take part.

    Args:
        cells: their places in the problem, rising.
        matrix: the relations, rows that touch a cell only.
        rise: how far each cell can rise, by what an attacker knows; infinite when unknown.
        fall: and fall.
        cost: of hiding each cell; 0 for those given.
        given: cells that are hidden anyway.
        demands: what a pattern must leave possible, cells by their place in the problem.
    """

    cells: Places
    matrix: Any
    rise: Floats
    fall: Floats
    cost: Floats
    given: Flags
    demands: Demands

    def goal(self, demand: int) -> tuple[Places, Floats]:
        """Places in the scene and weights of what a change must move far enough."""
        wanted = self.demands
        cells = np.array([wanted.cell[demand], wanted.group[demand]])
        weights = np.array([wanted.weight[demand], wanted.share[demand]])
        place = np.minimum(np.searchsorted(self.cells, cells), self.cells.size - 1)
        known = self.cells[place] == cells if self.cells.size else np.zeros(2, dtype=np.bool_)
        known &= weights != 0
        return place[known], weights[known]

    def narrowed(self, kept: Flags) -> "Scene":
        """The scene with fewer cells; those left out are shown."""
        matrix = self.matrix[:, np.flatnonzero(kept)].tocsr()
        matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
        return Scene(
            self.cells[kept], matrix, self.rise[kept], self.fall[kept], self.cost[kept],
            self.given[kept], self.demands,
        )  # fmt: skip


def build_scene(problem: SuppressionProblem, dearest: float = np.inf) -> Scene:
    """The scene of a problem; cells that alone cost more than ``dearest`` are shown.

    Args:
        problem: what must be protected.
        dearest: the cost of a pattern already known.
    """
    columns = distinct_rows(problem.relations).tocsc()
    rise = np.maximum(problem.upper_bounds - problem.values, 0.0)
    fall = np.maximum(problem.values - problem.lower_bounds, 0.0)
    if problem.integral:
        rise, fall = np.floor(rise), np.floor(fall)
    cost = np.where(problem.primary, 0.0, problem.costs)
    usable = (rise + fall > 0) & np.isfinite(cost) & (cost <= dearest)
    cells = _movable(columns, np.flatnonzero(usable))
    matrix = columns[:, cells].tocsr()
    matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
    return Scene(
        cells, matrix, rise[cells], fall[cells], cost[cells], cost[cells] == 0,
        find_demands(problem),
    )  # fmt: skip


def _movable(columns: Any, cells: Places) -> Places:
    """Cells that are not alone in a relation, once the others that are have been left out."""
    while cells.size:
        part = columns[:, cells]
        alone = np.bincount(part.indices, minlength=part.shape[0]) == 1
        fixed = np.zeros(cells.size, dtype=np.bool_)
        fixed[np.repeat(np.arange(cells.size), np.diff(part.indptr))[alone[part.indices]]] = True
        if not fixed.any():
            break
        cells = cells[~fixed]
    return cells
