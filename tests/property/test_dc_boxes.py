"""Properties of patterns, certificates and bounds on random grids, trees included."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from disclosure_control.audit import attacker_bounds, find_unprotected, verify
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.boxes import Field, Grid, Wish, find_boxes
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import (
    GroupDoubt,
    SuppressionProblem,
    grid_relations,
)

SETTINGS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
THRESHOLD = 5


@st.composite
def axes(draw):
    """One to three axes; each flat or a random tree, single children included."""
    found = []
    for name in "xyz"[: draw(st.integers(1, 3))]:
        size = draw(st.integers(2, 5))
        parents = tuple(
            draw(st.integers(-1, place - 1)) if draw(st.booleans()) else -1 for place in range(size)
        )
        tree = Hierarchy(tuple(f"{name}{place}" for place in range(size)), parents)
        found.append(Axis.of(name, tree))
    return tuple(found)


def filled(axes, leaves):
    """The full grid from a function that gives the value of each leaf cell."""
    grid = np.array(leaves(tuple(sum(not c for c in axis.children) for axis in axes)), dtype=float)
    for position, axis in enumerate(axes):
        below = np.zeros((len(axis.labels), grid.shape[position]))
        for column, leaf in enumerate(p for p, c in enumerate(axis.children) if not c):
            place = leaf
            while place >= 0:
                below[place, column] = 1
                place = axis.parents[place]
        grid = np.moveaxis(np.tensordot(below, grid, axes=(1, position)), 0, position)
    return grid.ravel()


@st.composite
def problems(draw, *, integral=True):
    """A table of counts (or of amounts of either sign) with small cells to protect."""
    chosen = draw(axes())
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    if integral:
        values = filled(chosen, lambda shape: random.poisson(random.exponential(8, shape)))
        primary = (values > 0) & (values < THRESHOLD)
        lower, upper = values, THRESHOLD - values
    else:
        values = filled(chosen, lambda shape: random.normal(0, 100, shape))
        primary = random.random(values.size) < 0.2
        lower = upper = np.abs(random.normal(0, 30, values.size)) + 1e-3
    cells = np.flatnonzero(primary)
    doubts = ()
    if integral and cells.size and draw(st.booleans()):
        cell = int(cells[draw(st.integers(0, cells.size - 1))])
        assume(cell != values.size - 1)
        doubts = (GroupDoubt(cell, values.size - 1, draw(st.sampled_from([0.01, 0.5, 0.9]))),)
    return SuppressionProblem(
        values=values,
        costs=np.abs(values) + 1,
        relations=grid_relations(chosen),
        primary=primary,
        lower_protection=np.where(primary, lower, 0.0),
        upper_protection=np.where(primary, upper, 0.0),
        lower_bounds=np.full(values.size, 0.0 if integral else -np.inf),
        upper_bounds=np.full(values.size, np.inf),
        integral=integral,
        axes=chosen,
        doubts=doubts,
    )


def proofs(problem):
    pattern = try_suppress(problem)
    return pattern, pattern.certificate, pattern.certificate.flows.toarray()


@SETTINGS
@given(problems())
def test_every_change_of_a_certificate_keeps_all_relations_and_touches_hidden_cells_only(problem):
    pattern, certificate, flows = proofs(problem)
    assert (problem.relations @ flows.T == 0).all()
    assert not flows[:, ~pattern.suppressed].any()
    scaled = certificate.scale[:, None] * flows[certificate.row]
    assert (scaled == np.rint(scaled)).all()
    assert (problem.values + scaled >= problem.lower_bounds).all()
    proven, doubted = verify(problem, pattern.suppressed, certificate)
    assert (proven | pattern.failed)[problem.primary].all()
    weak, certain = find_unprotected(problem, pattern.suppressed)
    assert not (weak & proven).any()
    assert not (certain & doubted).any()


@SETTINGS
@given(problems(integral=False))
def test_amounts_of_either_sign_are_protected_too(problem):
    pattern, certificate, flows = proofs(problem)
    assert np.abs(problem.relations @ flows.T).max(initial=0) <= 1e-6 * np.abs(flows).max(initial=1)
    proven, _ = verify(problem, pattern.suppressed, certificate)
    assert (proven | pattern.failed)[problem.primary].all()
    bounds = attacker_bounds(problem, pattern.suppressed)
    slack = 1e-6 * (1 + np.abs(problem.values) + problem.upper_protection)
    good = problem.primary & ~pattern.failed
    assert (bounds.lower <= problem.values - problem.lower_protection + slack)[good].all()
    assert (bounds.upper >= problem.values + problem.upper_protection - slack)[good].all()
    assert (bounds.lower[~pattern.suppressed] == problem.values[~pattern.suppressed]).all()


@SETTINGS
@given(problems(), st.randoms(use_true_random=False))
def test_a_forged_certificate_proves_nothing_that_it_forged(problem, chance):
    pattern, certificate, flows = proofs(problem)
    assume(certificate.row.size > 0)
    row = chance.randrange(flows.shape[0])
    moved = np.flatnonzero(flows[row])
    touched = chance.choice(moved.tolist())
    served = certificate.row == row
    fresh = certificate.target[served & (certificate.side != 0)]

    def proven_after(forged, hidden=pattern.suppressed, **changes):
        matrix = type(certificate.flows)(forged)
        return verify(problem, hidden, replace(certificate, flows=matrix, **changes))[0]

    flipped = flows.copy()
    flipped[row, touched] *= -1
    assert not proven_after(flipped)[fresh].any()
    halved = flows.copy()
    halved[row] *= 0.5
    odd = (flows[row] % 2 != 0).any()
    assert not odd or not proven_after(halved, scale=certificate.scale)[fresh].any()
    shown = pattern.suppressed.copy()
    shown[touched] = False
    assert not proven_after(flows, shown)[fresh].any()
    far = np.where(served, certificate.scale * 1e6, certificate.scale)
    both_ways = (flows[row] > 0).any() and (flows[row] < 0).any()
    assert not both_ways or not proven_after(flows, scale=far)[fresh].any()
    nothing = np.where(served, np.nan, certificate.scale)
    assert not proven_after(flows, scale=nothing)[fresh].any()


@SETTINGS
@given(problems())
def test_proofs_of_one_cell_do_not_serve_another(problem):
    pattern, certificate, flows = proofs(problem)
    interval = certificate.side != 0
    still = np.flatnonzero(problem.primary & ~pattern.failed)
    assume(still.size > 1 and interval.any())
    moved = {
        (int(t), int(s)): float(scale * flows[row, t]) * int(s)
        for t, s, row, scale in zip(
            certificate.target[interval], certificate.side[interval],
            certificate.row[interval], certificate.scale[interval], strict=True,
        )
    }  # fmt: skip
    for (cell, side), amount in moved.items():
        need = problem.upper_protection if side > 0 else problem.lower_protection
        assert amount >= need[cell] > 0
    nobody = replace(certificate, target=np.where(interval, still[0], certificate.target))
    assert not verify(problem, pattern.suppressed, nobody)[0][still[1:]].any()


@SETTINGS
@given(problems(), st.integers(0, 2**16))
def test_boxes_keep_all_relations_and_carry_what_they_promise(problem, seed):
    random = np.random.default_rng(seed)
    grid = Grid.of(problem.axes)
    room = np.concatenate([np.full(problem.values.size, np.inf), problem.values])
    price = np.where(random.random(problem.values.size) < 0.3, np.inf, problem.costs)
    cell, side = int(random.integers(price.size)), int(random.choice([-1, 1]))
    wish = Wish(cell, side, float(random.integers(1, 4)), (None,) * len(problem.axes))
    boxes = find_boxes(grid, Field(price, room), wish, 5)
    assert (np.diff(boxes.price) >= 0).all()
    for column in range(boxes.price.size):
        cells, amounts = boxes.change(column, wish.amount)
        change = np.zeros(price.size)
        change[cells] = amounts
        assert np.unique(cells).size == cells.size
        assert not (problem.relations @ change).any()
        assert change[cell] == side * wish.amount
        assert (problem.values + change >= 0).all()
        assert price[cells].sum() == boxes.price[column] < np.inf


@SETTINGS
@given(problems())
def test_the_same_problem_gives_the_same_pattern(problem):
    one, other = try_suppress(problem), try_suppress(problem)
    assert (one.suppressed == other.suppressed).all()
    assert (one.certificate.flows != other.certificate.flows).nnz == 0
