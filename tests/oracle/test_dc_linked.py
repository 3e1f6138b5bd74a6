"""Linked tables against somebody who reasons about the people in the finest cells.

The brute force shares no code with the library: which people are in which cell it works out from
the codes alone. Where the number of people is shown, it lists every population that fits all that
is shown; for more people and dimensions a whole-number program over populations asks for the
least and the most of every unsafe cell.
"""

import numpy as np
import polars as pl
import pytest
from dc_linked_cases import SHAPES, connecting, draw_tables, every_population, indicator
from scipy.optimize import Bounds, LinearConstraint, milp

import disclosure_control as dc
from disclosure_control.linked import protect_linked

POLICY = dc.Policy("three", 3)
UNBOUNDED = 3


def shown_total(table):
    """The decision to show the number of people."""
    total = pl.DataFrame({name: [dc.TOTAL] for name in table.dimensions})
    return total.with_columns(status=pl.lit("p"))


def test_nobody_who_lists_all_populations_narrows_an_unsafe_cell():
    random = np.random.default_rng(1)
    every = every_population(14, 8)
    done = unsafe = secondary = 0
    for _ in range(40):
        tables, _ = draw_tables(random, "same dimensions", 14)
        try:
            linked = protect_linked(
                [(table, shown_total(table)) for table in tables],
                POLICY,
                hierarchies=connecting(tables),
            )
        except dc.ProtectionError:
            continue
        left = every
        cells = [indicator(table, ("a", "b")) for table in tables]
        for table, one, matrix in zip(tables, linked.tables, cells, strict=True):
            shown = ~one.hidden
            true = table.cells["sum"].to_numpy()[shown]
            left = left[(left @ matrix[shown].T == true).all(axis=1)]
        assert len(left)
        for table, one, matrix in zip(tables, linked.tables, cells, strict=True):
            values, possible = table.cells["sum"].to_numpy(), left @ matrix.T
            few = (values > 0) & (values < 3)
            assert one.hidden[few].all()
            assert (possible.min(axis=0)[few] == 0).all()
            assert (possible.max(axis=0)[few] >= 3).all()
            unsafe += int(few.sum())
            secondary += one.loss.secondary
        done += 1
    assert done >= 10
    assert unsafe >= 50
    assert secondary >= 30


def extreme(row, shown, true, sign):
    """The least (or most) of a cell over all populations that give the shown cells."""
    found = milp(
        sign * row,
        constraints=LinearConstraint(shown, true, true),
        bounds=Bounds(0, np.inf),
        integrality=np.ones(row.size),
    )
    if found.status == UNBOUNDED or (found.x is None and sign < 0):
        return np.inf
    return sign * found.fun


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_who_optimises_over_populations_narrows_an_unsafe_cell(shape):
    random = np.random.default_rng(2)
    unsafe = secondary = 0
    for _ in range(25):
        tables, _ = draw_tables(random, shape, 34)
        try:
            linked = protect_linked(tables, POLICY, hierarchies=connecting(tables))
        except dc.ProtectionError:
            continue
        assert linked.complete
        cells = [indicator(table) for table in tables]
        shown = np.concatenate(
            [rows[~one.hidden] for rows, one in zip(cells, linked.tables, strict=True)]
        )
        true = np.concatenate(
            [
                table.cells["sum"].to_numpy()[~one.hidden]
                for table, one in zip(tables, linked.tables, strict=True)
            ]
        )
        for table, one, rows in zip(tables, linked.tables, cells, strict=True):
            problem, values = one.problem, table.cells["sum"].to_numpy()
            for cell in np.flatnonzero((values > 0) & (values < 3)):
                assert one.hidden[cell]
                assert extreme(rows[cell], shown, true, 1) <= 0
                assert extreme(rows[cell], shown, true, -1) >= 3
                assert problem.primary[cell]
                unsafe += 1
            secondary += one.loss.secondary
    assert unsafe >= 30
    assert secondary >= 30
