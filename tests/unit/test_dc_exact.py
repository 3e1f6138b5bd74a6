"""Optimal patterns of tables whose optimum can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit import find_unprotected, verify
from disclosure_control.errors import ProtectionError
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression import SuppressionProblem
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.exact import (
    improve_exactly,
    lower_bound,
    suppress_optimally,
)
from disclosure_control.suppression.problem import grid_relations

ACTIVITY = Axis("activity", ("I", "II", "III", "Total"), (3, 3, 3, -1))
REGION = Axis("region", ("A", "B", "C", "Total"), (3, 3, 3, -1))
INVESTMENT = np.array(
    [[20, 50, 10, 80], [8, 19, 22, 49], [17, 32, 12, 61], [45, 101, 44, 190]], dtype=np.float64
)
SENSITIVE = 6


def investment(up=0.0, down=0.0, **changes):
    """The table of Fischetti and Salazar-Gonzalez (2001), figure 1; II x C is sensitive."""
    values, count = INVESTMENT.ravel(), INVESTMENT.size
    primary = np.arange(count) == SENSITIVE
    problem = SuppressionProblem(
        values=values, costs=values.copy(), relations=grid_relations((ACTIVITY, REGION)),
        primary=primary, lower_protection=primary * down, upper_protection=primary * up,
        lower_bounds=np.zeros(count), upper_bounds=np.full(count, np.inf),
        axes=(ACTIVITY, REGION),
    )  # fmt: skip
    return replace(problem, **changes)


def linked(relations, values, up, **changes):
    """A problem whose first cell must be able to rise by ``up``."""
    count = len(values)
    primary = np.arange(count) == 0
    problem = SuppressionProblem(
        values=np.array(values, dtype=np.float64), costs=np.ones(count),
        relations=csr_matrix(np.array(relations, dtype=np.float64)), primary=primary,
        lower_protection=np.zeros(count), upper_protection=primary * float(up),
        lower_bounds=np.zeros(count), upper_bounds=np.full(count, np.inf),
    )  # fmt: skip
    return replace(problem, **changes)


@pytest.mark.parametrize(
    ("up", "down", "value", "hidden"),
    [
        # The square with III x A is the cheapest, 8 + 17 + 12, and II x A can give 8.
        (8, 8, 37, {4, 8, 10}),
        # It cannot give 9; with III x B the square costs 19 + 32 + 12.
        (9, 8, 63, {5, 9, 10}),
        # III x A can give 17 when II x C falls, so more is asked for nothing.
        (8, 17, 37, {4, 8, 10}),
    ],
)
def test_the_published_example_is_protected_at_the_least_cost(up, down, value, hidden):
    found = suppress_optimally(investment(up, down))
    assert found.proven
    assert found.value == value
    assert found.bound == value
    assert set(np.flatnonzero(found.suppressed)) == hidden | {SENSITIVE}


def test_a_forbidden_cell_stays_shown_and_a_free_one_costs_nothing():
    costs = INVESTMENT.ravel().copy()
    costs[8], costs[0] = np.inf, 0.0
    found = suppress_optimally(investment(8, 8, costs=costs))
    assert not found.suppressed[8]
    assert found.value == 8 + 10
    assert set(np.flatnonzero(found.suppressed)) == {0, 2, 4, SENSITIVE}


def test_a_table_without_demands_hides_nothing_else():
    found = suppress_optimally(investment())
    assert found.proven
    assert found.value == found.bound == 0
    assert found.suppressed.sum() == 1


def test_what_cannot_be_protected_is_an_error_without_values():
    costs = np.where(np.arange(16) < 8, INVESTMENT.ravel(), np.inf)
    with pytest.raises(ProtectionError, match="cannot be protected") as caught:
        suppress_optimally(investment(30, 8, costs=costs))
    assert not any(character.isdigit() for character in str(caught.value))
    with pytest.raises(ProtectionError):
        lower_bound(investment(30, 8, costs=costs), 5.0)


def test_whole_numbers_cost_more_where_halves_would_do():
    # Cell 0 is 1 + 2, and 1 equals 2: when 0 rises by one, both rise by a half. The way around
    # through 3 and 4 costs more.
    relations = [[-1, 1, 1, 1, 0], [0, 1, -1, 0, 0], [0, 0, 0, 1, 1]]
    values, upper = [4, 2, 2, 0, 0], np.array([5.0, 9, 9, 9, 9])
    change = {
        "upper_bounds": upper,
        "lower_bounds": np.full(5, -9.0),
        "costs": np.array([0, 1, 1, 5, 5.0]),
    }
    amounts = suppress_optimally(linked(relations, values, 1, **change))
    counts = suppress_optimally(linked(relations, values, 1, integral=True, **change))
    assert (amounts.value, counts.value) == (2, 10)
    assert amounts.proven
    assert counts.proven


def test_no_effort_returns_the_start_and_a_bound_of_nothing():
    problem = investment(9, 8)
    start = np.isin(np.arange(16), [4, 5, 6, 7, 8, 9, 10, 11])
    found = suppress_optimally(problem, steps=0, start=start)
    assert not found.proven
    assert found.bound <= 63 <= found.value
    assert not (found.suppressed & ~start).any()


def test_a_start_that_does_not_protect_is_not_believed():
    start = np.arange(16) == SENSITIVE
    found = suppress_optimally(investment(8, 8), steps=0, start=start)
    assert found.suppressed is None
    assert np.isinf(found.value)
    assert suppress_optimally(investment(8, 8), start=start).value == 37


def test_the_bound_lies_below_the_optimum_and_reaches_it_in_time():
    assert lower_bound(investment(9, 8), 0.0) <= 63
    assert lower_bound(investment(9, 8), 10.0) == 63


def test_cells_decided_anew_make_a_dear_pattern_cheap_and_the_proof_holds():
    problem = investment(8, 8)
    dear = np.isin(np.arange(16), [5, 6, 9, 10])
    pattern = try_suppress(replace(problem, costs=np.where(dear, problem.costs, np.inf)))
    assert pattern.secondary.sum() == 3
    free = np.isin(np.arange(16), [4, 5, 8, 9])
    better = improve_exactly(problem, pattern, free)
    assert problem.costs[better.secondary].sum() == 37
    assert not find_unprotected(problem, better.suppressed)[0].any()
    assert verify(problem, better.suppressed, better.certificate)[0][SENSITIVE]
    assert improve_exactly(problem, better, free) is better
    assert improve_exactly(problem, pattern, np.arange(16) == 4) is pattern
