"""What insiders know of chosen cells, and which changes of a table they can rule out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from disclosure_control.margins import Grid, ancestors
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

_HIGHEST = float(np.finfo(np.float64).max)
_FLOATS = 1e-12
_TRIFLE = 5e-8


@dataclass(frozen=True)
class Knowledge:
    """Entries of all kinds of insiders, by cell and then rising amount.

    ``who`` counts through all kinds. ``amount`` is infinite where the insider is alone: then it
    rules out every change of the cell.
    """

    who: Places
    cell: Places
    amount: Floats


@dataclass(frozen=True)
class Moves:
    """Changes of a table taken apart: each entry moves one cell.

    ``change``: number of the change. ``trifle``: by how much it may miss a bound.
    """

    change: Places
    cell: Places
    amount: Floats
    trifle: Floats


def offsets(kinds: Sequence[Insiders]) -> list[int]:
    """At which number the insiders of each kind begin."""
    return [0, *np.cumsum([kind.count for kind in kinds]).tolist()]


def knowledge_of(
    kinds: Sequence[Insiders], cells: Flags, members: Flags | None = None
) -> Knowledge:
    """What insiders (``members`` only, when given) know of the flagged cells."""
    begin = offsets(kinds)
    parts = []
    for kind, first in zip(kinds, begin, strict=False):
        chosen = None if members is None else members[first : first + kind.count]
        who, cell, amount = _with_unions(kind, cells, chosen)
        parts.append((who + first, cell, np.where(kind.lone[cell], np.inf, amount)))
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Knowledge(none, none, np.empty(0))
    who, cell, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((who, amount, cell))
    return Knowledge(who[order], cell[order], amount[order])


def _with_unions(
    kind: Insiders, cells: Flags, members: Flags | None
) -> tuple[Places, Places, Floats]:
    """Entries of the flagged cells; those of a union are made of those of its parts."""
    first = kind.top.size - len(kind.unions)
    who, cell, amount = _entries(kind, cells[:first], members)
    asked: Places = np.flatnonzero(cells[first:])
    if asked.size == 0:
        return who, cell, amount
    union, part = _parts(kind, asked)
    flags: Flags = np.zeros(first, dtype=np.bool_)
    flags[part] = True
    their, place, size = _entries(kind, flags, members)
    order: Places = np.argsort(part, kind="stable")
    begin = np.searchsorted(part[order], place)
    many = np.searchsorted(part[order], place, side="right") - begin
    entry = np.repeat(np.arange(place.size), many)
    used = order[np.repeat(begin - np.cumsum(many) + many, many) + np.arange(entry.size)]
    more = _summed(their[entry], first + union[used], size[entry])
    pairs = zip((who, cell, amount), more, strict=True)
    return tuple(np.concatenate(pair) for pair in pairs)  # type: ignore[return-value]


def _parts(kind: Insiders, asked: Places) -> tuple[Places, Places]:
    """The cells of the unions that are asked about, as pairs of union and cell."""
    pairs = [(union, cell) for union in asked.tolist() for cell in kind.unions[union]]
    both = np.array(pairs, dtype=np.int64)
    return both[:, 0], both[:, 1]


def _entries(kind: Insiders, cells: Flags, members: Flags | None) -> tuple[Places, Places, Floats]:
    who, cell, amount = kind.who, kind.cell, kind.amount
    if members is not None:
        kept = members[who]
        who, cell, amount = who[kept], cell[kept], amount[kept]
    if not kind.axes:
        kept = cells[cell]
        return who[kept], cell[kept], amount[kept]
    grid, found = Grid(kind.axes), []
    places = np.unravel_index(cell, grid.shape)
    for margin in product(*(ancestors(axis) for axis in kind.axes)):
        above = [line[place] for line, place in zip(margin, places, strict=True)]
        inside = np.all([line >= 0 for line in above], axis=0)
        number = grid.fold([np.maximum(line, 0) for line in above])
        asked = np.flatnonzero(inside & cells[number])
        found.append((who[asked], number[asked], amount[asked]))
    return _summed(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _summed(who: Places, cell: Places, amount: Floats) -> tuple[Places, Places, Floats]:
    """One entry per insider and cell."""
    order = np.lexsort((cell, who))
    who, cell, amount = who[order], cell[order], amount[order]
    new = np.ones(who.size, dtype=np.bool_)
    new[1:] = (who[1:] != who[:-1]) | (cell[1:] != cell[:-1])
    first = np.flatnonzero(new)
    return who[first], cell[first], np.add.reduceat(amount, first) if first.size else amount


@dataclass(frozen=True)
class Objections:
    """Which insiders can rule out which changes, not listed until asked.

    Args:
        known: what insiders know of the cells in doubt.
        change: changes that somebody rules out, one entry per moved cell in doubt.
        first: where in ``known`` those who rule it out by this cell begin.
        size: and how many they are.
        count: how many objections each change meets; an insider may object several times.
    """

    known: Knowledge
    change: Places
    first: Places
    size: Places
    count: Places

    def listed(self, width: int) -> Places:
        """Every pair as change * width + insider, each once, rising."""
        entry = np.repeat(self.first - np.cumsum(self.size) + self.size, self.size)
        entry += np.arange(entry.size)
        keys = np.sort(np.repeat(self.change, self.size) * width + self.known.who[entry])
        return keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if keys.size else keys


def objections(
    problem: SuppressionProblem, moves: Moves, changes: int, kinds: Sequence[Insiders]
) -> Objections:
    """Who can rule out which of some changes.

    Args:
        problem: the problem.
        moves: the changes, taken apart.
        changes: how many there are.
        kinds: the insiders.
    """
    top = np.max([kind.top for kind in kinds], axis=0)
    lone = np.any([kind.lone for kind in kinds], axis=0)
    doubtful, level = _doubtful(problem, moves, top, lone)
    flags = np.zeros(problem.values.size, dtype=np.bool_)
    flags[moves.cell[doubtful]] = True
    found = knowledge_of(kinds, flags)
    change, cell = moves.change[doubtful], moves.cell[doubtful]
    first, size = _above(found, cell, level)
    count = np.bincount(change, weights=size, minlength=changes).astype(np.int64)
    return Objections(found, change, first, size, count)


def _doubtful(
    problem: SuppressionProblem, moves: Moves, top: Floats, lone: Flags
) -> tuple[Places, Floats]:
    """Moves that somebody may rule out, and to what they take their cells; the highest for a rise.

    Where a cell may be negative nobody knows what it holds at least.
    """
    known = problem.lower_bounds >= 0
    some = np.flatnonzero((moves.amount < 0) | lone[moves.cell])
    cell, amount = moves.cell[some], moves.amount[some]
    values, slack = problem.values[cell], np.zeros(cell.size)
    if not problem.integral:
        slack = moves.trifle[some] * _TRIFLE + _FLOATS * (np.abs(values) + np.abs(amount))
    level = np.where((amount < 0) & known[cell], values + amount + slack, _HIGHEST)
    doubtful = (np.abs(amount) > slack) & ((level < top[cell]) | lone[cell])
    return some[doubtful], level[doubtful]


def _above(found: Knowledge, cell: Places, level: Floats) -> tuple[Places, Places]:
    """For each cell and level where the entries of more than the level begin, and how many."""
    known = found.cell.size
    both = np.concatenate([found.cell, cell])
    size = np.concatenate([found.amount, level])
    asked = np.arange(both.size) >= known
    order = np.lexsort((asked, size, both))
    place = np.empty(both.size, dtype=np.int64)
    place[order] = np.cumsum(~asked[order])
    first = place[known:]
    end = np.searchsorted(found.cell, cell, side="right")
    return first, end - first


def own_amounts(kinds: Sequence[Insiders], who: Places, cell: Places, size: int) -> Floats:
    """What insiders contribute to cells; infinite where they are alone, 0 where they are not in.

    ``size``: how many cells there are.
    """
    flags = np.zeros(size, dtype=np.bool_)
    flags[cell] = True
    members = np.zeros(offsets(kinds)[-1], dtype=np.bool_)
    members[who] = True
    found = knowledge_of(kinds, flags, members)
    if found.cell.size == 0:
        return np.zeros(who.size)
    keys = found.who * size + found.cell
    order = np.argsort(keys)
    keys, amount = keys[order], found.amount[order]
    wanted = who * size + cell
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[place] == wanted, amount[place], 0.0)
