"""Small changes that keep every relation, found without a program: a box of cells exchanges values.

Two cells of a relation that move against each other keep it and break others. Two such pairs that
break the others alike, taken against each other, break nothing: in a table a rectangle, in larger
systems whatever has its shape. What a pair breaks is told by a checksum, so that alike pairs are
found by sorting; of alike pairs each goes best with the one that has most room. Where cells have
three relations, pairs of pairs do the same. The checksum is not trusted: every change is multiplied
out before it counts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.audit.blocks import packs
from disclosure_control.audit.reach import Reach
from disclosure_control.audit.rows import mixed, row_numbers, spread
from disclosure_control.suppression.problem import Flags, Floats, Places

_NEAR = 12
_NEAR_PAIRS = 8
_DENSE = 10
_TRIED = 4
_CHUNK = 100_000
_BLOCK = 60_000


@dataclass(frozen=True)
class Steps:
    """Changes of a few unknowns that break some relations.

    Args:
        cells: one row per step, the unknowns that move.
        signs: 1 for those that rise, -1 for those that fall.
        rise: how far the step can be made.
        fall: and its reverse.
        broken: checksum of what it does to the relations.
    """

    cells: Places
    signs: npt.NDArray[np.int64]
    rise: Floats
    fall: Floats
    broken: npt.NDArray[np.int64]

    def __getitem__(self, chosen: Any) -> "Steps":
        """Some of the steps."""
        return Steps(
            self.cells[chosen], self.signs[chosen], self.rise[chosen], self.fall[chosen],
            self.broken[chosen],
        )  # fmt: skip


def exchange(reach: Reach, wanted: Flags) -> None:
    """Widens the box for the wanted unknowns by changes of four cells.

    Args:
        reach: the box.
        wanted: two rows, one flag per unknown: those to be raised, those to be lowered.
    """
    for block in packs(reach.unknowns, np.asarray(wanted.any(axis=0)), _BLOCK):
        steps, _ = _pairs(reach, block)
        _use(reach, steps, wanted)


def exchange_boxes(reach: Reach, wanted: Flags) -> None:
    """The same by changes of eight cells; nothing where cells have too many relations for it."""
    for block in packs(reach.unknowns, np.asarray(wanted.any(axis=0)), _BLOCK):
        steps, relation = _pairs(reach, block)
        able = (steps.rise > 0) | (steps.fall > 0)
        steps, relation = steps[able], relation[able]
        if relation.size:
            _use(reach, _joined(reach, steps, relation), wanted)


def _pairs(reach: Reach, block: Places) -> tuple[Steps, Places]:
    """Pairs of unknowns of a block that are near each other in a relation, and the relation."""
    matrix = reach.columns[:, block].tocsr()
    one, two = _within(matrix.indptr, _NEAR)
    same_size = np.abs(matrix.data[one]) == np.abs(matrix.data[two])
    one, two = one[same_size], two[same_size]
    cells = block[np.stack([matrix.indices[one], matrix.indices[two]], axis=1)]
    against = -np.sign(matrix.data[one] * matrix.data[two]).astype(np.int64)
    signs = np.stack([np.ones_like(against), against], axis=1)
    return _steps(reach, cells, signs), row_numbers(matrix)[one]


def _steps(reach: Reach, cells: Places, signs: npt.NDArray[np.int64]) -> Steps:
    low, high = -reach.unknowns.low[cells], reach.unknowns.high[cells]
    return Steps(
        cells,
        signs,
        np.where(signs > 0, high, low).min(axis=1),
        np.where(signs > 0, low, high).min(axis=1),
        (signs * reach.checksums[cells]).sum(axis=1),
    )


def _within(start: Any, near: int) -> tuple[Places, Places]:
    """Pairs of places of the same group less than ``near`` apart; groups lie one after another."""
    count = int(start[-1])
    end = np.repeat(start[1:], np.diff(start))
    place = np.arange(count)
    one = [place[place + gap < end] for gap in range(1, near)]
    return np.concatenate(one), np.concatenate([part + gap for gap, part in enumerate(one, 1)])


def _joined(reach: Reach, steps: Steps, relation: Places) -> Steps:
    """Pairs of pairs that mend two of the relations that they break."""
    columns = reach.columns
    step, first, second = _broken_twice(columns, steps, relation)
    if step.size == 0 or step.size > _DENSE * relation.size:
        return steps[:0]
    row = np.stack([columns.indices[first], columns.indices[second]])
    size = np.stack([columns.data[first], columns.data[second]]) * steps.signs[step].T
    swap = row[0] > row[1]
    row, size = np.where(swap, row[::-1], row), np.where(swap, size[::-1], size)
    turn = np.sign(size[0])
    size = size * turn
    order = np.lexsort((size[1], size[0], row[1], row[0]))
    parts = np.stack([row[0], row[1], size[0], size[1]])[:, order]
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = (parts[:, 1:] != parts[:, :-1]).any(axis=0)
    one, two = _within(np.append(np.flatnonzero(new), order.size), _NEAR_PAIRS)
    one, two = order[one], order[two]
    other = -(turn[one] * turn[two]).astype(np.int64)
    return _together(steps[step[one]], steps[step[two]], other)


def _broken_twice(columns: Any, steps: Steps, relation: Places) -> tuple[Places, Places, Places]:
    """Every step with one relation that its first cell breaks and one that its second breaks.

    Relations are given by their entries in ``columns``.
    """
    degree = np.diff(columns.indptr).astype(np.int64)
    cell = steps.cells[:, 0]
    first = spread(columns.indptr[cell].astype(np.int64), degree[cell])
    place = np.repeat(np.arange(relation.size), degree[cell])
    cell = steps.cells[place, 1]
    entry = spread(columns.indptr[cell].astype(np.int64), degree[cell])
    place, first = np.repeat(place, degree[cell]), np.repeat(first, degree[cell])
    one, two = columns.indices[first], columns.indices[entry]
    other = (one != relation[place]) & (two != relation[place]) & (one != two)
    return place[other], first[other], entry[other]


def _together(one: Steps, two: Steps, other: npt.NDArray[np.int64]) -> Steps:
    """Steps made of two: the first, and the second in the direction ``other``."""
    ahead = other > 0
    found = Steps(
        np.hstack([one.cells, two.cells]),
        np.hstack([one.signs, two.signs * other[:, None]]),
        np.minimum(one.rise, np.where(ahead, two.rise, two.fall)),
        np.minimum(one.fall, np.where(ahead, two.fall, two.rise)),
        one.broken + other * two.broken,
    )
    found = found[_apart(one.cells, two.cells) & ((found.rise > 0) | (found.fall > 0))]
    check = np.sort(found.cells, axis=1) @ mixed(found.cells.shape[1])
    return found[np.unique(check, return_index=True)[1]]


def _use(reach: Reach, steps: Steps, wanted: Flags) -> None:
    """Takes alike steps against each other and shows the best ones to the box."""
    if steps.rise.size == 0 or not wanted.any():
        return
    turn = np.where(steps.broken < 0, -1, 1)
    rise = np.where(turn > 0, steps.rise, steps.fall)
    fall = np.where(turn > 0, steps.fall, steps.rise)
    # Every step appears twice: as it is and reversed, each with its own best partner.
    found = [_partners(steps, own, room) for own, room in ((rise, fall), (fall, rise))]
    step = np.tile(np.arange(turn.size), 2)
    partner, room = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sign = np.r_[turn, -turn]
    chosen = _best(reach, steps, (step, sign, room), wanted)
    for start in range(0, chosen.size, _CHUNK):
        some = chosen[start : start + _CHUNK]
        one, two, factor = step[some], partner[some], sign[some]
        against = np.where(two < 0, 0, -turn[two] * turn[one] * factor)
        cells = np.hstack([steps.cells[one], steps.cells[two]])
        signs = [steps.signs[one] * factor[:, None], steps.signs[two] * against[:, None]]
        reach.see_exact(_changes(cells, np.hstack(signs), reach.unknowns.size))


def _changes(cells: Places, signs: npt.NDArray[np.int64], count: int) -> Any:
    """Steps as rows of a sparse matrix; a step that stands alone is its own row."""
    from scipy.sparse import csr_matrix

    start = np.arange(cells.shape[0] + 1) * cells.shape[1]
    shape = (cells.shape[0], count)
    matrix = csr_matrix((signs.ravel().astype(np.float64), cells.ravel(), start), shape=shape)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _partners(steps: Steps, own: Floats, room: Floats) -> tuple[Places, Floats]:
    """For each step the one that breaks the same and has most room, and the room of both.

    Only the few with most room are tried, of which those that move cells of the step itself do not
    serve. The partner is -1 for a step that breaks nothing, and the room 0 when there is none.
    """
    broken = np.abs(steps.broken)
    order = np.lexsort((-room, broken))
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = broken[order[1:]] != broken[order[:-1]]
    group = np.cumsum(new) - 1
    start = np.append(np.flatnonzero(new), order.size)
    partner = np.full(order.size, -1)
    found = np.where(broken == 0, own, 0.0)
    left = np.flatnonzero((np.diff(start) > 1)[group] & (own > 0)[order] & (broken > 0)[order])
    for rank in range(_TRIED):
        left = left[start[group[left]] + rank < start[group[left] + 1]]
        one, two = order[left], order[start[group[left]] + rank]
        apart = _apart(steps.cells[one], steps.cells[two])
        partner[one[apart]] = two[apart]
        found[one[apart]] = np.minimum(own[one[apart]], room[two[apart]])
        left = left[~apart]
    return partner, found


def _apart(one: Places, two: Places) -> Flags:
    """Whether two groups of cells have none in common, by row."""
    apart = np.ones(one.shape[0], dtype=np.bool_)
    for here in one.T:
        for there in two.T:
            apart &= here != there
    return apart


def _best(reach: Reach, steps: Steps, made: tuple[Places, Places, Floats], wanted: Flags) -> Places:
    """For each wanted unknown and side the candidate that takes it furthest."""
    step, sign, room = made
    able = np.flatnonzero(room > 0)
    width = steps.cells.shape[1]
    cell = steps.cells[step[able]].ravel()
    side = (np.repeat(sign[able], width) * steps.signs[step[able]].ravel() < 0).astype(np.int64)
    which, far = np.repeat(able, width), np.repeat(room[able], width)
    asked = wanted[side, cell] & (far > np.where(side > 0, reach.fall[cell], reach.rise[cell]))
    cell, side, which, far = cell[asked], side[asked], which[asked], far[asked]
    order = np.lexsort((far, side, cell))
    key = cell[order] * 2 + side[order]
    last = np.ones(order.size, dtype=np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return np.unique(which[order[last]])
