"""Making a pattern cheaper: again and again some cells are shown, and what they served is mended.

One try bans one or a few secondary cells, takes the witnesses that use them away, and meets the
demands that are left over by other changes, at prices that differ a little from try to try. The
result is kept when it costs less, or hardly more than the best so far; the best is returned. Every
state between two tries is a full pattern with its witnesses. The secondary cells take turns: in the
first round the dearest first, each alone; then in drawn orders, some with others near them. The tries do not depend on how long one may go on:
a longer search repeats a shorter one and goes on from there. Sources: ruin and recreate, Schrimpf
and others (2000); record-to-record travel, Dueck (1993).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic

import numpy as np

from disclosure_control.suppression.draft import UNSERVED, Draft
from disclosure_control.suppression.problem import Floats, Places
from disclosure_control.suppression.rework import Mark, Rework
from disclosure_control.suppression.routes import Routes, Steer

_TOLERATED = 1e-3
_NOISE = 0.3
_EXPONENTS = (1.0, 1.0, 1.5)
_ROUNDS = 2
_BLOCK = 6
_ALONE = 0.8
_MANY = 250
_STRAY = 40


@dataclass(frozen=True)
class Effort:
    """How long a search may go on; what is reached first ends it, after the try under way.

    Args:
        work: simplex steps, with an allowance for what surrounds them.
        seconds: time by ``clock``.
        clock: seconds since any moment.
    """

    work: float = inf
    seconds: float = inf
    clock: Callable[[], float] = monotonic


def improve(draft: Draft, effort: Effort, seed: int = 0) -> Draft:
    """The draft, cheaper or as it was; it never serves fewer demands than before.

    Args:
        draft: a draft whose demands are met as far as they can be; it is changed.
        effort: how long to search; with ``work`` alone the same draft and seed give the same.
        seed: of the draws.
    """
    search = Search(draft, seed)
    end = effort.clock() + effort.seconds if effort.seconds < inf else inf
    while search.routes.work < effort.work and (end == inf or effort.clock() < end):
        if not search.attempt():
            break
    return search.best()


class Search:
    """The state of a search: the present draft, the best so far, and which cells come next."""

    def __init__(self, draft: Draft, seed: int) -> None:
        """Every secondary cell is to be tried once, the dearest first."""
        self.draft = Rework.of(draft)
        self.routes = Routes(self.draft)
        self._chance = np.random.default_rng(seed)
        self._best: Mark = self.draft.mark()
        self._value = self._score()
        self._since, self._again = 0, False
        cells = self._secondary()
        order = np.lexsort((cells, -draft.problem.costs[cells]))
        self._queue = cells[order][::-1].tolist()

    def best(self) -> Draft:
        """The best draft so far."""
        self.draft.undo(self._best)
        return self.draft

    def attempt(self) -> bool:
        """One try; false when there is nothing that could be improved."""
        secondary = self._secondary()
        if secondary.size == 0:
            return False
        before = self.draft.mark()
        if self._mended(self._drawn(secondary)):
            self._record(secondary.size)
        else:
            self.draft.undo(before)
            self._since += 1
        return True

    def _record(self, secondary: int) -> None:
        """Keeps the best; goes back to it after long in vain."""
        score = self._score()
        if score < self._value:
            self._value, self._best, self._since = score, self.draft.mark(), 0
        else:
            self._since += 1
            if self._since > _STRAY * secondary:
                self.draft.undo(self._best)
                self._since = 0

    def _score(self) -> tuple[int, float]:
        return self.draft.missing(), self.draft.loss()

    def _secondary(self) -> Places:
        problem = self.draft.problem
        return np.flatnonzero(self.draft.hidden & ~problem.primary & (problem.costs > 0))

    def _drawn(self, secondary: Places) -> list[int]:
        """The cells to be done without: the next in turn, then cells that are drawn."""
        while True:
            if not self._queue:
                self._again, self._queue = True, self._shuffled(secondary)
            cell = self._queue.pop()
            if self.draft.hidden[cell]:
                alone = not self._again or self._chance.random() < _ALONE
                return [cell] if alone else self._walked(cell)

    def _shuffled(self, secondary: Places) -> list[int]:
        """The cells in an order in which dear ones tend to come last."""
        costs = self.draft.problem.costs[secondary]
        drawn = costs * np.exp(self._chance.standard_normal(costs.size))
        return secondary[np.argsort(drawn, kind="stable")].tolist()

    def _walked(self, first: int) -> list[int]:
        """A cell and some others, met on a walk from cell to witness to cell."""
        draft, chance, cell = self.draft, self._chance, first
        found, last = [first], -1
        for _ in range(int(chance.integers(1, _BLOCK))):
            through = [number for number in draft.through(cell) if number != last]
            if through:
                last = int(chance.choice(through))
            cells = draft.witnesses[last][0]
            cell = int(chance.choice(cells))
            others = cells[~draft.problem.primary[cells]]
            if others.size:
                found.append(int(chance.choice(others)))
        return list(dict.fromkeys(found))

    def _mended(self, cells: list[int]) -> bool:
        """Whether what used some cells could be met without them at a tolerable loss."""
        draft, chance = self.draft, self._chance
        users = sorted({user for cell in cells for user in draft.users(cell)})
        if not 0 < len(users) <= _MANY:
            return False
        limit = self._value[1] * (1 + _TOLERATED)
        draft.release(users)
        banned = np.zeros(draft.hidden.size, dtype=np.bool_)
        banned[cells] = True
        factor: Floats = np.exp(_NOISE * chance.standard_normal(banned.size))
        exponent = float(chance.choice(_EXPONENTS))
        if chance.random() < 0.3:
            users = chance.permutation(users).tolist()
        for user in users:
            if draft.row[user] == UNSERVED:
                budget = limit - draft.loss()
                change = self.routes.cheapest(
                    user, Steer(factor, exponent, banned, budget, _ROUNDS)
                )
                if change is None or change.price > budget:
                    return False
                number = draft.add(change)
                if not draft.assign(user, number):
                    return False
                draft.serve(number)
        return True
