"""The audit of tables too large to list, against programs written down anew for every cell.

Every shortcut is forced in turn: blocks so small that components are cut, no whole components, no
effort left. What the audit claims then may be less than the truth, never more.
"""

from functools import cache
from importlib import import_module

import numpy as np
import pytest
from scipy.optimize import linprog

from disclosure_control.audit import attacker_bounds, find_unprotected
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

HOLDS, SEARCH, SIEGE = (
    import_module(f"disclosure_control.audit.{name}") for name in ("holds", "search", "siege")
)
SHAPES = {
    "tree by list": ((4, -1, 2), (9, 0, 0)),
    "list by list": ((9, 0, 0), (8, 0, 0)),
    "three lists": ((5, 0, 0), (4, 0, 0), (4, 0, 0)),
    "trees in three": ((2, -1, 2), (2, -1, 2), (3, 0, 0)),
}
SLACK = 1e-6
UNBOUNDED = 3


def axis_of(name, shape):
    """A list, or a tree with so many branches of so many leaves."""
    branches, kind, leaves = shape
    nodes = [f"{name}{place}" for place in range(branches)]
    parents = [-1] * branches
    if kind:
        nodes += [f"{name}{place}.{leaf}" for place in range(branches) for leaf in range(leaves)]
        parents += [place for place in range(branches) for _ in range(leaves)]
    return Axis.of(name, Hierarchy(tuple(nodes), tuple(parents)))


def filled(axes, random):
    """A random table: leaves drawn, everything else the sum of what is below it."""
    counts = [sum(not below for below in axis.children) for axis in axes]
    grid = np.floor(random.exponential(12, counts) * (random.random(counts) < 0.9))
    for position, axis in enumerate(axes):
        below = np.zeros((len(axis.labels), grid.shape[position]))
        for column, leaf in enumerate(p for p, c in enumerate(axis.children) if not c):
            place = leaf
            while place >= 0:
                below[place, column] = 1
                place = axis.parents[place]
        grid = np.moveaxis(np.tensordot(below, grid, axes=(1, position)), 0, position)
    return grid.ravel()


@cache
def world(name, seed):
    """A problem, a pattern, and for each primary cell the true least and largest value."""
    random = np.random.default_rng(seed)
    axes = tuple(axis_of(f"x{place}", shape) for place, shape in enumerate(SHAPES[name]))
    values = filled(axes, random)
    primary = (values > 0) & (random.random(values.size) < 0.25)
    need = np.ceil(random.exponential(6, (2, values.size)))
    problem = SuppressionProblem(
        values=values, costs=values + 1, relations=grid_relations(axes), primary=primary,
        lower_protection=np.where(primary, np.minimum(need[0], values), 0.0),
        upper_protection=np.where(primary, need[1], 0.0), lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf), integral=False, axes=axes,
    )  # fmt: skip
    hidden = primary | (random.random(values.size) < (0.6 if len(axes) > 2 else 0.35))
    return problem, hidden, truth(problem, hidden)


def truth(problem, hidden):
    """Least and largest value of every hidden primary cell by two programs of its own."""
    cells = np.flatnonzero(hidden)
    matrix = problem.relations.tocsc()[:, cells]
    right = -(problem.relations @ np.where(hidden, 0.0, problem.values))
    low, high = problem.values.copy(), problem.values.copy()
    for place, cell in enumerate(cells):
        if problem.primary[cell]:
            aim = np.zeros(cells.size)
            aim[place] = 1.0
            for sign, ends in ((1, low), (-1, high)):
                found = linprog(sign * aim, A_eq=matrix, b_eq=right, bounds=(0, None))
                ends[cell] = sign * (-np.inf if found.status == UNBOUNDED else found.fun)
    return low, high


def weak_in_truth(problem, ends, slack):
    low, high = ends
    bad = low > problem.values - problem.lower_protection + slack
    return problem.primary & (bad | (high < problem.values + problem.upper_protection - slack))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_the_audit_agrees_with_programs_of_another_hand(name, seed):
    problem, hidden, ends = world(name, seed)
    weak = find_unprotected(problem, hidden)[0]
    assert not (weak & ~weak_in_truth(problem, ends, -SLACK)).any()
    assert not (weak_in_truth(problem, ends, SLACK) & ~weak).any()
    bounds = attacker_bounds(problem, hidden)
    own = problem.primary
    assert np.allclose(bounds.lower[own], ends[0][own], atol=SLACK)
    assert np.allclose(bounds.upper[own], ends[1][own], atol=SLACK)


CUTS = {
    "small blocks": {"_JOINT": 20, "_WIDE": 40, "_WHOLE": 5, "_NEAR": 15},
    "no joint programs": {"_TURNS": 0, "_WHOLE": 0},
    "exchanges only": {"_TURNS": 0, "_WHOLE": 0, "_MANY": 1},
    "surroundings only": {"_TURNS": 0, "_WHOLE": 0, "_MANY": 10**9},
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", SHAPES)
def test_whatever_way_a_pattern_is_judged_the_verdict_is_the_same(monkeypatch, name, cut):
    problem, hidden, ends = world(name, 0)
    for limit, value in CUTS[cut].items():
        monkeypatch.setattr(SEARCH, limit, value)
    weak = find_unprotected(problem, hidden)[0]
    assert not (weak & ~weak_in_truth(problem, ends, -SLACK)).any()
    assert not (weak_in_truth(problem, ends, SLACK) & ~weak).any()


@pytest.mark.parametrize("steps", [0, 300, 3_000])
@pytest.mark.parametrize("name", SHAPES)
def test_with_little_effort_more_counts_as_unprotected_and_never_less(monkeypatch, name, steps):
    problem, hidden, ends = world(name, 1)
    settings = {"_TURNS": 0, "_WHOLE": 0, "_MANY": 10**9}
    for limit, value in settings.items():
        monkeypatch.setattr(SEARCH, limit, value)
    monkeypatch.setattr(HOLDS, "_STEPS", steps)
    monkeypatch.setattr(HOLDS, "_STEPS_EACH", 0)
    weak = find_unprotected(problem, hidden)[0]
    assert not (weak_in_truth(problem, ends, SLACK) & ~weak).any()
    assert steps > 0 or weak.sum() > weak_in_truth(problem, ends, SLACK).sum()


@pytest.mark.parametrize("cut", [
    {"_LARGEST": 0},
    {"_LARGEST": 0, "_NEAR": 20},
    {"_STEPS": 2_000, "_STEPS_NEAR": 0},
    {"_LARGEST": 0, "_STEPS_NEAR": 0, "_PUSHES": 0},
])  # fmt: skip
@pytest.mark.parametrize("name", SHAPES)
def test_with_little_effort_intervals_are_inside_the_true_ones(monkeypatch, name, cut):
    problem, hidden, ends = world(name, 0)
    for limit, value in cut.items():
        monkeypatch.setattr(SIEGE, limit, value)
    bounds = attacker_bounds(problem, hidden)
    own = problem.primary
    assert (bounds.lower >= ends[0] - SLACK)[own].all()
    assert (bounds.upper <= ends[1] + SLACK)[own].all()
    assert (bounds.lower <= problem.values).all()
    assert (bounds.upper >= problem.values).all()
    assert (bounds.upper > bounds.lower)[hidden].any()
