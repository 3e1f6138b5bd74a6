"""Insiders on small tables whose answers can be worked out by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

import disclosure_control as dc
from disclosure_control.assess import find
from disclosure_control.audit.insiders import _holdings, verify_insiders
from disclosure_control.contributions import Source
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.insiders import (
    Insiders,
    find_insiders,
    guard,
    harden,
    read_members,
    verify_hardened,
)
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import (
    GroupDoubt,
    SuppressionProblem,
    grid_relations,
)

LINE = (Axis.of("x", Hierarchy.flat(["a", "b", "c", "d"])),)
POLICY = dc.Policy(name="three", minimum_units=3, minimum_entities=3)


def line(values, lower, upper, **changes):
    """Counts on one axis with their total."""
    values = np.array([*values, sum(values)], dtype=float)
    flags = np.zeros(values.size, dtype=np.bool_)
    flags[list(lower)] = True
    down, up = np.zeros(values.size), np.zeros(values.size)
    down[list(lower)], up[list(lower)] = list(lower.values()), upper
    made = SuppressionProblem(
        values=values, costs=values + 1, relations=grid_relations(LINE), primary=flags,
        lower_protection=down, upper_protection=up, lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf), integral=True, axes=LINE,
    )  # fmt: skip
    return replace(made, **changes)


def guarded(problem, kinds):
    safe = guard(problem, try_suppress(problem), kinds)
    proven, _ = verify_insiders(problem, safe.suppressed, safe.certificate, kinds)
    return safe, proven


def test_a_helper_that_its_largest_contributor_knows_in_part_needs_a_second_helper():
    problem = line([4, 5, 30, 40], {0: 4}, 4)
    pattern = try_suppress(problem)
    assert np.flatnonzero(pattern.suppressed).tolist() == [0, 1]
    own = np.zeros((1, 5))
    own[0, [1, 4]] = 3
    safe, proven = guarded(problem, [Insiders.of(csr_matrix(own), np.zeros(5, dtype=np.bool_))])
    assert np.flatnonzero(safe.suppressed).tolist() == [0, 1, 2]
    assert proven[0]


def test_who_contributes_to_a_cell_expects_it_to_fall_to_its_own_part_only():
    problem = line([4, 30, 50, 60], {0: 4}, 2)
    own = np.zeros((1, 5))
    own[0, [0, 4]] = 3
    kinds = [Insiders.of(csr_matrix(own), np.zeros(5, dtype=np.bool_))]
    safe, proven = guarded(problem, kinds)
    assert (safe.suppressed == try_suppress(problem).suppressed).all()
    assert proven[0]
    plain = try_suppress(problem).certificate
    whole = replace(plain, scale=plain.scale)
    kept = np.abs(whole.scale * whole.flows.toarray()[whole.row, 0]) != 1
    only = replace(plain, target=plain.target[kept], side=plain.side[kept], row=plain.row[kept],
                   scale=plain.scale[kept])  # fmt: skip
    assert not verify_insiders(problem, safe.suppressed, only, kinds)[0].any()


def test_a_cell_that_some_insider_always_narrows_fails():
    problem = line([4, 5, 30, 40], {0: 4}, 4)
    own = np.zeros((1, 5))
    own[0, [1, 2, 3, 4]] = [5, 30, 40, 75]
    lone = np.array([False, True, True, True, False])
    dear = replace(problem, costs=np.array([1.0, 1, 1, 1, np.inf]))
    safe = guard(dear, try_suppress(dear), [Insiders.of(csr_matrix(own), lone)])
    assert np.flatnonzero(safe.failed).tolist() == [0]


def test_a_doubt_about_a_group_holds_for_those_inside_too():
    values = [9, 1, 30, 30]
    doubts = (GroupDoubt(0, 4, 0.1),)
    problem = line(values, {0: 0}, 0, doubts=doubts)
    who = Insiders.of(csr_matrix(np.array([[0, 1.0, 0, 0, 1]])))
    kinds = [who]
    safe = guard(problem, try_suppress(problem), kinds)
    assert verify_insiders(problem, safe.suppressed, safe.certificate, kinds)[1].all()
    bare = try_suppress(problem).certificate
    empty = replace(bare, target=bare.target[:0], side=bare.side[:0], row=bare.row[:0],
                    scale=bare.scale[:0])  # fmt: skip
    assert not verify_insiders(problem, safe.suppressed, empty, kinds)[1].any()


def test_a_forged_certificate_proves_nothing():
    problem = line([4, 5, 30, 40], {0: 4}, 4)
    own = np.zeros((1, 5))
    own[0, [1, 4]] = 3
    kinds = [Insiders.of(csr_matrix(own), np.zeros(5, dtype=np.bool_))]
    safe, proven = guarded(problem, kinds)
    assert proven[0]
    good = safe.certificate
    for bad in (
        replace(good, row=good.row + 50),
        replace(good, target=good.target + 1),
        replace(good, target=good.target + 100),
        replace(good, side=-good.side),
        replace(good, scale=good.scale[:1]),
        replace(good, scale=good.scale * np.inf),
        replace(good, scale=good.scale * 3),
        replace(good, flows=good.flows * np.nan),
        replace(good, flows=good.flows[:, :3]),
    ):
        assert not verify_insiders(problem, safe.suppressed, bad, kinds)[0].any()
    assert not verify_insiders(problem, problem.primary, good, kinds)[0].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"who": np.array([0])}, "in every entry"),
        ({"lone": np.zeros(3, dtype=np.bool_)}, "one flag per cell"),
        ({"who": np.array([-1, 0])}, "numbered from 0"),
        ({"cell": np.array([0, 9])}, "cells of the table"),
        ({"amount": np.array([-1.0, 0])}, "at least 0"),
    ],
)
def test_insiders_that_do_not_fit_together_are_refused(changes, message):
    good = Insiders(np.array([0, 1]), np.array([0, 1]), np.ones(2), np.ones(5), np.ones(5) > 0)
    with pytest.raises(dc.InvalidInputError, match=message):
        replace(good, **changes)


def pupils(twice):
    rows = [("n", "k", 0), ("n", "l", 0 if twice else 1), ("n", "m", 2), ("o", "k", 3)]
    rows += [(x, y, 10 + 10 * i + j) for i, x in enumerate("no") for j, y in enumerate("klm")]
    frame = pl.DataFrame(rows, schema=["x", "y", "unit"], orient="row")
    return frame.with_columns(amount=pl.lit(5.0), school=pl.lit("s"))


def test_a_table_whose_units_lie_in_several_cells_asks_who_they_are():
    frame = pupils(twice=True)
    table = dc.magnitude_table(frame, ["x", "y"], "amount", unit="unit")
    problem = build_problem(table, find(table, POLICY), POLICY)
    with pytest.raises(dc.InvalidInputError, match="units lie in several finest cells"):
        find_insiders(table, problem)
    members = read_members(frame, Source(("x", "y"), "amount", "unit"), table)
    assert members.unit.size == 2
    (kind,) = find_insiders(table, problem, members)
    assert kind.count >= 5


def test_a_table_whose_units_lie_in_one_cell_each_tells_enough_by_itself():
    table = dc.magnitude_table(pupils(twice=False), ["x", "y"], "amount", unit="unit")
    problem = build_problem(table, find(table, POLICY), POLICY)
    (kind,) = find_insiders(table, problem)
    assert set(kind.cell.tolist()) == {0, 1, 2, 4, 5, 6}
    assert kind.lone.sum() == (table.cells["units"] == 1).sum()


def test_in_a_table_of_counts_only_entities_know_that_they_are_alone():
    table = dc.count_table(pupils(twice=False), ["x", "y"], unit="unit", entity="school")
    problem = build_problem(table, find(table, POLICY), POLICY)
    members = read_members(pupils(twice=False), Source(("x", "y"), None, "unit", "school"), table)
    units, schools = find_insiders(table, problem, members)
    assert not units.lone.any()
    assert schools.lone.all()


def test_medians_do_not_add_up_so_nobody_computes_anything():
    table = dc.magnitude_table(pupils(twice=False), ["x", "y"], "amount", statistic="median")
    problem = build_problem(table, find(table, POLICY), POLICY)
    assert find_insiders(table, problem) == ()
    safe = harden(problem, table, POLICY, try_suppress(problem))
    verify_hardened(problem, table, POLICY, safe)


def test_the_check_refuses_a_pattern_that_was_not_hardened_and_tells_no_value():
    amounts = [7013.0, 7014.0, *(7020.0 + 3 * i for i in range(12))]
    frame = pl.DataFrame({"x": list("aabbbbccccdddd"), "amount": amounts})
    table = dc.magnitude_table(frame, ["x"], "amount")
    policy = dc.Policy(name="three", minimum_units=3, interval_share=0.0001)
    problem = build_problem(table, find(table, policy), policy)
    safe = harden(problem, table, policy, try_suppress(problem))
    verify_hardened(problem, table, policy, safe)
    shown = safe.suppressed.copy()
    shown[np.flatnonzero(safe.suppressed & ~problem.primary)[0]] = False
    with pytest.raises(dc.ProtectionError, match="unproven cells") as raised:
        verify_hardened(problem, table, policy, replace(safe, suppressed=shown))
    assert "7013" not in str(raised.value)
    with pytest.raises(dc.ProtectionError):
        verify_hardened(
            problem, table, policy, replace(safe, problem=replace(problem, primary=shown & False))
        )
    assert "7013" not in repr(safe) + repr(safe.insiders)


def test_who_contributes_nothing_to_a_cell_is_still_in_it():
    axes = (Axis.of("x", Hierarchy.flat(["a", "b"])),)
    kind = Insiders(
        who=np.array([0, 1, 1]), cell=np.array([0, 0, 1]), amount=np.array([0.0, 2.0, 0.0]),
        top=np.full(3, 2.0), lone=np.zeros(3, dtype=np.bool_), axes=axes,
    )  # fmt: skip
    found = {cell: (who.tolist(), part.tolist())
             for cell, who, part in _holdings(kind, np.ones(3, dtype=np.bool_))}  # fmt: skip
    assert found == {0: ([0, 1], [0, 2]), 1: ([1], [0]), 2: ([0, 1], [0, 2])}
