"""Insiders against brute force: every respondent and every school lists all whole tables.

Respondents sit in the finest cells of small grids with whole contributions; each belongs to one of
three schools. An insider keeps the tables that agree with all shown cells, in which each of its
cells holds at least its own contribution, and in which cells that it has for itself are as they
are. The brute force shares no code with the library.
"""

from functools import cache
from itertools import product

import numpy as np
import pytest

from disclosure_control.audit import verify
from disclosure_control.audit.insiders import verify_insiders
from disclosure_control.hierarchy import Axis
from disclosure_control.insiders import Insiders, guard
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

FLAT_2 = Axis("f", ("a", "b", "Total"), (2, 2, -1))
FLAT_3 = Axis("g", ("a", "b", "c", "Total"), (3, 3, 3, -1))
FLAT_4 = Axis("h", ("a", "b", "c", "d", "Total"), (4, 4, 4, 4, -1))
TREE = Axis("t", ("A", "a1", "a2", "B", "b1", "b2", "Total"), (6, 0, 0, 6, 3, 3, -1))
GRIDS = {
    "one axis": ((FLAT_4,), 6),
    "one tree": ((TREE,), 6),
    "two axes": ((FLAT_3, FLAT_2), 4),
    "tree and axis": ((TREE, FLAT_2), 2),
    "three axes": ((FLAT_2, FLAT_2, FLAT_2), 2),
}
TABLES = 8
SCHOOLS = 3


@cache
def every_table(name):
    """All tables of a grid whose leaves are at most its limit; which leaves each cell sums."""
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
    return values @ sums.T, sums


def people(name, random):
    """Respondents: finest cell, contribution and school, so that no leaf passes its limit."""
    limit, sums = GRIDS[name][1], every_table(name)[1]
    leaf, amount = [], []
    for place in range(sums.shape[1]):
        left = int(random.integers(0, limit + 1))
        while left > 0:
            size = int(random.integers(1, left + 1))
            leaf.append(place)
            amount.append(size)
            left -= size
    return (
        np.array(leaf, dtype=int),
        np.array(amount, dtype=int),
        random.integers(0, SCHOOLS, len(leaf)),
    )


def world(name, random):
    """A problem, its insiders for the library, and for the brute force: rows of contributions."""
    axes, limit = GRIDS[name]
    sums = every_table(name)[1]
    leaf, amount, school = people(name, random)
    members = np.zeros((leaf.size, sums.shape[1]), dtype=np.int64)
    members[np.arange(leaf.size), leaf] = amount
    schools = np.array([members[school == one].sum(axis=0) for one in range(SCHOOLS)])
    own = [rows @ sums.T for rows in (members, schools)]
    values = own[0].sum(axis=0)
    finest = sums.sum(axis=1) == 1
    count = values.size
    primary = (values > 0) & (random.random(count) < random.uniform(0.1, 0.5))
    lower = np.where(primary, np.minimum(values, random.integers(0, 4, count)), 0)
    upper = np.where(primary, random.integers(0, 3, count), 0)
    upper = np.where(finest, np.minimum(upper, limit - values), upper)
    problem = SuppressionProblem(
        values=values.astype(float), costs=values + 1.0, relations=grid_relations(axes),
        primary=primary, lower_protection=lower.astype(float), upper_protection=upper.astype(float),
        lower_bounds=np.zeros(count), upper_bounds=np.where(finest, float(limit), np.inf),
        integral=True, axes=axes,
    )  # fmt: skip
    cells = np.flatnonzero(finest)
    kinds = [kind_of(rows, rows @ sums.T, cells, axes) for rows in (members, schools)]
    return problem, kinds, own


def kind_of(rows, own, cells, axes):
    who, place = np.nonzero(rows)
    top = own.max(axis=0, initial=0).astype(float)
    lone = (own > 0).sum(axis=0) == 1
    return Insiders(who, cells[place], rows[who, place].astype(float), top, lone, axes)


def narrowed(name, problem, hidden, own):
    """Cells that some insider narrows below what must be left open."""
    tables = every_table(name)[0]
    shown = ~hidden
    tables = tables[(tables[:, shown] == problem.values[shown]).all(axis=1)]
    weak = np.zeros(hidden.size, dtype=np.bool_)
    for rows in own:
        alone = (rows > 0).sum(axis=0) == 1
        for mine in rows:
            known = alone & (mine > 0)
            kept = (tables >= mine).all(axis=1) & (tables[:, known] == mine[known]).all(axis=1)
            possible = tables[kept]
            least = np.minimum(problem.lower_protection, problem.values - mine)
            low = possible.min(axis=0) > problem.values - least
            high = possible.max(axis=0) < problem.values + problem.upper_protection
            weak |= problem.primary & ~known & (low | high)
    return weak


@pytest.mark.parametrize("name", GRIDS)
def test_no_respondent_and_no_school_narrows_a_cell_and_each_proof_is_accepted(name):
    random = np.random.default_rng(11)
    undone = 0
    for _ in range(TABLES):
        problem, kinds, own = world(name, random)
        pattern = try_suppress(problem)
        undone += bool((narrowed(name, problem, pattern.suppressed, own) & ~pattern.failed).any())
        safe = guard(problem, pattern, kinds)
        assert not (narrowed(name, problem, safe.suppressed, own) & ~safe.failed).any()
        proven, _ = verify_insiders(problem, safe.suppressed, safe.certificate, kinds)
        outside, _ = verify(problem, safe.suppressed, safe.certificate)
        assert (proven & outside)[problem.primary & ~safe.failed].all()
    assert undone > TABLES / 10


@pytest.mark.parametrize("name", GRIDS)
def test_a_cell_fails_only_when_hiding_everything_leaves_some_insider_certain(name):
    random = np.random.default_rng(12)
    for _ in range(TABLES):
        problem, kinds, own = world(name, random)
        safe = guard(problem, try_suppress(problem), kinds)
        everything = np.ones(problem.values.size, dtype=np.bool_)
        stranger = np.zeros((1, everything.size), dtype=np.int64)
        hopeless = narrowed(name, problem, everything, [*own, stranger])
        assert not (safe.failed & ~hopeless).any()


@pytest.mark.parametrize("name", GRIDS)
def test_the_audit_never_accepts_a_proof_that_some_insider_can_refute(name):
    random = np.random.default_rng(13)
    refused = 0
    for _ in range(TABLES):
        problem, kinds, own = world(name, random)
        pattern = try_suppress(problem)
        weak = narrowed(name, problem, pattern.suppressed, own)
        proven, _ = verify_insiders(problem, pattern.suppressed, pattern.certificate, kinds)
        outside, _ = verify(problem, pattern.suppressed, pattern.certificate)
        assert not (proven & outside & weak).any()
        refused += int((problem.primary & ~proven).sum())
    assert refused > 0
