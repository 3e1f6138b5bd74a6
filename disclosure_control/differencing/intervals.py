"""Bounds on hidden cells from the fact that counts are not negative.

Addition and subtraction may leave a hidden cell open while the shown cells still allow few values
only. The attacker here knows which combinations of classes occur, so the bounds are at most as wide
as those of a real one. Bounds are those of real numbers; whole numbers may be tighter.
"""

from itertools import islice

import numpy as np

from disclosure_control.differencing.cells import Difference, Floats, Ints, PublishedCell
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.system import System, hidden_figures, suspected

MOST_ATOMS = 1_500
MOST_CELLS = 60
_SLACK = 1e-6
_SECONDS = 10.0


def find_narrow(
    system: System, minimum_units: int, given: frozenset[PublishedCell]
) -> tuple[Difference, ...] | None:
    """Small hidden cells whose interval is newly narrower than the threshold; null when too many.

    Args:
        system: tables of counts.
        minimum_units: a hidden cell of fewer units stays uncertain by ``minimum_units - 1``.
        given: hidden cells that are known to be given back anyway.
    """
    member, first = _finest(system)
    small = (
        (table, cell.label, counts[first])
        for table, cell, counts in hidden_figures(system)
        if 0 < counts.sum() < minimum_units and cell not in given
    )
    cells = list(islice(small, MOST_CELLS + 1))
    if first.size > MOST_ATOMS or len(cells) > MOST_CELLS:
        return None
    sizes = np.bincount(member, minlength=first.size).astype(np.float64)
    required = minimum_units - 1 - _SLACK
    earlier, every = _rows(system.earlier, first), _rows(system.tables, first)
    found = []
    for table, label, figure in cells:
        if _width(earlier, sizes, figure, failed=np.inf) < required:
            continue
        if _width(every, sizes, figure, failed=0.0) < required:
            text = (
                f"{label} of {table.name} lies in an interval narrower than the threshold, because "
                "no count is negative"
            )
            names = dict.fromkeys([table.name, *(one.name for one in system.new)])
            found.append(suspected(system, text, "interval", tuple(names)))
    return tuple(found)


def _finest(system: System) -> tuple[Ints, Ints]:
    """The combination of classes of each number, hidden cells told apart; one number of each."""
    numbers = np.arange(system.owners.size)
    member = np.zeros(numbers.size, dtype=np.int64)
    for table in system.tables:
        joint = member * table.classes + table.of_units(numbers)
        member = np.unique(joint, return_inverse=True)[1]
    return member, np.unique(member, return_index=True)[1]


def _rows(tables: tuple[CodedTable, ...], first: Ints) -> Floats:
    """Shown cells (independent ones) x combinations of classes."""
    parts = [table.basis[table.of_units(first)] for table in tables]
    return np.hstack([np.zeros((first.size, 0)), *parts]).T


def _width(rows: Floats, sizes: Floats, figure: Ints, failed: float) -> float:
    """Between the least and the largest value of a hidden cell; ``failed`` when not solved."""
    from scipy.optimize import linprog

    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign * figure,
            A_eq=rows,
            b_eq=rows @ sizes,
            method="highs",
            options={"time_limit": _SECONDS},
        )
        if solved.status == 3:
            return np.inf
        if solved.status != 0:
            return failed
        ends.append(sign * float(solved.fun))
    return ends[1] - ends[0]
