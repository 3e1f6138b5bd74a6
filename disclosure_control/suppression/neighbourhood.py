"""Which cells take part in the program for one demand: those near it, hidden or cheap.

Programs over a whole large table are slow and mostly idle. In a grid the neighbourhood is a smaller
grid (see ``subgrid``). Elsewhere it grows from the cell through its relations, a few cells of each.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    Places,
    SuppressionProblem,
    distinct_rows,
)
from disclosure_control.suppression.subgrid import Subgrids

_PER_RELATION = 20
_FLAT_BLOCK = 2_000
_BLOCK = 10_000


@dataclass(frozen=True)
class Piece:
    """Some cells and the relations among them, numbered anew from 0.

    Args:
        cells: the cells, rising.
        start: for each cell where its entries begin, and the end.
        relation: for each entry its relation.
        sign: and its coefficient.
        relations: how many relations there are.
    """

    cells: Places
    start: Places
    relation: Places
    sign: Floats
    relations: int

    def matrix(self) -> Any:
        """The relations as a ``scipy.sparse`` matrix."""
        from scipy.sparse import csc_matrix

        shape = (self.relations, self.cells.size)
        return csc_matrix((self.sign, self.relation, self.start), shape=shape)


@dataclass(frozen=True)
class Network:
    """The relations of a problem in both directions.

    Args:
        rows: relations by row, repeats left out, the cheapest cells of each first.
        columns: the same by cell.
        costs: of hiding each cell; infinite for cells that must be shown.
        grids: smaller grids; null when the cells are none.
        flat: whether they are a grid in which no axis has a tree.
        ranks: per axis of a grid the labels numbered so that each stands beside those under the
            same label; empty when there is no grid.
        slot: room for renumbering, one entry per relation.
        seen: room for marks, one entry per relation; false between calls.
        inside: the same per cell.
    """

    rows: Any
    columns: Any
    costs: Floats
    grids: Subgrids | None
    flat: bool
    ranks: tuple[Places, ...]
    slot: Places
    seen: Flags
    inside: Flags

    @classmethod
    def of(cls, problem: SuppressionProblem) -> "Network":
        """The network of a problem."""
        rows = problem.relations.tocsr() if problem.axes else distinct_rows(problem.relations)
        costs = np.where(problem.primary, 0.0, problem.costs)
        count = rows.shape[0]
        return cls(
            _cheapest_first(rows, costs),
            rows.tocsc(),
            costs,
            Subgrids.of(problem) if problem.axes else None,
            _is_flat(problem),
            tuple(_depth_first(axis) for axis in problem.axes),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.bool_),
            np.zeros(costs.size, dtype=np.bool_),
        )

    def all(self) -> Piece:
        """Every cell that may be hidden and can move."""
        return movable(self.piece(np.flatnonzero(np.isfinite(self.costs))))

    def near(self, cell: int, hidden: Flags, limit: int, *, grown: bool) -> Piece:
        """About ``limit`` cells around one that may be hidden and can move among themselves.

        ``grown``: through the relations, even in a grid.
        """
        if self.grids is not None and not grown:
            found = self.grids.around(cell, hidden, limit)
        else:
            found = self._grown(cell, hidden, limit)
        return movable(self.piece(found[np.isfinite(self.costs[found])]))

    def blocks(self, cells: Places, turn: int) -> list[Places]:
        """Cells cut into parts that hang together, along one axis of a grid; cut anew each turn."""
        limit = _FLAT_BLOCK if self.flat else _BLOCK
        count = -(-cells.size // limit)
        if count <= 1:
            return [cells]
        if not self.ranks:
            rank = self._nearness()[cells]
            part = np.argsort(np.argsort(rank, kind="stable"), kind="stable") // limit
        else:
            part = self._along_an_axis(cells, turn, count)
        order = np.argsort(part, kind="stable")
        ends = np.flatnonzero(np.diff(part[order])) + 1
        return np.split(cells[order], ends)

    def _along_an_axis(self, cells: Places, turn: int, count: int) -> Places:
        """Parts of neighbouring labels; in flat grids every other turn of labels far apart."""
        sizes = [rank.size for rank in self.ranks]
        axis = int(np.argsort([-size for size in sizes], kind="stable")[0])
        if not self.flat and len(sizes) > 1 and turn % 2:
            axis = int(np.argsort([-size for size in sizes], kind="stable")[1])
        stride = int(np.prod(sizes[axis + 1 :]))
        label = self.ranks[axis][cells // stride % sizes[axis]]
        if self.flat and turn % 2:
            return np.asarray(label % count)
        return np.asarray(label * min(count, sizes[axis]) // sizes[axis])

    def _nearness(self) -> Places:
        """Cells numbered so that those that share relations come close after each other."""
        from scipy.sparse import bmat
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        graph = bmat([[None, abs(self.rows)], [abs(self.rows).T, None]], format="csr")
        order = reverse_cuthill_mckee(graph, symmetric_mode=True)
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = np.arange(order.size)
        return rank[self.rows.shape[0] :]

    def piece(self, cells: Places) -> Piece:
        """Some cells, rising, with the relations among them."""
        entry, size = _entries(self.columns, cells)
        start = np.concatenate([[0], np.cumsum(size)])
        relation, count = self._renumbered(self.columns.indices[entry])
        return Piece(cells, start, relation, self.columns.data[entry].astype(np.float64), count)

    def _renumbered(self, rows: Places) -> tuple[Places, int]:
        """Relations numbered from 0, and how many there are; no sorting."""
        place = np.arange(rows.size)
        self.slot[rows] = place
        last = self.slot[rows]
        chosen = last == place
        number = np.cumsum(chosen) - 1
        return number[last], int(number[-1]) + 1 if rows.size else 0

    def _grown(self, cell: int, hidden: Flags, limit: int) -> Places:
        """The cheapest cells of each relation, again and again, hidden ones first."""
        front = np.array([cell])
        self.inside[cell] = True
        fronts, passed, count = [front], [], 1
        while front.size and count < limit:
            rows = self.columns.indices[_entries(self.columns, front)[0]]
            rows = _first_seen(rows[~self.seen[rows]], self.seen)
            passed.append(rows)
            front = _first_seen(self._members(rows, hidden), self.inside)
            fronts.append(front)
            count += front.size
        found = np.sort(np.concatenate(fronts))
        self.inside[found] = False
        self.seen[np.concatenate([*passed, np.empty(0, dtype=np.int64)])] = False
        return found

    def _members(self, rows: Places, hidden: Flags) -> Places:
        """A few cells of each relation that are not inside yet: hidden ones, then cheap ones."""
        entry, size = _entries(self.rows, rows)
        cells = self.rows.indices[entry]
        covered = hidden[cells]
        first = np.cumsum(size) - size
        among = np.cumsum(covered)
        before = np.repeat(among[first] - covered[first] if first.size else first, size)
        own = among - before
        rank = np.arange(cells.size) - np.repeat(first, size)
        total = np.repeat(np.add.reduceat(covered, first) if first.size else first, size)
        rank = np.where(covered, own - 1, total + rank - own)
        chosen = cells[rank < _PER_RELATION]
        return np.asarray(chosen[~self.inside[chosen]])


def _is_flat(problem: SuppressionProblem) -> bool:
    """Whether the cells are a grid in which no label but the total has others below it."""
    return bool(problem.axes) and all(sum(map(bool, axis.children)) <= 1 for axis in problem.axes)


def _depth_first(axis: Axis) -> Places:
    """The place of every label when each is followed by those below it."""
    rank = np.empty(len(axis.labels), dtype=np.int64)
    waiting = [place for place, parent in enumerate(axis.parents) if parent < 0]
    for number in range(rank.size):
        place = waiting.pop()
        rank[place] = number
        waiting.extend(axis.children[place])
    return rank


def movable(piece: Piece) -> Piece:
    """Without cells that are alone in a relation, once the others that are have been left out."""
    owner = np.repeat(np.arange(piece.cells.size), np.diff(piece.start))
    relation, sign = piece.relation, piece.sign
    alive = np.ones(piece.cells.size, dtype=np.bool_)
    while True:
        alone = np.bincount(relation, minlength=piece.relations) == 1
        bad = alone[relation]
        if not bad.any():
            break
        alive[owner[bad]] = False
        kept = alive[owner]
        owner, relation, sign = owner[kept], relation[kept], sign[kept]
    used = np.bincount(relation, minlength=piece.relations) > 0
    size = np.bincount(owner, minlength=alive.size)[alive]
    return Piece(
        piece.cells[alive],
        np.concatenate([[0], np.cumsum(size)]),
        (np.cumsum(used) - 1)[relation],
        sign,
        int(used.sum()),
    )


def _cheapest_first(rows: Any, costs: Floats) -> Any:
    """The same relations with the cells of each in rising order of cost."""
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, costs[rows.indices], owner))
    sorted_rows = rows.copy()
    sorted_rows.indices, sorted_rows.data = rows.indices[order], rows.data[order]
    return sorted_rows


def _entries(matrix: Any, lines: Places) -> tuple[Places, Places]:
    """Places of the entries of several lines of a compressed matrix, and how many each has."""
    first = matrix.indptr[lines]
    size = matrix.indptr[lines + 1] - first
    entry = np.repeat(first - np.cumsum(size) + size, size)
    return entry + np.arange(entry.size), size


def _first_seen(places: Places, marks: Flags) -> Places:
    """The places, each once, rising; they become marked."""
    rising = np.sort(places)
    once = rising[np.concatenate([[True], rising[1:] != rising[:-1]])] if rising.size else rising
    marks[once] = True
    return once
