"""What holds for every table: rounding adds up, noise stays within its rule."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import disclosure_control as dc
from disclosure_control.perturbation import cell_key, ptable_10_5, record_keys, round_controlled

SETTINGS = settings(derandomize=True, deadline=None, max_examples=40)
KEY = b"a key of the tests"
PTABLE = ptable_10_5()

records = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["x", "y", None]), st.integers(0, 2)),
    min_size=1,
    max_size=120,
)


def frame_of(rows):
    frame = pl.DataFrame(rows, schema=["a", "b", "c"], orient="row")
    frame = frame.with_columns(half=pl.col("a") // 3, unit=pl.int_range(pl.len()))
    return frame.with_columns(record_keys(frame["unit"], KEY))


def hierarchy():
    return dc.Hierarchy.from_levels(
        pl.DataFrame({"half": [0, 0, 0, 1, 1, 1], "a": range(6)}), ["half", "a"]
    )


def tables(frame):
    yield dc.count_table(frame, ["a", "b"])
    yield dc.count_table(frame, ["a", "b"], hierarchies={"a": hierarchy()})
    yield dc.count_table(frame, ["a", "b", "c"], hierarchies={"a": hierarchy()})


def is_sum_of_children(cells, axes):
    """Every inner node of every axis equals the sum of its children, whatever the other axes."""
    values = cells["value"].to_numpy().reshape([len(axis.labels) for axis in axes])
    for place, axis in enumerate(axes):
        lines = np.moveaxis(values, place, 0)
        for parent, children in enumerate(axis.children):
            if children and not np.array_equal(lines[list(children)].sum(axis=0), lines[parent]):
                return False
    return True


@SETTINGS
@given(records, st.sampled_from([1, 2, 3, 5, 10]))
def test_a_rounded_table_has_multiples_only_and_adds_up_on_every_axis(rows, base):
    for table in tables(frame_of(rows)):
        rounded = round_controlled(table, base)
        true, shown = table.cells["value"], rounded.cells["value"]
        assert ((shown % base) == 0).all()
        assert (shown >= 0).all()
        assert is_sum_of_children(rounded.cells, table.axes)
        assert rounded.cells.select(table.dimensions).equals(table.cells.select(table.dimensions))
        assert rounded.largest_change == (shown - true).abs().max()
        beyond = (shown - true).abs() >= base
        stays = (true % base == 0) & (shown != true)
        assert rounded.widened == int((beyond | stays).sum())
        if len(table.axes) == 2:
            assert (rounded.widened, rounded.exact) == (0, True)
            assert rounded.loss <= (table.cells.height * base) / 2 or base == 1


@SETTINGS
@given(records)
def test_rounding_to_one_or_twice_in_a_row_changes_nothing(rows):
    table = dc.count_table(frame_of(rows), ["a", "b"])
    assert round_controlled(table, 1).cells["value"].equals(table.cells["value"])
    rounded = round_controlled(table, 5)
    from dataclasses import replace

    again = replace(table, cells=table.cells.with_columns(rounded.cells["value"]))
    assert round_controlled(again, 5).loss == 0


@SETTINGS
@given(records)
def test_the_same_table_is_rounded_the_same_way(rows):
    frame = frame_of(rows)
    first, second = (
        round_controlled(dc.count_table(f, ["a", "b", "c"]), 5) for f in (frame, frame.reverse())
    )
    assert first.cells.equals(second.cells)


@SETTINGS
@given(records, st.integers(0, 12))
def test_noise_by_the_10_5_rule_is_small_and_never_makes_a_small_count_visible(rows, threshold):
    frame = frame_of(rows)
    for table in tables(frame):
        shown = cell_key(table, frame, PTABLE, threshold=threshold).cells["value"]
        true = table.cells["value"].cast(pl.Int64)
        value = shown.fill_null(0)
        assert (shown.drop_nulls() >= threshold).all()
        assert (value % 5 == 0).all()
        assert (value.filter(true < 10) == 0).all()
        far = (value - true).abs().filter((true >= 10) & shown.is_not_null())
        assert far.max() is None or far.max() <= 4


@SETTINGS
@given(records, st.integers(1, 20))
def test_cell_keys_are_sums_of_record_keys_modulo_their_number(rows, largest):
    """With a p-table that adds the cell key itself, the cell key can be read off and summed by hand."""
    frame = frame_of(rows).with_columns(pl.col("record_key") % (largest + 1))
    grid = [(count, key, key) for count in range(1, 751) for key in range(largest + 1)]
    ptable = pl.DataFrame(grid, schema=["pcv", "ckey", "pvalue"], orient="row")
    table = dc.count_table(frame, ["a", "c"])
    shown = cell_key(table, frame, ptable, threshold=0).cells
    for a, c, value in shown.iter_rows():
        part = frame.filter(
            (pl.lit(a == dc.TOTAL) | (pl.col("a").cast(pl.String) == a))
            & (pl.lit(c == dc.TOTAL) | (pl.col("c").cast(pl.String) == c))
        )
        expected = part["record_key"].sum() % (largest + 1) if part.height else 0
        assert value - part.height == expected
