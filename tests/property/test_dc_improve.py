"""Random tables: an improved pattern costs no more, protects no less, and is found again."""

from dataclasses import replace
from itertools import count, pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disclosure_control.audit import find_unprotected, verify
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.construct import as_pattern, drafted
from disclosure_control.suppression.demands import find_demands
from disclosure_control.suppression.draft import UNSERVED
from disclosure_control.suppression.improve import Effort, improve
from disclosure_control.suppression.problem import (
    GroupDoubt,
    SuppressionProblem,
    grid_relations,
    grid_shape,
)

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TREE = Axis("t", ("A", "a1", "a2", "B", "b1", "b2", "Total"), (6, 0, 0, 6, 3, 3, -1))
FLAT_4 = Axis("f", ("a", "b", "c", "d", "Total"), (4, 4, 4, 4, -1))
FLAT_3 = Axis("g", ("a", "b", "c", "Total"), (3, 3, 3, -1))
GRIDS = ((FLAT_4, FLAT_3), (TREE, FLAT_3), (FLAT_3, FLAT_3, FLAT_3), (TREE, TREE))


def values_of(axes, leaves):
    """The full grid of a table with these leaves."""
    full = leaves
    for place, axis in enumerate(axes):
        below = np.zeros((len(axis.labels), leaves.shape[place]))
        own = [node for node in range(len(axis.labels)) if node not in axis.parents]
        for column, leaf in enumerate(own):
            node = leaf
            while node >= 0:
                below[node, column] = 1
                node = axis.parents[node]
        full = np.moveaxis(np.tensordot(below, full, (1, place)), 0, place)
    return full.ravel()


@st.composite
def problems(draw):
    """Problems with and without axes, of whole numbers or not, with forbidden cells and doubts."""
    axes = draw(st.sampled_from(GRIDS))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    integral = draw(st.booleans())
    shape = [len(axis.labels) - len(set(axis.parents) - {-1}) for axis in axes]
    leaves = chance.integers(0, 30, shape) + (0 if integral else chance.random(shape))
    values = values_of(axes, leaves.astype(np.float64))
    size = values.size
    primary = (values < 6) | (chance.random(size) < 0.05)
    need = np.where(primary, chance.integers(1, 5, size), 0) * (1.0 if integral else 1.3)
    doubts = ()
    if draw(st.booleans()) and primary[:-1].any():
        cell = int(chance.choice(np.flatnonzero(primary[:-1])))
        doubts = (GroupDoubt(cell, size - 1, float(chance.choice([0.02, 0.5, 0.9]))),)
    return SuppressionProblem(
        values=values,
        costs=np.where(chance.random(size) < 0.05, np.inf, values),
        relations=grid_relations(axes),
        primary=primary,
        lower_protection=np.minimum(need, values),
        upper_protection=need,
        lower_bounds=np.zeros(size),
        upper_bounds=np.full(size, np.inf),
        integral=integral,
        axes=axes if draw(st.booleans()) else (),
        doubts=doubts,
    )


def first(problem):
    return drafted(problem, find_demands(problem))


@SETTINGS
@given(problems(), st.integers(0, 5))
def test_an_improved_pattern_costs_no_more_and_protects_no_less(problem, seed):
    draft = first(problem)
    loss, missing, failed = draft.loss(), draft.missing(), as_pattern(draft).failed
    better = improve(draft, Effort(work=4_000), seed)
    pattern = as_pattern(better)
    assert better.loss() <= loss
    assert better.missing() <= missing
    assert np.isclose(better.loss(), problem.costs[pattern.secondary].sum())
    assert not (pattern.failed & ~failed).any()
    assert not (pattern.secondary & np.isinf(problem.costs)).any()
    assert (pattern.suppressed == better.hidden).all()


@SETTINGS
@given(problems(), st.integers(0, 5))
def test_the_certificate_of_an_improved_pattern_proves_all_that_did_not_fail(problem, seed):
    pattern = as_pattern(improve(first(problem), Effort(work=4_000), seed))
    proven, doubted = verify(problem, pattern.suppressed, pattern.certificate)
    meant = problem.primary & ~pattern.failed
    weak, certain = find_unprotected(problem, pattern.suppressed)
    assert proven[meant].all()
    assert not weak[meant].any()
    for one, good, bad in zip(problem.doubts, doubted, certain, strict=True):
        assert pattern.failed[one.cell] or (good and not bad)


@SETTINGS
@given(problems(), st.integers(0, 5))
def test_the_same_work_and_seed_give_the_same_witnesses(problem, seed):
    one, other = (improve(first(problem), Effort(work=2_000), seed) for _ in range(2))
    assert (one.hidden == other.hidden).all()
    assert (one.row == other.row).all()
    assert (one.scale == other.scale).all()
    for (cells, amounts), (same, equal) in zip(one.witnesses, other.witnesses, strict=True):
        assert (cells == same).all()
        assert (amounts == equal).all()


@SETTINGS
@given(problems(), st.lists(st.integers(0, 4_000), min_size=2, max_size=3))
def test_more_work_never_gives_a_dearer_pattern(problem, works):
    drafts = [improve(first(problem), Effort(work=work)) for work in sorted(works)]
    for less, more in pairwise(drafts):
        assert (more.missing(), more.loss()) <= (less.missing(), less.loss())


@SETTINGS
@given(problems(), st.lists(st.integers(0, 60), min_size=2, max_size=3))
def test_more_seconds_never_give_a_dearer_pattern(problem, seconds):
    drafts = [
        improve(first(problem), Effort(seconds=time, clock=count().__next__))
        for time in sorted(seconds)
    ]
    for less, more in pairwise(drafts):
        assert (more.missing(), more.loss()) <= (less.missing(), less.loss())


@SETTINGS
@given(problems())
def test_cells_that_cost_nothing_and_tables_without_secondary_cells_end_the_search(problem):
    free = replace(problem, costs=np.zeros(problem.values.size))
    better = improve(first(free), Effort(work=500))
    assert better.loss() == 0
    pattern = as_pattern(better)
    assert verify(free, pattern.suppressed, pattern.certificate)[0][
        free.primary & ~pattern.failed
    ].all()


@SETTINGS
@given(problems())
def test_every_cell_that_stays_hidden_is_used_by_a_witness_that_serves(problem):
    better = improve(first(problem), Effort(work=2_000))
    used = problem.primary.copy()
    for number in np.unique(better.row[better.row != UNSERVED]).tolist():
        used[better.witnesses[number][0]] = True
    assert (better.hidden == used).all()
    assert grid_shape(problem.axes) == () or used.size == int(np.prod(grid_shape(problem.axes)))
