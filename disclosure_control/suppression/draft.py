"""A pattern in the making: what is hidden, which change serves which demand, and what uses a cell.

The only mutable thing of the engine. Everything else asks it and tells it.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.suppression.boxes import Field
from disclosure_control.suppression.demands import Demands
from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

UNSERVED = -1
_ROUNDING = 1e-9
_TRIFLE = 1e-8
_LEAST = 1e-2


@dataclass(frozen=True)
class Change:
    """Cells, by how much each moves, and what hiding those still shown would cost.

    ``unit``: the size of what it was made for; relations and bounds hold up to a trifle of it
    (exactly, where values are whole).
    """

    cells: Places
    amounts: Floats
    price: float
    unit: float


class Draft:
    """Hidden cells and witnesses of one problem.

    Attributes:
        hidden: which cells are hidden.
        terrain: price (0 when hidden) and room of every cell, kept up to date.
        inside: the same with every shown cell forbidden.
        row: for each demand the witness that serves it, ``UNSERVED`` when none does.
        scale: and by which factor.
        witnesses: cells and amounts of each.
    """

    def __init__(self, problem: SuppressionProblem, demands: Demands) -> None:
        """Nothing hidden but the primary cells."""
        self.problem, self.demands = problem, demands
        self.hidden: Flags = problem.primary.copy()
        self.terrain = Field(np.where(self.hidden, 0.0, problem.costs), _room(problem))
        self.inside = Field(np.where(self.hidden, 0.0, np.inf), self.terrain.room)
        self.row: Places = np.full(demands.need.size, UNSERVED)
        self.scale: Floats = np.zeros(demands.need.size)
        self.witnesses: list[tuple[Places, Floats]] = []
        self._limits: list[tuple[float, float]] = []
        self._least: list[float] = []
        self._served: list[set[int]] = []
        self._through: dict[int, set[int]] = {}
        order = np.argsort(demands.cell, kind="stable")
        self._by_cell = order
        self._first = np.searchsorted(demands.cell[order], np.arange(self.hidden.size + 1))

    def add(self, change: Change) -> int:
        """A new witness; its cells become hidden. Returns its number."""
        order = np.argsort(change.cells)
        cells, amounts = change.cells[order], change.amounts[order]
        if self.problem.integral:
            amounts = amounts / np.gcd.reduce(np.abs(amounts).astype(np.int64))
        number = len(self.witnesses)
        self.witnesses.append((cells, amounts))
        self._limits.append(self._how_often(cells, amounts, change.unit))
        self._least.append(0.0 if self.problem.integral else change.unit * _LEAST)
        self._served.append(set())
        self.hidden[cells] = True
        self.terrain.price[cells] = 0.0
        self.inside.price[cells] = 0.0
        for cell in cells.tolist():
            self._through.setdefault(cell, set()).add(number)
        return number

    def serve(self, number: int) -> None:
        """Lets a witness serve every demand on its cells that nothing serves yet."""
        cells = self.witnesses[number][0]
        count = self._first[cells + 1] - self._first[cells]
        first = np.repeat(self._first[cells] - np.cumsum(count) + count, count)
        demands = self._by_cell[first + np.arange(first.size)]
        demands = demands[self.row[demands] == UNSERVED]
        scale = self.multiples(demands, number)
        demands, scale = demands[scale != 0], scale[scale != 0]
        self.row[demands], self.scale[demands] = number, scale
        self._served[number].update(demands.tolist())

    def assign(self, demand: int, number: int) -> bool:
        """Lets a witness serve a demand, if some multiple of it can."""
        scale = self.multiple(demand, number)
        if scale == 0.0:
            return False
        if self.row[demand] != UNSERVED:
            self._served[self.row[demand]].discard(demand)
        self.row[demand], self.scale[demand] = number, scale
        self._served[number].add(demand)
        return True

    def multiple(self, demand: int, number: int) -> float:
        """The factor with which a witness serves a demand; 0 when none does."""
        return float(self.multiples(np.array([demand]), number)[0])

    def multiples(self, demands: Places, number: int) -> Floats:
        """The factors with which a witness serves demands; 0 where none does."""
        wanted, (cells, amounts) = self.demands, self.witnesses[number]
        need = wanted.need[demands]
        moved = wanted.weight[demands] * _at(cells, amounts, wanted.cell[demands])
        moved += wanted.share[demands] * _at(cells, amounts, wanted.group[demands])
        able = np.abs(moved) > self._least[number]
        size = need / np.abs(np.where(able, moved, 1.0))
        if self.problem.integral:
            size = np.ceil(size * (1 - _ROUNDING))
        else:
            size = np.where(size * np.abs(moved) < need, np.nextafter(size, np.inf), size)
        forward, backward = self._limits[number]
        able &= size <= np.where(moved > 0, forward, backward)
        return np.where(able, np.copysign(size, moved), 0.0)

    def loss(self) -> float:
        """What the secondary cells cost."""
        return float(self.problem.costs[self.hidden & ~self.problem.primary].sum())

    def missing(self) -> int:
        """How many demands nothing serves."""
        return int((self.row == UNSERVED).sum())

    def ban(self, cell: int) -> None:
        """Keeps a hidden cell out of new witnesses."""
        self.inside.price[cell] = np.inf

    def allow(self, cell: int) -> None:
        """Lifts the ban."""
        self.inside.price[cell] = 0.0

    def drop(self, cell: int) -> None:
        """Shows a banned cell again; nothing that serves uses it."""
        self.hidden[cell] = False
        self.terrain.price[cell] = self.problem.costs[cell]

    def show_unused(self) -> None:
        """Shows every secondary cell that no serving witness uses."""
        hidden = self.problem.primary.copy()
        for number in np.unique(self.row[self.row != UNSERVED]).tolist():
            hidden[self.witnesses[number][0]] = True
        shown = self.hidden & ~hidden
        self.hidden[shown] = False
        self.terrain.price[shown] = self.problem.costs[shown]
        self.inside.price[shown] = np.inf

    def touches(self, number: int, cell: int) -> bool:
        """Whether a witness uses a cell."""
        return number in self._through.get(cell, ())

    def users(self, cell: int) -> list[int]:
        """The demands whose witness uses a cell, in order."""
        return sorted(d for number in self._through.get(cell, ()) for d in self._served[number])

    def through(self, cell: int) -> list[int]:
        """The witnesses that use a cell and serve something, in order."""
        return sorted(n for n in self._through.get(cell, ()) if self._served[n])

    def _how_often(self, cells: Places, amounts: Floats, unit: float) -> tuple[float, float]:
        """How often a witness can be used forward and backward."""
        count, size = self.hidden.size, np.abs(amounts)
        trifle = 0.0 if self.problem.integral else unit * _TRIFLE
        up, down = self.terrain.room[cells] + trifle, self.terrain.room[cells + count] + trifle
        forward = float((np.where(amounts > 0, up, down) / size).min())
        backward = float((np.where(amounts > 0, down, up) / size).min())
        return forward, backward


def _room(problem: SuppressionProblem) -> Floats:
    """How far each cell can rise, then how far each can fall; whole steps for whole numbers."""
    room = np.concatenate(
        [problem.upper_bounds - problem.values, problem.values - problem.lower_bounds]
    )
    room = np.maximum(room, 0.0)
    return np.asarray(np.floor(room) if problem.integral else room)


def _at(cells: Places, amounts: Floats, wanted: Places) -> Floats:
    """By how much a witness moves some cells; its own are in rising order."""
    place = np.minimum(np.searchsorted(cells, wanted), cells.size - 1)
    return np.where(cells[place] == wanted, amounts[place], 0.0)
