"""Making a pattern cheaper: again and again some cells are shown, and what they served is mended.

One try bans one or a few secondary cells, takes the witnesses that use them away, and meets the
demands that are left over by other changes, at prices that differ a little from try to try. The
result is kept when it costs less, or hardly more than the best so far; the best is returned. Every
state between two tries is a full pattern with its witnesses. The secondary cells take turns: in
the first round the dearest first, each alone; then in drawn orders, some with others near them.
The tries do not depend on how long one may go on: a longer search repeats a shorter one and goes on
from there. Sources: ruin and recreate, Schrimpf and others (2000); record-to-record travel, Dueck
(1993).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
_SHUFFLED = 0.3
_STRAY = 40
_OVERHEAD = 10
_CELLS_PER_STEP = 200


@dataclass(frozen=True)
class Effort:
    """How long a search may go on; what is reached first ends it and gives up the try under way.

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
    search = Search(draft, effort, seed)
    while not search.is_over() and search.attempt():
        pass
    return search.best()


class Search:
    """The state of a search: the present draft, the best so far, and which cells come next."""

    def __init__(self, draft: Draft, effort: Effort, seed: int) -> None:
        """Every secondary cell is to be tried once, the dearest first."""
        self.draft = Rework.of(draft)
        self.routes = Routes(self.draft)
        self._effort = effort
        self._end = effort.clock() + effort.seconds if effort.seconds < inf else inf
        self._chance = np.random.default_rng(seed)
        self._best: Mark = self.draft.mark()
        self._missing, self._loss = self.draft.missing(), self.draft.loss()
        self._since, self._again = 0, False
        cells = self._secondary()
        order = np.lexsort((cells, -draft.problem.costs[cells]))
        self._queue = cells[order][::-1].tolist()

    def is_over(self) -> bool:
        """Whether the effort is spent."""
        if self.routes.work >= self._effort.work:
            return True
        return self._end < inf and self._effort.clock() >= self._end

    def best(self) -> Draft:
        """The best draft so far."""
        self.draft.undo(self._best)
        return self.draft

    def attempt(self) -> bool:
        """One try; false when there is nothing that could be improved."""
        secondary = self._secondary()
        if secondary.size == 0:
            return False
        self.routes.work += _OVERHEAD + self.draft.hidden.size // _CELLS_PER_STEP
        before = self.draft.mark()
        if not self._mended(self._drawn(secondary)):
            self.draft.undo(before)
        self._since += 1
        self._record()
        if self._since > _STRAY * secondary.size:
            self.draft.undo(self._best)
            self._since = 0
        return True

    def _record(self) -> None:
        """Keeps the present draft when it is better than the best."""
        missing, loss = self.draft.missing(), self.draft.loss()
        no_worse = missing <= self._missing and loss <= self._loss
        if no_worse and (missing, loss) != (self._missing, self._loss):
            self._missing, self._loss, self._since = missing, loss, 0
            self._best = self.draft.mark()

    def _secondary(self) -> Places:
        problem = self.draft.problem
        return np.flatnonzero(self.draft.hidden & ~problem.primary & (problem.costs > 0))

    def _drawn(self, secondary: Places) -> list[int]:
        """The cells to be done without: the next in turn, perhaps with others near it."""
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
        order: list[int] = secondary[np.argsort(drawn, kind="stable")].tolist()
        return order

    def _walked(self, first: int) -> list[int]:
        """A cell and some others, met on a walk from cell to witness to cell."""
        draft, chance, cell = self.draft, self._chance, first
        found, last = [first], -1
        for _ in range(int(chance.integers(1, _BLOCK))):
            through = [number for number in draft.through(cell) if number != last]
            if through:
                last = int(chance.choice(through))
            if last < 0:
                break
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
        limit = self._loss * (1 + _TOLERATED)
        draft.release(users)
        banned = np.zeros(draft.hidden.size, dtype=np.bool_)
        banned[cells] = True
        factor: Floats = np.exp(_NOISE * chance.standard_normal(banned.size))
        steer = Steer(factor, float(chance.choice(_EXPONENTS)), banned, limit, _ROUNDS)
        if chance.random() < _SHUFFLED:
            users = chance.permutation(users).tolist()
        return all(draft.row[user] != UNSERVED or self._met(user, steer) for user in users)

    def _met(self, demand: int, steer: Steer) -> bool:
        """Whether a demand could be met so that the loss stays within the budget."""
        draft, left = self.draft, steer.budget - self.draft.loss()
        if self.is_over():
            return False
        change = self.routes.cheapest(demand, replace(steer, budget=left))
        if change is None or change.price > left:
            return False
        number = draft.add(change)
        met = draft.assign(demand, number)
        draft.serve(number)
        return met
