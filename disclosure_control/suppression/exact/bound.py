"""The cheapest pattern that protects, or a bound that no pattern can undercut.

Cut and branch after Fischetti and Salazar-Gonzalez (2001): a master program chooses cells,
attackers answer with cuts, until the master's choice protects: then it is the optimum. A master
that is stopped early still bounds what any pattern costs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.suppression.construct import Pattern, try_suppress
from disclosure_control.suppression.exact.attacker import Attacker
from disclosure_control.suppression.exact.cuts import Cut, bridge_cuts, first_cuts
from disclosure_control.suppression.exact.judge import completed, judge, within
from disclosure_control.suppression.exact.master import Limits, Master
from disclosure_control.suppression.exact.scene import Scene, build_scene
from disclosure_control.suppression.problem import Flags, SuppressionProblem

_STEPS = 200_000
_EQUAL = 1e-6
_TAIL = 2e-3
_PATIENCE = 4
_GAPS = (0.02, 0.005, 0.001, 0.0)
_NODES = 500
_RISE = 1e-3
_MORE_NODES = 8
_MOST_NODES = 10_000_000
_STEPS_PER_NODE = 500
_JUDGED = 4


@dataclass(frozen=True, repr=False)
class Optimum:
    """The best pattern found and what is known about better ones.

    Args:
        suppressed: hidden cells, one flag per cell; null when no pattern was found.
        bound: no pattern that protects costs less, up to a millionth.
        value: what the secondary cells of the pattern cost; infinite when there is none.
        proven: whether the pattern is an optimum.
        rounds: how often the master was solved.
        pattern: the pattern with its certificate; null when there is none.
    """

    suppressed: Flags | None
    bound: float
    value: float
    proven: bool
    rounds: int
    pattern: Pattern | None


def suppress_optimally(
    problem: SuppressionProblem,
    seconds: float | None = None,
    steps: int = _STEPS,
    start: Flags | None = None,
) -> Optimum:
    """The cheapest pattern, if the effort suffices to prove it; else the best and a bound.

    Args:
        problem: what must be protected; for up to about 2,000 cells.
        seconds: how long it may take; null: as much work as ``steps`` allow, the same everywhere.
        steps: how many steps of the simplex method without ``seconds``.
        start: hidden cells of a pattern that is known to protect; null: the engine finds one.

    Raises:
        InvalidInputError: ``start`` is not one flag per cell.
        ProtectionError: some cell cannot be protected by hiding others, even all of them.
    """
    if start is not None and start.shape != problem.values.shape:
        raise InvalidInputError("start has one flag per cell")
    search = _Search(problem, start)
    end = None if seconds is None else monotonic() + seconds
    search.run(lambda: np.inf if end is None else end - monotonic(), steps if end is None else None)
    return search.result()


def lower_bound(problem: SuppressionProblem, seconds: float) -> float:
    """What every pattern that protects costs at least, found in a number of seconds.

    Raises:
        ProtectionError: some cell cannot be protected by hiding others, even all of them.
    """
    return suppress_optimally(problem, seconds).bound


class _Search:
    """Master and attacker of one problem, the best pattern and the bound."""

    def __init__(self, problem: SuppressionProblem, start: Flags | None) -> None:
        self.problem, self.bound, self.rounds = problem, 0.0, 0
        self.best: Pattern | None = None
        self.value = np.inf
        self.offer(try_suppress(problem) if start is None else within(problem, start))
        self.scene = build_scene(problem, self.value)
        self.whole_costs = bool((self.scene.cost == np.rint(self.scene.cost)).all())
        self._spent = 0
        self._enter(self.scene, first_cuts(self.scene))

    def _enter(self, scene: Scene, cuts: list[Cut]) -> None:
        self.scene = scene
        self.master, self.attacker = Master(scene, self.value), Attacker(scene)
        self.master.add(cuts)

    def run(self, left: Callable[[], float], steps: int | None) -> None:
        """Raises the bound, first with fractions, then with whole cells, while effort is left."""

        def steps_left() -> float:
            work = self._spent + self.master.steps + self.attacker.steps
            return np.inf if steps is None else steps - work

        def tired() -> bool:
            return self.closed() or left() <= 0 or steps_left() <= 0

        self._climb(tired)
        self._narrow()
        self._branch(tired, lambda nodes: self._limits(nodes, left(), steps_left()))

    def result(self) -> Optimum:
        """What is known now."""
        if self.best is None and np.isinf(self.bound):
            raise ProtectionError("Some cells cannot be protected by hiding, not even all cells.")
        bound = min(self.bound, self.value)
        suppressed = None if self.best is None else self.best.suppressed
        return Optimum(suppressed, bound, self.value, self.closed(), self.rounds, self.best)

    def closed(self) -> bool:
        """Whether nothing cheaper than the best pattern is possible."""
        return self.bound >= self.value * (1 - _EQUAL)

    def offer(self, pattern: Pattern) -> None:
        """Takes over a pattern that protects and costs less."""
        value = float(self.problem.costs[pattern.secondary].sum())
        if not pattern.failed.any() and value < self.value:
            self.best, self.value = pattern, value

    def _raise(self, bound: float) -> None:
        if self.whole_costs and np.isfinite(bound):
            bound = float(np.ceil(bound - _EQUAL * max(bound, 1.0)))
        self.bound = max(self.bound, bound)

    def _climb(self, tired: Callable[[], bool]) -> None:
        """Cuts off fractions until none is found or the bound hardly rises."""
        every = list(range(self.scene.demands.need.size))
        asked, slow = every, 0
        while not tired():
            fractions, bound, _ = self.master.relaxed()
            self.rounds += 1
            slow = slow + 1 if bound <= self.bound * (1 + _TAIL) else 0
            self._raise(bound)
            new = self.master.add(bridge_cuts(self.scene, fractions))
            hit = []
            for demand in asked:
                cut = None if tired() else self.attacker.cut(demand, fractions)
                if cut is not None:
                    hit.append(demand)
                    new += self.master.add([cut])
            if slow > _PATIENCE or (new == 0 and asked is every):
                break
            asked = hit if hit and new and slow <= 1 else every

    def _narrow(self) -> None:
        """Leaves out cells that no cheaper pattern hides, by their reduced costs."""
        _, bound, reduced = self.master.relaxed()
        self._raise(bound)
        kept = self.scene.given | (bound + np.maximum(reduced, 0.0) <= self.value)
        if kept.all() or not np.isfinite(bound):
            return
        place = np.cumsum(kept) - 1
        cuts = []
        for cut in self.master.cuts:
            own = kept[cut.places]
            cuts.append(Cut(place[cut.places[own]], cut.amounts[own], cut.least))
        self._spent += self.master.steps + self.attacker.steps
        self._enter(self.scene.narrowed(kept), cuts)

    def _limits(self, nodes: int, seconds: float, steps: float) -> Limits:
        """Limits of branching that keep to the effort that is left."""
        return Limits(0.0, int(max(1, min(nodes, steps / _STEPS_PER_NODE))), seconds)

    def _branch(self, tired: Callable[[], bool], limits: Callable[[int], Limits]) -> None:
        """Solves the master with whole cells until its choice protects."""
        gaps, nodes = list(_GAPS), _NODES
        while not tired():
            before = self.bound
            found = self.master.branched(self._start(), replace(limits(nodes), gap=gaps[0]))
            self.rounds += 1
            self._raise(found.bound)
            new = 0
            for hidden in found.patterns[:_JUDGED]:
                new += 0 if tired() else self._judge(hidden)
            if new and self.bound > before * (1 + _RISE):
                continue
            if not found.ended and nodes < _MOST_NODES:
                nodes *= _MORE_NODES
            elif len(gaps) > 1:
                gaps = gaps[1:]
            elif new == 0:
                return

    def _start(self) -> Flags | None:
        """The best pattern in the scene."""
        if self.best is None:
            return None
        return np.asarray(self.best.suppressed[self.scene.cells] | self.scene.given)

    def _judge(self, hidden: Flags) -> int:
        """Takes over a pattern that protects, or cuts it off; returns the number of cuts."""
        verdict = judge(self.problem, self.attacker, hidden)
        if verdict.pattern is not None:
            self.offer(verdict.pattern)
            return 0
        new = self.master.add(verdict.cuts)
        flags = np.zeros(self.problem.values.size, dtype=np.bool_)
        flags[self.scene.cells[hidden]] = True
        self.offer(completed(self.problem, flags))
        return new
