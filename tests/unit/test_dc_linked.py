"""Linked tables whose links and answers can be worked out by hand."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.audit import find_unprotected, verify
from disclosure_control.linked import protect_linked
from disclosure_control.linking_tables import circles
from disclosure_control.linking_tables.circles import is_chain

POLICY = dc.Policy("three", 3)
OPEN = dc.Policy("one", 1)


def people(counts, names):
    rows = [key for key, number in counts.items() for _ in range(number)]
    return pl.DataFrame(rows, schema=list(names), orient="row")


def tree(**groups):
    above = {part: group for group, parts in groups.items() for part in parts if group != "top"}
    tops = [*(group for group in groups if group != "top"), *groups.get("top", ())]
    return dc.Hierarchy.from_parents(above | dict.fromkeys(tops, "Total"))


REGIONS = people(
    {("n1", "x"): 2, ("n1", "y"): 20, ("n2", "x"): 15, ("n2", "y"): 30, ("s1", "x"): 40,
     ("s1", "y"): 9, ("s2", "x"): 11, ("s2", "y"): 25}, ["region", "kind"],
)  # fmt: skip
FINE = {"region": tree(north=("n1", "n2"), south=("s1", "s2"))}
COARSE = REGIONS.with_columns(
    pl.col("region").replace({"n1": "north", "n2": "north", "s1": "south", "s2": "south"})
)


def status(protected, **codes):
    rows = protected.cells
    for name, code in codes.items():
        rows = rows.filter(pl.col(name) == code)
    return rows["status"].item()


def test_a_cell_hidden_in_one_table_is_hidden_in_all():
    fine = dc.count_table(REGIONS, ["region", "kind"], hierarchies=FINE)
    coarse = dc.count_table(COARSE, ["kind", "region"])
    linked = protect_linked([fine, coarse], POLICY)
    first, second = linked.tables
    assert len(linked.problem.labels) == fine.cells.height
    for region in ("north", "south", dc.TOTAL):
        for kind in ("x", "y", dc.TOTAL):
            one = status(first, region=region, kind=kind)
            assert one == status(second, region=region, kind=kind)
    assert status(first, region="n1", kind="x") == "primary"


def test_the_leaf_of_a_coarser_table_is_the_sum_of_the_leaves_of_a_flat_one():
    flat, coarse = dc.count_table(REGIONS, ["region"]), dc.count_table(COARSE, ["region", "kind"])
    linked = protect_linked([flat, coarse], OPEN, hierarchies=FINE)
    labels = linked.problem.labels
    rows = {
        frozenset(
            (labels[cell], int(sign)) for cell, sign in zip(row.indices, row.data, strict=True)
        )
        for row in linked.problem.relations
    }
    assert (
        frozenset(
            {("(north, Total) of table 2", -1), ("(n1) of table 1", 1), ("(n2) of table 1", 1)}
        )
        in rows
    )


def test_groups_of_the_same_categories_are_one_cell_whatever_their_names():
    one = dc.count_table(
        REGIONS, ["region"], hierarchies={"region": tree(N=("n1", "n2"), top=("s1", "s2"))}
    )
    two = dc.count_table(
        REGIONS, ["region"], hierarchies={"region": tree(Nord=("n2", "n1"), top=("s2", "s1"))}
    )
    linked = protect_linked([one, two], OPEN)
    assert linked.problem.values.size == 6


def test_a_table_alone_is_protected_as_by_protect():
    table = dc.count_table(REGIONS, ["region", "kind"], hierarchies=FINE)
    linked = protect_linked([table], POLICY)
    assert linked.complete
    assert linked.problem.values.size == table.cells.height
    assert (linked.tables[0].problem.primary == dc.protect(table, POLICY).problem.primary).all()


def test_every_table_has_a_problem_and_a_proof_of_its_own():
    tables = [
        dc.count_table(REGIONS, ["region", "kind"], hierarchies=FINE),
        dc.count_table(COARSE, ["region", "kind"]),
    ]
    linked = protect_linked(tables, dc.Policy("strict", 3, maximum_group_share=0.7))
    assert linked.problem.doubts
    for one in linked.tables:
        proven, doubted = verify(one.problem, one.hidden, one.certificate)
        assert (proven == one.problem.primary).all()
        assert doubted.all()
        assert dc.audit(one).underprotected == 0
    assert not find_unprotected(linked.problem, linked.hidden)[0].any()


def test_tables_apart_would_give_away_what_they_hide_together():
    counts = {("a", "p"): 2, ("a", "q"): 30, ("b", "p"): 9, ("b", "q"): 40, ("c", "p"): 35,
              ("c", "q"): 12}  # fmt: skip
    frame = people(counts, "xy")
    whole = dc.count_table(frame, ["x", "y"])
    margin = dc.count_table(frame, ["x"], hierarchies={"x": tree(ab="ab", top="c")})
    hidden = dc.protect(whole, POLICY).hidden
    linked = protect_linked([whole, margin], POLICY)
    assert hidden.sum() == 4
    assert linked.tables[0].hidden.sum() >= 4
    assert not find_unprotected(linked.problem, linked.hidden)[0].any()


def test_what_overlapping_groups_tell_by_difference_is_protected_too():
    frame = people({("a",): 20, ("b",): 2, ("c",): 30}, "x")
    left = dc.count_table(frame.select(pl.col("x").replace({"a": "ab", "b": "ab"})), ["x"])
    right = dc.count_table(frame.select(pl.col("x").replace({"b": "bc", "c": "bc"})), ["x"])
    trees = {"x": [tree(ab="ab"), tree(bc="bc")]}
    for table in (left, right):
        assert not dc.protect(table, POLICY).hidden.any()
    linked = protect_linked([left, right], POLICY, hierarchies=trees)
    part = linked.problem.labels.index("(b) between the tables")
    assert linked.problem.primary[part]
    assert linked.problem.values[part] == 2
    groups = [
        set(table.cells["x"].filter(pl.Series(one.hidden))) - {dc.TOTAL}
        for table, one in zip((left, right), linked.tables, strict=True)
    ]
    assert {"ab", "c"} in groups or {"a", "bc"} in groups


def test_a_part_that_cannot_be_negative_bounds_the_groups_it_lies_in():
    frame = people({("a",): 10, ("b",): 10, ("c",): 2, ("d",): 40}, "x")
    left = dc.count_table(frame.select(pl.col("x").replace({"a": "ab", "b": "ab"})), ["x"])
    right = dc.count_table(frame.select(pl.col("x").replace({"b": "bc", "c": "bc"})), ["x"])
    linked = protect_linked(
        [left, right], POLICY, hierarchies={"x": [tree(ab="ab"), tree(bc="bc")]}
    )
    problem = linked.problem
    part = problem.labels.index("(b) between the tables")
    assert problem.values[part] == 10
    assert problem.lower_bounds[part] == 0
    assert problem.costs[part] == 0


def test_dimensions_in_a_circle_take_the_finest_cells(monkeypatch):
    counts = {(x, y, z): 3 + 5 * i + 3 * j + k for i, x in enumerate("ab") for j, y in enumerate("pq")
              for k, z in enumerate("uv")}  # fmt: skip
    frame = people(counts, "xyz")
    tables = [dc.count_table(frame, list(names)) for names in ("xy", "yz", "xz")]
    linked = protect_linked(tables, POLICY)
    assert linked.complete
    assert linked.problem.values.size == 19 + 8
    monkeypatch.setattr(circles, "MAXIMUM_FINEST", 7)
    fewer = protect_linked(tables, POLICY)
    assert not fewer.complete
    assert fewer.problem.values.size == 19


@pytest.mark.parametrize(
    ("sets", "chain"),
    [
        (["ab"], True), (["ab", "bc"], True), (["ab", "cd"], True), (["ab", "bc", "cd"], True),
        (["ab", "bc", "ac"], False), (["abc", "ab", "bc", "ac"], True), (["ab", "ab"], True),
        (["ab", "bc", "cd", "da"], False), (["abx", "bcx", "acx"], False), (["ax", "bx", "cx"], True),
    ],
)  # fmt: skip
def test_a_chain_of_sets_has_no_circle(sets, chain):
    assert is_chain(sets) is chain


def test_medians_are_one_cell_in_all_tables_and_do_not_add_up():
    frame = REGIONS.with_columns(value=pl.int_range(pl.len()) % 17)
    options = {"value": "value", "statistic": "median"}
    one = dc.magnitude_table(frame, ["region", "kind"], **options)
    two = dc.magnitude_table(frame, ["kind"], **options)
    linked = protect_linked([one, two], POLICY)
    assert linked.problem.relations.shape[0] == 0
    assert status(linked.tables[0], region="n1", kind="x") == "primary"


def test_sums_and_means_of_one_variable_link():
    frame = REGIONS.with_columns(value=1.5 + pl.int_range(pl.len()) % 7)
    sums = dc.magnitude_table(frame, ["region", "kind"], "value")
    means = dc.magnitude_table(frame, ["region"], "value", statistic="mean")
    linked = protect_linked([sums, means], POLICY)
    for region in ("n1", "n2", "s1", "s2", dc.TOTAL):
        one = status(linked.tables[0], region=region, kind=dc.TOTAL)
        assert one == status(linked.tables[1], region=region)


def test_decisions_beforehand_hold_for_every_table():
    tables = [dc.count_table(REGIONS, ["region", "kind"]), dc.count_table(REGIONS, ["kind"])]
    shown = pl.DataFrame({"kind": ["x", "y", "Total"], "status": ["p"] * 3})
    linked = protect_linked([tables[0], (tables[1], shown)], POLICY, cost=("count", "value"))
    assert not linked.tables[1].hidden.any()
    assert status(linked.tables[0], region=dc.TOTAL, kind="x") == "shown"


def test_cells_that_cannot_be_protected_are_named_with_their_table():
    frame = people({("a",): 2, ("b",): 20}, "x")
    table = dc.count_table(frame, ["x"])
    shown = pl.DataFrame({"x": ["b", "Total"], "status": ["p", "p"]})
    with pytest.raises(dc.ProtectionError, match=r"join categories: \(a\) of table 1"):
        protect_linked([table, (table, shown)], POLICY)


def test_what_one_table_must_show_is_not_unsafe_in_another():
    frame = REGIONS.with_columns(unit=pl.int_range(pl.len()))
    one = dc.count_table(frame.with_columns(unit=0), ["region"], unit="unit")
    two = dc.count_table(frame, ["region"])
    shown = pl.DataFrame({"region": ["s1"], "status": ["p"]})
    with pytest.raises(dc.InvalidInputError, match=r"unsafe in another: \(s1\) of table 1"):
        protect_linked([one, (two, shown)], POLICY)


CODES = pl.DataFrame({"x": []}, schema={"x": pl.String})


def table_of(frame, trees, names=("region",)):
    return dc.count_table(frame, list(names), hierarchies={"region": trees})


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        ([], "one or more tables"),
        (
            [table_of(REGIONS, tree(N=("n1", "n2"), top=("s1", "s2"))),
             table_of(REGIONS, tree(N=("n1", "s1"), top=("n2", "s2")))],
            "trees of region contradict each other: N has different categories",
        ),
        (
            [dc.count_table(CODES, ["x"], hierarchies={"x": tree(up=("down",))}),
             dc.count_table(CODES, ["x"], hierarchies={"x": tree(down=("up",))})],
            "trees of x contradict each other: (up|down) lies below itself",
        ),
        (
            [dc.count_table(REGIONS, ["region"]), dc.count_table(REGIONS.head(90), ["region"])],
            r"of table 1 and table 2 that should be the same differ, the first is \(s1\)",
        ),
        (
            [dc.count_table(REGIONS, ["region"]), dc.count_table(COARSE, ["region"])],
            "Table 2 has no code of region for n1 of table 1",
        ),
        (
            [dc.count_table(REGIONS, ["region"]),
             dc.magnitude_table(REGIONS.with_columns(v=1), ["region"], "v")],
            "all counts, all sums and means",
        ),
    ],
)  # fmt: skip
def test_tables_that_do_not_link_are_refused(tables, what):
    with pytest.raises(dc.InvalidInputError, match=what):
        protect_linked(tables, POLICY)


def test_other_variables_arguments_and_trees_are_refused():
    one = dc.magnitude_table(REGIONS.with_columns(v=1), ["region"], "v")
    two = dc.magnitude_table(REGIONS.with_columns(v=2), ["region"], "v")
    with pytest.raises(dc.InvalidInputError, match="populations or variables apart"):
        protect_linked([one, two], POLICY)
    with pytest.raises(dc.InvalidInputError, match="given by name"):
        protect_linked([one], POLICY, cost=np.ones(5))
    with pytest.raises(dc.InvalidInputError, match="one or more tables"):
        protect_linked([one, "two"], POLICY)
    with pytest.raises(dc.InvalidInputError, match="A pair is of a table"):
        protect_linked([(one, None, None)], POLICY)
    with pytest.raises(dc.InvalidInputError, match="dimensions of the tables, not size"):
        protect_linked([one], POLICY, hierarchies={"size": tree(a="b")})
