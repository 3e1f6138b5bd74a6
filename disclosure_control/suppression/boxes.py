"""Boxes: the smallest changes of a full grid that keep every relation, found without a program.

The outer product of one flow per axis, times an amount, changes the table but no sum: a box, in a
flat table with one corner for every choice of side per axis. All boxes through a cell are priced
in one sweep over arrays; the cheapest that its corners can carry is taken. Boxes are whole-number
changes. Known as the hypercube method (Repsilber 1994, Giessing and Repsilber 2002), here with the
true room of every corner instead of a sufficient condition, and on trees.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.flows import Moves, Paths, Signs
from disclosure_control.suppression.problem import Floats, Places, grid_shape

_SWEEP = 1 << 16
_CACHED = 1 << 16


@dataclass(frozen=True)
class Field:
    """What a box costs and what it may move, per cell.

    ``price``: of touching the cell; infinite forbids it. ``room``: how far each cell can rise,
    then how far each can fall.
    """

    price: Floats
    room: Floats


@dataclass(frozen=True)
class Wish:
    """What a box must do: move a cell.

    Args:
        cell: the cell.
        side: 1 up, -1 down.
        amount: by how much.
        within: per axis the node that must keep its value, or null.
        whole_amount: whether one box must carry it all, or as much of it as pays best.
    """

    cell: int
    side: int
    amount: float
    within: tuple[int | None, ...]
    whole_amount: bool = True


@dataclass(frozen=True)
class Boxes:
    """Boxes that do what is wished, one per column, the cheapest first.

    Args:
        cells: the cells of each.
        signs: how each cell moves when the box is used once; 0 is padding.
        carries: how often the box may be used.
        price: what it costs; per unit of its amount when it need not carry all.
    """

    cells: Places
    signs: Signs
    carries: Floats
    price: Floats

    def change(self, column: int, amount: float) -> tuple[Places, Floats]:
        """Cells and by how much each moves when a box is used ``amount`` times."""
        used = self.signs[:, column] != 0
        return self.cells[used, column], self.signs[used, column] * amount


_NO_BOXES = Boxes(
    np.empty((1, 0), dtype=np.int64), np.empty((1, 0), dtype=np.int8), np.empty(0), np.empty(0)
)


@dataclass(frozen=True)
class Grid:
    """The axes of a table with the flows through their nodes."""

    paths: tuple[Paths, ...]
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    cache: dict[tuple[int, int, int | None], Moves] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, axes: tuple[Axis, ...]) -> "Grid":
        """The grid of these axes."""
        shape = grid_shape(axes)
        strides = tuple(int(np.prod(shape[place + 1 :])) for place in range(len(shape)))
        return cls(tuple(Paths.of(axis) for axis in axes), shape, strides)

    def within(self, cell: int, group: int) -> tuple[int | None, ...]:
        """Which node must keep its value so that ``group`` does, while ``cell`` may move.

        Empty when the group does not lie above the cell.
        """
        kept: list[int | None] = [None] * len(self.shape)
        for axis, stride in enumerate(self.strides):
            own = cell // stride % self.shape[axis]
            above = group // stride % self.shape[axis]
            if own == above:
                continue
            lies_above = (self.paths[axis].under(own) & ~self.paths[axis].under(above)).sum() == 0
            if not lies_above:
                return ()
            if all(node is None for node in kept):
                kept[axis] = above
        return tuple(kept)

    def line(self, wish: Wish, axis: int, price: Floats) -> tuple[Moves, Places]:
        """The flows along one axis through the cell, and where they lie relative to it."""
        stride, size = self.strides[axis], self.shape[axis]
        node, keep = wish.cell // stride % size, wish.within[axis]
        moves = self.cache.get((axis, node, keep))
        if moves is None:
            paths = self.paths[axis]
            large = paths.is_large(node)
            first = wish.cell - node * stride
            prices = price[first : first + size * stride : stride] if large else np.empty(0)
            moves = paths.moves(node, keep, prices)
            if not large and moves.nodes.size <= _CACHED:
                self.cache[axis, node, keep] = moves
        return moves, (moves.nodes - node) * stride


def find_boxes(grid: Grid, terrain: Field, wish: Wish, limit: int = 1) -> Boxes:
    """At most so many boxes that do what is wished, the cheapest first."""
    lines = []
    for axis in range(len(grid.shape)):
        moves, offsets = grid.line(wish, axis, terrain.price)
        costs, _ = _priced(terrain, wish, offsets, moves.signs, full=moves.full)
        able = np.flatnonzero(np.isfinite(costs))
        if able.size == 0:
            return _NO_BOXES
        lines.append((offsets, moves, costs, able))
    offsets, signs, full = _product(lines)
    costs, carries = _priced(terrain, wish, offsets, signs, full=full)
    if limit == 1:
        best = np.array([np.argmin(costs)])
        best = best[np.isfinite(costs[best])]
    else:
        able = np.flatnonzero(np.isfinite(costs))
        best = able[np.argsort(costs[able], kind="stable")[:limit]]
    return Boxes(
        wish.cell + offsets[:, best],
        signs[:, best] * np.int8(wish.side),
        np.minimum(carries[best], wish.amount),
        costs[best],
    )


def _priced(
    terrain: Field, wish: Wish, offsets: Places, signs: Signs, *, full: bool
) -> tuple[Floats, Floats]:
    """Cost and carrying power of every column; infinite cost where it cannot do what is wished."""
    cells = offsets + wish.cell
    room = terrain.room[cells + (signs * wish.side < 0) * terrain.price.size]
    price = terrain.price[cells]
    if not full:
        price = np.where(signs == 0, 0.0, price)
        room = np.where(signs == 0, np.inf, room)
    carries = room.min(axis=0)
    costs = price.sum(axis=0)
    if wish.whole_amount:
        costs[carries < wish.amount] = np.inf
    else:
        costs /= np.clip(carries, 1e-300, wish.amount)
        costs[carries <= 0] = np.inf
    return costs, carries


def _product(
    lines: list[tuple[Places, Moves, Floats, npt.NDArray[np.int64]]],
) -> tuple[Places, Signs, bool]:
    """All combinations of one flow per axis; of too many only those with the cheapest lines."""
    offsets = np.zeros((1, 1), dtype=np.int64)
    signs = np.ones((1, 1), dtype=np.int8)
    left = _SWEEP
    for _, moves, _, _ in lines:
        left //= moves.nodes.shape[0]
    kept = _shares([able.size for *_, able in lines], max(left, 1))
    full = True
    for (own, moves, costs, able), count in zip(lines, kept, strict=True):
        chosen = able
        if count < able.size:
            chosen = np.sort(able[np.argsort(costs[able], kind="stable")[:count]])
        offsets = _outer(offsets, own[:, chosen], np.add)
        signs = _outer(signs, moves.signs[:, chosen], np.multiply)
        full = full and moves.full
    return offsets, signs, full


def _shares(sizes: list[int], limit: int) -> list[int]:
    """How many of each to keep so that the product stays below the limit."""
    kept = list(sizes)
    while (total := float(np.prod(kept, dtype=np.float64))) > limit and max(kept) > 1:
        place = kept.index(max(kept))
        following = max([1, *kept[:place], *kept[place + 1 :]])
        enough = int(limit * kept[place] / total)
        kept[place] = max(1, min(kept[place] - 1, max(following, enough)))
    return kept


def _outer(left: npt.NDArray, right: npt.NDArray, join: np.ufunc) -> npt.NDArray:  # type: ignore[type-arg]
    """Every column of one joined with every column of the other, and so for the rows."""
    both = join(left[:, None, :, None], right[None, :, None, :])
    rows, columns = left.shape[0] * right.shape[0], left.shape[1] * right.shape[1]
    return both.reshape(rows, columns)  # type: ignore[no-any-return]
