"""What a certificate proves, and that no tampering makes it prove more."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit import verify
from disclosure_control.suppression.problem import Certificate, SuppressionProblem

# Two tied tables: 2a + b = t and b + c = s, and d + e = u apart.
RELATIONS = csr_matrix([
    [2.0, 1, -1, 0, 0, 0, 0, 0],
    [0, 1, 0, 1, -1, 0, 0, 0],
    [0, 0, 0, 0, 0, 1, 1, -1],
])  # fmt: skip
VALUES = np.array([5.0, 8, 18, 9, 17, 6, 7, 13])
HIDDEN = np.array([1, 1, 0, 1, 0, 1, 1, 0], dtype=np.bool_)
RISE = np.array([1.0, -2, 0, 2, 0, 0, 0, 0])
APART = np.array([0.0, 0, 0, 0, 0, 1, -1, 0])


def problem(**changes):
    """The first and the sixth cell must be in doubt by two on both sides."""
    primary = np.isin(np.arange(8), [0, 5])
    made = SuppressionProblem(
        values=VALUES, costs=VALUES, relations=RELATIONS, primary=primary,
        lower_protection=np.where(primary, 2.0, 0), upper_protection=np.where(primary, 2.0, 0),
        lower_bounds=np.zeros(8), upper_bounds=np.full(8, 20.0), integral=True,
    )  # fmt: skip
    return replace(made, **changes)


def certificate(**changes):
    """Both rows, twice as they are and twice reversed."""
    made = Certificate(
        flows=csr_matrix(np.stack([RISE, APART])),
        target=np.array([0, 0, 5, 5]),
        side=np.array([1, -1, 1, -1], dtype=np.int8),
        row=np.array([0, 0, 1, 1]),
        scale=np.array([2.0, -2.0, 2.0, -2.0]),
    )
    return replace(made, **changes)


def proven(given, about=None, hidden=HIDDEN):
    return np.flatnonzero(verify(about or problem(), hidden, given)[0]).tolist()


@pytest.mark.parametrize("integral", [True, False])
def test_a_true_certificate_proves_both_cells_whatever_the_coefficients(integral):
    assert proven(certificate(), problem(integral=integral)) == [0, 5]


@pytest.mark.parametrize("integral", [True, False])
@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("by", [1.0, -1.0, 0.01, np.nan, np.inf, 2.0**53, 1e300])
def test_a_row_that_is_changed_anywhere_proves_nothing(integral, place, by):
    rows = np.stack([RISE, APART])
    rows[0, place] += by
    forged = certificate(flows=csr_matrix(rows))
    assert proven(forged, problem(integral=integral)) == [5]


@pytest.mark.parametrize("integral", [True, False])
@pytest.mark.parametrize("scale", [np.nan, np.inf, -np.inf, 0.0, 1.9, -2.0, 1e9, 1e308, 2.0**53])
def test_a_scale_that_does_not_fit_proves_nothing(integral, scale):
    forged = certificate(scale=np.array([scale, -2.0, 2.0, -2.0]))
    assert proven(forged, problem(integral=integral)) == [5]


def test_a_scale_that_is_not_whole_proves_amounts_but_no_whole_numbers():
    forged = certificate(scale=np.array([2.5, -2.5, 2.0, -2.0]))
    assert proven(forged) == [5]
    assert proven(forged, problem(integral=False)) == [0, 5]


def test_rows_swapped_prove_nothing():
    assert proven(certificate(row=np.array([1, 1, 0, 0]))) == []
    assert proven(certificate(row=np.array([0, 0, 0, 0]))) == [0]


def test_one_side_twice_is_not_both_sides():
    assert proven(certificate(side=np.array([1, 1, 1, -1], dtype=np.int8))) == [5]
    assert proven(certificate(scale=np.array([2.0, 2.0, 2.0, -2.0]))) == [5]
    assert proven(certificate(side=np.array([2, -2, 1, -1], dtype=np.int8))) == [5]


@pytest.mark.parametrize("target", [1, 3, 7, 8, 10**6, -1, -8])
def test_another_target_proves_nothing_about_the_cell(target):
    forged = certificate(target=np.array([target, target, 5, 5]))
    assert 0 not in proven(forged)
    assert proven(forged) in ([5], [])


@pytest.mark.parametrize("row", [2, -1, 10**9, -(2**62)])
def test_a_row_that_is_not_there_proves_nothing(row):
    assert proven(certificate(row=np.array([row, row, 1, 1]))) == []


def test_a_change_of_a_shown_cell_proves_nothing():
    for cell in (0, 1, 3):
        shown = HIDDEN.copy()
        shown[cell] = False
        assert proven(certificate(), hidden=shown) == [5]


@pytest.mark.parametrize(("cell", "low", "high"), [(1, 5, 20), (3, 6, 20), (3, 0, 12), (0, 4, 20)])
def test_a_change_beyond_what_is_known_beforehand_proves_nothing(cell, low, high):
    given = problem()
    low_bounds, high_bounds = given.lower_bounds.copy(), given.upper_bounds.copy()
    low_bounds[cell], high_bounds[cell] = low, high
    for integral in (True, False):
        narrow = replace(
            given, lower_bounds=low_bounds, upper_bounds=high_bounds, integral=integral
        )
        assert proven(certificate(), narrow) == [5]


@pytest.mark.parametrize("change", [
    {"flows": csr_matrix(np.zeros((2, 7)))},
    {"row": np.array([0, 0, 1])},
    {"row": np.array([0.0, 0, 1, 1])},
    {"target": np.array([0.0, 0, 5, 5])},
    {"scale": np.array([[2.0, -2, 2, -2]])},
])  # fmt: skip
def test_a_certificate_of_the_wrong_shape_proves_nothing(change):
    assert proven(certificate(**change)) == []


def test_entries_given_twice_add_up():
    split = csr_matrix((
        np.r_[RISE[[0, 1, 3]], 1.0, -1.0, 1.0, -1.0],
        (np.array([0, 0, 0, 1, 1, 0, 0]), np.array([0, 1, 3, 5, 6, 3, 3])),
    ), shape=(2, 8))  # fmt: skip
    assert proven(certificate(flows=split)) == [0, 5]


def test_numbers_too_large_to_add_up_exactly_prove_nothing():
    # The relation sums to 1 after the change, but in doubles 2**53 + 1 is 2**53 and the sum is 0.
    open_ = replace(
        problem(), values=np.array([3.0, 0, 0, 3, 0]), costs=np.ones(5),
        relations=csr_matrix([[1.0, 1, 1, -1, -1]]),
        primary=np.array([1, 0, 0, 0, 0], dtype=np.bool_), lower_protection=np.zeros(5),
        upper_protection=np.array([1.0, 0, 0, 0, 0]), lower_bounds=np.zeros(5),
        upper_bounds=np.full(5, np.inf),
    )  # fmt: skip
    row = np.array([1.0, 2.0**52, 2.0**52, 2.0**52, 2.0**52])
    forged = Certificate(csr_matrix(row), np.array([0]), np.array([1], dtype=np.int8),
                         np.array([0]), np.array([1.0]))  # fmt: skip
    everything = np.ones(5, dtype=np.bool_)
    assert proven(forged, open_, everything) == []
    row[1:] = [2.0**40, 2.0**40, 2.0**40, 2.0**40 + 1]
    assert proven(replace(forged, flows=csr_matrix(row)), open_, everything) == [0]


def test_large_amounts_do_not_cover_up_that_the_same_relation_is_broken():
    relations = csr_matrix([[1.0, 1, -1]])
    open_ = replace(
        problem(), values=np.array([3.0, 0, 3]), costs=np.ones(3), relations=relations,
        primary=np.array([1, 0, 0], dtype=np.bool_), lower_protection=np.zeros(3),
        upper_protection=np.array([2.0, 0, 0]), lower_bounds=np.zeros(3),
        upper_bounds=np.full(3, np.inf), integral=False,
    )  # fmt: skip
    forged = Certificate(csr_matrix([[2.0, 1e13, 1e13]]), np.array([0]),
                         np.array([1], dtype=np.int8), np.array([0]), np.array([1.0]))  # fmt: skip
    everything = np.ones(3, dtype=np.bool_)
    assert proven(forged, open_, everything) == []
    true = replace(forged, flows=csr_matrix([[2.0, 0, 2.0]]))
    assert proven(true, open_, everything) == [0]
