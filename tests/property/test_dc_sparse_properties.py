"""Whatever the records: small cells are hidden and proven, shown cells are true, repeats agree."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure_control.hierarchy import Hierarchy
from disclosure_control.sparse import (
    Effort,
    SparseRequest,
    failed_cells,
    protect_sparse,
    read_table,
    subtract_sparse,
)
from disclosure_control.sparse.construct import ancestors
from disclosure_control.sparse.cycles import find_changes

TREE = Hierarchy.from_parents(
    {"A": "Total", "a1": "A", "a2": "A", "a3": "A", "B": "Total", "b1": "B", "c": "Total"}
)
CALM = settings(derandomize=True, deadline=None, max_examples=25)


@st.composite
def records(draw):
    """Records of an uneven tree and two flat dimensions, some alike."""
    row = st.tuples(
        st.sampled_from(TREE.leaves),
        st.sampled_from("xyz"),
        st.sampled_from("mf"),
        st.integers(1, 4),
    )
    rows = draw(st.lists(row, min_size=1, max_size=30))
    return pl.DataFrame(rows, schema=["area", "kind", "sex", "n"], orient="row")


def read(frame):
    return read_table(frame, ["area", "kind", "sex"], {"area": TREE}, "n")


def protect(frame, minimum, cost="value"):
    request = SparseRequest(minimum, cost, Effort(portions=5, mendings=2))
    return protect_sparse(frame, ["area", "kind", "sex"], {"area": TREE}, "n", request)


@CALM
@given(records(), st.integers(1, 6), st.sampled_from(["value", "count", "sqrt"]))
def test_small_cells_are_hidden_proven_and_not_found_by_subtraction(frame, minimum, cost):
    protected = protect(frame, minimum, cost)
    assert (protected.primary == (protected.table.values < minimum)).all()
    assert protected.hidden[protected.primary].all()
    assert not failed_cells(protected).any()


@CALM
@given(records())
def test_shown_cells_are_the_sums_of_the_records(frame):
    cells = protect(frame, 3).cells
    shown = cells.filter(pl.col("status") == "shown")
    total = shown.filter(area="[total]", kind="[total]", sex="[total]")["value"]
    assert total.to_list() in ([], [frame["n"].sum()])
    for row in shown.filter(pl.col("area") == "a1", kind="x", sex="[total]").rows(named=True):
        assert row["value"] == frame.filter(area="a1", kind="x")["n"].sum()


@CALM
@given(records(), st.integers(0, 2**20), st.floats(0, 1))
def test_changes_move_hidden_cells_only(frame, seed, share):
    table = read(frame)
    hidden = np.random.default_rng(seed).random(table.keys.size) < share
    changes = find_changes(table, hidden, seed)
    moved = (changes @ ancestors(table)).toarray()
    assert not moved[:, ~hidden].any()
    assert set(np.unique(changes.data)) <= {-1, 1}


@CALM
@given(records())
def test_when_all_is_hidden_every_leaf_moves_alone(frame):
    table = read(frame)
    changes = find_changes(table, np.ones(table.keys.size, dtype=bool), 0)
    assert (abs(changes).sum(axis=0) > 0).all()
    assert (np.diff(changes.indptr) == 1).all()


@CALM
@given(records(), st.integers(0, 2**20))
def test_the_order_of_the_records_does_not_matter(frame, seed):
    one, other = protect(frame, 3), protect(frame.sample(fraction=1.0, shuffle=True, seed=seed), 3)
    assert (one.hidden == other.hidden).all()


@CALM
@given(records())
def test_subtraction_finds_nothing_when_all_or_nothing_is_hidden(frame):
    table = read(frame)
    assert not subtract_sparse(table, np.zeros(table.keys.size, dtype=bool)).any()
    found = subtract_sparse(table, np.ones(table.keys.size, dtype=bool))
    assert not found.any()
