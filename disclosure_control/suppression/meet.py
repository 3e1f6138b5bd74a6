"""Meeting one demand: the cheapest box, boxes added up, or what a linear program finds."""

from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.suppression.boxes import Field, Grid, Wish, find_boxes
from disclosure_control.suppression.draft import Draft
from disclosure_control.suppression.problem import Floats, Places

_PACKED = 48
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Change:
    """Cells, by how much each moves, and what hiding those still shown would cost."""

    cells: Places
    amounts: Floats
    price: float


def meet(draft: Draft, grid: Grid | None, demand: int) -> bool:
    """Hides what one demand needs and lets the change serve others too; false when impossible."""
    change = cheapest_change(draft, grid, demand) if grid is not None else None
    if change is None:
        return False
    number = draft.add(change.cells, change.amounts)
    if not draft.assign(demand, number):
        return False
    draft.serve(number)
    return True


def cheapest_change(draft: Draft, grid: Grid, demand: int) -> Change | None:
    """One box, or several added up where that is cheaper; null when boxes cannot do it."""
    wish = wish_of(draft, grid, demand)
    if wish is None:
        return None
    one = one_box(grid, draft.terrain, wish)
    if one is not None and one.price <= 0.0:
        return one
    free = packed(draft, grid, draft.inside, wish)
    if free is not None:
        return free
    many = packed(draft, grid, draft.terrain, wish)
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
    return Change(*boxes.change(0, wish.amount), float(boxes.price[0]))


def packed(draft: Draft, grid: Grid, terrain: Field, wish: Wish) -> Change | None:
    """Boxes used one after the other, cheap ones first, until together they carry the amount."""
    boxes = find_boxes(grid, terrain, replace(wish, whole_amount=False), _PACKED)
    cells, place = np.unique(boxes.cells, return_inverse=True)
    place = place.reshape(boxes.cells.shape)
    room = np.stack([terrain.room[cells], terrain.room[cells + terrain.price.size]])
    moved, left = np.zeros(cells.size), wish.amount
    for column in range(boxes.price.size):
        own, signs = place[:, column], boxes.signs[:, column]
        used = signs != 0
        own, signs = own[used], signs[used]
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
            return Change(cells[kept], moved[kept], price)
    return None
