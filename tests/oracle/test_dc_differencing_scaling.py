"""The parts of the scaling route against plain definitions: ranks, least squares, every cut."""

from itertools import pairwise, product

import numpy as np
import pytest
from differencing_worlds import Attacker, plain, proven, random_world, support, table

from disclosure_control.differencing import compare, exact, find_differences
from disclosure_control.differencing.coding import Numbering, encode
from disclosure_control.differencing.many import advance
from disclosure_control.differencing.pairs import find_cuts
from disclosure_control.differencing.regression import State, step

WORLDS = 150
PARTS = 10


@pytest.fixture
def _scaling(monkeypatch):
    monkeypatch.setattr(exact, "MOST_COLUMNS", -1)


@pytest.mark.usefixtures("_scaling")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_new_group_and_no_hidden_cell_is_missed(part):
    for seed in range(1000 + part, 1000 + WORLDS, PARTS):
        copies = 1 + 3 * (seed % 3 == 0)
        new, earlier = random_world(seed, most=9 + copies, copies=copies)
        minimum = 3 + seed % 2
        attacker = Attacker(new, earlier)
        result = compare(new, earlier, minimum)
        assert not result.exhaustive
        touched = proven(result.differences, attacker, minimum)
        if attacker.new_groups(minimum - 1):
            assert result.differences
        open_ones = [one for one in result.differences if not one.exact]
        for key in attacker.new_hidden():
            assert support(attacker.hidden[key]) in touched or open_ones


def coded(tables):
    numbering = Numbering.empty(valued=False).extended(tables)
    return [encode(one, numbering) for one in tables]


def dense(one, size):
    """Numbers x shown cells, and numbers x hidden cells."""
    classes = one.of_units(np.arange(size))
    return one.shown.toarray()[classes].astype(float), one.hidden.toarray()[classes].astype(float)


def residual(columns, wanted):
    if columns.shape[1] == 0:
        return wanted
    mixed, *_ = np.linalg.lstsq(columns, wanted, rcond=1e-10)
    return wanted - columns @ mixed


@pytest.mark.parametrize("seed", range(60))
def test_the_state_agrees_with_least_squares_over_units(seed):
    new, earlier = random_world(5000 + seed)
    tables = coded([*earlier, *new])
    size = tables[0].codes.size
    state, columns, hidden = State(), np.zeros((size, 0)), np.zeros((size, 0))
    for one in tables:
        added = step(state, one)
        shown, own = dense(one, size)
        after = np.hstack([columns, shown])
        rank = np.linalg.matrix_rank(after) - (
            np.linalg.matrix_rank(columns) if columns.size else 0
        )
        assert added.kept.size == rank
        basis = one.basis[one.of_units(np.arange(size))]
        for place, distance in zip(range(rank), added.distances(), strict=True):
            others = np.delete(added.kept, place)
            rest = np.hstack([columns, basis[:, others]])
            least = residual(rest, basis[:, [added.kept[place]]])
            assert np.square(least).sum() == pytest.approx(distance, abs=1e-8)
        state = state.after(added)
        columns, hidden = after, np.hstack([hidden, own])
        left = np.square(residual(columns, hidden)).sum(axis=0)
        assert np.allclose(state.remains, left, atol=1e-8)


def exists(shared, most):
    """Whether some figure of 0 and 1 potentials touches 1 to ``most`` units."""
    new, old = shared.shape
    for sides in product((0, 1), repeat=new + old - 2):
        one = np.array([0, *sides[: new - 1]])
        other = np.array([0, *sides[new - 1 :]])
        touched = shared[one[:, None] != other[None, :]].sum()
        if 0 < touched <= most:
            return True
    return False


@pytest.mark.parametrize("seed", range(150))
def test_a_small_cut_is_reported_exactly_when_one_exists_and_each_is_small(seed):
    random = np.random.default_rng(seed)
    shape = random.integers(2, 6, 2)
    shared = random.choice([0, 0, 0, 1, 2, 3, 8, 20], shape).astype(float)
    most = int(random.integers(1, 8))
    cuts, complete = find_cuts(shared, most)
    assert complete
    assert bool(cuts) == exists(shared, most)
    for cut in cuts:
        assert not cut.new[0]
        assert not cut.old[0]
        assert 0 < shared[cut.new[:, None] != cut.old[None, :]].sum() <= most


def ring(units):
    """One table that shows every pair of neighbours of a row of units, and nobody alone."""
    keys = [f"k{place:04d}" for place in range(units)]
    pairs = {f"p{place}": ({one, two}, True, 2) for place, (one, two) in enumerate(pairwise(keys))}
    return table("T1", [(f"u{key}", key) for key in keys], pairs)


@pytest.mark.usefixtures("_scaling")
def test_a_length_that_rounding_blurs_is_worked_out_from_the_units():
    """Of a row of n units the pairs are known; one end adds a figure of only 1/n squares."""
    units = 1_101
    row, end = coded([ring(units), plain("T2", [("uk0000", "end")])])
    state = advance(State(), (row,))
    added = step(state, end)
    assert added.distances() == pytest.approx([1 / units], rel=1e-6)
    assert not added.doubtful
    assert step(state.after(added), end).kept.size == 0


@pytest.mark.usefixtures("_scaling")
def test_a_figure_spread_over_many_units_still_gives_each_of_them_away():
    found = find_differences([plain("T2", [("uk0000", "end")])], [ring(40)], 2)
    assert any(one.exact and one.units == 1 for one in found)
