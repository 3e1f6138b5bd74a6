"""The master program: the cheapest pattern that satisfies the cuts known so far.

First as a linear program (fractions of cells hidden), cut after cut; then with whole cells, by
branching. HiGHS takes no cuts while it branches, so branching starts anew with every cut found;
its own cutting planes on the capacity cuts (covers above all) are most of the bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from disclosure_control.suppression.exact.cuts import Cut
from disclosure_control.suppression.exact.scene import Scene
from disclosure_control.suppression.problem import Flags, Floats

_OPTIONS = {"output_flag": False, "threads": 1}
_TIGHT = 1e-6
_LOOSE = 0.2
_SCALE = 1e4
_GAP = 1e-7


@dataclass(frozen=True)
class Limits:
    """When branching stops: at a relative gap, after so many nodes, after so many seconds."""

    gap: float
    nodes: int
    seconds: float


@dataclass(frozen=True, repr=False)
class Branched:
    """What branching found.

    Args:
        patterns: hidden cells of solutions of the master, the cheapest first.
        bound: no pattern costs less.
        ended: whether the gap was reached, not another limit.
        seconds: how long it took.
    """

    patterns: list[Flags]
    bound: float
    ended: bool
    seconds: float


class Master:
    """Cuts and the programs over them; ``steps`` counts the work."""

    def __init__(self, scene: Scene, value: float) -> None:
        """No cuts yet; ``value`` is the cost of a known pattern, infinite when there is none."""
        import highspy

        self.scene, self.steps = scene, 0
        self.cuts: list[Cut] = []
        self._used: set[int] = set()
        self._impossible = False
        self._known: set[tuple[bytes, bytes]] = set()
        largest = float(scene.cost.max(initial=0.0)) or 1.0
        self._unit = (value if np.isfinite(value) and value > 0 else largest) / _SCALE
        self._highs = _solver()
        self._highs.setOptionValue("presolve", "off")
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = scene.cells.size, 0
        model.col_cost_ = scene.cost / self._unit
        model.col_lower_ = scene.given.astype(np.float64)
        model.col_upper_ = np.ones(scene.cells.size)
        self._highs.passModel(model)

    def add(self, cuts: Iterable[Cut]) -> int:
        """Adds cuts not yet known; returns how many."""
        before = len(self.cuts)
        for cut in cuts:
            if cut.key() not in self._known:
                self._known.add(cut.key())
                self._impossible |= not cut.places.size and cut.least > 0
                self.cuts.append(cut)
                _add_row(self._highs, cut)
        return len(self.cuts) - before

    def relaxed(self) -> tuple[Floats, float, Floats]:
        """Fractions hidden, a bound, and what each cell's fraction adds to it (reduced cost).

        The bound is worked out from the multipliers of the cuts alone, so it holds whatever the
        solver's rounding.
        """
        import highspy
        from scipy.sparse import csr_matrix

        self._highs.run()
        self.steps += max(int(self._highs.getInfo().simplex_iteration_count), 1)
        if self._impossible or self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            nothing = np.zeros(self.scene.cells.size)
            return nothing, np.inf, nothing
        solved = self._highs.getSolution()
        fractions = np.clip(np.array(solved.col_value), 0.0, 1.0)
        weights = np.maximum(np.array(solved.row_dual), 0.0)
        start = np.cumsum([0, *(cut.places.size for cut in self.cuts)])
        places = np.concatenate([np.empty(0, dtype=np.int64), *(cut.places for cut in self.cuts)])
        amounts = np.concatenate([np.empty(0), *(cut.amounts for cut in self.cuts)])
        matrix = csr_matrix((amounts, places, start), shape=(weights.size, fractions.size))
        least = np.array([cut.least for cut in self.cuts])
        reduced = self.scene.cost / self._unit - matrix.T @ weights
        free = np.where(self.scene.given, 0.0, np.minimum(reduced, 0.0))
        bound = float(least @ weights + free.sum())
        return fractions, bound * self._unit, reduced * self._unit

    def branched(self, start: Flags | None, limits: Limits) -> Branched:
        """Whole solutions of the cuts that matter, and of the others that these then miss.

        Args:
            start: a pattern known to protect.
            limits: when to stop.
        """
        fractions, bound, _ = self.relaxed()
        if np.isinf(bound):
            return Branched([], bound, ended=True, seconds=0.0)
        self._used |= {n for n, cut in enumerate(self.cuts) if cut.missing(fractions) > -_LOOSE}
        found = self._solved(start, limits)
        while self._miss(found.patterns[:1]) and found.seconds < limits.seconds:
            limits = replace(limits, seconds=limits.seconds - found.seconds)
            found = self._solved(start, limits)
        return replace(found, bound=max(bound, found.bound * self._unit))

    def _miss(self, patterns: list[Flags]) -> bool:
        """Whether patterns miss cuts that were left out; if so these take part from now on."""
        missed = {
            number
            for pattern in patterns
            for number, cut in enumerate(self.cuts)
            if number not in self._used and cut.missing(pattern.astype(np.float64)) > _TIGHT
        }
        self._used |= missed
        return bool(missed)

    def _solved(self, start: Flags | None, limits: Limits) -> Branched:
        highs = self._whole(sorted(self._used), start)
        highs.setOptionValue("mip_abs_gap", _GAP)
        highs.setOptionValue("mip_rel_gap", max(limits.gap, _GAP))
        highs.setOptionValue("mip_max_nodes", limits.nodes)
        if np.isfinite(limits.seconds):
            highs.setOptionValue("time_limit", max(limits.seconds, 1e-3))
        found = _run(highs)
        self.steps += max(int(highs.getInfo().simplex_iteration_count), 1)
        return found

    def _whole(self, used: list[int], start: Flags | None) -> Any:
        import highspy

        highs, count = _solver(), self.scene.cells.size
        highs.setOptionValue("mip_improving_solution_save", True)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = count, 0
        model.col_cost_ = self.scene.cost / self._unit
        model.col_lower_ = self.scene.given.astype(np.float64)
        model.col_upper_ = np.ones(count)
        model.integrality_ = [highspy.HighsVarType.kInteger] * count
        highs.passModel(model)
        for number in used:
            _add_row(highs, self.cuts[number])
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start.astype(np.float64)
            highs.setSolution(solution)
        return highs


def _solver() -> Any:
    import highspy

    highs = highspy.Highs()
    for name, value in _OPTIONS.items():
        highs.setOptionValue(name, value)
    return highs


def _add_row(highs: Any, cut: Cut) -> None:
    highs.addRow(cut.least, np.inf, cut.places.size, cut.places.astype(np.int32), cut.amounts)


def _run(highs: Any) -> Branched:
    """Runs a program with whole numbers; the bound is in its own units."""
    import highspy

    highs.run()
    info, state = highs.getInfo(), highs.getModelStatus()
    if state == highspy.HighsModelStatus.kInfeasible:
        return Branched([], np.inf, ended=True, seconds=0.0)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    saved = [list(one.col_value) for one in highs.getSavedMipSolutions()]
    last = [list(highs.getSolution().col_value)] if feasible else []
    every = {one.tobytes(): one for one in (np.array(v) > 0.5 for v in last + saved[::-1])}
    patterns = list(every.values())
    bound = float(info.mip_dual_bound) if np.isfinite(info.mip_dual_bound) else 0.0
    ended = state == highspy.HighsModelStatus.kOptimal
    return Branched(patterns, bound, ended, float(highs.getRunTime()))
