"""Additive controlled rounding: every cell a multiple of the base, every margin a true sum.

The rounding is zero-restricted where that can be had: a cell moves to one of the two multiples next
to it, and a multiple stays. It is the one with the least sum of absolute changes, so it is not
unbiased. Sources: Cox and Ernst (1982), Controlled Rounding, INFOR 20; Causey, Cox and Ernst
(1985), Applications of Transportation Theory to Statistical Problems, JASA 80; Salazar-Gonzalez
(2006), Controlled Rounding and Cell Perturbation, Mathematical Programming 105.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.perturbation.multiples import Floats, Multiples, multiples
from disclosure_control.perturbation.program import solve
from disclosure_control.perturbation.search import search
from disclosure_control.table import Table

_FLAT_PROGRAM = 200_000
_WHOLE_PROGRAM = 6_500
_WIDE_PROGRAM = 500
_WIDEST = 2
_ADDITIVE = ("count", "sum")


@dataclass(frozen=True)
class RoundedTable:
    """A rounded table. Only ``cells`` is for release; the rest tells the desk what was lost.

    Args:
        cells: one row per cell in the order of the table: the dimension columns (text) and value, a
            multiple of ``base``; null where nobody has a value.
        base: what was rounded to.
        loss: the sum of absolute changes over all cells, margins included.
        largest_change: the largest absolute change of a cell.
        widened: how many cells had to move beyond the two multiples next to their value (0: the
            rounding is zero-restricted).
        exact: whether no rounding of this width (and these ways) loses less.
    """

    cells: pl.DataFrame
    base: int
    loss: float
    largest_change: float
    widened: int
    exact: bool


def round_controlled(
    table: Table, base: int = 5, *, seed: int = 0, ways: Floats | None = None
) -> RoundedTable:
    """``table`` rounded so that it still adds up; the same for the same input.

    Tables of two dimensions (one of them may be hierarchical) are always zero-restricted with the
    least loss. Other tables up to 6,500 cells and three dimensions, or 500 cells, are solved as
    whole-number programs with bounded work. Where that gives nothing, and on larger tables, a
    search moves the finest cells only; then some sums may move further, which ``widened`` counts.

    Args:
        table: a table of counts or sums, values of any sign.
        base: what is rounded to, at least 1.
        seed: of the search.
        ways: which way a cell must go: 1 to the multiple above, -1 to the one below, 0 either; one
            per cell, null: all either. Dropped as a whole where no such rounding is found.

    Raises:
        InvalidInputError: the table is not additive, or the base is no whole number above 0.
        ProtectionError: the result would not add up; nothing is returned then.
    """
    if type(base) is not int or base < 1:
        raise InvalidInputError("A table is rounded to a whole base of at least 1.")
    if table.statistic not in _ADDITIVE:
        raise InvalidInputError(f"A rounded table is of {' or '.join(_ADDITIVE)}.")
    true = table.cells["value"].cast(pl.Float64)
    system = multiples(table.axes, true.fill_null(0.0).to_numpy(), base)
    if ways is not None and ways.shape != system.values.shape:
        raise InvalidInputError("Ways of a rounding are one number per cell: 1, 0 or -1.")
    steps, exact = _solution(replace(system, ways=ways), seed)
    _check(system, steps)
    shown = pl.Series("value", steps * base + 0.0).set(true.is_null(), None)
    return RoundedTable(
        cells=table.cells.select(table.dimensions).with_columns(shown),
        base=base,
        loss=system.loss(steps),
        largest_change=float(np.abs(steps * base - system.values).max(initial=0.0)),
        widened=int((system.widening(steps) > 0).sum()),
        exact=exact,
    )


def _solution(system: Multiples, seed: int) -> tuple[Floats, bool]:
    """Every cell in bases, and whether that is the best of its width."""
    size = system.values.size
    nested = sum(_is_nested(axis.parents) for axis in system.axes)
    flat = len(system.axes) == 1 or (len(system.axes) == 2 and nested <= 1)
    small = (size <= _WHOLE_PROGRAM and len(system.axes) <= 3) or size <= _WIDE_PROGRAM
    found = None
    if (flat and size <= _FLAT_PROGRAM) or small:
        relaxed = solve(system, 0, whole=False)
        if relaxed.steps is not None:
            return relaxed.steps, True
        if flat and system.ways is not None:
            return _solution(replace(system, ways=None), seed)
    if small:
        whole = solve(system, 0, whole=True)
        if whole.steps is not None:
            return whole.steps, whole.exact
        if system.ways is not None:
            return _solution(replace(system, ways=None), seed)
        found = _widened(system) if whole.exact and size <= _WIDE_PROGRAM else None
    return found or (search(system, seed), False)


def _widened(system: Multiples) -> tuple[Floats, bool] | None:
    """The least loss at the smallest width at which there is a rounding."""
    for width in range(1, _WIDEST + 1):
        solved = solve(system, width, whole=True)
        if solved.steps is not None:
            return solved.steps, solved.exact
    return None


def _is_nested(parents: tuple[int, ...]) -> bool:
    return any(parent != len(parents) - 1 for parent in parents[:-1])


def _check(system: Multiples, steps: Floats) -> None:
    """The post-condition: whole multiples that add up along every axis."""
    whole = np.array_equal(steps, np.round(steps))
    if not whole or not np.array_equal(system.summing @ steps[system.leaves], steps):
        raise ProtectionError("The rounded table does not add up; it is not returned.")
