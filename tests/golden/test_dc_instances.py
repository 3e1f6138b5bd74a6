"""The tables of the suppression benchmark are those that figures elsewhere were measured on.

Cells and primary cells: J. Castro's CSPLIB tables as in optimizers/mastsif-mirror; for drawn tables
the figures with which peers were measured. Requirements are worked out again from contributors.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from suppression_instances import (
    comparing,
    gconfid_peer,
    generators,
    instances,
    least_hidden,
    run_sparse,
    table,
    targets,
    trees,
)

from disclosure_control.suppression.problem import SuppressionProblem

PRIMARY = {
    "targus": 13,
    "table7": 17,
    "hie1372d": 50,
    "m2_1k": 200,
    "m3_1k": 115,
    "table8": 3,
    "table1": 146,
    "m2_2k": 439,
    "hier133a": 108,
    "m2_10k": 2_991,
    "m3_10k": 2_262,
    "f_10k": 1_414,
    "m2_20k": 5_665,
    "m2_100k": 27_727,
    "m3_100k": 31_597,
    "f_100k": 29_185,
}
TINY = generators.Plan(
    (trees.Growth(1, (2, 4, 9), "R"), trees.Growth(2, (3,), "N"), trees.Growth(3, (2, 4), "S")),
    200,
    7,
)


@pytest.mark.parametrize("name", PRIMARY)
def test_a_table_has_the_cells_and_primary_cells_it_is_known_by(name):
    problem = instances.load(name)
    assert problem.values.size == instances.INSTANCES[name].cells
    assert int(problem.primary.sum()) == PRIMARY[name]
    assert not (problem.relations @ problem.values).any() or not problem.axes


@pytest.mark.parametrize(
    ("name", "total"), [("m2_1k", 3_789_490.0), ("m3_1k", 2_228_277.0), ("f_10k", 60_000.0)]
)
def test_the_grand_total_is_the_last_cell_and_never_changes(name, total):
    assert instances.load(name).values[-1] == total


def test_only_the_largest_tables_are_left_out_above():
    assert set(instances.INSTANCES) - set(PRIMARY) == {"m2_1M", "f_6000"}


def below(axis, node):
    """The leaves below a node, by walking down."""
    if not axis.children[node]:
        return {trees.leaves(axis).index(node)}
    return set().union(*(below(axis, child) for child in axis.children[node]))


def every_cell(axes):
    """For each cell of the grid, in its order, the leaf cells below it."""
    shape = trees.leaf_shape(axes)
    for nodes in product(*(range(len(axis.labels)) for axis in axes)):
        spots = product(
            *(sorted(below(axis, node)) for axis, node in zip(axes, nodes, strict=True))
        )
        yield {int(np.ravel_multi_index(spot, shape)) for spot in spots}


def test_totals_and_requirements_are_those_of_the_contributors_one_by_one():
    axes = generators.axes_of(TINY)
    given = generators.draw_contributors(TINY, axes)
    problem = generators.totals(TINY)
    flagged = 0
    for cell, spots in enumerate(every_cell(axes)):
        amounts = sorted(
            (a for c, a in zip(given.cell, given.amount, strict=True) if c in spots), reverse=True
        )
        assert problem.values[cell] == sum(amounts)
        lacking = 0.1 * sum(amounts[:1]) - sum(amounts[2:])
        primary = bool(amounts) and lacking > 1e-9
        flagged += primary
        assert problem.primary[cell] == primary
        assert problem.upper_protection[cell] == (np.ceil(lacking) if primary else 0)
        assert np.isfinite(problem.costs[cell]) == bool(amounts)
        assert problem.upper_bounds[cell] == (np.inf if amounts else 0)
    assert flagged > 10


def test_counts_are_those_below_each_cell_and_small_ones_must_reach_zero_and_the_minimum():
    axes = generators.axes_of(TINY)
    problem = generators.counts(TINY)
    grid = problem.values.reshape([len(axis.labels) for axis in axes])
    inner = grid[np.ix_(*(trees.leaves(axis) for axis in axes))].ravel()
    for cell, spots in enumerate(every_cell(axes)):
        assert problem.values[cell] == inner[sorted(spots)].sum()
    small = np.isin(problem.values, (1, 2))
    assert (problem.primary == small).all()
    assert (problem.lower_protection[small] == problem.values[small]).all()
    assert (problem.upper_protection[small] == 3 - problem.values[small]).all()
    assert problem.integral


def test_with_cost_count_every_cell_that_may_be_hidden_costs_one():
    problem = instances.load("table7", "count")
    assert set(problem.costs) == {1.0, np.inf}
    assert (np.isinf(problem.costs) == np.isinf(instances.load("table7").costs)).all()


def flat(values, primary):
    """A row of counts with its total last; the interval must reach 0 and 3."""
    values = np.array([*values, sum(values)], dtype=float)
    flags = np.zeros(values.size, dtype=bool)
    flags[list(primary)] = True
    return SuppressionProblem(
        values=values,
        costs=np.ones(values.size),
        relations=csr_matrix([[1.0] * (values.size - 1) + [-1.0]]),
        primary=flags,
        lower_protection=np.where(flags, values, 0.0),
        upper_protection=np.where(flags, 3 - values, 0.0),
        lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf),
        integral=True,
    )


def test_the_fewest_cells_to_hide_are_told_where_one_relation_says_it():
    assert least_hidden.fewest_hidden(flat([1, 9, 9], [0])) == 1
    assert least_hidden.fewest_hidden(flat([1, 2, 9], [0, 1])) == 0
    # Two ones: each must rise by 2, the other gives up 1 only.
    assert least_hidden.fewest_hidden(flat([1, 1, 9], [0, 1])) == 1


def test_the_fewest_cells_are_never_more_than_what_brute_force_needs():
    random = np.random.default_rng(3)
    for _ in range(40):
        problem = flat(random.integers(0, 5, 5), [])
        small = np.isin(problem.values, (1, 2))
        asked = replace(
            problem,
            primary=small,
            lower_protection=np.where(small, problem.values, 0.0),
            upper_protection=np.where(small, 3 - problem.values, 0.0),
        )
        assert least_hidden.fewest_hidden(asked) <= fewest_by_trying(asked)


def fewest_by_trying(problem):
    """The least number of further cells with which every small count can reach 0 and 3."""
    others = np.flatnonzero(~problem.primary)
    best = others.size + 1
    for chosen in product((0, 1), repeat=others.size):
        hidden = problem.primary.copy()
        hidden[others] = np.array(chosen, dtype=bool)
        if sum(chosen) < best and all_reach(problem, hidden):
            best = sum(chosen)
    return best


def all_reach(problem, hidden):
    """In one relation a cell moves as far as the hidden others together make up for."""
    signs = problem.relations.toarray()[0]
    for cell in np.flatnonzero(problem.primary):
        others = [other for other in np.flatnonzero(hidden) if other != cell]
        sides = ((1, problem.upper_protection[cell]), (-1, problem.lower_protection[cell]))
        for side, need in sides:
            rising = any(signs[other] == -side * signs[cell] for other in others)
            if not rising and sum(problem.values[other] for other in others) < need:
                return False
    return True


def record(name, under=0, **more):
    audit = {} if under is None else {"audit": {"exact": 0, "under": under, "seconds": 0.1}}
    first = {"wall": 0.5, "cpu": 0.4, "number": 5, "empty": 0, "value": 1e6, "loss": 1e6}
    first |= {"failed": 0, "peak_mb": 90.0, "unproven": 0, **audit, **more}
    return {"name": name, "cells": instances.INSTANCES[name].cells, "primary": 3, "first": first}


def verdict(records, start):
    return next(one for one in targets.verdicts(records) if one.target.startswith(start))


def test_a_pattern_is_safe_only_when_the_audit_was_finished_and_found_nothing():
    start = "0 disclosed and 0 under-protected"
    assert verdict({}, start).verdict == targets.OPEN
    assert verdict({"m2_1k": record("m2_1k")}, start).verdict == targets.MET
    assert verdict({"m2_1k": record("m2_1k", under=1)}, start).verdict == targets.MISSED
    assert verdict({"m2_1k": record("m2_1k", under=None)}, start).verdict == targets.MISSED
    later = record("m2_1k", under=1) | {"improved": record("m2_1k")["first"]}
    assert verdict({"m2_1k": later}, start).verdict == targets.MISSED


def test_loss_is_compared_with_the_best_peer_that_meets_every_requirement():
    start = "value hidden at most"
    assert verdict({"m2_1k": record("m2_1k")}, start).verdict == targets.MET
    # Plain elimination hides less but leaves 29 cells under-protected: it is no rival.
    assert comparing.rival({}, "m2_1k").peer.value == 1.09e6
    assert verdict({"m2_1k": record("m2_1k", value=1.1e6)}, start).verdict == targets.MISSED
    theirs = {"phases_1": {"wall": 1, "number": 3, "value": 9e5, "audit": {"under": 0}}}
    both = {"m2_1k": record("m2_1k"), "gconfid-m2_1k": theirs}
    assert verdict(both, start).verdict == targets.MISSED
    theirs["phases_1"]["audit"]["under"] = 1
    assert verdict(both, start).verdict == targets.MET


def test_time_is_missed_on_the_clock_and_by_the_processor_apart():
    start = "m2_1k (870 cells)"
    assert verdict({"m2_1k": record("m2_1k")}, start).verdict == targets.MET
    assert verdict({"m2_1k": record("m2_1k", wall=2.0)}, start).verdict == targets.BY_CPU
    assert verdict({"m2_1k": record("m2_1k", wall=2.0, cpu=1.5)}, start).verdict == targets.MISSED


def test_the_gap_is_what_the_loss_exceeds_the_bound_by():
    bounded = record("targus", loss=1.04e6) | {"bound": 1e6}
    assert comparing.gap(bounded) == pytest.approx(0.04)
    assert verdict({"targus": bounded}, "targus: within 5 %").verdict == targets.MET
    assert comparing.gap(record("targus")) is None


def test_a_mostly_empty_table_is_the_drawn_one_without_its_empty_cells():
    problem = generators.counts(TINY)
    full = run_sparse.sparse_table(problem)
    assert sorted(full.values.tolist()) == sorted(problem.values[problem.values > 0].tolist())
    found = run_sparse.attempt(full)
    assert found["failed"] == found["unproven"] == found["audit"]["under"] == 0
    assert found["number"] > 0


def test_the_page_shows_every_table_that_ran_and_what_did_not_end():
    ended = {"name": "m2_1M", "ended": "time", "limit": 10.0}
    page = table.page({"targus": record("targus"), "m2_1M": ended})
    assert "| targus | 162 | 3 | 0.50 |" in page
    assert "| m2_1M | - | - |" in page
    for line in page.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_gconfid_gets_one_total_per_relation_and_no_empty_cells(tmp_path):
    problem = instances.load("hie1372d")
    gconfid_peer.export(problem, tmp_path)
    cells = pl.read_csv(tmp_path / "cells.csv")
    assert cells.height == int((problem.values > 0).sum())
    assert int((cells["Sensitivity"] > 0).sum()) == 50
    relations = pl.read_csv(tmp_path / "relations.csv")
    assert set(relations["CellId"]) == set(cells["CellId"])
    joined = relations.join(cells, on="CellId")
    signs = joined.group_by("ConstraintId").agg(
        (pl.col("Coefficient") == -1).sum().alias("totals"),
        (pl.col("Coefficient") == 1).sum().alias("parts"),
        (pl.col("Coefficient") * pl.col("Total")).sum().alias("left"),
    )
    assert (signs["totals"] == 1).all()
    assert (signs["parts"] >= 1).all()
    assert signs["left"].abs().max() < 1e-6
