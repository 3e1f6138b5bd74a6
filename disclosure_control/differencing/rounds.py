"""One new table against a state: what was derived, told as differences."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from disclosure_control.differencing.cells import Difference, Ints
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.explain import explain, tell, tell_mix, unexplained
from disclosure_control.differencing.regression import NOTHING, SOMETHING, State, Step
from disclosure_control.differencing.system import Derived, System, suspected


@dataclass(frozen=True, eq=False)
class Round:
    """One new table: the state before all new ones, before this one, and what it adds.

    ``most``: groups of at most so many units are small.
    """

    system: System
    start: State
    state: State
    step: Step
    most: int

    @cached_property
    def after(self) -> State:
        """The state with the new table."""
        return self.state.after(self.step)

    @cached_property
    def parts(self) -> int:
        """How many numbers one unit has, at most."""
        return int(np.bincount(self.system.owners).max(initial=1))

    @cached_property
    def entry(self) -> int:
        """How often a shown cell counts one unit, at most."""
        return max(table.largest_entry for table in (*self.state.tables, self.step.table))

    def units(self, figure: Ints) -> int:
        """How many units a figure over numbers touches."""
        return int(np.unique(self.system.owners[figure != 0]).size)


def key_of(figure: Ints) -> bytes:
    """The same for a figure, its negative, and no other figure."""
    touched = np.flatnonzero(figure)
    values = figure[touched] * (np.sign(figure[touched[0]]) if touched.size else 1)
    return bytes(touched.tobytes() + values.tobytes())


def is_new(state: State, figure: Ints) -> bool:
    """Whether a figure does not follow from the tables of ``state``."""
    left = unexplained(state, figure)
    return left > SOMETHING or (left > NOTHING and explain(state, figure) is None)


def tell_group(
    one: Round, figure: Ints, tables: tuple[CodedTable, ...] | None
) -> Difference | None:
    """The difference of a small figure; null when it is not small or nothing proves it.

    ``tables``: which tables prove it; null when that is to be found out.
    """
    units = one.units(figure)
    if not 0 < units <= one.most:
        return None
    figure = figure if figure.sum() >= 0 else -figure
    derived = Derived(figure, units)
    if tables is not None:
        return tell(one.system, figure, derived, tables)
    mix = explain(one.after, figure)
    return None if mix is None else tell_mix(one.system, figure, derived, mix)


def tell_hidden(one: Round, table: CodedTable, column: int, figure: Ints) -> Difference:
    """The difference of a hidden cell, suspected when nothing proves it."""
    derived = Derived(figure, one.units(figure), (table.name, table.hidden_cells[column]))
    mix = explain(one.after, figure)
    told = None if mix is None else tell_mix(one.system, figure, derived, mix)
    if told is not None:
        return told
    name = one.step.table.name
    text = f"{derived.named} may follow from {name} and earlier tables; it was not worked out"
    return suspected(one.system, text, "hidden cell", (name,))
