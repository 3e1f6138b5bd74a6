"""Sparse tables: reading, the front door, and proofs that are forged."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.frames import MISSING, TOTAL
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.sparse import (
    Effort,
    SparseCertificate,
    SparseRequest,
    failed_cells,
    protect_sparse,
    read_table,
    subtract_sparse,
    verify_sparse,
)
from disclosure_control.sparse.cells import levels_above
from disclosure_control.sparse.protect import _check

FRAME = pl.DataFrame(
    {
        "town": ["p", "p", "p", "q", "q", "q", "q", "r", "r", "r", "r", "r"],
        "kind": ["u", "u", "v", "u", "u", "v", "v", "u", "u", "u", "v", "v"],
        "people": [1, 2, 1, 4, 5, 1, 1, 6, 1, 1, 2, 1],
    }
)


def protected_of(minimum=3):
    request = SparseRequest(minimum)
    return protect_sparse(FRAME, ["town", "kind"], records="people", request=request)


def test_small_cells_are_hidden_others_are_true_and_cells_without_a_row_are_empty():
    protected = protected_of()
    rows = {row[:2]: row[2:] for row in protected.cells.rows()}
    assert rows["p", "v"] == (None, "primary")
    assert rows["q", "v"] == (None, "primary")
    assert rows["p", "u"] != (3, "shown") or rows["q", "u"] != (9, "shown")
    shown = protected.cells.filter(pl.col("status") == "shown")
    true = read_table(FRAME, ["town", "kind"], records="people").values[~protected.hidden]
    assert shown["value"].to_list() == true.tolist()
    assert not failed_cells(protected).any()


def test_nothing_is_hidden_when_nothing_is_small():
    assert protected_of(minimum=1).cells["status"].unique().to_list() == ["shown"]


def test_a_table_of_one_record_is_hidden_whole():
    protected = protect_sparse(pl.DataFrame({"a": ["x"], "b": ["y"]}), ["a", "b"])
    assert protected.hidden.all()
    assert protected.cells["value"].null_count() == 4


def test_a_null_is_a_label_and_rows_that_stand_for_nobody_are_no_cells():
    frame = pl.DataFrame({"a": ["x", None, "z"], "n": [2, 5, 0]})
    table = read_table(frame, ["a"], records="n")
    assert table.axes[0].labels == (MISSING, "x", TOTAL)
    assert table.values.tolist() == [5, 2, 7]


def test_levels_name_the_ancestor_or_the_label_itself_where_the_tree_is_shallow():
    tree = Hierarchy.from_parents({"A": "Total", "a": "A", "b": "Total"})
    table = read_table(pl.DataFrame({"d": ["a", "b"]}), ["d"], {"d": tree})
    labels = np.array(table.axes[0].labels)
    assert labels.tolist() == ["A", "a", "b", TOTAL]
    assert labels[levels_above(table.axes[0])].tolist() == [
        [TOTAL, TOTAL, TOTAL, TOTAL],
        ["A", "A", "b", TOTAL],
        ["A", "a", "b", TOTAL],
    ]


def test_the_same_input_gives_the_same_pattern():
    assert (protected_of().hidden == protected_of().hidden).all()


def test_only_numbers_of_cells_are_printed():
    protected = protected_of()
    assert repr(protected).startswith("SparseProtected(")
    assert repr(protected.table) == "SparseTable(12 non-empty cells, 6 leaves)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"dimensions": []}, "one or more dimensions"),
        ({"dimensions": ["town", "town"]}, "each once"),
        ({"dimensions": ["town", "where"]}, "missing: where"),
        ({"dimensions": ["town"], "hierarchies": {"kind": Hierarchy.flat(["u"])}}, "belongs to"),
        (
            {"dimensions": ["town"], "hierarchies": {"town": Hierarchy.flat(["p"])}},
            "covers the data",
        ),
        ({"dimensions": ["town"], "records": "kind"}, "is numeric"),
    ],
)
def test_bad_arguments_are_refused(arguments, expected):
    with pytest.raises(InvalidInputError, match=expected):
        protect_sparse(FRAME, **arguments)


@pytest.mark.parametrize("values", [[1.5, 1], [-1, 1], [None, 1], [float("nan"), 1]])
def test_records_are_whole_numbers_of_at_least_0(values):
    frame = pl.DataFrame({"a": ["x", "y"], "n": values}, strict=False)
    with pytest.raises(InvalidInputError, match="whole numbers of at least 0"):
        read_table(frame, ["a"], records="n")


def test_a_table_of_nobody_is_refused():
    with pytest.raises(InvalidInputError, match="at least one record"):
        read_table(pl.DataFrame({"a": []}, schema={"a": pl.String}), ["a"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: SparseRequest(0),
        lambda: SparseRequest(2.0),
        lambda: SparseRequest(3, "much"),
        lambda: Effort(portions=0),
        lambda: Effort(passes=0),
        lambda: Effort(mendings=-1),
        lambda: Effort(searches=1.0),
        lambda: Effort(seed=-1),
    ],
)
def test_requests_that_protect_nobody_are_refused(make):
    with pytest.raises(InvalidInputError):
        make()


def forged_rows(certificate, rows):
    return replace(certificate, changes=csr_matrix(rows))


def test_forged_proofs_prove_nothing():
    protected = protected_of()
    table, hidden, good = protected.table, protected.hidden, protected.certificate
    rows = good.changes.toarray().astype(np.int64)
    leaf_falls = rows.copy()
    leaf_falls[:, 0] -= 1
    shown = np.flatnonzero(~hidden)
    forgeries = [
        forged_rows(good, 0 * rows),
        forged_rows(good, 0.5 * rows),
        forged_rows(good, rows * 100),
        forged_rows(good, rows[:, :-1]),
        replace(good, row=good.row + rows.shape[0]),
        replace(good, cell=good.cell - table.keys.size),
        replace(good, side=-good.side),
        replace(good, side=0 * good.side),
        replace(good, cell=np.full_like(good.cell, shown[0])),
        replace(good, row=good.row[:1]),
    ]
    assert verify_sparse(table, hidden, 3, good)[protected.primary].all()
    for forgery in forgeries:
        assert not verify_sparse(table, hidden, 3, forgery).any()
    assert not verify_sparse(table, hidden, 3, forged_rows(good, leaf_falls)).all()


def test_a_proof_about_other_values_or_keys_proves_nothing():
    protected = protected_of()
    table, good = protected.table, protected.certificate
    for other in (
        replace(table, values=table.values + 1),
        replace(table, keys=table.keys + 1),
        replace(table, counts=table.counts * 2),
    ):
        assert not verify_sparse(other, protected.hidden, 3, good).any()


def test_a_small_cell_that_is_shown_or_unproven_stops_everything_and_is_named():
    protected = protected_of()
    small = np.flatnonzero(protected.primary)[:1]
    hidden = protected.hidden.copy()
    hidden[small] = False
    with pytest.raises(ProtectionError, match="join categories: p x v"):
        _check(replace(protected, hidden=hidden))


def test_subtraction_finds_a_cell_that_is_hidden_alone():
    table = read_table(FRAME, ["town", "kind"], records="people")
    hidden = np.zeros(table.keys.size, dtype=bool)
    hidden[0] = True
    assert subtract_sparse(table, hidden).tolist() == hidden.tolist()


def test_more_work_is_allowed_and_proven_too():
    request = SparseRequest(3, "sqrt", Effort(portions=4, mendings=1, passes=2, seed=5))
    protected = protect_sparse(FRAME, ["town", "kind"], records="people", request=request)
    assert not failed_cells(protected).any()


THREE = pl.DataFrame({"a": ["x", "y", "z"]})


def proven_by(rows, places=(0, 1)):
    """Whether x is proven, when its total is shown, by a row for its fall and one for its rise."""
    table = read_table(THREE, ["a"])
    certificate = SparseCertificate(
        changes=csr_matrix(np.array(rows)),
        cell=np.array([0, 0]),
        side=np.array([-1, 1]),
        row=np.array(places),
    )
    return verify_sparse(table, table.values < 3, 3, certificate).tolist()


def test_a_proof_by_hand_is_accepted():
    assert proven_by([[-1, 1, 0], [2, -1, -1]]) == [True, False, False, False]


@pytest.mark.parametrize(
    "rows",
    [
        [[-1, 3, -2], [2, -1, -1]],  # z falls below nobody
        [[-1, 1, 0], [2, -2, 0]],  # y falls below nobody
        [[-1, 0, 0], [2, -1, -1]],  # the shown total moves
        [[-1, 1, 0], [2, 0, 0]],
        [[-1, 1, 0], [1, -1, 0]],  # x rises, but not to the threshold
        [[0, 1, -1], [2, -1, -1]],  # x does not fall
    ],
)
def test_a_proof_with_one_fault_is_not(rows):
    assert proven_by(rows) == [False] * 4


def test_one_side_alone_is_no_proof():
    assert proven_by([[-1, 1, 0], [2, -1, -1]], places=(0, 0)) == [False] * 4
    assert proven_by([[-1, 1, 0], [2, -1, -1]], places=(1, 1)) == [False] * 4
