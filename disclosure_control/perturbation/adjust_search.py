"""Choosing which sensitive cells rise and which fall, by search.

First a greedy choice: the largest requirement first, each to the side that unbalances the relations
least; it is settled relation by relation. Then choices are turned round, those first whose
requirement costs most, and kept when the closest table comes closer. Then some choices are turned
at random and the descent is repeated. The work is bounded by programs and simplex steps, so that
the answer is always the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from disclosure_control.perturbation.adjust_program import Choice, Distance, Moved, allowed
from disclosure_control.perturbation.adjust_settle import settled
from disclosure_control.perturbation.adjust_terms import DOWN, UP, Sides, Terms
from disclosure_control.suppression.problem import Flags

_TURNS, _LEAST_TURNS, _WORK = 400, 20, 2_000_000
_PATIENCE = 60
_STEPS = 60_000
_DEAR = (np.inf, 100.0, 20.0, 5.0)
"""Weights above which cells are left out when sides are settled; the median cell has 1."""
_KICKS = 3
_KICKED = 0.1
_GAIN = 1e-9


@dataclass
class Work:
    """What may still be done."""

    turns: int
    steps: int

    def is_left(self) -> bool:
        """Whether there is any."""
        return self.turns > 0 and self.steps > 0

    def spend(self, moved: Moved | None) -> None:
        """Counts one program."""
        self.turns -= 1
        self.steps -= moved.steps if moved is not None else 0


def search_sides(terms: Terms, seconds: float | None, seed: int) -> Choice | None:
    """The best choice found; null when not even one program had an answer.

    With ``seconds`` the search goes on from there until they are over, and keeps the best.
    """
    end = None if seconds is None else monotonic() + seconds
    turns = int(np.clip(_WORK // max(1, terms.relations.nnz), _LEAST_TURNS, _TURNS))
    program, work = Distance(terms), Work(turns, _STEPS)
    starts = [choice for choice in _starts(program, seed) if choice is not None]
    if not starts:
        return None
    best = _descend(program, min(starts, key=lambda one: one.moved.loss), work)
    chance, kicks = np.random.default_rng(seed), 0
    while _goes_on(best, work, kicks, end):
        other = _kicked(program, best, chance)
        if other is not None:
            budget = work if end is None else Work(turns, _STEPS)
            found = _descend(program, other, budget)
            best = found if found.moved.loss < best.moved.loss - _GAIN else best
        kicks += 1
    return best


def _goes_on(best: Choice, work: Work, kicks: int, end: float | None) -> bool:
    if best.sides.size == 0:
        return False
    return (kicks < _KICKS and work.is_left()) if end is None else monotonic() < end


def _starts(program: Distance, seed: int) -> Iterator[Choice | None]:
    """Settled choices; the later ones settle without the help of the dearest cells."""
    terms = program.terms
    greedy = greedy_sides(terms)
    seen: set[bytes] = set()
    for dear in _DEAR:
        still = ~terms.sensitive & (terms.weights > dear)
        rise, fall = (np.where(still, 0.0, room) for room in (terms.rise, terms.fall))
        sides = settled(terms, settled(replace(terms, rise=rise, fall=fall), greedy, seed), seed)
        if sides.tobytes() not in seen:
            seen.add(sides.tobytes())
            moved = program.best(sides)
            yield None if moved is None else Choice(sides, moved)


def greedy_sides(terms: Terms) -> Sides:
    """For every sensitive cell a side, so that rises and falls of a relation cancel out."""
    cells = np.flatnonzero(terms.sensitive)
    rise, fall = allowed(terms)
    columns = terms.relations.tocsc()
    balance = np.zeros(terms.relations.shape[0])
    sides = np.where(rise, UP, DOWN).astype(np.int8)
    need = np.maximum(terms.up[cells], terms.down[cells])
    for place in np.argsort(-need, kind="stable").tolist():
        cell = cells[place]
        part = slice(columns.indptr[cell], columns.indptr[cell + 1])
        rows, signs = columns.indices[part], columns.data[part]
        up, down = signs * terms.up[cell], -signs * terms.down[cell]
        if rise[place] and fall[place]:
            own = terms.weights[cell] * (terms.up[cell] - terms.down[cell])
            here = balance[rows]
            worse = np.abs(here + up).sum() - np.abs(here + down).sum() + own / need.max()
            sides[place] = UP if worse <= 0 else DOWN
        balance[rows] += up if sides[place] == UP else down
    return sides


def _descend(program: Distance, choice: Choice, work: Work) -> Choice:
    """Turns choices round while that helps: many at once first, then fewer, then single ones."""
    both = np.logical_and(*allowed(program.terms))
    count = max(1, int(both.sum()) // 4)
    if program.best(choice.sides) is None:
        return choice
    basis, failed = program.basis(), 0
    tried: set[int] = set()
    while work.is_left() and failed < _PATIENCE:
        places = _dearest(program, choice, both, tried)[:count]
        if not places:
            break
        sides = choice.sides.copy()
        sides[places] = -sides[places]
        moved = program.best(sides)
        work.spend(moved)
        if moved is not None and moved.loss < choice.moved.loss - _GAIN * (1 + choice.moved.loss):
            choice, basis, failed, tried = Choice(sides, moved), program.basis(), 0, set()
        else:
            program.start_at(basis)
            if count == 1:
                failed += 1
                tried |= set(places)
            count = max(1, count // 4)
    return choice


def _dearest(program: Distance, choice: Choice, both: Flags, tried: set[int]) -> list[int]:
    """Cells that may turn and were not tried, those whose requirement costs most first."""
    terms, cells = program.terms, program.cells
    need = np.where(choice.sides == UP, terms.up[cells], terms.down[cells])
    price = np.where(both, choice.moved.pull * need, 0.0)
    price[list(tried)] = 0.0
    order = np.argsort(-price, kind="stable")
    found: list[int] = order[price[order] > 0].tolist()
    return found


def _kicked(program: Distance, best: Choice, chance: np.random.Generator) -> Choice | None:
    """Some choices turned at random."""
    both = np.flatnonzero(np.logical_and(*allowed(program.terms)))
    if both.size == 0:
        return None
    count = max(2, int(_KICKED * both.size))
    turned = chance.permutation(both)[:count]
    sides = best.sides.copy()
    sides[turned] = -sides[turned]
    moved = program.best(sides)
    return None if moved is None else Choice(sides, moved)
