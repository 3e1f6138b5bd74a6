"""Showing secondary cells again that turn out to be unnecessary, the dearest first."""

import numpy as np

from disclosure_control.suppression.draft import Change, Draft
from disclosure_control.suppression.meet import Means, free_box

_MANY = 32
_TRIED = 4


def prune(draft: Draft, means: Means, steps: int) -> None:
    """Drops every secondary cell whose witnesses can all be led through the other hidden cells.

    Boxes are tried first; programs only until they have used ``steps`` in all.
    """
    draft.show_unused()
    costs = draft.problem.costs
    secondary = np.flatnonzero(draft.hidden & ~draft.problem.primary)
    end = means.programs.steps + steps
    for cell in secondary[np.lexsort((secondary, -costs[secondary]))].tolist():
        if reroute(draft, means, cell, end):
            draft.drop(cell)
    draft.show_unused()


def reroute(draft: Draft, means: Means, cell: int, end: int) -> bool:
    """Whether every demand that uses a cell can be met without it; if so, they are."""
    found: list[tuple[int, int]] = []
    users = draft.users(cell)
    if len(users) > _MANY:
        return False
    draft.ban(cell)
    for demand in users:
        number = _other_witness(draft, demand, cell, [number for _, number in found])
        if number is None:
            change = _detour(draft, means, demand, cell, end)
            number = None if change is None else draft.add(change)
        if number is None or not draft.multiple(demand, number):
            draft.allow(cell)
            return False
        found.append((demand, number))
    for demand, number in found:
        draft.assign(demand, number)
    return True


def _detour(draft: Draft, means: Means, demand: int, cell: int, end: int) -> Change | None:
    """A change inside the hidden cells that avoids one of them."""
    change = free_box(draft, means, demand)
    if change is None and means.programs.steps < end:
        change = means.programs.inside(demand, cell)
    return change


def _other_witness(draft: Draft, demand: int, cell: int, new: list[int]) -> int | None:
    """A witness in use or just found that avoids the cell and can serve the demand."""
    used = draft.through(int(draft.demands.cell[demand]))
    for number in [*reversed(new), *used[:_TRIED]]:
        if not draft.touches(number, cell) and draft.multiple(demand, number):
            return number
    return None
