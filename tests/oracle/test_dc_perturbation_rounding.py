"""Controlled rounding against enumeration: every possible rounding of tiny tables is tried."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.perturbation import round_controlled
from disclosure_control.table import Table

FLAT_2 = Hierarchy.flat(["a", "b"])
FLAT_3 = Hierarchy.flat(["a", "b", "c"])
FLAT_4 = Hierarchy.flat(["a", "b", "c", "d"])
TREE = Hierarchy.from_parents({"N": "all", "S": "all", "a": "N", "b": "N", "c": "S"}, root="all")
TREE_4 = Hierarchy.from_parents(
    {"N": "all", "S": "all", "a": "N", "b": "N", "c": "S", "d": "S"}, root="all"
)


def members(axis):
    """For every label the places of its leaves among the leaves."""
    leaves = [p for p, below in enumerate(axis.children) if not below]

    def below(place):
        if not axis.children[place]:
            return {place}
        return set().union(*(below(child) for child in axis.children[place]))

    return [[leaves.index(leaf) for leaf in sorted(below(p))] for p in range(len(axis.labels))]


def sums(axes, leaves):
    """All cells of many tables at once, by adding up leaves; one row per table."""
    shape = tuple(sum(not below for below in axis.children) for axis in axes)
    many = leaves.reshape(-1, *shape)
    for place, axis in enumerate(axes):
        parts = [many.take(group, axis=place + 1).sum(axis=place + 1) for group in members(axis)]
        many = np.stack(parts, axis=place + 1)
    return many.reshape(leaves.shape[0], -1)


def table_of(trees, leaves):
    axes = tuple(Axis.of(f"d{place}", tree) for place, tree in enumerate(trees))
    values = sums(axes, np.asarray(leaves, dtype=float)[None, :])[0]
    rows = list(product(*(axis.labels for axis in axes)))
    cells = pl.DataFrame(rows, schema=[axis.name for axis in axes], orient="row")
    return Table(axes, "count", cells.with_columns(pl.Series("value", values)))


def choices(values, base, width):
    """The multiples a leaf may take, signs kept."""
    found = []
    for value in values:
        low, high = np.floor(value / base), np.ceil(value / base)
        steps = np.arange(low - width, high + width + 1)
        found.append(base * (steps[steps * base * np.sign(value) >= 0] if value else steps * 0))
    return found


def best(table, leaves, base, width):
    """The least loss of all roundings of this width; null when there is none."""
    options = choices(leaves, base, width)
    tried = np.array(list(product(*options)), dtype=float)
    cells = sums(table.axes, tried)
    true = table.cells["value"].to_numpy()
    low = base * (np.floor(true / base) - width)
    high = base * (np.ceil(true / base) + width)
    good = ((cells >= low) & (cells <= high)).all(axis=1)
    loss = np.abs(cells - true).sum(axis=1)[good]
    return float(loss.min()) if loss.size else None


def widths(table, rounded, base):
    true, shown = table.cells["value"].to_numpy(), rounded.cells["value"].to_numpy()
    low, high = base * np.floor(true / base), base * np.ceil(true / base)
    return np.maximum(low - shown, shown - high).max() / base


def check_adds_up(table, rounded, base):
    shown = rounded.cells["value"].to_numpy()
    true = table.cells["value"].to_numpy()
    assert (shown % base == 0).all()
    finest = np.ones(table.cells.height, dtype=bool)
    for axis in table.axes:
        leaf = [axis.labels[p] for p, below in enumerate(axis.children) if not below]
        finest &= table.cells[axis.name].is_in(leaf).to_numpy()
    assert np.array_equal(sums(table.axes, shown[finest][None, :])[0], shown)
    assert rounded.loss == pytest.approx(np.abs(shown - true).sum())
    assert rounded.largest_change == pytest.approx(np.abs(shown - true).max())


TWO_WAY = [(FLAT_4,), (FLAT_2, FLAT_2), (FLAT_3, FLAT_2), (FLAT_3, FLAT_3), (TREE, FLAT_3)]


@pytest.mark.parametrize(
    "trees", TWO_WAY, ids=lambda trees: "x".join(str(len(t.leaves)) for t in trees)
)
def test_a_table_of_two_dimensions_is_zero_restricted_with_the_least_loss(trees):
    random = np.random.default_rng(len(trees))
    size = int(np.prod([len(tree.leaves) for tree in trees]))
    for _ in range(200):
        base = int(random.choice([3, 5, 10]))
        leaves = random.integers(0, 25, size)
        table = table_of(trees, leaves)
        rounded = round_controlled(table, base)
        check_adds_up(table, rounded, base)
        assert (rounded.widened, rounded.exact) == (0, True)
        assert rounded.loss == pytest.approx(best(table, leaves, base, 0))


def test_a_cell_of_a_table_of_two_trees_moves_no_further_than_must_be():
    random = np.random.default_rng(3)
    for _ in range(60):
        leaves = random.integers(0, 25, 12)
        table = table_of((TREE_4, TREE), leaves)
        rounded = round_controlled(table, 5)
        check_adds_up(table, rounded, 5)
        least = best(table, leaves, 5, 0)
        assert rounded.exact
        assert (rounded.widened == 0) == (least is not None)
        if least is not None:
            assert rounded.loss == pytest.approx(least)


def test_in_three_dimensions_the_loss_is_the_least_and_the_width_the_smallest():
    random = np.random.default_rng(5)
    wide = 0
    for number in range(400):
        base = int(random.choice([2, 3, 5]))
        leaves = random.integers(0, 12, 8) * (random.random(8) < 0.8)
        table = table_of((FLAT_2, FLAT_2, FLAT_2), leaves)
        rounded = round_controlled(table, base)
        check_adds_up(table, rounded, base)
        least = best(table, leaves, base, 0)
        assert rounded.exact
        assert (rounded.widened == 0) == (least is not None), number
        if least is None:
            wide += 1
            assert widths(table, rounded, base) == 1
            least = best(table, leaves, base, 1)
        assert rounded.loss == pytest.approx(least)
    assert wide > 0


def test_in_four_dimensions_some_tables_have_to_be_widened_and_the_loss_is_still_the_least():
    random = np.random.default_rng(8)
    wide = 0
    for _ in range(40):
        leaves = random.integers(0, 12, 16)
        table = table_of((FLAT_2,) * 4, leaves)
        rounded = round_controlled(table, 5)
        check_adds_up(table, rounded, 5)
        least = best(table, leaves, 5, 0)
        assert (rounded.widened == 0) == (least is not None)
        wide += least is None
        if least is not None:
            assert rounded.loss == pytest.approx(least)
    assert 0 < wide < 40


def test_negative_values_and_broken_amounts_are_rounded_to_their_neighbours_too():
    random = np.random.default_rng(6)
    for _ in range(200):
        leaves = np.round(random.normal(0, 12, 6), 2)
        table = table_of((FLAT_3, FLAT_2), leaves)
        rounded = round_controlled(table, 5)
        check_adds_up(table, rounded, 5)
        assert rounded.widened == 0
        assert rounded.loss == pytest.approx(best(table, leaves, 5, 0))


def test_the_search_for_large_tables_adds_up_and_loses_little_more_than_the_least(monkeypatch):
    import disclosure_control.perturbation.rounding as module

    monkeypatch.setattr(module, "_FLAT_PROGRAM", 0)
    monkeypatch.setattr(module, "_WHOLE_PROGRAM", 0)
    monkeypatch.setattr(module, "_WIDE_PROGRAM", 0)
    random = np.random.default_rng(7)
    found, least = 0.0, 0.0
    for _ in range(12):
        leaves = random.integers(0, 25, 9)
        table = table_of((FLAT_3, FLAT_3), leaves)
        rounded = round_controlled(table, 5)
        check_adds_up(table, rounded, 5)
        assert not rounded.exact
        found += rounded.loss
        least += best(table, leaves, 5, 0)
    assert found <= 1.1 * least
