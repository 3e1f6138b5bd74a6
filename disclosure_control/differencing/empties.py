"""Hidden cells that count nobody.

No unit tells them apart from nothing, so they are followed inside their own table: an empty hidden
cell is given back when the shown cells of its table, and the hidden ones that are given back, add
up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.differencing.cells import Difference, Flags, PublishedCell
from disclosure_control.differencing.coding import CodedTable, incidence
from disclosure_control.differencing.equations import Arithmetic
from disclosure_control.differencing.space import CLEAR, span
from disclosure_control.differencing.system import System, suspected
from disclosure_control.differencing.words import Term, in_words


@dataclass(frozen=True, eq=False)
class Given:
    """A hidden cell of a table that can be computed; ``before``: from the earlier tables alone."""

    table: CodedTable
    cell: PublishedCell
    before: bool


def find_empty(system: System, given: Sequence[Given]) -> tuple[Difference, ...]:
    """Empty hidden cells newly given back."""
    found: list[Difference] = []
    for table in system.tables:
        empty = [
            cell
            for column, cell in enumerate(table.hidden_cells)
            if table.hidden[:, [column]].T @ table.sizes == 0
        ]
        if empty:
            own = [one for one in given if one.table is table]
            found += _in_table(system, table, empty, own)
    return tuple(found)


def _in_table(
    system: System, table: CodedTable, empty: list[PublishedCell], given: list[Given]
) -> list[Difference]:
    before = [] if any(table is one for one in system.new) else list(table.shown_cells)
    fresh = list(table.shown_cells) if not before else []
    before += [one.cell for one in given if one.before]
    fresh += [one.cell for one in given if not one.before]
    known = (*before, *fresh)
    width = 1 + max(int(cell.places.max(initial=0)) for cell in (*known, *empty))
    rows, targets = incidence(known, width), incidence(tuple(empty), width)
    return [
        _difference(system, table, cell, known)
        for cell, new in zip(empty, _newly(rows, targets, len(before)), strict=True)
        if new
    ]


def _newly(rows: Any, targets: Any, before: int) -> Flags:
    """Which targets lie in the span of all columns, but not in that of the first ``before``."""
    dense = rows.toarray().astype(np.float64)
    whole = span(dense[:, :before], dense[:, before:])
    wanted = targets.toarray().astype(np.float64)
    parts = whole.basis.T @ wanted
    left = np.linalg.norm(wanted - whole.basis @ parts, axis=0)
    fresh = np.linalg.norm(parts[whole.earlier :], axis=0)
    return np.asarray((left <= CLEAR) & (fresh > CLEAR), dtype=np.bool_)


def _difference(
    system: System, table: CodedTable, cell: PublishedCell, known: tuple[PublishedCell, ...]
) -> Difference:
    name = f"{cell.label} of {table.name}"
    width = 1 + max(int(one.places.max(initial=0)) for one in (*known, cell))
    target = incidence((cell,), width).toarray().ravel().astype(np.int64)
    equation = Arithmetic(incidence(known, width)).find(target)
    names = tuple(dict.fromkeys([table.name, *(one.name for one in system.new)]))
    if equation is None:
        text = f"{name} follows from its own table; the arithmetic was not worked out"
        return suspected(system, text, "hidden cell", names)
    terms = [
        Term(int(equation.factors[place]), table.name, known[place])
        for place in np.flatnonzero(equation.factors)
    ]
    return Difference(
        tables=names,
        equation=in_words(name, equation.multiple, terms),
        units=0,
        exact=True,
        subject="hidden cell",
        variable=system.variable,
    )
