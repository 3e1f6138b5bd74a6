"""The audit against brute force on relations of any shape: linked tables, other coefficients.

Whole numbers: every table inside the bounds is listed. Amounts: every corner of the set of tables
that fit is computed by linear algebra. Neither shares code with the library.
"""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit import attacker_bounds, find_unprotected, subtract
from disclosure_control.auditing import audit_pattern
from disclosure_control.suppression.problem import GroupDoubt, SuppressionProblem

LIMIT = 3
TABLES = 240


def sums_of(random):
    """What each cell sums: leaves, groups of leaves, groups of groups, some of them twice."""
    leaves = int(random.integers(3, 6))
    sums = np.eye(leaves, dtype=np.int64)
    for _ in range(int(random.integers(2, 6))):
        share = random.choice([0.3, 0.5, 0.7])
        group = (random.random(leaves) < share).astype(np.int64)
        if random.random() < 0.15:
            group *= int(random.integers(1, 3))
        sums = np.vstack([sums, group])
    return sums


def relations_of(sums, random):
    """Relations that tie every group to leaves, and groups to other groups, some negated."""
    leaves = sums.shape[1]
    rows = []
    for place in range(leaves, len(sums)):
        row = np.zeros(len(sums), dtype=np.int64)
        row[:leaves], row[place] = sums[place], -1
        rows.append(row * random.choice([-1, 1]))
    for one, two in combinations(range(len(rows)), 2):
        if random.random() < 0.3:
            rows.append(rows[one] + random.choice([-1, 1]) * rows[two])
    return csr_matrix(np.array(rows, dtype=np.float64))


def problem_of(random, *, integral):
    """A random problem, all its whole tables, and a random pattern."""
    sums = sums_of(random)
    tables = np.array(list(product(range(LIMIT + 1), repeat=sums.shape[1]))) @ sums.T
    values = tables[random.integers(len(tables))].astype(np.float64)
    if not integral:
        values = sums @ (random.random(sums.shape[1]) * LIMIT * (random.random() < 0.9))
    count = values.size
    primary = random.random(count) < random.uniform(0.1, 0.6)
    upper = np.where(np.arange(count) < sums.shape[1], float(LIMIT), np.inf)
    upper[random.random(count) < 0.2] = np.inf
    upper[: sums.shape[1]] = LIMIT
    lower = np.zeros(count)
    known = np.flatnonzero(random.random(count) < 0.15)
    lower[known] = np.floor(values[known] / 2)
    need = random.integers(0, 4, (2, count)) / (1 if integral else 3)
    cells = np.flatnonzero(primary)
    doubts = ()
    if cells.size and random.random() < 0.4:
        cell, group = int(random.choice(cells)), int(random.integers(count))
        if cell != group:
            doubts = (GroupDoubt(cell, group, float(random.choice([0.5, 0.75, 1.0]))),)
    problem = SuppressionProblem(
        values=values, costs=values + 1, relations=relations_of(sums, random), primary=primary,
        lower_protection=np.where(primary, need[0], 0), upper_protection=np.where(primary, need[1], 0),
        lower_bounds=lower, upper_bounds=upper, integral=integral, doubts=doubts if integral else (),
    )  # fmt: skip
    return problem, tables, random.random(count) < random.uniform(0.3, 0.95)


def fitting(problem, tables, hidden):
    """The tables that agree with everything shown and known."""
    fits = (tables[:, ~hidden] == problem.values[~hidden]).all(axis=1)
    fits &= ((tables >= problem.lower_bounds) & (tables <= problem.upper_bounds)).all(axis=1)
    return tables[fits]


