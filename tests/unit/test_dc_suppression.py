"""Suppression on small tables whose answers can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, vstack

import disclosure_control as dc
from disclosure_control.audit import (
    attacker_bounds,
    find_unprotected,
    subtract,
    verify,
)
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.construct import suppress, try_suppress
from disclosure_control.suppression.problem import (
    Certificate,
    GroupDoubt,
    SuppressionProblem,
    distinct_rows,
    grid_relations,
)

LINE = (Axis.of("x", Hierarchy.flat(["a", "b", "c"])),)
SQUARE = (*LINE, Axis.of("y", Hierarchy.flat(["p", "q", "r"])))


def problem_of(axes, values, primary, **changes):
    """Counts of which the cells ``primary`` must be in doubt from 0 to 5."""
    values = np.array(values, dtype=float)
    small = np.zeros(values.size, dtype=np.bool_)
    small[list(primary)] = True
    made = SuppressionProblem(
        values=values,
        costs=np.abs(values) + 1,
        relations=grid_relations(axes),
        primary=small,
        lower_protection=np.where(small, values, 0.0),
        upper_protection=np.where(small, 5 - values, 0.0),
        lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf),
        integral=True,
        axes=axes,
    )
    return replace(made, **changes)


def square(inner, primary, **changes):
    """A 3 by 3 table with its margins; cells are numbered row by row, four in a row."""
    inner = np.array(inner)
    grid = np.zeros((4, 4))
    grid[:3, :3], grid[:3, 3], grid[3, :3] = inner, inner.sum(axis=1), inner.sum(axis=0)
    grid[3, 3] = inner.sum()
    return problem_of(SQUARE, grid.ravel(), primary, **changes)


PLAIN = [[2, 40, 50], [30, 8, 60], [70, 80, 9]]


def test_relations_of_a_grid_say_children_minus_parent_on_every_line():
    tree = Axis("t", ("A", "a", "b", "Total"), (3, 0, 0, -1))
    matrix = grid_relations((tree,)).toarray()
    assert matrix.tolist() == [[-1, 1, 1, 0], [1, 0, 0, -1]]
    assert grid_relations(SQUARE).shape == (8, 16)
    assert np.abs(grid_relations(SQUARE)).sum() == 32


def test_rows_that_say_the_same_are_kept_once():
    row = csr_matrix(np.array([[1.0, 1, -1, 0]]))
    other = csr_matrix(np.array([[0.0, 1, 1, -1]]))
    stacked = vstack([row, -row, other, row, csr_matrix((1, 4))])
    assert distinct_rows(stacked).toarray().tolist() == [[1, 1, -1, 0], [0, 1, 1, -1]]


def test_three_cells_of_a_rectangle_join_the_primary_one_and_the_cheapest_rectangle_is_taken():
    pattern = suppress(square(PLAIN, [0]))
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 1, 4, 5]
    assert np.flatnonzero(pattern.secondary).tolist() == [1, 4, 5]


def test_a_forbidden_cell_stays_visible_and_another_rectangle_is_taken():
    costs = square(PLAIN, [0]).costs.copy()
    costs[5] = np.inf
    pattern = suppress(square(PLAIN, [0], costs=costs))
    assert not pattern.suppressed[5]
    assert pattern.suppressed[0]
    assert not find_unprotected(square(PLAIN, [0]), pattern.suppressed)[0].any()


def test_a_cell_that_no_pattern_protects_fails_and_the_error_tells_no_value():
    forbidden = np.full(16, np.inf)
    problem = square(PLAIN, [0], costs=forbidden)
    assert np.flatnonzero(try_suppress(problem).failed).tolist() == [0]
    with pytest.raises(dc.ProtectionError, match="Hiding cells does not protect these"):
        suppress(problem)


def test_in_a_table_of_one_dimension_another_cell_falls_by_what_the_primary_rises():
    problem = problem_of(LINE, [2, 30, 9, 41], [0])
    pattern = suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 2]
    bounds = attacker_bounds(problem, pattern.suppressed)
    assert bounds.lower.tolist() == [0, 30, 0, 41]
    assert bounds.upper.tolist() == [11, 30, 11, 41]


def test_a_lone_cell_of_a_table_can_only_be_hidden_with_its_total():
    alone = (Axis.of("x", Hierarchy.flat(["a"])),)
    pattern = suppress(problem_of(alone, [3, 3], [0]))
    assert pattern.suppressed.all()


def test_a_single_child_moves_with_its_parent():
    chain = (Axis("x", ("A", "a", "b", "Total"), (3, 0, 3, -1)),)
    problem = problem_of(chain, [2, 2, 30, 32], [1])
    pattern = suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 1, 2]
    assert verify(problem, pattern.suppressed, pattern.certificate)[0][1]


def test_several_cells_together_give_way_when_none_alone_can():
    problem = problem_of(LINE, [1, 3, 2, 6], [0], costs=np.array([1.0, 1, 1, np.inf]))
    pattern = suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 1, 2]
    assert attacker_bounds(problem, pattern.suppressed).upper[0] == 6


def test_amounts_of_either_sign_can_fall_below_zero():
    values = np.array([-4.0, 1.5, 10, 7.5])
    problem = problem_of(
        LINE, values, [0], integral=False,
        lower_protection=np.array([3.0, 0, 0, 0]), upper_protection=np.array([3.0, 0, 0, 0]),
        lower_bounds=np.full(4, -np.inf),
    )  # fmt: skip
    pattern = suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 1]
    bounds = attacker_bounds(problem, pattern.suppressed)
    assert bounds.lower[0] == -np.inf
    assert bounds.upper[0] == np.inf


def test_a_doubt_leaves_open_whether_nearly_all_of_a_group_lies_in_one_cell():
    values = [19.0, 1, 0, 20, 30, 40, 20, 90, 40, 20, 30, 90, 89, 61, 50, 200]
    problem = problem_of(
        SQUARE, values, [0], doubts=(GroupDoubt(0, 3, 0.9),),
        lower_protection=np.zeros(16), upper_protection=np.zeros(16),
    )  # fmt: skip
    pattern = suppress(problem)
    _, doubted = verify(problem, pattern.suppressed, pattern.certificate)
    assert doubted.all()
    assert not find_unprotected(problem, pattern.suppressed)[1].any()
    assert find_unprotected(problem, problem.primary)[1].all()
    low = attacker_bounds(problem, pattern.suppressed).lower[0]
    assert pattern.suppressed[3] or low <= 17


def test_a_doubt_at_the_limit_is_none():
    problem = problem_of(
        LINE, [9, 1, 20, 30], [0], doubts=(GroupDoubt(0, 3, 0.3),),
        lower_protection=np.zeros(4), upper_protection=np.zeros(4),
    )  # fmt: skip
    hidden = np.array([True, False, False, False])
    assert find_unprotected(problem, hidden)[1].all()
    looser = replace(problem, doubts=(GroupDoubt(0, 3, 0.31),))
    assert not find_unprotected(looser, hidden)[1].any()


def test_relations_beyond_those_of_the_axes_are_respected():
    plain = square(PLAIN, [0])
    more = np.zeros((1, 16))
    more[0, [0, 5]] = [4, -1]
    linked = replace(plain, relations=vstack([plain.relations, csr_matrix(more)]).tocsr())
    pattern = suppress(linked)
    assert verify(linked, pattern.suppressed, pattern.certificate)[0][0]
    assert not find_unprotected(linked, pattern.suppressed)[0].any()


def test_a_certificate_for_other_cells_or_of_the_wrong_size_proves_nothing():
    problem = square(PLAIN, [0])
    pattern = suppress(problem)
    good = pattern.certificate
    assert verify(problem, pattern.suppressed, good)[0][0]
    for bad in (
        replace(good, row=good.row + 100),
        replace(good, row=-good.row - 1),
        replace(good, target=good.target + 1),
        replace(good, side=-good.side),
        replace(good, scale=good.scale[:1]),
        replace(good, scale=np.full(good.scale.size, np.inf)),
        replace(good, flows=good.flows[:, :8]),
        replace(good, flows=good.flows * np.nan),
    ):
        assert not verify(problem, pattern.suppressed, bad)[0].any()


def test_subtraction_follows_what_it_finds():
    problem = square(PLAIN, [0])
    hidden = np.zeros(16, dtype=np.bool_)
    hidden[[0, 1, 4]] = True
    steps = subtract(problem.relations, hidden)
    assert sorted(step.cell for step in steps) == [0, 1, 4]
    hidden[5] = True
    assert subtract(problem.relations, hidden) == ()


def test_threads_used_by_others_in_the_process_do_not_change_the_answer():
    from scipy.optimize import linprog

    problem = square(PLAIN, [0])
    before = suppress(problem).suppressed
    linprog([1.0, 1.0], A_eq=[[1.0, 2.0]], b_eq=[3.0])
    assert (suppress(problem).suppressed == before).all()
    assert attacker_bounds(problem, before).upper[0] > problem.values[0]


def test_time_for_improving_never_makes_the_pattern_dearer():
    random = np.random.default_rng(3)
    axes = (
        Axis.of("x", Hierarchy.flat([f"x{place}" for place in range(8)])),
        Axis.of("y", Hierarchy.flat([f"y{place}" for place in range(7)])),
    )
    inner = random.poisson(random.exponential(12, (8, 7)))
    grid = np.zeros((9, 8))
    grid[:8, :7], grid[:8, 7], grid[8, :7] = inner, inner.sum(axis=1), inner.sum(axis=0)
    grid[8, 7] = inner.sum()
    small = np.flatnonzero((grid.ravel() > 0) & (grid.ravel() < 5))
    problem = problem_of(axes, grid.ravel(), small)
    plain, improved = suppress(problem), suppress(problem, seconds=0.2, seed=1)
    assert problem.costs[improved.secondary].sum() <= problem.costs[plain.secondary].sum()
    proven, _ = verify(problem, improved.suppressed, improved.certificate)
    assert proven[problem.primary].all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"costs": np.zeros(3)}, "costs has one entry per cell"),
        ({"costs": np.full(16, np.nan)}, "costs has a number in every entry"),
        ({"axes": LINE}, "the full grid of the axes"),
        ({"doubts": (GroupDoubt(5, 3, 0.9),)}, "about a primary cell"),
        ({"doubts": (GroupDoubt(0, 99, 0.9),)}, "of the table"),
        ({"values": np.arange(16.0)}, "sums to zero"),
        ({"relations": csr_matrix((1, 3))}, "one column per cell"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(changes, message):
    with pytest.raises(dc.InvalidInputError, match=message):
        replace(square(PLAIN, [0]), **changes)


def test_a_large_change_elsewhere_does_not_cover_up_a_broken_relation_or_bound():
    plain = square(PLAIN, [0])
    problem = replace(plain, integral=False, lower_bounds=np.full(16, -np.inf))
    hidden = np.zeros(16, dtype=np.bool_)
    hidden[[0, 5, 6, 9, 10]] = True
    flow = np.zeros(16)
    flow[[5, 6, 9, 10]] = [1e12, -1e12, -1e12, 1e12]
    flow[0] = 10
    forged = Certificate(
        csr_matrix(flow), np.array([0, 0]), np.array([1, -1], dtype=np.int8),
        np.array([0, 0]), np.array([1.0, -1.0]),
    )  # fmt: skip
    assert not verify(problem, hidden, forged)[0].any()
    narrow = replace(problem, lower_bounds=problem.values - 1e-3, upper_bounds=problem.values + 5)
    real = suppress(problem)
    assert verify(problem, real.suppressed, real.certificate)[0][0]
    assert not verify(narrow, real.suppressed, real.certificate)[0].any()
