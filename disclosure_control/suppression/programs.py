"""The programs of one problem: which one is asked about a demand, and what the answer costs."""

from collections.abc import Iterator

import numpy as np

from disclosure_control.suppression.draft import Change, Draft
from disclosure_control.suppression.neighbourhood import Network, Piece
from disclosure_control.suppression.problem import Flags, Floats, Places
from disclosure_control.suppression.program import Program, Question

_SMALL = 2_500
_RINGS = ((1_000, True), (3_000, False), (6_000, True), (40_000, True))
"""Cells of the neighbourhoods that are tried one after the other; grown, or a smaller grid."""
_COMPARED = 2
_FAIR = 0.01
"""A change whose price is a larger part of all that was spent so far is compared with a wider
search: a few such changes make up most of the loss."""
_HIDDEN_PRICE = 1e-4
_LARGEST_PRICE = 1e6
_LIFT_PRICE = 1e-2
_TINY = 1e-3
_LUCKY = 0.6
_MEMORY = 0.8


class Programs:
    """Programs over hidden cells only, over the neighbourhood of a demand, over everything.

    ``steps`` counts the work. In a small table the program over hidden cells is asked first when
    it would have been enough for most of the last demands (``_luck``).
    """

    def __init__(self, draft: Draft) -> None:
        """Nothing built yet."""
        self.draft, self.steps = draft, 0
        self._network = Network.of(draft.problem)
        self._small = bool(np.isfinite(self._network.costs).sum() <= _SMALL)
        self._everything: Program | None = None
        self._hidden_only: Program | None = None
        self._near: tuple[int, Program] | None = None
        self._luck = self._spent = 0.0

    def change(self, demand: int) -> Change | None:
        """The cheapest change that meets a demand, over all cells; null when there is none."""
        if self._small and self._luck > _LUCKY:
            found = self.inside(demand)
            if found is not None:
                return found
        found = self._cheapest(demand)
        if found is not None:
            self._luck = _MEMORY * self._luck + (1 - _MEMORY) * (found.price == 0)
            self._spent += found.price
        return found

    def _cheapest(self, demand: int) -> Change | None:
        """The cheapest change of a neighbourhood; a dear one is compared with a wider search."""
        best: Change | None = None
        for ring in range(0 if self._small else len(_RINGS)):
            if best is not None and (ring > _COMPARED or best.price <= _FAIR * self._spent):
                return best
            program = self._ring(self._cell(demand), ring)
            found = self._asked(program, demand, program.cells >= 0)
            if found is not None and (best is None or found.price < best.price):
                best = found
        if best is not None:
            return best
        program = self._all()
        return self._asked(program, demand, program.cells >= 0)

    def inside(self, demand: int, without: int | None = None) -> Change | None:
        """A change that meets a demand and moves hidden cells only, perhaps one cell less."""
        program = self._inner() if self._small else self._ring(self._cell(demand), 0)
        usable = self.draft.hidden[program.cells]
        if without is not None:
            usable &= program.cells != without
        return self._asked(program, demand, usable)

    def lifts(self, demands: Places, turn: int) -> Iterator[Change]:
        """Changes of hidden cells that each meet as many of these demands as they can; no doubts.

        Large tables are lifted in blocks, cut differently from turn to turn.
        """
        cells = np.flatnonzero(self.draft.hidden)
        blocks = self._network.blocks(cells, turn)
        for block in blocks:
            change = self._lift(
                self._inner() if len(blocks) == 1 else self._program(block), demands
            )
            if change is not None:
                yield change

    def _lift(self, program: Program, demands: Places) -> Change | None:
        wanted, size = self.draft.demands, program.cells.size
        place = np.minimum(np.searchsorted(program.cells, wanted.cell[demands]), size - 1)
        among = program.cells[place] == wanted.cell[demands]
        place, demands = place[among], demands[among]
        if demands.size == 0:
            return None
        unit = 1.0 if self.draft.problem.integral else float(np.median(wanted.need[demands]))
        need, rises = wanted.need[demands] / unit, wanted.weight[demands] > 0
        high = self._room(program.cells) / unit
        ahead, back = np.where(rises, place, place + size), np.where(rises, place + size, place)
        able = (high[ahead] >= need) & (need > _TINY)
        price = np.full(2 * size, _LIFT_PRICE)
        high[ahead[able]] = need[able]
        high[back] = 0.0
        price[ahead[able]] = -1.0 / need[able]
        moved = self._answer(program, Question(price, np.zeros(2 * size), high))
        return None if moved is None or not moved.any() else self._as_change(program, moved, unit)

    def _inner(self) -> Program:
        """The program over hidden cells, built anew when others have been hidden."""
        cells = np.flatnonzero(self.draft.hidden)
        if self._hidden_only is None or not np.isin(cells, self._hidden_only.cells).all():
            self._hidden_only = self._program(cells)
        return self._hidden_only

    def _program(self, cells: Places) -> Program:
        return self._of(self._network.piece(cells))

    def _of(self, piece: Piece) -> Program:
        return Program(piece, integral=self.draft.problem.integral)

    def _cell(self, demand: int) -> int:
        return int(self.draft.demands.cell[demand])

    def _ring(self, cell: int, ring: int) -> Program:
        """The program of the neighbourhood of a cell; the nearest one is kept."""
        if ring == 0 and self._near is not None and self._near[0] == cell:
            return self._near[1]
        limit, grown = _RINGS[ring]
        program = self._of(self._network.near(cell, self.draft.hidden, limit, grown=grown))
        if ring == 0:
            self._near = (cell, program)
        return program

    def _all(self) -> Program:
        """The program over every cell that can move."""
        if self._everything is None:
            self._everything = self._of(self._network.all())
        return self._everything

    def _asked(self, program: Program, demand: int, usable: Flags) -> Change | None:
        """The cheapest change that meets a demand and moves usable cells of a program only.

        A doubt is first met with its group unmoved, then in any way.
        """
        wanted, integral = self.draft.demands, self.draft.problem.integral
        place, group = program.place(self._cell(demand)), int(wanted.group[demand])
        need, size = float(wanted.need[demand]), program.cells.size
        if place is None or not usable[place]:
            return None
        unit, least = (1.0, float(np.ceil(need))) if integral else (need, 1.0)
        high = np.where(np.tile(usable, 2), self._room(program.cells) / unit, 0.0)
        low, price = np.zeros(2 * size), np.tile(self._prices(program.cells), 2)
        rises = wanted.weight[demand] > 0
        ahead, back = (place, place + size) if rises else (place + size, place)
        far, held = low.copy(), high.copy()
        far[ahead] = held[ahead] = least
        held[back] = 0.0
        among = None if group < 0 else program.place(group)
        if among is not None:
            held[[among, among + size]] = 0.0
        moved = None
        if least <= high[ahead]:
            moved = self._answer(program, Question(price, far, held))
        if moved is None and among is not None:
            row = np.zeros(size)
            row[place], row[among] = wanted.weight[demand], wanted.share[demand]
            moved = self._answer(program, Question(price, low, high, row, need / unit))
        return None if moved is None else self._as_change(program, moved, unit)

    def _answer(self, program: Program, asked: Question) -> Floats | None:
        before = program.steps
        found = program.answer(asked)
        self.steps += program.steps - before
        return found

    def _as_change(self, program: Program, moved: Floats, unit: float) -> Change:
        used = np.flatnonzero(moved)
        cells = program.cells[used]
        price = float(self.draft.terrain.price[cells].sum())
        return Change(cells, moved[used] * unit, price, unit)

    def _room(self, cells: Places) -> Floats:
        """How far cells can rise, then how far they can fall."""
        room = self.draft.terrain.room
        return np.concatenate([room[cells], room[cells + self.draft.hidden.size]])

    def _prices(self, cells: Places) -> Floats:
        """Cost per unit moved; of hidden cells a trifle, so that flows do not wander."""
        price = self.draft.terrain.price[cells]
        shown = price > 0
        typical = float(np.median(price[shown & np.isfinite(price)])) if shown.any() else 1.0
        price = np.clip(price / (typical or 1.0), _HIDDEN_PRICE, _LARGEST_PRICE)
        return np.where(self.draft.hidden[cells], _HIDDEN_PRICE, price)
