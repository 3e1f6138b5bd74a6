"""What holds for the audit of every pattern of every table."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack

from disclosure_control.audit import attacker_bounds, find_unprotected, verify
from disclosure_control.auditing import audit_pattern
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import (
    Certificate,
    SuppressionProblem,
    grid_relations,
)

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def worlds(draw):
    """A table of two or three lists, demands on some cells, and any pattern."""
    shape = draw(st.sampled_from([(3, 4), (5, 5), (2, 3, 3), (3, 3, 2), (8, 3)]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    grid = random.poisson(random.exponential(9, shape)).astype(np.float64)
    for position in range(len(shape)):
        grid = np.concatenate([grid, grid.sum(axis=position, keepdims=True)], axis=position)
    values = grid.ravel()
    axes = tuple(
        Axis.of(f"x{place}", Hierarchy.flat([f"{place}.{label}" for label in range(size)]))
        for place, size in enumerate(shape)
    )
    primary = random.random(values.size) < 0.25
    need = random.integers(0, 6, (2, values.size)).astype(np.float64)
    problem = SuppressionProblem(
        values=values, costs=values + 1, relations=grid_relations(axes), primary=primary,
        lower_protection=np.where(primary, np.minimum(need[0], values), 0.0),
        upper_protection=np.where(primary, need[1], 0.0), lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf), integral=draw(st.booleans()), axes=axes,
    )  # fmt: skip
    return problem, random.random(values.size) < draw(st.sampled_from([0.3, 0.6, 0.9])), random


@SETTINGS
@given(worlds())
def test_verdict_and_bounds_tell_the_same(world):
    problem, hidden, _ = world
    found = audit_pattern(problem, hidden)
    slack = 1e-5 * (1 + np.abs(problem.values))
    short = found.bounds.lower > problem.values - problem.lower_protection + slack
    short |= found.bounds.upper < problem.values + problem.upper_protection - slack
    assert not (problem.primary & hidden & short & ~found.underprotected).any()
    wide = found.bounds.lower < problem.values - problem.lower_protection - slack
    wide &= found.bounds.upper > problem.values + problem.upper_protection + slack
    assert not (hidden & wide & found.underprotected).any()
    assert (found.bounds.lower[~hidden] == problem.values[~hidden]).all()
    assert found.exact[problem.primary & found.subtracted].all()


@SETTINGS
@given(worlds())
def test_hiding_more_never_helps_the_attacker(world):
    problem, hidden, random = world
    more = hidden | (random.random(hidden.size) < 0.3)
    less, wider = attacker_bounds(problem, hidden), attacker_bounds(problem, more)
    slack = 1e-5 * (1 + np.abs(problem.values))
    assert (wider.lower <= less.lower + slack).all()
    assert (wider.upper >= less.upper - slack).all()
    weak, still = find_unprotected(problem, hidden)[0], find_unprotected(problem, more)[0]
    assert not (still & ~weak).any()


@SETTINGS
@given(worlds())
def test_relations_repeated_negated_or_reordered_change_nothing(world):
    problem, hidden, random = world
    order = random.permutation(problem.relations.shape[0])
    signs = csr_matrix(np.diag(random.choice([-1.0, 1.0], order.size)))
    mixed = vstack([problem.relations, (signs @ problem.relations)[order]]).tocsr()
    other = replace(problem, relations=mixed)
    assert (find_unprotected(problem, hidden)[0] == find_unprotected(other, hidden)[0]).all()
    one, two = attacker_bounds(problem, hidden), attacker_bounds(other, hidden)
    assert np.allclose(one.lower, two.lower, atol=1e-5)
    assert np.allclose(one.upper, two.upper, atol=1e-5)


@SETTINGS
@given(worlds())
def test_cells_in_another_order_are_judged_alike(world):
    problem, hidden, random = world
    order = random.permutation(hidden.size)
    fields = ("values", "costs", "primary", "lower_protection", "upper_protection",
              "lower_bounds", "upper_bounds")  # fmt: skip
    moved = {name: getattr(problem, name)[order] for name in fields}
    other = replace(problem, axes=(), relations=problem.relations[:, order], **moved)
    weak = find_unprotected(problem, hidden)[0]
    assert (find_unprotected(other, hidden[order])[0] == weak[order]).all()


@SETTINGS
@given(worlds())
def test_the_same_question_gets_the_same_answer(world):
    problem, hidden, _ = world
    one, two = audit_pattern(problem, hidden), audit_pattern(problem, hidden)
    assert (one.underprotected == two.underprotected).all()
    assert (one.bounds.lower == two.bounds.lower).all()
    assert (one.bounds.upper == two.bounds.upper).all()


@SETTINGS
@given(worlds(), st.sampled_from([-1.0, 0.5, 1.0, 3.0, np.nan, 1e200]))
def test_a_certificate_changed_at_random_proves_nothing_untrue(world, size):
    problem, _, random = world
    pattern = try_suppress(problem)
    true = pattern.certificate
    flows = true.flows.toarray()
    for _ in range(3 if flows.size else 0):
        flows[random.integers(flows.shape[0]), random.integers(flows.shape[1])] += size
    shuffled = random.permutation(true.row.size)
    forged = Certificate(
        csr_matrix(flows),
        true.target[shuffled] if random.random() < 0.3 else true.target,
        true.side,
        true.row[shuffled] if random.random() < 0.3 else true.row,
        true.scale * (size if random.random() < 0.3 else 1.0),
    )
    shown = pattern.suppressed & (random.random(pattern.suppressed.size) < 0.9)
    for hidden in (pattern.suppressed, shown):
        proven = verify(problem, hidden, forged)[0]
        assert not (proven & find_unprotected(problem, hidden)[0]).any()
