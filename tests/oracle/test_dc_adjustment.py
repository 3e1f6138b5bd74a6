"""Tabular adjustment against enumeration: all ways in which sensitive cells can rise or fall."""

from itertools import product

import numpy as np
import pytest

from disclosure_control.errors import ProtectionError
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.perturbation import adjust_blocks, adjust_exact
from disclosure_control.perturbation.adjust import Wish, closest
from disclosure_control.perturbation.adjust_program import Distance
from disclosure_control.perturbation.adjust_search import search_sides
from disclosure_control.perturbation.adjust_terms import terms_of
from disclosure_control.suppression.problem import GroupDoubt, SuppressionProblem, grid_relations

TREE = Hierarchy.from_parents({"N": "all", "S": "all", "a": "N", "b": "N", "c": "S"}, root="all")
SHAPES = {
    "3": [3], "2x3": [2, 3], "3x3": [3, 3], "2x2x2": [2, 2, 2], "tree x 2": [TREE, 2],
}  # fmt: skip


def problem_of(seed, shape, *, integral=True, share=0.35):
    random = np.random.default_rng(seed)
    axes = tuple(
        Axis.of(f"d{n}", Hierarchy.flat([f"l{k}" for k in range(s)]) if isinstance(s, int) else s)
        for n, s in enumerate(shape)
    )
    relations = grid_relations(axes)
    size = relations.shape[1]
    grid = np.zeros([len(axis.labels) for axis in axes])
    leaves = [[p for p, below in enumerate(axis.children) if not below] for axis in axes]
    values = random.integers(0, 12, [len(own) for own in leaves]).astype(float)
    grid[np.ix_(*leaves)] = values if integral else values * np.pi
    for place, axis in enumerate(axes):
        lines = np.moveaxis(grid, place, 0)
        for node in sorted(range(len(axis.labels)), key=lambda n: -depth(axis, n)):
            if axis.children[node]:
                lines[node] = lines[list(axis.children[node])].sum(axis=0)
    values = grid.ravel()
    primary = random.random(size) < share
    lower = np.where(primary, np.minimum(random.integers(1, 5, size), values), 0.0)
    upper = np.where(primary, random.integers(1, 5, size), 0.0).astype(float)
    costs = np.where((random.random(size) < 0.1) & ~primary, np.inf, 1.0)
    top = np.where(random.random(size) < 0.3, values + random.integers(0, 6, size), np.inf)
    return SuppressionProblem(
        values, costs, relations, primary, lower, upper, np.zeros(size), top,
        integral=integral, axes=axes,
    )  # fmt: skip


def depth(axis, node):
    return 0 if axis.parents[node] < 0 else 1 + depth(axis, axis.parents[node])


def weight_of(problem):
    size = np.abs(problem.values)
    present = size[size > 0]
    size = np.maximum(size, 1e-3 * np.median(present) if present.size else 1.0)
    if (problem.values == np.round(problem.values)).all():
        size = np.maximum(size, 1.0)
    return 1 / size / np.median(1 / size)


