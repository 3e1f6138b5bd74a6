"""How far unknowns are certain to move: the box around all changes that were seen to fit.

A change of the unknowns that keeps every relation can be made larger until a bound is met, and be
made the other way round. What it does to each unknown then widens the box. Where values are known
to be whole only whole multiples of whole changes count.
"""

from functools import cached_property
from typing import Any

import numpy as np

from disclosure_control.audit.rows import connected, mixed, row_numbers
from disclosure_control.audit.unknowns import Unknowns
from disclosure_control.suppression.problem import Flags, Floats, Places

_ROUNDING = 1e-6
_FLOATS = 1e-12
_WHOLE = 1e-5
_NOTHING = 1e-10


class Reach:
    """The furthest each unknown was seen to rise and to fall, both at least 0."""

    def __init__(self, unknowns: Unknowns) -> None:
        """Nothing seen yet, except that what is in no relation moves as it likes."""
        self.unknowns, self.columns = unknowns, unknowns.matrix.tocsc()
        free = np.diff(self.columns.indptr) == 0
        self.rise = np.where(free, unknowns.high, 0.0)
        self.fall = np.where(free, -unknowns.low, 0.0)

    @cached_property
    def checksums(self) -> Places:
        """What each unknown does to the relations, as a number that tells such effects apart."""
        matrix = self.unknowns.matrix
        found = matrix.T @ mixed(matrix.shape[0]).astype(np.float64)
        return np.asarray(np.rint(found), dtype=np.int64)

    def far(self, side: int, unknown: int) -> float:
        """How far one unknown was seen to rise (side 0) or to fall (side 1)."""
        return float(self.fall[unknown] if side else self.rise[unknown])

    def of_cells(self) -> tuple[Floats, Floats]:
        """How far each cell of the table was seen to fall and to rise."""
        some = self.unknowns
        known = some.number >= 0
        number, turned = some.number[known], some.sign[known] < 0
        fall, rise = np.zeros(known.size), np.zeros(known.size)
        fall[known] = np.where(turned, self.rise[number], self.fall[number])
        rise[known] = np.where(turned, self.fall[number], self.rise[number])
        return fall, rise

    def see_endless(self, side: int, unknown: int) -> None:
        """Notes that an unknown rises (side 0) or falls (side 1) as far as one likes."""
        (self.fall if side else self.rise)[unknown] = np.inf

    def see_exact(self, changes: Any) -> None:
        """Widens the box by changes, one per row; those that break a relation are left out."""
        broken = changes @ self.unknowns.matrix.T
        broken.eliminate_zeros()
        size = np.diff(changes.indptr)
        good = (np.diff(broken.indptr) == 0) & (size > 0)
        self._widen(changes[np.flatnonzero(good)])

    def _widen(self, changes: Any) -> None:
        """By changes that keep every relation and move something."""
        if changes.shape[0] == 0:
            return
        column, data, row = changes.indices, changes.data, row_numbers(changes)
        low, high = self.unknowns.low[column], self.unknowns.high[column]
        for sign in (1.0, -1.0):
            moved = sign * data
            room = np.where(moved > 0, high / np.abs(moved), -low / np.abs(moved))
            scale = np.minimum.reduceat(room, changes.indptr[:-1])
            scale = np.floor(scale) if self.unknowns.integral else scale
            scale = np.maximum(scale, 0.0)
            used = scale[row] > 0
            far = scale[row[used]] * moved[used]
            np.maximum.at(self.rise, column[used], far)
            np.maximum.at(self.fall, column[used], -far)

    def see_all(self, found: Floats, part: Places, matrix: Any) -> bool:
        """Widens the box by a change as it is, quickly; false when it has to be taken apart.

        Args:
            found: movement of the unknowns in ``part``.
            part: the unknowns.
            matrix: all relations that touch them, restricted to them.
        """
        if self.unknowns.integral:
            whole = np.rint(found)
            if (np.abs(found - whole) > _WHOLE).any():
                return False
            found = whole
        found = np.clip(found, self.unknowns.low[part], self.unknowns.high[part])
        missed = float(np.abs(matrix @ found).max(initial=0.0))
        size = np.abs(found)
        if self.unknowns.integral and missed > 0:
            return False
        sound = size * _ROUNDING >= missed
        self.rise[part] = np.maximum(self.rise[part], np.where(sound, found, 0.0))
        self.fall[part] = np.maximum(self.fall[part], np.where(sound, -found, 0.0))
        return bool(sound[size > 0].all())

    def see(self, found: Floats, part: Places | None = None) -> None:
        """Widens the box by a change that a program found, piece by piece.

        Its pieces share no relation, so each is a change of its own. Rounding of the program counts
        against it: an unknown counts as moved only if a piece misses no relation by more than a
        trifle of that movement.

        Args:
            found: movement of the unknowns in ``part``.
            part: those that moved; null when ``found`` has one entry for each.
        """
        cells = np.arange(self.unknowns.size) if part is None else part
        found = np.clip(found, self.unknowns.low[cells], self.unknowns.high[cells])
        largest = float(np.abs(found).max(initial=0.0))
        moved = np.abs(found) > _NOTHING * largest
        if self.unknowns.integral:
            whole = np.rint(found)
            found = np.where(np.abs(found - whole) < _WHOLE, whole, found)
            moved = found != 0
        if not moved.any():
            return
        cells, found = cells[moved], found[moved]
        local = self.columns[:, cells].tocsr()
        local = local[np.flatnonzero(np.diff(local.indptr))]
        label = connected(local)
        missed = np.abs(local @ found)
        piece = label[local.indices[local.indptr[:-1]]]
        worst = np.zeros(int(label.max()) + 1)
        np.maximum.at(worst, piece, missed)
        if self.unknowns.integral:
            np.maximum.at(worst, label, np.abs(found - np.rint(found)))
            sound = worst[label] == 0
        else:
            sound = np.abs(found) * _ROUNDING >= worst[label]
        self._note(cells, found, label, sound)

    def _note(self, cells: Places, found: Floats, label: Places, sound: Flags) -> None:
        """Each piece as far as its bounds let it go, in both directions."""
        low, high = self.unknowns.low[cells], self.unknowns.high[cells]
        for sign in (1.0, -1.0):
            moved = sign * found
            room = np.where(moved > 0, high / np.abs(moved), -low / np.abs(moved))
            scale = np.full(int(label.max()) + 1, np.inf)
            np.minimum.at(scale, label, room)
            scale = np.floor(scale) if self.unknowns.integral else scale
            used = sound & (scale[label] > 0)
            far = scale[label[used]] * moved[used]
            self.rise[cells[used]] = np.maximum(self.rise[cells[used]], far)
            self.fall[cells[used]] = np.maximum(self.fall[cells[used]], -far)
