"""Unions: sums of hidden cells that anybody can compute from what is shown.

When the total of a relation is shown, the sum of its hidden parts is known: the total less the
shown parts. A hidden part that is a total itself may be replaced by its own hidden parts, what is
shown below it being known too. Such sums are figures on groups of respondents like any other.
Sources: Jewett (1993), Disclosure analysis for the 1992 Economic Census; Robertson (1993), Cell
suppression at Statistics Canada.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import Flags, Places, grid_shape

_FORMS = 16
Union = tuple[int, ...]


def known_sums(relations: Any, axes: tuple[Axis, ...], hidden: Flags) -> dict[Union, int]:
    """Every union of hidden cells that is found, and the relation it comes from.

    Unions are rising tuples of cells. The finest forms suffice: a rule that holds for two groups
    holds for both together, and what is shown meets the rules. Source of the argument: Cox (1981),
    linear sensitivity measures are subadditive.
    """
    book = _Book(relations, axes, hidden)
    found: dict[Union, int] = {}
    for row, parts in book.rows():
        for union in book.forms(parts):
            found.setdefault(union, row)
    return found


class _Book:
    """Which hidden cells lie directly below each cell, by the axis along which they do."""

    def __init__(self, relations: Any, axes: tuple[Axis, ...], hidden: Flags) -> None:
        self._rows, self._hidden = relations.tocsr(), hidden
        self._shape = grid_shape(axes)
        self._below: dict[tuple[int, int], tuple[list[int], bool]] = {}
        self._roots: list[tuple[int, list[int]]] = []
        touched = np.diff((self._rows @ _diagonal(hidden)).tocsr().indptr)
        signs, index, start = self._rows.data, self._rows.indices, self._rows.indptr
        for row in np.arange(self._rows.shape[0]).tolist():
            part = slice(start[row], start[row + 1])
            cells, total = index[part][signs[part] > 0], index[part][signs[part] < 0]
            if total.size != 1:
                if touched[row]:
                    self._mixed(row, index[part], signs[part])
                continue
            inside = cells[hidden[cells]].tolist()
            if not hidden[total[0]]:
                if inside:
                    self._roots.append((row, inside))
            else:
                key = (int(total[0]), self._axis(int(total[0]), int(cells[0])))
                self._below[key] = (inside, len(inside) < cells.size)

    def _mixed(self, row: int, cells: Places, signs: Places) -> None:
        """A relation of another form says something when its hidden cells have one sign."""
        own = self._hidden[cells]
        if np.unique(signs[own]).size == 1:
            self._roots.append((row, cells[own].tolist()))

    def _axis(self, total: int, part: int) -> int:
        """Along which axis a part lies below its total."""
        if not self._shape:
            return 0
        places = np.unravel_index([total, part], self._shape)
        return next(at for at, (one, other) in enumerate(places) if one != other)

    def rows(self) -> Iterator[tuple[int, list[int]]]:
        """Relations whose total is shown, with their hidden parts."""
        yield from self._roots

    def forms(self, parts: list[int]) -> set[Union]:
        """The sum written in hidden cells as fine as they come, along each axis in any order."""
        whole = tuple(sorted(parts))
        seen, queue, finest = {whole}, [whole], set()
        while queue and len(seen) < _FORMS:
            union = queue.pop(0)
            more = [
                finer
                for axis in range(max(1, len(self._shape)))
                if (finer := tuple(sorted(self._finer(union, axis)))) != union
            ]
            if not more:
                finest.add(union)
            queue += [one for one in dict.fromkeys(more) if one not in seen]
            seen |= set(more)
        return finest | set(queue)

    def _finer(self, union: Union, axis: int) -> list[int]:
        found: list[int] = []
        for cell in union:
            inside, _ = self._below.get((cell, axis), ([], False))
            found += self._finer(tuple(inside), axis) if self._opens(cell, axis) else [cell]
        return found

    def _opens(self, cell: int, axis: int) -> bool:
        """Whether something below a hidden cell is shown."""
        inside, partly = self._below.get((cell, axis), ([], False))
        return partly or any(self._opens(one, axis) for one in inside)


def _diagonal(flags: Flags) -> Any:
    from scipy.sparse import diags

    return diags(flags.astype(np.float64))
