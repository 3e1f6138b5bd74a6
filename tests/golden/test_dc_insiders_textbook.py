"""The singleton problem as textbooks tell it, and what hardening makes of it.

Sources: Jewett (1993), Disclosure analysis for the 1992 Economic Census, on singletons and on
unions of suppressed cells; Robertson (1993), Cell suppression at Statistics Canada, on aggregates;
Handbook on Statistical Disclosure Control, 2nd edition, section 4.4 (singletons in the same row or
column, as in the options of tau-Argus); the vignette on magnitude tables of GaussSuppression, whose
singleton methods treat the same cases. The figures are this file's own.
"""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.assess import find
from disclosure_control.audit import attack, find_unprotected
from disclosure_control.audit.insiders import verify_insiders
from disclosure_control.contributions import Source
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.insiders import (
    Insiders,
    guard,
    harden,
    read_members,
    verify_hardened,
)
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

SQUARE = (
    Axis.of("x", Hierarchy.flat(["a", "b", "c"])),
    Axis.of("y", Hierarchy.flat(["p", "q", "r"])),
)
TWO_SINGLETONS = [[20, 50, 10], [8, 19, 22], [37, 32, 52]]
"""Alone in a x p and in a x r is one respondent each; b x p and b x r have several."""


def magnitudes(inner, primary):
    grid = np.zeros((4, 4))
    grid[:3, :3], grid[:3, 3], grid[3, :3] = inner, np.sum(inner, axis=1), np.sum(inner, axis=0)
    grid[3, 3] = np.sum(inner)
    values = grid.ravel()
    flags = np.zeros(16, dtype=np.bool_)
    flags[primary] = True
    need = np.where(flags, values * 0.1, 0.0)
    return SuppressionProblem(
        values=values, costs=values + 1, relations=grid_relations(SQUARE), primary=flags,
        lower_protection=need, upper_protection=need, lower_bounds=np.zeros(16),
        upper_bounds=np.full(16, np.inf), axes=SQUARE,
    )  # fmt: skip


def singletons(problem, cells):
    """One respondent alone in each of some finest cells."""
    top = np.zeros(16)
    top[cells] = problem.values[cells]
    lone = np.zeros(16, dtype=np.bool_)
    lone[cells] = True
    return Insiders(
        np.arange(len(cells)), np.array(cells), problem.values[cells], top, lone, SQUARE
    )


def known_to(problem, hidden, cell):
    """Bounds of somebody who also knows one cell."""
    low, high = problem.lower_bounds.copy(), problem.upper_bounds.copy()
    low[cell] = high[cell] = problem.values[cell]
    return attack(problem.values, problem.relations, hidden, low, high, integral=False)


def test_two_singletons_in_a_row_undo_a_pattern_that_holds_against_strangers():
    problem = magnitudes(TWO_SINGLETONS, [0, 2])
    pattern = try_suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 2, 4, 6]
    assert not find_unprotected(problem, pattern.suppressed)[0].any()
    other = known_to(problem, pattern.suppressed, 0)
    assert other.lower[2] == pytest.approx(other.upper[2])
    who = singletons(problem, [0, 2])
    assert not verify_insiders(problem, pattern.suppressed, pattern.certificate, [who])[0].any()


def test_a_third_cell_in_the_row_protects_two_singletons_from_each_other():
    problem = magnitudes(TWO_SINGLETONS, [0, 2])
    who = singletons(problem, [0, 2])
    safe = guard(problem, try_suppress(problem), [who])
    assert not safe.failed.any()
    assert (safe.suppressed.reshape(4, 4)[0]).sum() >= 3
    for one, other in ((0, 2), (2, 0)):
        bounds = known_to(problem, safe.suppressed, one)
        assert bounds.lower[other] <= problem.values[other] * 0.9 + 1e-6
        assert bounds.upper[other] >= problem.values[other] * 1.1 - 1e-6
    assert verify_insiders(problem, safe.suppressed, safe.certificate, [who])[0][[0, 2]].all()


def test_a_single_contributor_learns_nothing_new_about_its_own_cell():
    problem = magnitudes(TWO_SINGLETONS, [0])
    pattern = try_suppress(problem)
    safe = guard(problem, pattern, [singletons(problem, [0])])
    assert (safe.suppressed == pattern.suppressed).all()


