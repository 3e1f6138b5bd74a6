"""Who knows what of its own: the noun that hardening and its audit share."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import Flags, Floats, Places


@dataclass(frozen=True, repr=False)
class Insiders:
    """One kind of insiders (units, or entities), one entry per insider and cell it is in.

    In a table of amounts that are not negative an insider knows that each of its cells holds at
    least what it contributed itself; where it is alone it knows the cell.

    Args:
        who: numbers of the insiders, from 0.
        cell: a cell it takes part in.
        amount: what it contributes there, at least 0.
        top: per cell, no insider contributes more there.
        lone: per cell, whether its only contributor knows that it is the only one.
        axes: when given, ``cell`` are finest cells and every margin follows from them; else all
            cells of an insider are listed.
        unions: cells that are sums of others, numbered after all others; each lists its parts,
            which share no finest cell.

    Raises:
        InvalidInputError: the arrays do not fit together.
    """

    who: Places
    cell: Places
    amount: Floats
    top: Floats
    lone: Flags
    axes: tuple[Axis, ...] = ()
    unions: tuple[tuple[int, ...], ...] = ()

    def __repr__(self) -> str:
        """Counts only; the figures are in the arrays."""
        return f"Insiders({self.count} insiders, {self.cell.size} entries, {self.top.size} cells)"

    def __post_init__(self) -> None:
        """Refuses arrays that do not fit together."""
        if not self.who.shape == self.cell.shape == self.amount.shape or self.who.ndim != 1:
            raise InvalidInputError("insiders have a number, a cell and an amount in every entry")
        if self.top.shape != self.lone.shape or self.top.ndim != 1:
            raise InvalidInputError("insiders have one top and one flag per cell")
        if self.who.size and (self.who.min() < 0 or self.cell.min() < 0):
            raise InvalidInputError("insiders and cells are numbered from 0")
        if self.cell.size and self.cell.max() >= self.top.size - len(self.unions):
            raise InvalidInputError("insiders take part in cells of the table")
        if not (np.isfinite(self.amount) & (self.amount >= 0)).all():
            raise InvalidInputError("contributions of insiders are finite and at least 0")

    @property
    def count(self) -> int:
        """How many insiders there are."""
        return int(self.who.max(initial=-1)) + 1

    @classmethod
    def of(cls, own: Any, alone: Flags | None = None) -> "Insiders":
        """Insiders from a matrix of contributions, one row each, one column per cell.

        Args:
            own: ``scipy.sparse`` matrix or array; a stored entry says that the insider takes part.
            alone: per cell, whether it has one contributor who knows; null: wherever one insider
                alone has an entry.
        """
        from scipy.sparse import coo_matrix

        entries = coo_matrix(own)
        who, cell = entries.row.astype(np.int64), entries.col.astype(np.int64)
        amount = entries.data.astype(np.float64)
        top = np.zeros(entries.shape[1])
        np.maximum.at(top, cell, amount)
        few = np.bincount(cell, minlength=top.size) == 1
        return cls(who, cell, amount, top, few if alone is None else alone)
