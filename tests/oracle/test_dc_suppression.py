"""Suppression and audit against brute force: every whole table of a small grid is listed.

The brute force shares no code with the library. It multiplies all leaf values by hand-made sums,
so it also checks the relations that the library builds from the axes.
"""

from functools import cache
from itertools import product

import numpy as np
import pytest

from disclosure_control.audit import attacker_bounds, find_unprotected, subtract, verify
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import (
    GroupDoubt,
    SuppressionProblem,
    grid_relations,
)

FLAT_2 = Axis("f", ("a", "b", "Total"), (2, 2, -1))
FLAT_3 = Axis("g", ("a", "b", "c", "Total"), (3, 3, 3, -1))
FLAT_4 = Axis("h", ("a", "b", "c", "d", "Total"), (4, 4, 4, 4, -1))
TREE = Axis("t", ("A", "a1", "a2", "B", "b1", "b2", "Total"), (6, 0, 0, 6, 3, 3, -1))
CHAIN = Axis("c", ("A", "a1", "b", "Total"), (3, 0, 3, -1))
GRIDS = {
    "one axis": ((FLAT_4,), 5),
    "one tree": ((TREE,), 5),
    "two axes": ((FLAT_3, FLAT_2), 3),
    "tree and axis": ((TREE, FLAT_2), 2),
    "single child": ((CHAIN, FLAT_3), 3),
    "three axes": ((FLAT_2, FLAT_2, FLAT_2), 2),
}
TABLES = 160


@cache
def every_table(name):
    """All tables of a grid whose leaves are at most its limit, one per row; and the leaf cells."""
    axes, limit = GRIDS[name]
    sums = np.ones((1, 1), dtype=np.int64)
    for axis in axes:
        leaves = [place for place in range(len(axis.labels)) if place not in axis.parents]
        below = np.zeros((len(axis.labels), len(leaves)), dtype=np.int64)
        for column, leaf in enumerate(leaves):
            place = leaf
            while place >= 0:
                below[place, column] = 1
                place = axis.parents[place]
        sums = np.kron(sums, below)
    values = np.array(list(product(range(limit + 1), repeat=sums.shape[1])), dtype=np.int64)
    return values @ sums.T, sums.sum(axis=1) == 1


def problem_of(name, random):
    """A random table of a grid as a problem with random demands."""
    axes, limit = GRIDS[name]
    tables, leaves = every_table(name)
    values = tables[random.integers(len(tables))].astype(np.float64)
    count = values.size
    primary = random.random(count) < random.uniform(0.05, 0.4)
    upper = np.where(leaves, limit - values, 3)
    doubts = ()
    if primary.any() and random.random() < 0.4:
        cell = int(random.choice(np.flatnonzero(primary)))
        group = count - 1 if random.random() < 0.5 else int(random.integers(count))
        if cell != group:
            doubts = (GroupDoubt(cell, group, float(random.choice([0.5, 0.75, 0.9, 1.0]))),)
    return SuppressionProblem(
        values=values,
        costs=np.where(random.random(count) < 0.1, np.inf, values + 1.0),
        relations=grid_relations(axes),
        primary=primary,
        lower_protection=np.where(primary, np.minimum(values, random.integers(0, 3, count)), 0.0),
        upper_protection=np.where(primary, np.minimum(upper, random.integers(0, 3, count)), 0.0),
        lower_bounds=np.zeros(count),
        upper_bounds=np.where(leaves, float(limit), np.inf),
        integral=True,
        axes=axes if random.random() < 0.8 else (),
        doubts=doubts,
    )


def fitting(name, problem, hidden):
    """Every table that agrees with all shown cells."""
    tables, _ = every_table(name)
    shown = ~hidden
    return tables[(tables[:, shown] == problem.values[shown]).all(axis=1)]


