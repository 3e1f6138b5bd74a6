"""The audit of any pattern, on tables whose answers can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit import attacker_bounds, find_unprotected
from disclosure_control.audit.program import Program
from disclosure_control.auditing import audit_pattern
from disclosure_control.errors import InvalidInputError
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

AXES = (
    Axis.of("region", Hierarchy.flat(["north", "south", "west"])),
    Axis.of("sex", Hierarchy.flat(["f", "m", "x"])),
)
INNER = np.array([[3, 40, 50], [30, 8, 60], [70, 80, 9]])


def table(**changes):
    """Three regions by three groups with margins, four cells in a row; cell 0 must vary from 0."""
    grid = np.zeros((4, 4))
    grid[:3, :3], grid[:3, 3], grid[3, :3] = INNER, INNER.sum(axis=1), INNER.sum(axis=0)
    grid[3, 3] = INNER.sum()
    values = grid.ravel()
    primary = np.arange(16) == 0
    made = SuppressionProblem(
        values=values,
        costs=values + 1,
        relations=grid_relations(AXES),
        primary=primary,
        lower_protection=np.where(primary, 3.0, 0.0),
        upper_protection=np.where(primary, 2.0, 0.0),
        lower_bounds=np.zeros(16),
        upper_bounds=np.full(16, np.inf),
        integral=True,
        axes=AXES,
    )
    return replace(made, **changes)


def hidden(*cells, size=16):
    flags = np.zeros(size, dtype=np.bool_)
    flags[list(cells)] = True
    return flags


def test_a_cell_hidden_alone_is_found_by_subtraction_and_the_equation_says_how():
    found = audit_pattern(table(), hidden(0))
    assert found.equation == "(north, f) = (Total, f) - (south, f) - (west, f)"
    assert (found.exact == hidden(0)).all()
    assert (found.underprotected == hidden(0)).all()
    assert (found.subtracted == hidden(0)).all()
    assert found.bounds.lower[0] == found.bounds.upper[0] == 3
    assert not found.holds


def test_a_rectangle_leaves_the_interval_that_its_smallest_cells_allow():
    found = audit_pattern(table(), hidden(0, 1, 4, 5))
    # Cells 0 and 5 fall together by at most 3, and rise together until 1 or 4 is empty, by 30.
    assert found.bounds.lower[[0, 1, 4, 5]].tolist() == [0, 40 - 30, 30 - 30, 5]
    assert found.bounds.upper[[0, 1, 4, 5]].tolist() == [33, 43, 33, 38]
    assert found.holds
    assert found.equation is None
    assert not found.subtracted.any()


def test_what_is_known_beforehand_narrows_the_interval():
    upper = np.full(16, np.inf)
    upper[5] = 9
    found = audit_pattern(table(upper_bounds=upper), hidden(0, 1, 4, 5))
    assert found.bounds.upper[0] == 4
    assert (found.underprotected == hidden(0)).all()
    assert not found.exact.any()


def test_a_primary_cell_that_is_shown_counts_as_disclosed():
    found = audit_pattern(table(), hidden(5, 6, 9, 10))
    assert (found.exact == hidden(0)).all()
    assert (found.underprotected == hidden(0)).all()
    assert found.equation == "(north, f) is shown"
    free = table(lower_protection=np.zeros(16), upper_protection=np.zeros(16))
    assert audit_pattern(free, hidden()).exact[0]


def test_without_axes_cells_go_by_label_or_by_number():
    nameless = replace(table(), axes=())
    assert audit_pattern(nameless, hidden(0)).equation == "cell 0 = cell 12 - cell 4 - cell 8"
    named = replace(nameless, labels=tuple(f"c{place}" for place in range(16)))
    assert audit_pattern(named, hidden(0)).equation == "c0 = c12 - c4 - c8"


def test_a_relation_with_other_coefficients_is_told_with_them():
    values = np.array([4.0, 2.0, 10.0])
    problem = SuppressionProblem(
        values=values, costs=values, relations=csr_matrix([[2.0, 1.0, -1.0]]),
        primary=hidden(0, size=3), lower_protection=np.zeros(3), upper_protection=np.zeros(3),
        lower_bounds=np.zeros(3), upper_bounds=np.full(3, np.inf),
    )  # fmt: skip
    assert audit_pattern(problem, hidden(0, size=3)).equation == "cell 0 = 0.5 cell 2 - 0.5 cell 1"
    whole = attacker_bounds(replace(problem, integral=True), hidden(0, 1, size=3))
    assert (whole.lower.tolist(), whole.upper.tolist()) == ([0, 0, 10], [5, 10, 10])


def test_the_text_of_an_audit_tells_counts_and_no_value():
    found = audit_pattern(table(), hidden(0, 1, 4, 5))
    assert repr(found) == (
        "PatternAudit(0 primary cells exactly known, 0 underprotected, "
        "0 hidden cells found by subtraction, equation None)"
    )
    assert "43" not in repr(found.bounds)


@pytest.mark.parametrize("bad", [np.zeros(15, dtype=np.bool_), np.zeros(16), [0, 1]])
def test_flags_that_do_not_fit_are_refused(bad):
    with pytest.raises(InvalidInputError, match="one flag per cell"):
        audit_pattern(table(), bad)


@pytest.mark.parametrize("integral", [True, False])
def test_programs_that_never_finish_make_an_attacker_stronger_never_weaker(monkeypatch, integral):
    problem, pattern = table(integral=integral), np.ones(16, dtype=np.bool_)
    pattern[[3, 7, 11, 12, 13, 14, 15]] = False
    good = attacker_bounds(problem, pattern)
    monkeypatch.setattr(Program, "_solved", lambda _: None)
    bounds = attacker_bounds(problem, pattern)
    assert (bounds.lower >= good.lower).all()
    assert (bounds.lower > good.lower).any()
    assert (bounds.upper <= good.upper).all()
    assert find_unprotected(problem, pattern)[0][0]


def test_a_cell_in_no_relation_is_free():
    problem = SuppressionProblem(
        values=np.array([5.0]), costs=np.ones(1), relations=csr_matrix((0, 1)),
        primary=hidden(0, size=1), lower_protection=np.array([5.0]),
        upper_protection=np.array([99.0]), lower_bounds=np.zeros(1),
        upper_bounds=np.full(1, np.inf),
    )  # fmt: skip
    found = audit_pattern(problem, hidden(0, size=1))
    assert (found.bounds.lower[0], found.bounds.upper[0]) == (0, np.inf)
    assert found.holds


def test_cells_tied_to_each_other_are_judged_each_by_its_own_demand():
    # a + b and a + c are shown: b and c fall when a rises. Only the demand on c is too large.
    relations = csr_matrix([[1.0, 1, 0, -1, 0], [1, 0, 1, 0, -1]])
    values = np.array([4.0, 6, 9, 10, 13])
    need = np.array([0.0, 4, 5, 0, 0])
    problem = SuppressionProblem(
        values=values, costs=values, relations=relations, primary=need > 0,
        lower_protection=need, upper_protection=np.zeros(5), lower_bounds=np.zeros(5),
        upper_bounds=np.array([9.0, np.inf, np.inf, np.inf, np.inf]), integral=True,
    )  # fmt: skip
    pattern = hidden(0, 1, 2, size=5)
    assert not find_unprotected(problem, pattern)[0].any()
    tighter = replace(problem, upper_bounds=np.array([8.0] + [np.inf] * 4))
    assert np.flatnonzero(find_unprotected(tighter, pattern)[0]).tolist() == [2]
