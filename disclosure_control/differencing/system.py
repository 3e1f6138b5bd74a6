"""Tables that are compared with each other, and differences made from what was derived."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.cells import Difference, Ints, PublishedCell, Subject
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.equations import Equation
from disclosure_control.differencing.words import A_GROUP, Term, in_numbers, in_words, tables_of

TWO_GROUPS = "a small group less another"


@dataclass(frozen=True, eq=False)
class System:
    """Tables of counts, or of sums of one variable.

    Args:
        earlier: what is known already.
        new: what is added.
        owners: the unit behind each number of the tables' codes.
        variable: what is summed; empty for counts.
    """

    earlier: tuple[CodedTable, ...]
    new: tuple[CodedTable, ...]
    owners: Ints
    variable: str = ""

    @property
    def tables(self) -> tuple[CodedTable, ...]:
        """All tables, new ones first: the order in which they are told."""
        return (*self.new, *self.earlier)


@dataclass(frozen=True, eq=False)
class Derived:
    """A figure over atoms that shown cells give away, and what it is.

    ``cell`` is the hidden cell it equals, with the name of its table; null for a group.
    """

    figure: Ints
    units: int
    cell: tuple[str, PublishedCell] | None = None

    @property
    def subject(self) -> Subject:
        """What kind of thing it is."""
        return "group" if self.cell is None else "hidden cell"

    @property
    def named(self) -> str:
        """What it is, in words."""
        if self.cell is not None:
            return f"{self.cell[1].label} of {self.cell[0]}"
        return (
            TWO_GROUPS if self.figure.min(initial=0) < 0 < self.figure.max(initial=0) else A_GROUP
        )


def proven(
    derived: Derived, equation: Equation, system: System, used: Sequence[CodedTable]
) -> Difference:
    """The difference that ``equation`` proves; its factors follow the shown cells of ``used``."""
    cells = [(table.name, cell) for table in used for cell in table.shown_cells]
    terms = [
        Term(int(equation.factors[place]), *cells[place])
        for place in np.flatnonzero(equation.factors)
    ]
    names = [table.name for table in system.tables]
    own = () if derived.cell is None else (derived.cell[0],)
    tables = tables_of(terms, names)
    return Difference(
        tables=(*tables, *(name for name in own if name not in tables)),
        equation=in_words(derived.named, equation.multiple, terms),
        units=derived.units,
        exact=True,
        subject=derived.subject,
        arithmetic=in_numbers(equation.multiple, terms),
        variable=system.variable,
    )


def suspected(system: System, text: str, subject: Subject, tables: Sequence[str]) -> Difference:
    """A difference that nobody could prove or exclude."""
    return Difference(tuple(tables), text, None, exact=False, subject=subject,
                      variable=system.variable)  # fmt: skip


def hidden_figures(system: System) -> Iterator[tuple[CodedTable, PublishedCell, Ints]]:
    """Every hidden cell that counts somebody: its table, the cell, how often it counts a number."""
    numbers = np.arange(system.owners.size)
    for table in system.tables:
        of_units = table.of_units(numbers)
        for column, cell in enumerate(table.hidden_cells):
            per_class = np.asarray(table.hidden[:, [column]].toarray()).ravel()
            figure = per_class[of_units]
            if figure.any():
                yield table, cell, figure