def weak(problem, possible):
    """Which primary cells, and which doubts, the possible tables leave too little room."""
    low = possible.min(axis=0) > problem.values - problem.lower_protection
    high = possible.max(axis=0) < problem.values + problem.upper_protection
    certain = [
        not (possible[:, one.cell] < one.share * possible[:, one.group] - 1e-9).any()
        for one in problem.doubts
    ]
    return problem.primary & (low | high), np.array(certain, dtype=np.bool_)


@pytest.mark.parametrize("name", GRIDS)
def test_what_is_protected_is_protected_against_somebody_who_lists_all_tables(name):
    random = np.random.default_rng(1)
    protected = 0
    for _ in range(TABLES):
        problem = problem_of(name, random)
        pattern = try_suppress(problem)
        narrow, certain = weak(problem, fitting(name, problem, pattern.suppressed))
        assert not (narrow & ~pattern.failed).any()
        for one, bad in zip(problem.doubts, certain, strict=True):
            assert not bad or pattern.failed[one.cell]
        assert (pattern.suppressed[problem.primary]).all()
        assert not (pattern.suppressed & np.isinf(problem.costs) & ~problem.primary).any()
        assert not (pattern.secondary & problem.primary).any()
        protected += int((problem.primary & ~pattern.failed).sum())
    assert protected > TABLES / 2


@pytest.mark.parametrize("name", GRIDS)
def test_a_cell_fails_only_when_hiding_every_other_does_not_help(name):
    random = np.random.default_rng(2)
    for _ in range(TABLES):
        problem = problem_of(name, random)
        failed = try_suppress(problem).failed
        most = problem.primary | np.isfinite(problem.costs)
        narrow, certain = weak(problem, fitting(name, problem, most))
        impossible = narrow.copy()
        for one, bad in zip(problem.doubts, certain, strict=True):
            impossible[one.cell] |= bad
        assert (failed == impossible).all()


@pytest.mark.parametrize("name", GRIDS)
def test_the_certificate_proves_exactly_what_did_not_fail(name):
    random = np.random.default_rng(3)
    for _ in range(TABLES):
        problem = problem_of(name, random)
        pattern = try_suppress(problem)
        proven, doubted = verify(problem, pattern.suppressed, pattern.certificate)
        meant = problem.primary & ~pattern.failed
        assert proven[meant].all()
        for one, good in zip(problem.doubts, doubted, strict=True):
            assert good or pattern.failed[one.cell]
        narrow, certain = weak(problem, fitting(name, problem, pattern.suppressed))
        assert not (proven & narrow).any()
        assert not (doubted & certain).any()


@pytest.mark.parametrize("name", GRIDS)
def test_the_audit_of_any_pattern_agrees_with_listing_all_tables(name):
    random = np.random.default_rng(4)
    for _ in range(TABLES):
        problem = problem_of(name, random)
        hidden = random.random(problem.values.size) < random.uniform(0.2, 0.9)
        possible = fitting(name, problem, hidden)
        narrow, certain = weak(problem, possible)
        for place, one in enumerate(problem.doubts):
            certain[place] |= not hidden[one.cell]
        found, doubtless = find_unprotected(problem, hidden)
        assert (found == (narrow | (problem.primary & ~hidden))).all()
        assert (doubtless == certain).all()


@pytest.mark.parametrize("name", GRIDS)
def test_an_attackers_bounds_are_the_least_and_largest_values_of_all_tables(name):
    random = np.random.default_rng(5)
    for _ in range(TABLES):
        problem = problem_of(name, random)
        hidden = random.random(problem.values.size) < random.uniform(0.2, 0.9)
        possible = fitting(name, problem, hidden)
        bounds = attacker_bounds(problem, hidden)
        assert (bounds.lower == possible.min(axis=0)).all()
        assert (bounds.upper == possible.max(axis=0)).all()
        for step in subtract(problem.relations, hidden):
            assert (possible[:, step.cell] == problem.values[step.cell]).all()
