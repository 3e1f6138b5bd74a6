"""What perturbation refuses, and what its results do not hold."""

import gc
import types

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.perturbation import cell_key, ptable_10_5, record_keys, round_controlled

KEY = b"sixteen bytes or more"


@pytest.fixture(scope="module")
def records():
    random = np.random.default_rng(1)
    size = 3000
    frame = pl.DataFrame(
        {
            "school": random.integers(0, 12, size),
            "grade": random.choice(["3", "4", "5", None], size),
            "pupil": np.arange(size),
        }
    )
    frame = frame.with_columns(region=pl.col("school") % 3)
    return frame.with_columns(record_keys(frame["pupil"], KEY))


@pytest.fixture(scope="module")
def table(records):
    return dc.count_table(records, ["school", "grade"])


# --- cell keys: what goes in ------------------------------------------------------------------


def test_records_that_are_not_those_of_the_table_are_refused(table, records):
    for wrong in (records.head(2999), pl.concat([records, records.head(1)])):
        with pytest.raises(dc.InvalidInputError, match="cells have another number"):
            cell_key(table, wrong)


def test_a_level_that_the_table_does_not_have_is_refused_without_naming_it(table, records):
    moved = records.with_columns(
        pl.when(pl.col("pupil") == 5).then(987).otherwise("school").alias("school")
    )
    with pytest.raises(dc.InvalidInputError, match="1 have a level of school") as caught:
        cell_key(table, moved)
    assert "987" not in str(caught.value)


@pytest.mark.parametrize(
    "column",
    [pl.lit(256), pl.lit(-1), pl.when(pl.col("pupil") > 3).then(1)],
    ids=["too large", "negative", "missing"],
)
def test_a_record_key_outside_the_ptable_is_refused(table, records, column):
    with pytest.raises(dc.InvalidInputError, match="Every record has a key from 0 to 255"):
        cell_key(table, records.with_columns(column.alias("record_key")))


def test_record_keys_are_whole_numbers(table, records):
    with pytest.raises(dc.InvalidInputError, match="whole numbers"):
        cell_key(table, records.with_columns(pl.col("record_key").cast(pl.Float64)))


def test_only_counts_without_weights_have_cell_keys(records):
    sums = dc.magnitude_table(records, ["grade"], "pupil")
    weighted = dc.count_table(records.with_columns(w=2.0), ["grade"], weight="w")
    for table in (sums, weighted):
        with pytest.raises(dc.InvalidInputError, match="counts without weights"):
            cell_key(table, records)


@pytest.mark.parametrize("threshold", [-1, 2.5, True, None])
def test_the_threshold_is_a_whole_number(table, records, threshold):
    with pytest.raises(dc.InvalidInputError, match="threshold"):
        cell_key(table, records, threshold=threshold)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.head(p.height - 1), "one row per pcv"),
        (lambda p: pl.concat([p, p.head(1)]), "one row per pcv"),
        (lambda p: p.filter(pl.col("pcv") < 750), "one row per pcv"),
        (lambda p: p.filter(pl.col("ckey") == 0), "one row per pcv"),
        (lambda p: p.drop("pvalue"), "pvalue"),
        (lambda p: p.with_columns(pl.col("pvalue") + 0.5), "whole numbers"),
        (lambda p: p.with_columns(pvalue=pl.when(pl.col("pcv") > 1).then("pvalue")), "none null"),
        (lambda p: p.with_columns(pvalue=pl.col("pvalue") - (pl.col("pcv") == 3)), "negative; 256"),
        (lambda p: pl.concat([p, pl.DataFrame({"pcv": [0], "ckey": [0], "pvalue": [1]})]), "empty"),
    ],
)
def test_a_ptable_with_gaps_doubles_or_wrong_results_is_refused(table, records, change, message):
    with pytest.raises(dc.InvalidInputError, match=message):
        cell_key(table, records, change(ptable_10_5()))


