"""Tabular adjustment: what it refuses, what it names, what it never tells."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.perturbation.adjust import (
    Wish,
    adjust,
    closest,
    next_margin,
    stated_margin,
    totals,
)
from disclosure_control.perturbation.adjust_audit import audit_adjusted, audit_shown
from disclosure_control.perturbation.adjust_search import greedy_sides
from disclosure_control.perturbation.adjust_settle import settled
from disclosure_control.perturbation.adjust_terms import terms_of, without_way_out
from disclosure_control.suppression.problem import SuppressionProblem

CANARY = 913577
POLICY = dc.Policy("p", minimum_units=5)


def records(seed=1, size=400):
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "region": random.integers(0, 9, size),
            "origin": random.choice(["a", "b", "c"], size, p=[0.75, 0.2, 0.05]),
            "income": random.lognormal(3, 1, size).round(),
        }
    )


@pytest.fixture(scope="module")
def table():
    return dc.count_table(records(), ["region", "origin"])


def row_problem(values, lower, upper, **changes):
    """A row of cells and their sum, the first one sensitive."""
    from scipy.sparse import csr_matrix

    values = np.array([*values, sum(values)], dtype=float)
    size = values.size
    primary = np.arange(size) == 0
    problem = SuppressionProblem(
        values, np.ones(size), csr_matrix([[1.0] * (size - 1) + [-1.0]]), primary,
        np.where(primary, lower, 0.0), np.where(primary, upper, 0.0),
        np.zeros(size), np.full(size, np.inf), integral=True,
    )  # fmt: skip
    return replace(problem, **changes)


def test_the_same_table_is_adjusted_the_same_way(table):
    first, second = (adjust(table, POLICY) for _ in range(2))
    assert first.cells.equals(second.cells)
    assert first.margin == second.margin


def test_more_time_is_never_further_away(table):
    quick = adjust(table, POLICY)
    patient = closest(quick.problem, Wish(seconds=0.3, seed=3))
    assert patient.distance <= closest(quick.problem, Wish()).distance * (1 + 1e-9)


def test_small_counts_are_shown_as_none_or_as_enough(table):
    done = adjust(table, POLICY)
    small = done.problem.primary
    assert small.sum() > 3
    assert set(np.unique(done.values[small] >= 5)) <= {True, False}
    assert ((done.values[small] == 0) | (done.values[small] >= 5)).all()
    assert not (done.values[small] == done.problem.values[small]).any()


def test_a_table_without_unsafe_cells_is_left_as_it_is(table):
    done = adjust(table, dc.Policy("none", minimum_units=1))
    assert (done.changed, done.loss, done.margin, done.exact) == (0, 0.0, 0.0, True)
    assert audit_adjusted(done).holds


def test_kept_totals_are_known_to_the_attacker_too():
    table = dc.count_table(pl.DataFrame({"g": ["a"] * 2 + ["b"] * 3}), ["g"])
    done = adjust(table, POLICY, keep=totals(table))
    assert sorted(done.values.tolist()) == [0, 5, 5]
    assert done.values[-1] == 5
    kept = audit_adjusted(done).frame["upper"].to_list()
    free = audit_adjusted(replace(done, kept=np.zeros(3, dtype=bool))).frame["upper"].to_list()
    assert kept == [5, 5]
    assert max(free) == 10


def test_means_and_medians_are_not_adjusted():
    for statistic in ("mean", "median", "std"):
        other = dc.magnitude_table(records(), ["region"], "income", statistic=statistic)
        with pytest.raises(dc.InvalidInputError, match="count or sum"):
            adjust(other, POLICY)


@pytest.mark.parametrize(
    "wish",
    [{"weights": "heavy"}, {"seconds": -1}, {"seconds": True}, {"seed": -1}, {"seed": 1.0}],
    ids=str,
)
def test_a_wish_that_cannot_be_granted_is_refused(table, wish):
    with pytest.raises(dc.InvalidInputError):
        adjust(table, POLICY, **wish)


@pytest.mark.parametrize("keep", [np.ones(3, dtype=bool), np.ones(40)], ids=["short", "numbers"])
def test_cells_to_keep_are_one_flag_per_cell(table, keep):
    with pytest.raises(dc.InvalidInputError, match="one flag"):
        adjust(table, POLICY, keep=keep)


def test_a_sensitive_cell_that_is_to_be_kept_is_named(table):
    with pytest.raises(dc.ProtectionError, match=r"keep fewer cells.*\(0, c\)"):
        adjust(table, POLICY, keep=np.ones(table.cells.height, dtype=bool))


def test_cells_that_can_only_move_together_with_known_ones_are_named():
    stuck = row_problem([7, 9, 4], 3, 3, costs=np.array([1.0, np.inf, np.inf, np.inf]))
    with pytest.raises(dc.ProtectionError, match="cell 0"):
        closest(stuck, Wish())
    free = row_problem([7, 9, 4], 3, 3, costs=np.array([1.0, np.inf, 1.0, np.inf]))
    assert closest(free, Wish("equal")).values.tolist() in ([4, 9, 7, 20], [10, 9, 1, 20])


def test_a_side_on_which_nothing_is_required_is_no_way_out():
    zero = row_problem([0, 9, 4], 0, 3)
    assert closest(zero, Wish()).values[0] >= 3
    ruled_out = replace(zero, upper_bounds=np.array([2.0, np.inf, np.inf, np.inf]))
    with pytest.raises(dc.ProtectionError, match="cell 0"):
        closest(ruled_out, Wish())
    unasked = row_problem([5, 9, 4], 0, 0)
    assert without_way_out(unasked, terms_of(unasked, "value")).tolist() == [True] + [False] * 3


def test_no_value_is_in_a_message_or_a_representation():
    random = np.random.default_rng(2)
    values = [CANARY, *random.integers(1, 9, 5).tolist()]
    problem = row_problem(values, CANARY + 1, CANARY + 2)
    tight = replace(problem, upper_bounds=problem.values + 1)
    with pytest.raises(dc.ProtectionError) as caught:
        closest(tight, Wish())
    assert str(CANARY)[:4] not in str(caught.value)
    found = closest(problem, Wish())
    frame = pl.DataFrame({"g": ["a", "a", "b", "b", "b"], "v": [float(CANARY), 1.0, 2.0, 3.0, 2.0]})
    table = dc.magnitude_table(frame, ["g"], "v")
    done = adjust(table, dc.Policy("p", minimum_units=1, maximum_unit_share=0.5))
    assert done.changed > 0
    audit = audit_adjusted(done)
    text = " ".join(map(repr, (found, done, audit, problem)))
    for number in (CANARY, *done.values, done.margin, done.loss, *found.values):
        assert len(str(int(number))) < 4 or str(int(number)) not in text
    with pytest.raises(dc.InvalidInputError) as refused:
        audit_shown(done.problem, done.values, done.values)
    assert str(CANARY)[:4] not in str(refused.value)


def test_chains_of_cells_with_the_same_people_are_turned_together():
    # total = part, part = leaf + empty; the parts of a row must go the same way as their sum.
    from scipy.sparse import csr_matrix

    links = np.zeros((30, 61))
    for row in range(30):
        links[row, [2 * row, 2 * row + 1, 2 * row + 2]] = (-1.0, 1.0, 1.0)
    values = np.where(np.arange(61) % 2 == 1, 0.0, 2.0)
    primary = values > 0
    problem = SuppressionProblem(
        values, np.where(primary, 1.0, np.inf), csr_matrix(links), primary,
        np.where(primary, 2.0, 0.0), np.where(primary, 3.0, 0.0), np.zeros(61),
        np.full(61, np.inf), integral=True,
    )  # fmt: skip
    terms = terms_of(problem, "value")
    crossed = np.where(np.arange(31) % 2 == 0, 1, -1).astype(np.int8)
    assert len(set(settled(terms, crossed).tolist())) == 1
    assert len(greedy_sides(terms)) == 31
    found = closest(problem, Wish()).values
    assert set(found[primary]) in ({0.0}, {5.0})


@pytest.mark.parametrize(
    ("need", "margin"), [(3, 10.0), (5, 10.0), (6, 20.0), (25, 50.0), (26, 100.0)]
)
def test_the_stated_margin_is_round_and_reaches_over_the_interval(need, margin):
    problem = row_problem([40, 90, 80], need, need)
    shown = problem.values + np.array([need, -need, 0, 0])
    assert stated_margin(problem, shown) == margin
    assert margin >= 2 * need
    assert next_margin(margin) in (20.0, 50.0, 100.0, 200.0)
    assert next_margin(margin) > margin


def test_sums_of_odd_amounts_are_adjusted_too():
    frame = records().with_columns(income=pl.col("income") * np.sqrt(2))
    table = dc.magnitude_table(frame, ["region", "origin"], "income")
    policy = dc.Policy("p", minimum_units=3, maximum_unit_share=0.4)
    done = adjust(table, policy)
    moved = np.abs(done.values - done.problem.values)
    need = np.minimum(done.problem.upper_protection, done.problem.lower_protection)
    assert done.problem.primary.sum() > 0
    assert (moved >= need * (1 - 1e-9))[done.problem.primary].all()
