"""How far unknowns can move at most: a box that no table leaves, made narrower by programs.

A program over a whole large component is slow. One over the relations near an unknown is quick. If
everything farther away stays where it is, what the program finds possible is possible; if all that
moves as it likes inside the box, what the program finds impossible is impossible. Often one of the
two is enough, and the two together are exact when they agree.
"""

from typing import Any

import numpy as np

from disclosure_control.audit.program import Program
from disclosure_control.audit.rows import narrowed, spread
from disclosure_control.audit.unknowns import Unknowns
from disclosure_control.suppression.problem import Flags, Floats, Places

_FLOATS = 1e-9
_WHOLE = 1e-5
_GROWTH = 5


class Frontier:
    """The least and the largest deviation that each unknown may have."""

    def __init__(self, unknowns: Unknowns) -> None:
        """What the relations allow one at a time."""
        self.unknowns, self.columns = unknowns, unknowns.matrix.tocsc()
        self.lengths = np.diff(unknowns.matrix.indptr).astype(np.int64)
        self.degrees = np.diff(self.columns.indptr).astype(np.int64)
        self.low, self.high = narrowed(
            unknowns.matrix, unknowns.low, unknowns.high, integral=unknowns.integral
        )

    def far(self, places: Any) -> Floats:
        """How far unknowns can rise and fall at most, in two rows."""
        return np.stack([self.high[places], -self.low[places]])

    def most(self, side: int, unknown: int) -> float:
        """How far one unknown can rise (side 0) or fall (side 1) at most."""
        return float(-self.low[unknown] if side else self.high[unknown])

    def lower(self, side: int, unknown: int, far: float) -> None:
        """An unknown goes no further than ``far`` up (side 0) or down (side 1), rounding aside."""
        integral = self.unknowns.integral
        far = float(np.floor(far + _WHOLE)) if integral else far * (1 + _FLOATS)
        if side == 0:
            self.high[unknown] = min(self.high[unknown], max(far, 0.0))
        else:
            self.low[unknown] = max(self.low[unknown], min(-far, 0.0))


class Surroundings:
    """The relations near one unknown, and every unknown in them."""

    def __init__(self, frontier: Frontier, unknown: int, limit: int) -> None:
        """About ``limit`` unknowns, or all that are connected when they are fewer."""
        self.frontier = frontier
        rows = _near(frontier, unknown, limit)
        matrix = frontier.unknowns.matrix
        size = frontier.lengths[rows]
        entry = spread(matrix.indptr[rows].astype(np.int64), size)
        self.cells, column = np.unique(matrix.indices[entry], return_inverse=True)
        self.place = int(np.searchsorted(self.cells, unknown))
        self.matrix = _by_row(matrix.data[entry], column, size, self.cells.size)
        degree = np.bincount(column, minlength=self.cells.size)
        self.edge: Flags = degree < frontier.degrees[self.cells]
        self.low, self.high = frontier.low[self.cells], frontier.high[self.cells]
        span = np.maximum(np.abs(self.low), np.abs(self.high))
        span = span[np.isfinite(span) & (span > 0)]
        integral = frontier.unknowns.integral
        self.unit = 1.0 if integral or span.size == 0 else float(np.median(span))
        low, high = self._bounds(closed=True)
        self._program = Program(self.matrix, low, high, warm=True)

    @property
    def work(self) -> int:
        """What was done so far, in steps of programs."""
        return self._program.steps

    def _bounds(self, *, closed: bool) -> tuple[Floats, Floats]:
        still = self.edge & closed
        return (
            np.where(still, 0.0, self.low) / self.unit,
            np.where(still, 0.0, self.high) / self.unit,
        )

    def furthest(self, side: int, *, closed: bool) -> Floats | None:
        """The movement that takes the unknown furthest up (side 0) or down; null when none is.

        Args:
            side: which way.
            closed: whether what is farther away stays where it is, else it moves freely.
        """
        self._program.bound(*self._bounds(closed=closed))
        weights = np.zeros(self.cells.size)
        weights[self.place] = 1 - 2 * side
        found = self._program.best(weights)
        return None if found is None else found * self.unit

    def narrow(self, side: int) -> None:
        """Moves the frontier of the unknown to where free surroundings let it go."""
        found = self.furthest(side, closed=False)
        if found is not None:
            far = float(found[self.place]) * (1 - 2 * side)
            self.frontier.lower(side, int(self.cells[self.place]), far)


def _near(frontier: Frontier, unknown: int, limit: int) -> Places:
    """The relations near an unknown."""
    matrix, columns = frontier.unknowns.matrix, frontier.columns
    lengths, degrees = frontier.lengths, frontier.degrees
    rows = np.sort(columns.indices[columns.indptr[unknown] : columns.indptr[unknown + 1]])
    while True:
        entry = spread(matrix.indptr[rows].astype(np.int64), lengths[rows])
        cells = np.unique(matrix.indices[entry])
        if cells.size >= limit:
            return np.asarray(rows, dtype=np.int64)
        entry = spread(columns.indptr[cells].astype(np.int64), degrees[cells])
        more = np.unique(columns.indices[entry])
        if more.size == rows.size or lengths[more].sum() > _GROWTH * limit:
            return np.asarray(rows, dtype=np.int64)
        rows = more


def _by_row(data: Floats, column: Places, size: Places, count: int) -> Any:
    from scipy.sparse import csr_matrix

    start = np.concatenate([[0], np.cumsum(size)])
    return csr_matrix((data, column, start), shape=(size.size, count))
