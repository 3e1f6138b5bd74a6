"""What holds of the exact method on any table: bounds bound, cuts cut off no pattern that protects."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure_control.audit import find_unprotected, verify
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.exact import improve_exactly, suppress_optimally
from disclosure_control.suppression.exact.cuts import bridge_cuts, capacity_cut
from disclosure_control.suppression.exact.scene import build_scene
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

ROWS = Axis("rows", ("A", "a", "b", "C", "Total"), (4, 0, 0, 4, -1))
COLUMNS = Axis("columns", ("x", "y", "z", "Total"), (3, 3, 3, -1))
EFFORT = settings(derandomize=True, deadline=None, max_examples=40)


@st.composite
def problems(draw):
    """Small tables, one axis a tree, with some primary cells."""
    inner = np.array(draw(st.lists(st.integers(0, 9), min_size=9, max_size=9))).reshape(3, 3)
    lines = np.vstack([inner[:2].sum(0), inner, inner.sum(0)])
    values = np.hstack([lines, lines.sum(1, keepdims=True)]).ravel().astype(np.float64)
    primary = np.zeros(values.size, dtype=np.bool_)
    primary[draw(st.lists(st.integers(0, values.size - 1), min_size=1, max_size=4))] = True
    up, down = draw(st.floats(0.1, 6.0)), draw(st.floats(0.0, 3.0))
    return SuppressionProblem(
        values=values, costs=draw(st.sampled_from([values, values + 1, np.ones(values.size)])),
        relations=grid_relations((ROWS, COLUMNS)), primary=primary,
        lower_protection=primary * np.minimum(values, down), upper_protection=primary * up,
        lower_bounds=np.zeros(values.size), upper_bounds=np.full(values.size, np.inf),
        integral=draw(st.booleans()), axes=(ROWS, COLUMNS),
    )  # fmt: skip


@EFFORT
@given(problems())
def test_the_optimum_protects_costs_no_more_than_the_engine_and_no_less_than_the_bound(problem):
    engine = try_suppress(problem)
    found = suppress_optimally(problem)
    assert found.proven
    assert found.bound <= found.value + 1e-9
    assert found.value <= problem.costs[engine.secondary].sum() + 1e-9
    assert not find_unprotected(problem, found.suppressed)[0].any()
    assert verify(problem, found.suppressed, found.pattern.certificate)[0][problem.primary].all()


@EFFORT
@given(problems())
def test_more_work_never_makes_it_worse_and_the_same_work_gives_the_same(problem):
    little, more = suppress_optimally(problem, steps=50), suppress_optimally(problem, steps=400)
    assert little.bound <= more.bound <= more.value <= little.value
    again = suppress_optimally(problem, steps=50)
    assert (again.suppressed == little.suppressed).all()
    assert (again.bound, again.rounds) == (little.bound, little.rounds)


@EFFORT
@given(problems(), st.data())
def test_no_multipliers_give_a_cut_that_a_pattern_which_protects_misses(problem, data):
    scene = build_scene(problem)
    pattern = try_suppress(problem).suppressed[scene.cells].astype(np.float64)
    size = scene.matrix.shape[0]
    weight = st.sampled_from([-1.0, -0.5, -1 / 3, 0.0, 0.0, 0.0, 0.31, 0.5, 1.0])
    multipliers = np.array(data.draw(st.lists(weight, min_size=size, max_size=size)))
    for demand in range(scene.demands.need.size):
        cut = capacity_cut(scene, demand, multipliers)
        assert cut is None or cut.missing(pattern) <= 1e-6


@EFFORT
@given(problems())
def test_a_pattern_in_which_every_cell_is_needed_satisfies_every_bridge_cut(problem):
    scene = build_scene(problem)
    everything = suppress_optimally(problem).suppressed[scene.cells].astype(np.float64)
    for fractions in (everything, np.ones(scene.cells.size), np.eye(scene.cells.size)[0]):
        hidden = np.maximum(fractions, scene.given)
        for cut in bridge_cuts(scene, hidden):
            assert cut.missing(np.maximum(everything, scene.given)) <= 1e-9


@EFFORT
@given(problems(), st.integers(0, 2**20 - 1))
def test_deciding_cells_anew_changes_no_others_and_never_costs_more(problem, chosen):
    pattern = try_suppress(problem)
    free = ((chosen >> np.arange(problem.values.size)) & 1).astype(np.bool_)
    better = improve_exactly(problem, pattern, free)
    assert problem.costs[better.secondary].sum() <= problem.costs[pattern.secondary].sum()
    assert not (better.suppressed & ~pattern.suppressed & ~free).any()
    assert verify(problem, better.suppressed, better.certificate)[0][problem.primary].all()
