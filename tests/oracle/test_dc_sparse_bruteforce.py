"""Sparse tables against brute force: cells counted by hand, all tables that fit listed.

The brute force shares no code with the library: it climbs the trees by names.
"""

from collections import Counter
from itertools import product

import numpy as np
import polars as pl
import pytest

from disclosure_control.audit import find_unprotected, subtract
from disclosure_control.frames import TOTAL
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.sparse import (
    Effort,
    SparseRequest,
    protect_sparse,
    read_table,
    subtract_sparse,
    verify_sparse,
)
from disclosure_control.sparse.cells import cell_labels
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

FLAT = {"x": "Total", "y": "Total", "z": "Total"}
UNEVEN = {"A": "Total", "a1": "A", "a2": "A", "b": "Total", "C": "Total", "c1": "C"}
LEAVES = {"flat": ("x", "y", "z"), "uneven": ("a1", "a2", "b", "c1")}
SHAPES = {
    "one tree": ("uneven",),
    "two flat": ("flat", "flat"),
    "tree and flat": ("uneven", "flat"),
    "three": ("flat", "uneven", "flat"),
}
MOST = 9


def tree_of(kind):
    return FLAT if kind == "flat" else UNEVEN


def up(kind, code):
    """The code, and all above it."""
    found = [code]
    while tree_of(kind)[found[-1]] != "Total":
        found.append(tree_of(kind)[found[-1]])
    return [*found, TOTAL]


def records_of(shape, random, leaves=5):
    kinds = SHAPES[shape]
    places = {
        tuple(str(random.choice(LEAVES[kind])) for kind in kinds)
        for _ in range(int(random.integers(1, leaves + 1)))
    }
    return {place: int(random.choice([1, 1, 1, 2, 3, 4])) for place in sorted(places)}


def frame_of(shape, records):
    names = [f"d{place}" for place in range(len(SHAPES[shape]))]
    rows = [place for place, many in records.items() for _ in range(many)]
    return pl.DataFrame(rows, schema=names, orient="row"), names


def trees_of(shape):
    return {
        f"d{place}": Hierarchy.from_parents(tree_of(kind))
        for place, kind in enumerate(SHAPES[shape])
    }


def all_cells(shape, records):
    found = Counter()
    for place, many in records.items():
        for cell in product(
            *(up(kind, code) for kind, code in zip(SHAPES[shape], place, strict=True))
        ):
            found[cell] += many
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_cells_are_those_that_hold_somebody_with_their_counts(shape):
    random = np.random.default_rng(1)
    for _ in range(60):
        records = records_of(shape, random, leaves=20)
        frame, names = frame_of(shape, records)
        table = read_table(frame, names, trees_of(shape))
        rows = cell_labels(table, np.arange(table.keys.size)).rows()
        assert dict(zip(rows, table.values.tolist(), strict=True)) == dict(
            all_cells(shape, records)
        )


def fitting(shape, protected, records):
    """Every table of the leaves, up to a limit, that agrees with all shown cells."""
    shown = [row for row in protected.cells.rows() if row[-1] == "shown"]
    kinds, places = SHAPES[shape], list(records)
    tables = np.array(list(product(range(MOST + 1), repeat=len(places))))
    sums = {
        cell: np.array(
            [
                all(
                    label in up(kind, code)
                    for label, kind, code in zip(cell, kinds, place, strict=True)
                )
                for place in places
            ]
        )
        for cell in all_cells(shape, records)
    }
    for *labels, value, _ in shown:
        tables = tables[tables[:, sums[tuple(labels)]].sum(axis=1) == value]
    return tables, sums


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("minimum", [2, 3, 5])
def test_somebody_who_lists_all_tables_cannot_rule_out_nobody_or_the_threshold(shape, minimum):
    random, small, secondary = np.random.default_rng(2), 0, 0
    for _ in range(15):
        records = records_of(shape, random)
        frame, names = frame_of(shape, records)
        effort = Effort(portions=10)
        protected = protect_sparse(
            frame, names, trees_of(shape), request=SparseRequest(minimum, "value", effort)
        )
        tables, sums = fitting(shape, protected, records)
        for cell, value in all_cells(shape, records).items():
            if value < minimum:
                possible = tables[:, sums[cell]].sum(axis=1)
                assert possible.min() == 0
                assert possible.max() >= minimum
                small += 1
        secondary += int((protected.hidden & ~protected.primary).sum())
    assert small > 20
    assert secondary > 0


def as_problem(table, cells_hidden):
    """The same table as the general engine sees it: the full grid, empty cells known to be 0."""
    size = int(np.prod([len(axis.labels) for axis in table.axes]))
    values, hidden = np.zeros(size), np.zeros(size, dtype=bool)
    values[table.keys] = table.values
    hidden[table.keys] = cells_hidden
    primary = (values > 0) & (values < 3)
    problem = SuppressionProblem(
        values=values,
        costs=values + 1,
        relations=grid_relations(table.axes),
        primary=primary,
        lower_protection=np.where(primary, values, 0.0),
        upper_protection=np.where(primary, 3 - values, 0.0),
        lower_bounds=np.zeros(size),
        upper_bounds=np.where(values > 0, np.inf, 0.0),
        integral=True,
        axes=table.axes,
    )
    return problem, hidden


GRIDS = ("two flat", "tree and flat", "three")
QUICK = SparseRequest(3, "value", Effort(portions=6, mendings=2))


@pytest.mark.parametrize("shape", GRIDS)
def test_the_audit_of_the_general_engine_finds_nothing_unprotected(shape):
    random = np.random.default_rng(3)
    for _ in range(8):
        frame, names = frame_of(shape, records_of(shape, random, leaves=25))
        protected = protect_sparse(frame, names, trees_of(shape), request=QUICK)
        problem, hidden = as_problem(protected.table, protected.hidden)
        assert not find_unprotected(problem, hidden)[0].any()


@pytest.mark.parametrize("shape", GRIDS)
def test_a_proof_is_accepted_only_where_the_general_audit_finds_nothing(shape):
    """Shows one more hidden cell at a time: the old proof may then prove less, never too much."""
    random, refused = np.random.default_rng(4), 0
    for _ in range(4):
        frame, names = frame_of(shape, records_of(shape, random, leaves=12))
        protected = protect_sparse(frame, names, trees_of(shape), request=QUICK)
        for cell in np.flatnonzero(protected.hidden & ~protected.primary)[:5]:
            hidden = protected.hidden.copy()
            hidden[cell] = False
            proven = verify_sparse(protected.table, hidden, 3, protected.certificate)
            weak = find_unprotected(*as_problem(protected.table, hidden))[0]
            assert not (proven & weak[protected.table.keys]).any()
            refused += int((protected.primary & ~proven).sum())
    assert refused > 0


@pytest.mark.parametrize("shape", GRIDS)
def test_subtraction_finds_what_the_general_attack_by_subtraction_finds(shape):
    random, found = np.random.default_rng(5), 0
    for _ in range(30):
        frame, names = frame_of(shape, records_of(shape, random, leaves=15))
        table = read_table(frame, names, trees_of(shape))
        hidden = random.random(table.keys.size) < 0.3
        problem, grid = as_problem(table, hidden)
        expected = {step.cell for step in subtract(problem.relations, grid)}
        assert set(table.keys[subtract_sparse(table, hidden)].tolist()) == expected
        found += len(expected)
    assert found > 50
