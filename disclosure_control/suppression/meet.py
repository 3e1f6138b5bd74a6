"""Meeting one demand: a box that costs nothing, what a program finds, or the cheapest boxes."""

from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.suppression.boxes import Field, Grid, Wish, find_boxes
from disclosure_control.suppression.draft import UNSERVED, Change, Draft
from disclosure_control.suppression.problem import (
    Places,
    SuppressionProblem,
    grid_relations,
    grid_shape,
)
from disclosure_control.suppression.programs import Programs

_PACKED = 48
_TURNS = 12
_WORTH = 40
_FEW = 8
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Means:
    """How demands can be met: boxes when the cells are a grid, programs always."""

    grid: Grid | None
    programs: Programs

    @classmethod
    def of(cls, draft: Draft) -> "Means":
        """The means for a problem."""
        return cls(Grid.of(draft.problem.axes) if is_grid(draft.problem) else None, Programs(draft))


def is_grid(problem: SuppressionProblem) -> bool:
    """Whether the relations are those of the axes and no others, so that boxes keep them."""
    if not problem.axes:
        return False
    own, meant = problem.relations.tocsr(), grid_relations(problem.axes)
    same_size = own.shape == meant.shape and own.nnz == meant.nnz
    return bool(same_size and (own != meant).nnz == 0)


def meet(draft: Draft, means: Means, demand: int) -> bool:
    """Hides what one demand needs and lets the change serve others too; false when impossible."""
    change = free_box(draft, means, demand)
    if change is None:
        change = means.programs.change(demand)
    if change is None:
        change = cheapest_boxes(draft, means, demand)
    if change is None:
        return False
    number = draft.add(change)
    if not draft.assign(demand, number):
        return False
    draft.serve(number)
    return True


def lift_all(draft: Draft, means: Means) -> None:
    """Meets as many demands as changes of hidden cells can that move many cells at once.

    Some cells are to rise while others fall, so that they make room for each other.
    """
    tired = {0: False, 1: False}
    for turn in range(_TURNS):
        demands = np.flatnonzero((draft.row == UNSERVED) & (draft.demands.side != 0))
        up = (_halves(draft, draft.demands.cell[demands]) + turn) % 2 == 0
        chosen = demands[up == (draft.demands.side[demands] > 0)]
        if chosen.size < _FEW or tired[turn % 2]:
            continue
        before = means.programs.steps
        for change in means.programs.lifts(chosen, turn // 2):
            draft.serve(draft.add(change))
        served = int((draft.row[chosen] != UNSERVED).sum())
        tired[turn % 2] = served * _WORTH < means.programs.steps - before


def _halves(draft: Draft, cells: Places) -> Places:
    """0 or 1 for cells, as on a board of chess."""
    axes = draft.problem.axes
    if not axes:
        return np.asarray(cells % 2)
    return np.asarray(np.sum(np.unravel_index(cells, grid_shape(axes)), axis=0) % 2)


def free_box(draft: Draft, means: Means, demand: int) -> Change | None:
    """One box inside the hidden cells that are not banned."""
    wish = None if means.grid is None else wish_of(draft, means.grid, demand)
    return None if means.grid is None or wish is None else one_box(means.grid, draft.inside, wish)


def cheapest_boxes(draft: Draft, means: Means, demand: int) -> Change | None:
    """One box or several added up, whichever costs less; null when boxes cannot do it."""
    wish = None if means.grid is None else wish_of(draft, means.grid, demand)
    if means.grid is None or wish is None:
        return None
    one = one_box(means.grid, draft.terrain, wish)
    many = packed(draft, means.grid, draft.terrain, wish)
    if one is None or (many is not None and many.price < one.price):
        return many
    return one


def wish_of(draft: Draft, grid: Grid, demand: int) -> Wish | None:
    """What a box must do to meet a demand; null when no box can."""
    wanted = draft.demands
    cell, group = int(wanted.cell[demand]), int(wanted.group[demand])
    within = grid.within(cell, group) if group >= 0 else (None,) * len(grid.shape)
    amount = float(wanted.need[demand])
    if draft.problem.integral:
        amount = float(np.ceil(amount))
    side = int(np.sign(wanted.weight[demand]))
    room = draft.terrain.room[cell + (side < 0) * draft.hidden.size]
    return Wish(cell, side, amount, within) if within and amount <= room else None


def one_box(grid: Grid, terrain: Field, wish: Wish) -> Change | None:
    """The cheapest box that carries the whole amount."""
    boxes = find_boxes(grid, terrain, wish)
    if boxes.price.size == 0:
        return None
    return Change(*boxes.change(0, wish.amount), float(boxes.price[0]), wish.amount)


def packed(draft: Draft, grid: Grid, terrain: Field, wish: Wish) -> Change | None:
    """Boxes used one after the other, cheap ones first, until together they carry the amount."""
    boxes = find_boxes(grid, terrain, replace(wish, whole_amount=False), _PACKED)
    cells, place = np.unique(boxes.cells, return_inverse=True)
    place = place.reshape(boxes.cells.shape)
    room = np.stack([terrain.room[cells], terrain.room[cells + terrain.price.size]])
    moved, left = np.zeros(cells.size), wish.amount
    for column in range(boxes.price.size):
        used = boxes.signs[:, column] != 0
        own, signs = place[used, column], boxes.signs[used, column]
        size = min(float(room[(signs < 0) * 1, own].min()), left)
        size = float(np.floor(size)) if draft.problem.integral else size
        if size <= 0:
            continue
        room[0, own] -= signs * size
        room[1, own] += signs * size
        moved[own] += signs * size
        left -= size
        if left <= wish.amount * _ROUNDING:
            kept = np.abs(moved) > wish.amount * _ROUNDING
            price = float(terrain.price[cells[kept]].sum())
            return Change(cells[kept], moved[kept], price, wish.amount)
    return None