def test_a_secondary_cell_of_one_contributor_does_not_protect_from_that_contributor():
    problem = magnitudes(TWO_SINGLETONS, [0])
    pattern = try_suppress(problem)
    helper = int(np.flatnonzero(pattern.secondary)[0])
    safe = guard(problem, pattern, [singletons(problem, [helper])])
    assert not safe.failed.any()
    bounds = known_to(problem, safe.suppressed, helper)
    assert bounds.upper[0] - bounds.lower[0] >= problem.values[0] * 0.2 - 1e-6


ROWS = [
    ("n", "k", 60.0, "s1"), ("n", "l", 40.0, "s1"),
    *(("n", "m", 25.0 + i, f"s{i}") for i in range(6)),
    *(("o", "k", 15.0 + i, f"s{i}") for i in range(6)),
    *(("o", "l", 12.0 + i, f"s{i}") for i in range(6)),
    *(("o", "m", 14.0 + i, f"s{i}") for i in range(6)),
]  # fmt: skip
"""Two respondents of one school, alone in n x k and n x l; elsewhere six of six schools."""
POLICY = dc.Policy(
    name="three", minimum_units=3, minimum_entities=3, maximum_entity_share=0.6,
    interval_share=0.1,
)  # fmt: skip


def firms():
    frame = pl.DataFrame(ROWS, schema=["x", "y", "amount", "school"], orient="row")
    return frame.with_row_index("unit")


def hardened(frame, policy, **given):
    source = Source(("x", "y"), "amount", **given)
    table = dc.magnitude_table(frame, ["x", "y"], "amount", **given)
    problem = build_problem(table, find(table, policy), policy)
    pattern = try_suppress(problem)
    members = read_members(frame, source, table)
    safe = harden(problem, table, policy, pattern, members)
    verify_hardened(problem, table, policy, safe, members)
    return table, problem, pattern, safe


def test_the_sum_of_two_hidden_singletons_of_one_school_is_itself_a_figure_on_that_school():
    _, _, pattern, safe = hardened(firms(), POLICY, unit="unit", entity="school")
    plain, hard = pattern.suppressed.reshape(3, 4), safe.suppressed.reshape(3, 4)
    assert plain[0].tolist() == [True, True, False, False]
    assert hard[0, 2] or hard[0, 3]
    assert not safe.failed.any()
    assert safe.failed_unions == ()
    assert (0, 1) in safe.unions


def test_the_sum_of_two_hidden_cells_of_too_few_respondents_is_hidden_like_a_cell():
    policy = dc.Policy(name="three", minimum_units=3)
    _, _, pattern, safe = hardened(firms(), policy, unit="unit")
    assert pattern.suppressed.reshape(3, 4)[0].tolist() == [True, True, False, False]
    assert safe.suppressed.reshape(3, 4)[0].sum() >= 3
    assert safe.problem.values.size == 12 + len(safe.unions)
    assert find_unprotected(safe.problem, np.concatenate([pattern.suppressed, [True]]))[0][12]
    assert not find_unprotected(safe.problem, safe.hidden)[0].any()


def test_a_school_that_knows_its_own_pupils_counts_in_a_table_of_counts():
    rows = [("n", "k", "s1")] * 2 + [("n", "l", "s2")] * 2
    rows += [("n", "m", f"s{i}") for i in range(20)]
    rows += [(x, y, f"s{i}") for x in "op" for y in "klm" for i in range(15)]
    frame = pl.DataFrame(rows, schema=["x", "y", "school"], orient="row")
    table = dc.count_table(frame, ["x", "y"], entity="school")
    policy = dc.Policy(name="pupils", minimum_units=5)
    problem = build_problem(table, find(table, policy), policy)
    members = read_members(frame, Source(("x", "y"), None, None, "school"), table)
    safe = harden(problem, table, policy, try_suppress(problem), members)
    verify_hardened(problem, table, policy, safe, members)
    assert safe.suppressed.reshape(4, 4)[0].sum() >= 3
    assert not safe.failed.any()