def corners(problem, hidden):
    """All corners of the deviations of hidden cells that keep every relation and bound."""
    cells = np.flatnonzero(hidden)
    matrix = problem.relations.toarray()[:, cells]
    low = (problem.lower_bounds - problem.values)[cells]
    high = (problem.upper_bounds - problem.values)[cells]
    _, size, basis = np.linalg.svd(np.vstack([matrix, np.zeros((1, cells.size))]))
    rank = int((size > 1e-9).sum())
    kernel = basis[rank:].T
    free = kernel.shape[1]
    found = [np.zeros(cells.size)]
    limits = [(k, bound) for k in range(cells.size) for bound in (low[k], high[k])
              if np.isfinite(bound)]  # fmt: skip
    for chosen in combinations(limits, free):
        rows = kernel[[k for k, _ in chosen]]
        if free and abs(np.linalg.det(rows)) > 1e-9:
            found.append(kernel @ np.linalg.solve(rows, [bound for _, bound in chosen]))
    found = np.array(found)
    inside = ((found >= low - 1e-9) & (found <= high + 1e-9)).all(axis=1)
    tables = np.tile(problem.values, (int(inside.sum()), 1))
    tables[:, cells] += found[inside]
    return tables


def narrow(problem, possible, slack=0.0):
    low = possible.min(axis=0) > problem.values - problem.lower_protection + slack
    high = possible.max(axis=0) < problem.values + problem.upper_protection - slack
    return problem.primary & (low | high)


@pytest.mark.parametrize("seed", range(4))
def test_the_audit_of_whole_numbers_agrees_with_listing_all_tables(seed):
    random = np.random.default_rng(seed)
    for _ in range(TABLES):
        problem, tables, hidden = problem_of(random, integral=True)
        possible = fitting(problem, tables, hidden)
        weak, certain = find_unprotected(problem, hidden)
        assert (weak == (narrow(problem, possible) | (problem.primary & ~hidden))).all()
        for one, bad in zip(problem.doubts, certain, strict=True):
            raised = (possible[:, one.cell] < one.share * possible[:, one.group] - 1e-9).any()
            assert bad == (not raised or not hidden[one.cell])


@pytest.mark.parametrize("seed", range(4))
def test_bounds_on_whole_numbers_are_the_least_and_largest_of_all_tables(seed):
    random = np.random.default_rng(10 + seed)
    for _ in range(TABLES):
        problem, tables, hidden = problem_of(random, integral=True)
        possible = fitting(problem, tables, hidden)
        bounds = attacker_bounds(problem, hidden)
        assert (bounds.lower == possible.min(axis=0)).all()
        assert (bounds.upper == possible.max(axis=0)).all()
        for step in subtract(problem.relations, hidden):
            assert (possible[:, step.cell] == problem.values[step.cell]).all()


@pytest.mark.parametrize("seed", range(4))
def test_bounds_on_amounts_are_at_the_corners_of_all_tables(seed):
    random = np.random.default_rng(20 + seed)
    for _ in range(TABLES // 8):
        problem, _, hidden = problem_of(random, integral=False)
        possible = corners(problem, hidden)
        bounds = attacker_bounds(problem, hidden)
        assert np.allclose(bounds.lower, possible.min(axis=0), atol=1e-6)
        assert np.allclose(bounds.upper, possible.max(axis=0), atol=1e-6)
        weak = find_unprotected(problem, hidden)[0]
        shown = problem.primary & ~hidden
        assert not (narrow(problem, possible, 1e-5) & ~weak).any()
        assert not (weak & ~shown & ~narrow(problem, possible, -1e-5)).any()


@pytest.mark.parametrize("integral", [True, False])
def test_an_audit_counts_what_brute_force_counts(integral):
    random = np.random.default_rng(30)
    for _ in range(TABLES // 8):
        problem, tables, hidden = problem_of(random, integral=integral)
        possible = fitting(problem, tables, hidden) if integral else corners(problem, hidden)
        found = audit_pattern(problem, hidden)
        width = possible.max(axis=0) - possible.min(axis=0)
        shown = problem.primary & ~hidden
        assert (found.exact == (shown | (problem.primary & (width < 1e-6)))).all()
        assert (found.equation is None) == (not (problem.primary & found.subtracted | shown).any())
        assert width[found.subtracted].max(initial=0) < 1e-6