def test_a_ptable_may_list_the_empty_cell_and_come_in_any_order(table, records):
    zero = pl.DataFrame({"pcv": [0] * 256, "ckey": list(range(256)), "pvalue": [0] * 256})
    mixed = pl.concat([ptable_10_5(), zero]).sample(fraction=1.0, shuffle=True, seed=1)
    assert cell_key(table, records, mixed).cells.equals(cell_key(table, records).cells)


# --- cell keys: what comes out ----------------------------------------------------------------


def test_the_result_holds_labels_and_perturbed_values_and_nothing_else(table, records):
    perturbed = cell_key(table, records)
    assert perturbed.cells.columns == ["school", "grade", "value"]
    assert perturbed.cells.dtypes == [pl.String, pl.String, pl.Int64]
    assert vars(perturbed).keys() == {"cells", "threshold"}
    assert set(perturbed.cells["value"].drop_nulls() % 5) == {0}
    true = {int(value) for value in table.cells["value"] if value % 5}
    assert len(true) > 20
    assert not true & set(perturbed.cells["value"].drop_nulls())
    assert not any(f" {value} " in repr(perturbed) for value in true if value > 100)


def test_nothing_reachable_from_the_result_leads_back_to_the_table_or_the_keys(table, records):
    perturbed = cell_key(table, records)
    seen, open_objects = {}, [perturbed]
    while open_objects:
        item = open_objects.pop()
        if id(item) in seen or isinstance(item, type | types.ModuleType | types.FunctionType):
            continue
        seen[id(item)] = item
        open_objects += gc.get_referents(item)
    for secret in (table, table.cells, records):
        assert id(secret) not in seen


def test_a_cell_has_the_same_noise_in_every_table(records):
    one = cell_key(dc.count_table(records, ["school"]), records).cells
    two = cell_key(dc.count_table(records, ["school", "grade"]), records).cells
    other = cell_key(dc.count_table(records, ["grade", "region", "school"]), records).cells
    margin = two.filter(pl.col("grade") == dc.TOTAL).drop("grade")
    assert margin.equals(one)
    margin = other.filter((pl.col("grade") == dc.TOTAL) & (pl.col("region") == dc.TOTAL))
    assert margin.select("school", "value").equals(one)


def test_a_node_of_a_tree_has_the_noise_that_it_has_as_a_level_of_its_own(records):
    tree = dc.Hierarchy.from_levels(records, ["region", "school"])
    nested = cell_key(
        dc.count_table(records, ["school", "grade"], hierarchies={"school": tree}), records
    ).cells
    flat = cell_key(dc.count_table(records, ["region", "grade"]), records).cells
    regions = [label for label in nested["school"].unique() if "(region)" in label]
    assert len(regions) == 3
    for region in regions:
        expected = flat.filter(pl.col("region") == region.removesuffix(" (region)"))["value"]
        assert nested.filter(pl.col("school") == region)["value"].equals(expected)


def test_the_order_of_the_records_does_not_matter(table, records):
    mixed = records.sample(fraction=1.0, shuffle=True, seed=3)
    assert cell_key(table, mixed).cells.equals(cell_key(table, records).cells)


# --- the 10-5 rule ------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [255, 4095])
def test_the_noise_of_the_10_5_rule_has_the_mean_and_variance_that_are_documented(largest):
    ptable = ptable_10_5(largest)
    assert ptable.height == 750 * (largest + 1)
    assert set((ptable["pcv"] + ptable["pvalue"]) % 5) == {0}
    by_count = ptable.group_by("pcv").agg(
        pl.col("pvalue").mean().alias("mean"), pl.col("pvalue").var(ddof=0).alias("variance")
    )
    small = by_count.filter(pl.col("pcv") < 10)
    assert (small["mean"] == -small["pcv"]).all()
    assert (small["variance"] == 0).all()
    for above, variance in enumerate((0, 4, 6, 6, 4)):
        part = by_count.filter((pl.col("pcv") >= 10) & (pl.col("pcv") % 5 == above))
        assert part["mean"].abs().max() <= 2.5 / (largest + 1)
        assert part["variance"].to_list() == pytest.approx([variance] * part.height, abs=0.04)


