"""Cheap changes that meet one demand, under prices that a search can bend.

The price of a cell is fixed, however far it moves; a linear program charges for every unit. So a
change that was found is asked for again: cells that it moved a little become dearer per unit, by
what they really cost. Source of such slope scaling: Kim and Pardalos (1999).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.suppression.boxes import Field, Grid
from disclosure_control.suppression.draft import Change, Draft
from disclosure_control.suppression.meet import is_grid, one_box, wish_of
from disclosure_control.suppression.neighbourhood import Network
from disclosure_control.suppression.problem import Flags, Floats, Places
from disclosure_control.suppression.program import Program, Question

_SMALL = 2_500
_NEAR = 1_000
_OVERHEAD = 20
_HIDDEN_PRICE = 1e-5
_LARGEST_PRICE = 1e6
_LEAST_MOVE = 0.02


@dataclass(frozen=True)
class Steer:
    """How prices are bent for a while.

    Args:
        factor: by which each price is multiplied; one entry per cell.
        exponent: to which power prices are raised first.
        banned: cells that must not be used unless they are hidden.
        budget: shown cells that cost more are not used either.
        rounds: how often a change may be asked for again with corrected prices.
    """

    factor: Floats
    exponent: float
    banned: Flags
    budget: float
    rounds: int


class Routes:
    """Ways to meet the demands of a draft; ``work`` counts simplex steps and programs asked."""

    def __init__(self, draft: Draft) -> None:
        """Nothing built yet."""
        problem = draft.problem
        self.draft, self.work = draft, 0
        self._grid = Grid.of(problem.axes) if is_grid(problem) else None
        self._network = Network.of(problem)
        costs = problem.costs[~problem.primary & np.isfinite(problem.costs) & (problem.costs > 0)]
        self._typical = float(np.median(costs)) if costs.size else 1.0
        self._small = bool(np.isfinite(self._network.costs).sum() <= _SMALL)
        self._last: tuple[int, Program] | None = None

    def cheapest(self, demand: int, steer: Steer) -> Change | None:
        """The change of the least price among those found; null when none is."""
        change = self._box(demand, self.draft.inside)
        if change is not None:
            return change
        program = self._program(int(self.draft.demands.cell[demand]))
        best = self._asked(program, demand, steer)
        if best is None:
            return self._box(demand, self._field(steer))
        for _ in range(steer.rounds):
            other = None
            if best.price > 0:
                other = self._asked(program, demand, self._corrected(best, demand, steer))
            if other is None or other.price >= best.price:
                break
            best = other
        return best

    def _corrected(self, change: Change, demand: int, steer: Steer) -> Steer:
        """Prices per unit at which the cells of a change cost what they really cost."""
        factor = steer.factor.copy()
        moved = np.abs(change.amounts) / self.draft.demands.need[demand]
        factor[change.cells] /= np.maximum(moved, _LEAST_MOVE)
        return replace(steer, factor=factor)

    def _field(self, steer: Steer) -> Field:
        """The prices for boxes."""
        terrain = self.draft.terrain
        barred = self._barred(np.arange(terrain.price.size), steer)
        return Field(np.where(barred, np.inf, terrain.price), terrain.room)

    def _box(self, demand: int, terrain: Field) -> Change | None:
        if self._grid is None:
            return None
        self.work += 1
        wish = wish_of(self.draft, self._grid, demand)
        return None if wish is None else one_box(self._grid, terrain, wish)

    def _program(self, cell: int) -> Program:
        """The program of the whole of a small table, else of what is near the cell."""
        if self._last is None or not (self._small or self._last[0] == cell):
            if self._small:
                piece = self._network.all()
            else:
                piece = self._network.near(cell, self.draft.hidden, _NEAR, grown=False)
            self._last = (cell, Program(piece, integral=self.draft.problem.integral))
        return self._last[1]

    def _barred(self, cells: Places, steer: Steer) -> Flags:
        price, hidden = self.draft.terrain.price[cells], self.draft.hidden[cells]
        return np.asarray((steer.banned[cells] | (price > steer.budget)) & ~hidden)

    def _prices(self, program: Program, steer: Steer) -> Floats:
        """Cost per unit moved; of hidden cells a trifle, so that flows do not wander."""
        cells = program.cells
        price = (self.draft.problem.costs[cells] / self._typical) ** steer.exponent
        price = price * steer.factor[cells]
        price = np.clip(price, _HIDDEN_PRICE, _LARGEST_PRICE)
        return np.where(self.draft.hidden[cells], _HIDDEN_PRICE, price)

    def _most(self, program: Program, steer: Steer, unit: float) -> Floats:
        """How far cells may rise, then how far they may fall."""
        room, cells = self.draft.terrain.room, program.cells
        most = np.stack([room[cells], room[cells + self.draft.hidden.size]]) / unit
        most[:, self._barred(cells, steer)] = 0.0
        return most.ravel()

    def _asked(self, program: Program, demand: int, steer: Steer) -> Change | None:
        """The change that a program finds cheapest."""
        place = program.place(int(self.draft.demands.cell[demand]))
        if place is None:
            return None
        unit = 1.0 if self.draft.problem.integral else float(self.draft.demands.need[demand])
        price = np.tile(self._prices(program, steer), 2)
        most = self._most(program, steer, unit)
        for question in self._questions(program, demand, price, most):
            before = program.steps
            moved = program.answer(question)
            self.work += program.steps - before + _OVERHEAD
            if moved is not None:
                used = np.flatnonzero(moved)
                cells = program.cells[used]
                cost = float(self.draft.terrain.price[cells].sum())
                return Change(cells, moved[used] * unit, cost, unit)
        return None

    def _questions(
        self, program: Program, demand: int, price: Floats, most: Floats
    ) -> Iterator[Question]:
        """What to ask: the cell moved far enough and the group of a doubt kept, then any way."""
        wanted, size, need = self.draft.demands, most.size // 2, 1.0
        if self.draft.problem.integral:
            need = float(wanted.need[demand])
        place, group = program.place(int(wanted.cell[demand])), int(wanted.group[demand])
        among = program.place(group) if group >= 0 else None
        if place is None:
            return
        ahead = place if wanted.weight[demand] > 0 else place + size
        low, far, high = np.zeros(2 * size), np.zeros(2 * size), most.copy()
        far[ahead] = high[ahead] = np.ceil(need)
        high[place + size if ahead == place else place] = 0.0
        if among is not None:
            high[[among, among + size]] = 0.0
        if far[ahead] <= most[ahead]:
            yield Question(price, far, high)
        if among is not None:
            row = np.zeros(size)
            row[place], row[among] = wanted.weight[demand], wanted.share[demand]
            yield Question(price, low, most, row, need)
