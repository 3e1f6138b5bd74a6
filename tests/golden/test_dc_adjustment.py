"""The worked examples of the tau-Argus manual on tabular adjustment and on rounding."""

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.perturbation.adjust import Wish, adjust_problem, closest, stated_margin
from disclosure_control.perturbation.adjust_audit import audit_shown, reach_of
from disclosure_control.perturbation.base import smallest_base, ways_of
from disclosure_control.perturbation.rounding import round_controlled
from disclosure_control.policy import Policy
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations
from disclosure_control.table import Table

# Hundepool et al., tau-Argus 4.1 user's manual, section on controlled tabular adjustment (by
# J. Castro): cell (M2, P3) is sensitive, both protection levels are 5.
ORIGINAL = [[20, 24, 28, 72], [38, 38, 40, 116], [40, 39, 42, 121], [98, 101, 110, 309]]
LOWER = [[15, 24, 33, 72], [43, 38, 35, 116], [40, 39, 42, 121], [98, 101, 110, 309]]
UPPER = [[25, 24, 23, 72], [33, 38, 45, 116], [40, 39, 42, 121], [98, 101, 110, 309]]
SENSITIVE = 6


def example():
    axes = (
        Axis.of("m", Hierarchy.flat(("M1", "M2", "M3"))),
        Axis.of("p", Hierarchy.flat(("P1", "P2", "P3"))),
    )
    values = np.array(ORIGINAL, dtype=float).ravel()
    primary = np.zeros(16, dtype=bool)
    primary[SENSITIVE] = True
    five = np.where(primary, 5.0, 0.0)
    return SuppressionProblem(
        values, values.copy(), grid_relations(axes), primary, five, five.copy(),
        np.zeros(16), np.full(16, np.inf), integral=True, axes=axes,
    )  # fmt: skip


def margins():
    kept = np.zeros((4, 4), dtype=bool)
    kept[3] = kept[:, 3] = True
    return kept.ravel()


@pytest.mark.parametrize("keep", [None, margins()], ids=["free totals", "kept totals"])
def test_the_closest_table_is_as_close_as_the_two_of_the_manual(keep):
    problem = example()
    published = [np.array(table, dtype=float).ravel() for table in (LOWER, UPPER)]
    distances = {float(np.abs(table - problem.values).sum()) for table in published}
    found = closest(problem, Wish("equal", keep))
    assert found.exact
    assert {float(np.abs(found.values - problem.values).sum())} == distances == {20.0}


@pytest.mark.parametrize(("table", "closed"), [(LOWER, np.inf), (UPPER, -np.inf)], ids=str)
def test_a_direction_that_the_bounds_force_gives_the_table_of_the_manual(table, closed):
    problem = example()
    wanted = np.array(table, dtype=float).ravel()
    # Only the cells that the manual changes may change, and the sensitive one only one way.
    costs = np.where(wanted == problem.values, np.inf, problem.values)
    upper, lower = problem.upper_bounds.copy(), problem.lower_bounds.copy()
    (upper if closed > 0 else lower)[SENSITIVE] = problem.values[SENSITIVE]
    one_way = replace(problem, costs=costs, upper_bounds=upper, lower_bounds=lower)
    assert np.array_equal(adjust_problem(one_way), wanted)


def test_the_table_of_the_manual_leaves_the_interval_to_who_knows_ten_but_not_to_who_knows_five():
    problem = example()
    shown = np.array(LOWER, dtype=float).ravel()
    wide = audit_shown(problem, shown - 10, shown + 10)
    assert (wide.underprotected, wide.exact, wide.holds) == (0, 0, True)
    narrow = audit_shown(problem, shown - 5, shown + 5)
    assert (narrow.underprotected, narrow.exact) == (1, 0)
    assert narrow.frame.select("lower", "upper").row(0) == (30.0, 40.0)


# The same manual, protection provided by controlled rounding.
@pytest.mark.parametrize(
    ("base", "steps", "shown", "interval"),
    [(5, 0, 0, (0, 4)), (5, 0, 15, (11, 19)), (5, 1, 15, (6, 24)), (5, 1, 5, (0, 14))],
)
def test_existence_intervals_of_rounded_counts_are_those_of_the_manual(
    base, steps, shown, interval
):
    reach = reach_of(base, steps, integral=True)
    assert (max(0, shown - reach), shown + reach) == interval


# The example of the manual page on rounding and adjustment.
PAGE = np.array([12, 3, 15, 9, 21, 30, 21, 24, 45.0])


def test_the_tables_of_the_manual_page_are_what_the_library_gives():
    axes = tuple(Axis.of(name, Hierarchy.flat(("a", "b"))) for name in ("r", "c"))
    primary = np.arange(9) == 1
    problem = SuppressionProblem(
        PAGE, PAGE + 1, grid_relations(axes), primary, np.where(primary, 3.0, 0.0),
        np.where(primary, 2.0, 0.0), np.zeros(9), np.full(9, np.inf), integral=True, axes=axes,
    )  # fmt: skip
    shown = closest(problem, Wish()).values
    assert shown.tolist() == [12, 5, 17, 9, 21, 30, 21, 26, 47]
    assert stated_margin(problem, shown) == 5
    assert smallest_base(problem, Policy("p", minimum_units=5)) == 10
    rows = list(product(*(axis.labels for axis in axes)))
    cells = pl.DataFrame(rows, schema=["r", "c"], orient="row")
    table = Table(axes, "count", cells.with_columns(value=pl.Series(PAGE)))
    five, ten = (
        round_controlled(table, base, ways=ways).cells["value"].to_list()
        for base, ways in ((5, None), (10, ways_of(problem, 10)))
    )
    assert five == [10, 5, 15, 10, 20, 30, 20, 25, 45]
    assert ten == [10, 0, 10, 10, 20, 30, 20, 20, 40]
