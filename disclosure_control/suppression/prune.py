"""Showing secondary cells again that turn out to be unnecessary, the dearest first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from disclosure_control.suppression.boxes import Field, Grid, find_boxes
from disclosure_control.suppression.draft import UNSERVED, Draft
from disclosure_control.suppression.meet import Change, one_box, packed, wish_of
from disclosure_control.suppression.problem import Flags, Places

_ALTERNATIVES = 32


@dataclass(frozen=True)
class Alternatives:
    """Ways of meeting demands with the secondary cells that each uses.

    Args:
        owner: the demand of each way.
        box: the way itself; null for the witness that serves the demand now.
        cell: secondary cells, way after way.
        way: which way each entry of ``cell`` belongs to.
    """

    owner: Places
    box: tuple[Change | None, ...]
    cell: Places
    way: Places


def prune(draft: Draft, grid: Grid | None) -> None:
    """Drops every secondary cell whose witnesses can all be led through the other hidden cells."""
    costs = draft.problem.costs
    ways = find_alternatives(draft, grid)
    secondary = np.flatnonzero(draft.hidden & ~draft.problem.primary)
    order = secondary[np.lexsort((secondary, -costs[secondary]))]
    alive = drop_cells(ways, order, draft.demands.need.size)
    choose(draft, ways, alive)
    draft.show_unused()
    for cell in order[draft.hidden[order]].tolist():
        if reroute(draft, grid, cell):
            draft.drop(cell)


def find_alternatives(draft: Draft, grid: Grid | None) -> Alternatives:
    """For every demand that needs secondary cells: boxes inside the hidden cells."""
    primary = draft.problem.primary
    price = np.where(draft.hidden, np.where(primary, 0.0, draft.problem.costs), np.inf)
    terrain = Field(price, draft.terrain.room)
    owner, box, cells = [], [], []
    for demand in np.flatnonzero(draft.row != UNSERVED).tolist():
        used = draft.witnesses[draft.row[demand]][0]
        used = used[~primary[used]]
        if used.size == 0:
            continue
        owner.append(demand)
        box.append(None)
        cells.append(used)
        wish = wish_of(draft, grid, demand) if grid is not None else None
        if wish is None:
            continue
        boxes = find_boxes(grid, terrain, wish, _ALTERNATIVES)
        for column, cost in enumerate(boxes.price.tolist()):
            found = Change(*boxes.change(column, wish.amount), cost)
            owner.append(demand)
            box.append(found)
            cells.append(found.cells[~primary[found.cells]])
            if cost == 0.0:
                break
    sizes = [part.size for part in cells]
    return Alternatives(
        np.array(owner, dtype=np.int64),
        tuple(box),
        np.concatenate([np.empty(0, dtype=np.int64), *cells]),
        np.repeat(np.arange(len(sizes)), sizes),
    )


def drop_cells(ways: Alternatives, order: Places, demands: int) -> Flags:
    """Goes through cells in order and drops each that no demand needs; which ways are left."""
    alive = np.ones(ways.owner.size, dtype=np.bool_)
    left = np.bincount(ways.owner, minlength=demands)
    by_cell = np.argsort(ways.cell, kind="stable")
    sorted_cells = ways.cell[by_cell]
    start = np.searchsorted(sorted_cells, order)
    stop = np.searchsorted(sorted_cells, order, side="right")
    for first, last in zip(start.tolist(), stop.tolist(), strict=True):
        through = ways.way[by_cell[first:last]]
        through = through[alive[through]]
        owners = ways.owner[through]
        np.subtract.at(left, owners, 1)
        if left[owners].all():
            alive[through] = False
        else:
            np.add.at(left, owners, 1)
    return alive


def choose(draft: Draft, ways: Alternatives, alive: Flags) -> None:
    """Lets every demand be served by the first way that is left."""
    left = np.flatnonzero(alive)
    _, first = np.unique(ways.owner[left], return_index=True)
    for way in left[first].tolist():
        box = ways.box[way]
        if box is not None:
            draft.assign(int(ways.owner[way]), draft.add(box.cells, box.amounts))


def reroute(draft: Draft, grid: Grid, cell: int) -> bool:
    """Whether every demand that uses a cell can be met without it; if so, they are."""
    found: list[tuple[int, int]] = []
    draft.ban(cell)
    for demand in draft.users(cell):
        number = _other_witness(draft, demand, cell)
        if number is None:
            wish = wish_of(draft, grid, demand)
            change = None
            if wish is not None:
                change = one_box(grid, draft.inside, wish)
                if change is None:
                    change = packed(draft, grid, draft.inside, wish)
            number = None if change is None else draft.add(change.cells, change.amounts)
        if number is None or not draft.multiple(demand, number):
            draft.allow(cell)
            return False
        found.append((demand, number))
    for demand, number in found:
        draft.assign(demand, number)
    return True


def _other_witness(draft: Draft, demand: int, cell: int) -> int | None:
    """A witness in use that avoids the cell and can serve the demand."""
    for number in draft.through(int(draft.demands.cell[demand])):
        if not draft.touches(number, cell) and draft.multiple(demand, number):
            return number
    return None