def least(problem):
    """The least weighted distance over all rises and falls; infinite when there is no table."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    size, cells = problem.values.size, np.flatnonzero(problem.primary)
    best = np.inf
    for ways in product((1, -1), repeat=cells.size):
        rise = problem.upper_bounds - problem.values
        fall = problem.values - problem.lower_bounds
        still = ~np.isfinite(problem.costs)
        rise[still] = fall[still] = 0.0
        need_rise, need_fall = np.zeros(size), np.zeros(size)
        need = np.zeros(cells.size)
        for place, (cell, way) in enumerate(zip(cells, ways, strict=True)):
            need[place] = (problem.upper_protection if way > 0 else problem.lower_protection)[cell]
            (need_rise if way > 0 else need_fall)[cell] = need[place]
            (fall if way > 0 else rise)[cell] = 0.0
        if (need <= 0).any() or (need_rise > rise).any() or (need_fall > fall).any():
            continue
        weights = weight_of(problem)
        found = milp(
            np.r_[weights, weights],
            constraints=LinearConstraint(hstack([problem.relations, -problem.relations]), 0, 0),
            bounds=Bounds(np.r_[need_rise, need_fall], np.r_[rise, fall]),
            integrality=np.full(2 * size, int(problem.integral)),
        )
        best = min(best, found.fun) if found.status == 0 else best
    return best


def holds(problem, values):
    moved = values - problem.values
    slack = 0.0 if problem.integral else 1e-6
    assert np.abs(problem.relations @ values).max() <= slack
    assert (values >= problem.lower_bounds - slack).all()
    assert (values <= problem.upper_bounds + slack).all()
    risen = (problem.upper_protection > 0) & (moved >= problem.upper_protection - slack)
    fallen = (problem.lower_protection > 0) & (moved <= slack - problem.lower_protection)
    assert (risen | fallen)[problem.primary].all()
    assert np.array_equal(values[np.isinf(problem.costs)], problem.values[np.isinf(problem.costs)])


@pytest.mark.parametrize("integral", [True, False], ids=["counts", "sums"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_table_is_closer_and_what_is_impossible_is_refused(shape, integral):
    seen = {True: 0, False: 0}
    for seed in range(8):
        problem = problem_of(seed, shape, integral=integral, share=0.2)
        if problem.primary.sum() > 6:
            continue
        best = least(problem)
        seen[np.isfinite(best)] += 1
        if not np.isfinite(best):
            with pytest.raises(ProtectionError):
                closest(problem, Wish())
            continue
        found = closest(problem, Wish())
        holds(problem, found.values)
        assert found.exact or shape == [2, 2, 2]
        assert found.distance == pytest.approx(best, rel=1e-4, abs=1e-9)
    assert seen[True] > 2


def test_the_search_alone_comes_close_to_the_least(monkeypatch):
    monkeypatch.setattr(adjust_exact, "_SENSITIVE", -1)
    monkeypatch.setattr(adjust_blocks, "_BLOCKS", 0)
    found = best = 0.0
    for seed in range(20):
        problem = problem_of(seed, [3, 3], share=0.25)
        least_one = least(problem) if problem.primary.sum() <= 5 else np.inf
        if np.isfinite(least_one):
            one = closest(problem, Wish())
            holds(problem, one.values)
            assert not one.exact
            found, best = found + one.distance, best + least_one
    assert 0 < best * (1 - 1e-9) <= found <= 1.05 * best


def test_mending_blocks_never_makes_a_choice_worse():
    for seed in range(10):
        terms = terms_of(problem_of(seed, [3, 3], share=0.4), "value")
        choice = search_sides(terms, None, 0)
        assert choice is not None
        mended = adjust_blocks.mend(terms, choice)
        assert mended.moved.loss <= choice.moved.loss * (1 + 1e-9)
        again = Distance(terms).best(mended.sides)
        assert again is not None
        assert again.loss == pytest.approx(mended.moved.loss)


def test_a_group_in_doubt_is_shown_below_its_share():
    axes = (Axis.of("d", Hierarchy.flat(("a", "b", "c"))),)
    values = np.array([19.0, 1.0, 0.0, 20.0])
    primary = np.array([True, False, False, False])
    nothing = np.zeros(4)
    problem = SuppressionProblem(
        values, np.ones(4), grid_relations(axes), primary, nothing, nothing, nothing,
        np.full(4, np.inf), integral=True, axes=axes, doubts=(GroupDoubt(0, 3, 0.9),),
    )  # fmt: skip
    found = closest(problem, Wish("equal")).values
    assert found[0] < 0.9 * found[3]
    tried = [
        np.array([a, b, c, a + b + c])
        for a, b, c in product(range(15, 24), range(6), range(6))
        if a < 0.9 * (a + b + c)
    ]
    assert np.abs(found - values).sum() == min(np.abs(one - values).sum() for one in tried)
