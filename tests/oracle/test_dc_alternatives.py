"""The audit of changed tables against enumeration of every table that fits what is published."""

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

from disclosure_control.errors import InvalidInputError
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.perturbation.adjust import Wish, closest, stated_margin
from disclosure_control.perturbation.adjust_audit import audit_rounded, audit_shown, reach_of
from disclosure_control.perturbation.base import good_ways, smallest_base, ways_of
from disclosure_control.perturbation.rounding import round_controlled
from disclosure_control.policy import Policy
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations
from disclosure_control.table import Table

AXES = tuple(Axis.of(name, Hierarchy.flat(("a", "b"))) for name in ("x", "y"))


def grown(leaves):
    """Nine cells of a two-by-two table."""
    grid = np.zeros((3, 3))
    grid[:2, :2] = np.reshape(leaves, (2, 2))
    grid[2] = grid[:2].sum(axis=0)
    grid[:, 2] = grid[:, :2].sum(axis=1)
    return grid.ravel()


def problem_of(random, threshold=4, least=0):
    values = grown(random.integers(least, 9, 4))
    primary = (values > 0) & (values < threshold)
    return SuppressionProblem(
        values, np.ones(9), grid_relations(AXES), primary,
        np.where(primary, values, 0.0), np.where(primary, threshold - values, 0.0),
        np.zeros(9), np.full(9, np.inf), integral=True, axes=AXES,
    )  # fmt: skip


def table_of(values):
    rows = list(product(*(axis.labels for axis in AXES)))
    cells = pl.DataFrame(rows, schema=["x", "y"], orient="row")
    return Table(AXES, "count", cells.with_columns(pl.Series("value", values)))


def fitting(lower, upper):
    """Every table of counts inside the bounds."""
    places = (0, 1, 3, 4)
    spans = [range(int(max(lower[p], 0)), int(upper[p]) + 1) for p in places]
    tables = np.array([grown(leaves) for leaves in product(*spans)])
    return tables[((tables >= lower) & (tables <= upper)).all(axis=1)]


def judged(problem, tables):
    low, high = tables.min(axis=0), tables.max(axis=0)
    weak = (low > problem.values - problem.lower_protection) | (
        high < problem.values + problem.upper_protection
    )
    return low, high, problem.primary & weak, problem.primary & (low == high)


def agrees(problem, audit, tables):
    low, high, weak, exact = judged(problem, tables)
    own = problem.primary
    assert audit.frame["lower"].to_list() == low[own].tolist()
    assert audit.frame["upper"].to_list() == high[own].tolist()
    assert audit.frame["holds"].to_list() == (~weak[own]).tolist()
    assert (audit.primaries, audit.exact, audit.underprotected) == (
        own.sum(), exact.sum(), weak.sum(),
    )  # fmt: skip
    assert audit.holds == (not weak.any())


@pytest.mark.parametrize("base", [2, 3, 5])
def test_the_audit_of_a_rounded_table_knows_exactly_the_tables_that_round_so(base):
    random = np.random.default_rng(base)
    verdicts = set()
    for _ in range(12):
        problem = problem_of(random)
        rounded = round_controlled(table_of(problem.values), base)
        shown = rounded.cells["value"].to_numpy()
        assert rounded.widened == 0
        reach = base - 1
        audit = audit_rounded(problem, rounded)
        agrees(problem, audit, fitting(shown - reach, shown + reach))
        verdicts.add(audit.underprotected > 0)
    assert verdicts >= ({True, False} if base == 5 else {True})


def test_the_audit_of_an_adjusted_table_knows_exactly_the_tables_within_the_margin():
    random = np.random.default_rng(1)
    for _ in range(12):
        problem = problem_of(random)
        shown = closest(problem, Wish()).values
        largest = np.abs(shown - problem.values).max()
        for margin in (largest, stated_margin(problem, shown)):
            if margin:
                audit = audit_shown(problem, shown - margin, shown + margin)
                agrees(problem, audit, fitting(shown - margin, shown + margin))


def test_a_cell_that_is_told_exactly_counts_as_exactly_known():
    problem = problem_of(np.random.default_rng(4), 9, 1)
    audit = audit_shown(problem, problem.values, problem.values)
    assert audit.primaries == audit.exact == audit.underprotected > 0
    assert not audit.holds


def test_a_margin_that_is_not_true_is_refused():
    problem = problem_of(np.random.default_rng(4), 9, 1)
    with pytest.raises(InvalidInputError, match="9 do not"):
        audit_shown(problem, problem.values + 1, problem.values + 2)


def test_the_base_is_the_smallest_usual_one_at_which_some_multiple_is_good_for_every_cell():
    random = np.random.default_rng(6)
    for threshold in (8, 9, 10, 20):
        problem = problem_of(random, threshold, 1)
        own = problem.primary
        assert own.any()
        base = smallest_base(problem, Policy("p", minimum_units=threshold))
        usual = [3, 5, 10, 15, 20, 25, 50, 100]

        def good(tried, problem=problem, own=own):
            reach = reach_of(tried, 0, integral=True)
            shown = np.stack([np.floor(problem.values / tried), np.ceil(problem.values / tried)])
            low = np.maximum(shown * tried - reach, 0)
            fine = (low <= problem.values - problem.lower_protection) & (
                shown * tried + reach >= problem.values + problem.upper_protection
            )
            return fine[:, own]

        assert base == next(tried for tried in usual if good(tried).any(axis=0).all())
        up, down = good_ways(problem, base)
        assert np.array_equal(np.stack([down, up])[:, own], good(base))
        assert (ways_of(problem, base)[own] == -1).any()
    # The base must suit every cell: 5 would do for the small one, not for the one that needs more.
    two = problem_of(np.random.default_rng(6), 3, 1)
    values = grown([2, 7, 40, 40])
    primary = np.isin(np.arange(9), [0, 1])
    lower, upper = np.where(primary, values, 0), np.where(primary, [1, 10, *[0] * 7], 0)
    two = replace(
        two, values=values, primary=primary, lower_protection=lower, upper_protection=upper
    )
    assert smallest_base(two, Policy("p", minimum_units=3)) == 20
    own_base = smallest_base(problem, Policy("p", minimum_units=20, rounding_base=6))
    assert own_base % 6 == 0
    assert own_base >= 18


def test_a_rounding_goes_the_ways_it_is_told_where_that_can_be():
    values = grown([7, 8, 2, 9])
    ways = np.array([-1.0, 0, 0, 1, 0, 0, 0, 0, 0])
    shown = round_controlled(table_of(values), 5, ways=ways).cells["value"].to_numpy()
    assert (shown[0], shown[3]) == (5, 5)
    assert np.array_equal(grown(shown[[0, 1, 3, 4]]), shown)
    free = round_controlled(table_of(values), 5).cells["value"].to_numpy()
    assert np.abs(free - values).sum() <= np.abs(shown - values).sum()
    # All parts down and their sum up cannot be: then the ways are dropped.
    impossible = np.array([-1.0, -1, 1, 0, 0, 0, 0, 0, 0])
    dropped = round_controlled(table_of(grown([6, 6, 1, 1])), 5, ways=impossible)
    assert dropped.widened == 0
