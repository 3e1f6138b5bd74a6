"""A draft that can be taken apart in places and put back as it was."""

from dataclasses import dataclass

import numpy as np

from disclosure_control.suppression.draft import UNSERVED, Draft
from disclosure_control.suppression.problem import Flags, Floats, Places


@dataclass(frozen=True)
class Mark:
    """What a draft was at one moment: who served whom, what was hidden, how many witnesses."""

    row: Places
    scale: Floats
    hidden: Flags
    witnesses: int


class Rework(Draft):
    """A draft in which every secondary cell is used by a witness that serves.

    Witnesses can be dismissed; what they alone used is shown again.
    """

    @classmethod
    def of(cls, draft: Draft) -> "Rework":
        """The same draft; what is changed here changes there."""
        made = cls.__new__(cls)
        vars(made).update(vars(draft))
        made.show_unused()
        return made

    def release(self, demands: list[int]) -> None:
        """Takes their witnesses from demands, and shows what only those used."""
        left = set()
        for demand in demands:
            number = int(self.row[demand])
            if number != UNSERVED:
                self._served[number].discard(demand)
                left.add(number)
        self.row[demands], self.scale[demands] = UNSERVED, 0.0
        idle = [self.witnesses[number][0] for number in left if not self._served[number]]
        if idle:
            cells = np.unique(np.concatenate(idle))
            cells = cells[self.hidden[cells] & ~self.problem.primary[cells]]
            used = [any(self._served[n] for n in self._through[cell]) for cell in cells.tolist()]
            self._show(cells[~np.array(used, dtype=np.bool_)])

    def mark(self) -> Mark:
        """How things are now."""
        return Mark(self.row.copy(), self.scale.copy(), self.hidden.copy(), len(self.witnesses))

    def undo(self, mark: Mark) -> None:
        """Everything as it was; witnesses that have come since are forgotten."""
        for demand in np.flatnonzero(self.row != mark.row).tolist():
            if self.row[demand] != UNSERVED:
                self._served[self.row[demand]].discard(demand)
            if mark.row[demand] != UNSERVED:
                self._served[mark.row[demand]].add(demand)
        self.row[:], self.scale[:] = mark.row, mark.scale
        self._show(np.flatnonzero(self.hidden & ~mark.hidden))
        self._hide(np.flatnonzero(mark.hidden & ~self.hidden))
        for number in range(mark.witnesses, len(self.witnesses)):
            for cell in self.witnesses[number][0].tolist():
                self._through[cell].discard(number)
        for column in (self.witnesses, self._limits, self._least, self._served):
            del column[mark.witnesses :]

    def _show(self, cells: Places) -> None:
        self.hidden[cells] = False
        self.terrain.price[cells] = self.problem.costs[cells]
        self.inside.price[cells] = np.inf

    def _hide(self, cells: Places) -> None:
        self.hidden[cells] = True
        self.terrain.price[cells] = 0.0
        self.inside.price[cells] = 0.0
