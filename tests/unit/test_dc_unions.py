"""Sums of hidden cells that anybody can compute: which there are, and what they are made of."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import disclosure_control as dc
from disclosure_control.contributions import Source
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.insiders import read_members
from disclosure_control.insiders.sums import known_sums
from disclosure_control.insiders.union_table import union_table
from disclosure_control.suppression.problem import grid_relations

TREE = (Axis("t", ("A", "a1", "a2", "B", "b1", "b2", "Total"), (6, 0, 0, 6, 3, 3, -1)),)
SQUARE = (Axis.of("x", Hierarchy.flat(["a", "b"])), Axis.of("y", Hierarchy.flat(["p", "q", "r"])))


def sums(axes, hidden):
    relations = grid_relations(axes)
    flags = np.zeros(relations.shape[1], dtype=np.bool_)
    flags[hidden] = True
    return set(known_sums(relations, axes, flags))


def test_the_hidden_parts_of_a_shown_total_are_a_known_sum():
    assert sums(SQUARE, [0, 1]) == {(0, 1), (0,), (1,)}
    assert sums(SQUARE, [0, 1, 4, 5]) == {(0, 1), (4, 5), (0, 4), (1, 5)}


def test_a_hidden_total_says_only_what_its_shown_parts_sum_to():
    assert sums(SQUARE, [0, 3, 4, 7]) == {(0, 4)}


def test_a_hidden_part_that_is_a_total_gives_way_to_its_own_hidden_parts():
    assert sums(TREE, [0, 1, 3]) == {(1,)}
    assert sums(TREE, [0, 1, 3, 4]) == {(1, 4)}
    assert sums(TREE, [0, 1, 2, 3, 4]) == {(0, 4)}


@st.composite
def worlds(draw):
    """Records of people and schools, some of them in several cells, and a union of cells."""
    number = draw(st.integers(3, 25))
    rows = [
        (
            draw(st.sampled_from("ab")), draw(st.sampled_from("pqr")),
            draw(st.integers(0, number)), draw(st.sampled_from(["s", "t", "u"])),
            float(draw(st.integers(0, 9))),
        )
        for _ in range(number)
    ]  # fmt: skip
    rows += [("a", "p", 99, "s", 1.0), ("b", "q", 98, "t", 2.0), ("b", "r", 97, "u", 2.0)]
    union = draw(st.lists(st.sampled_from([0, 1, 2, 4, 5, 6]), min_size=2, max_size=4, unique=True))
    names = ["x", "y", "unit", "school", "amount"]
    return pl.DataFrame(rows, schema=names, orient="row"), tuple(sorted(union))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(worlds())
def test_a_union_has_the_contributors_that_its_records_tell(world):
    frame, union = world
    table = dc.magnitude_table(frame, ["x", "y"], "amount", unit="unit", entity="school")
    source = Source(("x", "y"), "amount", "unit", "school")
    found = union_table(table, [union], read_members(frame, source, table)).cells.row(0, named=True)
    labels = table.cells.select("x", "y").rows()
    inside = frame.join(
        pl.DataFrame([labels[cell] for cell in union], schema=["x", "y"], orient="row"),
        on=["x", "y"],
        how="semi",
    )
    people = inside.group_by("unit").agg(pl.col("amount").sum())
    schools = inside.group_by("school").agg(pl.col("amount").sum())
    assert found["units"] == people.height
    assert found["entities"] == schools.height
    assert found["sum"] == inside["amount"].sum()
    assert found["unit_top_1"] == (people["amount"].max() or 0)
    assert found["unit_top_2"] >= (sorted([0, 0, *people["amount"]])[-2])
    assert found["entity_top_1"] == (schools["amount"].max() or 0)
    assert found["entity_top_2"] == (sorted([0, 0, *schools["amount"]])[-2])
    bounded = union_table(table, [union]).cells.row(0, named=True)
    assert bounded["units"] <= found["units"]
    assert bounded["entities"] <= found["entities"]
    assert bounded["unit_top_1"] >= found["unit_top_1"]
    assert bounded["entity_top_1"] >= found["entity_top_1"]
