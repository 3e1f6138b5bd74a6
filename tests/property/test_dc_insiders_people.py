"""Random people in random tables: nobody who is in a table narrows a hidden cell of it.

The oracle knows every record. For each person, or each school, it asks a linear program of its own
(relations written out by hand) how far each primary cell can still lie, given all shown cells and
what that insider contributed.
"""

from itertools import product

import highspy
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import disclosure_control as dc
from disclosure_control.assess import find
from disclosure_control.contributions import Source
from disclosure_control.insiders import harden, read_members, verify_hardened
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.construct import try_suppress

SETTINGS = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TREE = dc.Hierarchy(("A", "a1", "a2", "B", "b1", "b2"), (-1, 0, 0, -1, 3, 3))
SHAPES = {
    "two axes": {"x": ("p", "q", "r"), "y": ("k", "l", "m")},
    "tree": {"x": ("a1", "a2", "b1", "b2"), "y": ("k", "l", "m")},
    "three axes": {"x": ("p", "q"), "y": ("k", "l"), "z": ("s", "t", "u")},
}
POLICY = dc.Policy(
    name="small", minimum_units=3, minimum_entities=2, maximum_unit_share=0.7, interval_share=0.2
)


@st.composite
def records(draw, shape, *, twice):
    """People with a school and a whole amount in random cells; some in two of them."""
    levels = SHAPES[shape]
    cell = st.tuples(*(st.sampled_from(labels) for labels in levels.values()))
    number = draw(st.integers(6, 14))
    rows = []
    for person in range(number):
        places = draw(st.lists(cell, min_size=1, max_size=1 + twice, unique=True))
        school = draw(st.integers(0, 3))
        rows += [
            (*place, person, f"s{school}", float(draw(st.integers(1, 20)))) for place in places
        ]
    names = [*levels, "unit", "school", "amount"]
    return pl.DataFrame(rows, schema=names, orient="row")


def hardened(frame, shape, value, *, entity):
    """The table, its problem, and what hardening makes of it; null when that cannot be done."""
    dimensions = list(SHAPES[shape])
    source = Source(tuple(dimensions), value, "unit", "school" if entity else None)
    trees = {"x": TREE} if shape == "tree" else {}
    levels = {name: list(labels) for name, labels in SHAPES[shape].items() if name not in trees}
    given = {"unit": "unit", "entity": source.entity, "hierarchies": trees, "levels": levels}
    table = (
        dc.count_table(frame, dimensions, **given)
        if value is None
        else dc.magnitude_table(frame, dimensions, value, **given)
    )
    problem = build_problem(table, find(table, POLICY), POLICY)
    members = read_members(frame, source, table)
    safe = harden(problem, table, POLICY, try_suppress(problem), members)
    if safe.failed.any() or safe.failed_unions:
        return table, problem, None
    verify_hardened(problem, table, POLICY, safe, members)
    return table, problem, safe


def cells_of(table):
    """For every cell the finest cells it sums, by labels; and the finest cells."""
    below = {}
    for axis in table.axes:
        children = dict(zip(axis.labels, axis.children, strict=True))
        below[axis.name] = {}
        for label in axis.labels:
            queue, leaves = [label], []
            while queue:
                one = queue.pop()
                parts = children[one]
                queue += [axis.labels[part] for part in parts]
                leaves += [] if parts else [one]
            below[axis.name][label] = leaves
    names = list(below)
    rows = table.cells.select(names).rows()
    finest = list(dict.fromkeys(leaf for row in rows for leaf in leaves_of(row, below, names)))
    place = {leaf: at for at, leaf in enumerate(finest)}
    sums = np.zeros((len(rows), len(finest)))
    for at, row in enumerate(rows):
        sums[at, [place[leaf] for leaf in leaves_of(row, below, names)]] = 1.0
    return sums, place


def leaves_of(row, below, names):
    return list(product(*(below[name][label] for name, label in zip(names, row, strict=True))))


def views(frame, table, value, place, who):
    """For every insider of a column: its contribution to each finest cell."""
    found = {}
    for row in frame.iter_rows(named=True):
        leaf = place[tuple(row[name] for name in table.dimensions)]
        found.setdefault(row[who], np.zeros(len(place)))
        found[row[who]][leaf] += 1.0 if value is None else row[value]
    return np.array(list(found.values()))


def narrowed(problem, hidden, sums, own, *, knows_alone):
    """Primary cells that some insider narrows below what must be left open."""
    weak = set()
    mine = own @ sums.T
    alone = ((mine > 0).sum(axis=0) == 1) & knows_alone
    for row, leaf in zip(mine, own, strict=True):
        known = alone & (row > 0)
        furthest = program(sums, problem.values, ~hidden | known, leaf)
        for cell in np.flatnonzero(problem.primary & ~known & hidden).tolist():
            least = min(problem.lower_protection[cell], problem.values[cell] - row[cell])
            for sign, need in ((-1.0, least), (1.0, problem.upper_protection[cell])):
                gone = furthest(sign * sums[cell]) - sign * problem.values[cell]
                if gone < need - 1e-6 * max(1.0, need):
                    weak.add(cell)
    return weak


def program(sums, values, fixed, leaf):
    """A function that tells how large a weighted sum of finest cells can be."""
    solver, columns = highspy.Highs(), np.arange(leaf.size, dtype=np.int32)
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.addVars(leaf.size, leaf, np.full(leaf.size, np.inf))
    for cell in np.flatnonzero(fixed):
        own = np.flatnonzero(sums[cell]).astype(np.int32)
        solver.addRow(values[cell], values[cell], own.size, own, np.ones(own.size))

    def furthest(weights):
        solver.changeColsCost(leaf.size, columns, -weights)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kUnbounded:
            return np.inf
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return float(weights @ np.array(solver.getSolution().col_value))

    return furthest


def holds(frame, shape, value, *, entity):
    table, problem, safe = hardened(frame, shape, value, entity=entity)
    if safe is None or not problem.primary.any():
        return
    sums, place = cells_of(table)
    assert np.allclose(sums @ views(frame, table, value, place, "unit").sum(axis=0), problem.values)
    for who in ["unit", "school"][: 1 + entity]:
        own = views(frame, table, value, place, who)
        alone = value is not None or who == "school"
        assert not narrowed(problem, safe.suppressed, sums, own, knows_alone=alone)


@pytest.mark.parametrize("shape", SHAPES)
@SETTINGS
@given(data=st.data())
def test_no_person_and_no_school_narrows_a_hidden_total(shape, data):
    holds(data.draw(records(shape, twice=False)), shape, "amount", entity=True)


@pytest.mark.parametrize("shape", SHAPES)
@SETTINGS
@given(data=st.data())
def test_no_person_with_amounts_in_two_cells_narrows_a_hidden_total(shape, data):
    holds(data.draw(records(shape, twice=True)), shape, "amount", entity=False)


@pytest.mark.parametrize("shape", SHAPES)
@SETTINGS
@given(data=st.data())
def test_no_pupil_and_no_school_narrows_a_hidden_count(shape, data):
    holds(data.draw(records(shape, twice=False)), shape, None, entity=True)
