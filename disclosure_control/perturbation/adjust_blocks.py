"""Mending a choice of sides block by block.

A block is a sensitive cell and what lies near it in the relations. Its best sides are found by a
small whole-number program while all else stays; then the whole table is fitted anew. Blocks around
cells that are short come first, and may move all cells that are not sensitive; then those around
cells whose requirement costs most. The work is bounded by blocks.
"""

import numpy as np

from disclosure_control.perturbation.adjust_exact import choose_block
from disclosure_control.perturbation.adjust_program import Choice, Distance
from disclosure_control.perturbation.adjust_terms import Terms
from disclosure_control.suppression.problem import Flags

_BLOCKS, _SHORT_BLOCKS = 12, 6
_CELLS, _SENSITIVE = 400, 30
_SHORT = 1e-6
_GAIN = 1e-9


def mend(terms: Terms, choice: Choice) -> Choice:
    """``choice`` with the sides of some blocks chosen better; never worse."""
    program = Distance(terms)
    tried: set[int] = set()
    for turn in range(_BLOCKS):
        place = _worst(choice, tried)
        if place is None or (turn >= _SHORT_BLOCKS and not choice.moved.meets):
            break
        tried.add(place)
        block = block_around(terms, int(program.cells[place]))
        if not choice.moved.meets:
            block |= ~terms.sensitive
        sides = choose_block(terms, choice, block)
        if sides is None or np.array_equal(sides, choice.sides):
            continue
        moved = program.best(sides)
        if moved is not None and moved.loss < choice.moved.loss - _GAIN * (1 + choice.moved.loss):
            choice = Choice(sides, moved)
    return choice


def _worst(choice: Choice, tried: set[int]) -> int | None:
    """A sensitive cell that is short, else the dearest, by its place; null when all were tried."""
    count = choice.sides.size
    price = choice.moved.pull + 1e6 * (choice.moved.short[:count] > _SHORT)
    price[list(tried)] = 0.0
    place = int(np.argmax(price)) if count else 0
    return place if count and price[place] > 0 else None


def block_around(terms: Terms, cell: int) -> Flags:
    """A cell and its neighbours' neighbours, as many as fit into a block."""
    rows, columns = terms.relations, terms.relations.tocsc()
    inside = np.zeros(terms.up.size, dtype=np.bool_)
    inside[cell] = True
    ring = np.array([cell])
    while ring.size and inside.sum() < _CELLS:
        touched = np.unique(columns[:, ring].indices)
        near = np.setdiff1d(np.unique(rows[touched].indices), np.flatnonzero(inside))
        ring = near[: _CELLS - int(inside.sum())]
        inside[ring] = True
    sensitive = np.flatnonzero(inside & terms.sensitive)
    sensitive = sensitive[sensitive != cell]
    # Too many choices at once are left to other blocks: their cells stay where they are.
    inside[sensitive[_SENSITIVE:]] = False
    return inside
