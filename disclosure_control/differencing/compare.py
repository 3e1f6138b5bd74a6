"""Differences between new and earlier tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from disclosure_control.differencing.cells import Cells, Comparison, Difference
from disclosure_control.differencing.coding import CodedTable, Numbering, encode
from disclosure_control.differencing.exact import Outcome, compare_exactly
from disclosure_control.differencing.intervals import find_narrow
from disclosure_control.differencing.many import advance, compare_many
from disclosure_control.differencing.regression import State
from disclosure_control.differencing.system import System
from disclosure_control.errors import InvalidInputError


@dataclass(frozen=True, eq=False)
class Known:
    """Everything released about counts, or about sums of one variable.

    Args:
        numbering: who has which number.
        tables: the tables in codes, in the order in which they came.
        ready: what was worked out about the tables, when it was kept.
    """

    numbering: Numbering
    tables: tuple[CodedTable, ...] = ()
    ready: State | None = None

    @cached_property
    def state(self) -> State:
        """What is worked out about the tables."""
        return self.ready or advance(State(), self.tables)


def find_differences(
    new: Sequence[Cells], earlier: Sequence[Cells], minimum_units: int
) -> tuple[Difference, ...]:
    """What the new tables give away, alone or with earlier ones, and the earlier ones did not.

    Args:
        new: tables that are about to be released together.
        earlier: everything that has been released.
        minimum_units: a group of at least so many units may be known.

    Returns:
        Groups of 1 to ``minimum_units - 1`` units that adding and subtracting shown cells isolates,
        and hidden cells that it gives back; proven ones first. An empty tuple clears the tables
        within the limits that ``compare`` states.

    Raises:
        InvalidInputError: a threshold below 1.

    Source: the Handbook on Statistical Disclosure Control, on differencing of linked tables.
    """
    return compare(new, earlier, minimum_units).differences


def compare(new: Sequence[Cells], earlier: Sequence[Cells], minimum_units: int) -> Comparison:
    """As ``find_differences``, and how far the search went.

    Few tables (about a thousand cells and a few thousand combinations of them) are searched
    exhaustively, and hidden cells are bounded too. More tables are searched over all combinations
    with whole coefficients, to the accuracy of double precision; what cannot be decided is a
    difference that is not ``exact``.

    Not covered: narrow intervals where ``intervals_checked`` is false; combinations with fractions
    where ``exhaustive`` is false; dominance inside a group of any size that only a difference
    isolates; what other people published and nobody entered. Printed values are taken as unrounded,
    and combinations of cells that no unit has as known to be empty: both make the outsider stronger
    than a real one.
    """
    variables = dict.fromkeys(cells.variable for cells in (*new, *earlier))
    known = {}
    for variable in variables:
        own = [cells for cells in earlier if cells.variable == variable]
        numbering = nobody(variable).extended(own)
        known[variable] = Known(numbering, tuple(encode(cells, numbering) for cells in own))
    return compare_known(new, known, minimum_units)


def nobody(variable: str) -> Numbering:
    """No number given yet, for counts (no variable) or for sums."""
    return Numbering.empty(valued=variable != "")


def compare_known(
    new: Sequence[Cells], known: Mapping[str, Known], minimum_units: int
) -> Comparison:
    """As ``compare``, with the earlier tables by variable (empty for counts)."""
    if minimum_units < 1:
        raise InvalidInputError("minimum_units is at least 1")
    parts = []
    for variable in sorted({cells.variable for cells in new}):
        own = [cells for cells in new if cells.variable == variable]
        before = known.get(variable) or Known(nobody(variable))
        numbering = before.numbering.extended(own)
        coded = tuple(encode(cells, numbering) for cells in own)
        system = System(before.tables, coded, numbering.owners, variable)
        parts.append(_compare(system, before, minimum_units))
    found = [difference for part in parts for difference in part.differences]
    return Comparison(
        differences=tuple(sorted(found, key=_worst_first)),
        exhaustive=all(part.exhaustive for part in parts),
        intervals_checked=all(part.intervals_checked for part in parts),
    )


def _compare(system: System, before: Known, minimum_units: int) -> Comparison:
    exact = compare_exactly(system, minimum_units)
    if exact is None:
        return Comparison(compare_many(system, before.state, minimum_units), False, False)
    if not exact.complete:
        return Comparison(_joined(exact, system, before, minimum_units), False, False)
    narrow: tuple[Difference, ...] | None = ()
    if not system.variable:
        given = frozenset(one.cell for one in exact.given)
        narrow = find_narrow(system, minimum_units, given)
    return Comparison((*exact.differences, *(narrow or ())), True, narrow is not None)


def _joined(
    exact: Outcome, system: System, before: Known, minimum_units: int
) -> tuple[Difference, ...]:
    """What an unfinished exact search found, and what the other route adds."""
    other = compare_many(system, before.state, minimum_units)
    told = {difference.equation for difference in exact.differences}
    return (*exact.differences, *(one for one in other if one.equation not in told))


def _worst_first(difference: Difference) -> tuple[bool, int]:
    return (not difference.exact, difference.units or 0)