def test_a_secret_changes_which_keys_go_up_and_the_same_secret_does_not():
    assert ptable_10_5(secret=b"a").equals(ptable_10_5(secret=b"a"))
    assert not ptable_10_5(secret=b"a").equals(ptable_10_5(secret=b"b"))


@pytest.mark.parametrize("arguments", [{"maximum_key": 0}, {"maximum_key": 4096}, {"secret": "a"}])
def test_a_ptable_of_impossible_keys_is_refused(arguments):
    with pytest.raises(dc.InvalidInputError):
        ptable_10_5(**arguments)


# --- record keys --------------------------------------------------------------------------------


def test_a_unit_keeps_its_record_key_whatever_the_type_and_order():
    keys = record_keys(pl.Series([7, 8, 7]), KEY)
    assert keys.name == "record_key"
    assert keys[0] == keys[2]
    assert record_keys(pl.Series(["8", "7"]), KEY).to_list() == [keys[1], keys[0]]
    assert (
        record_keys(pl.Series(range(50)), KEY).to_list()
        != record_keys(pl.Series(range(50)), KEY + b"x").to_list()
    )


def test_record_keys_are_evenly_spread_from_0_to_the_largest():
    keys = record_keys(pl.Series(range(25_600)), KEY, 255)
    counts = np.bincount(keys.to_numpy(), minlength=256)
    assert counts.size == 256
    # Chi-square with 255 degrees of freedom: 1 in 1,000,000 lies above 374.
    assert ((counts - 100) ** 2 / 100).sum() < 374


@pytest.mark.parametrize(
    ("units", "key", "maximum"),
    [
        (pl.Series([1, None]), KEY, 255),
        (pl.Series([1]), b"short", 255),
        (pl.Series([1]), "text of sixteen characters", 255),
        (pl.Series([1]), b"x" * 65, 255),
        (pl.Series([1]), KEY, 0),
        (pl.Series([[1]]), KEY, 255),
        ([1], KEY, 255),
    ],
)
def test_units_without_a_label_and_weak_keys_are_refused(units, key, maximum):
    with pytest.raises(dc.InvalidInputError):
        record_keys(units, key, maximum)


# --- controlled rounding ------------------------------------------------------------------------


@pytest.mark.parametrize("base", [0, -5, 2.5, "5", True, None])
def test_the_base_is_a_whole_number_above_0(table, base):
    with pytest.raises(dc.InvalidInputError, match="base"):
        round_controlled(table, base)


@pytest.mark.parametrize("statistic", ["mean", "median", "std"])
def test_a_table_that_does_not_add_up_is_not_rounded(records, statistic):
    table = dc.magnitude_table(records, ["grade"], "pupil", statistic=statistic)
    with pytest.raises(dc.InvalidInputError, match="count or sum"):
        round_controlled(table)


def test_a_table_with_a_hidden_cell_is_refused_as_not_adding_up(table):
    from dataclasses import replace

    hidden = table.cells.with_columns(
        value=pl.when((pl.col("school") == "3") & (pl.col("grade") == "4"))
        .then(None)
        .otherwise("value")
    )
    with pytest.raises(dc.InvalidInputError, match="3 margins"):
        round_controlled(replace(table, cells=hidden))


def test_a_cell_in_which_nobody_has_a_value_stays_without_value():
    frame = pl.DataFrame({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "v": [12.5, 3.25, 7.0]})
    rounded = round_controlled(dc.magnitude_table(frame, ["a", "b"], "v"), 5)
    value = dict(
        zip(rounded.cells.select("a", "b").iter_rows(), rounded.cells["value"], strict=True)
    )
    assert value["y", "q"] is None
    assert value["x", "p"] + value["x", "q"] == value["x", dc.TOTAL]
