"""The cell key method against the package of the Office for National Statistics.

Source: cell-key-perturbation 3.1.0 (MIT licence). Its documented example uses records from numpy's
legacy generator with seed 111, made again here; the counts below are what ``create_perturbed_table``
returned for them, once with its own p-table and once with ours.
"""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.perturbation import cell_key, ptable_10_5

SECRET = b"golden"
FIVE, FOUR = [0.25, 0.35, 0.2, 0.1, 0.1], [0.25, 0.35, 0.2, 0.2]
TEN = [0.20, 0.15, 0.08, 0.15, 0.02, 0.025, 0.075, 0.1, 0.1, 0.1]

RULE_ITSELF = [
    60, 60, 45, 60, 90, 95, 90, 95, 60, 45, 45, 40, 30, 25, 30, 25, 25, 25, 20, 30,
]  # fmt: skip
OUR_NOISE = [
    60, 60, 45, 60, 95, 95, 90, 100, 60, 45, 45, 40, 30, 25, 30, 20, 25, 25, 20, 25,
]  # fmt: skip
LARGE_RULE_ITSELF = [2570, 2455, 2555, 2550, 2485, 2450, 2455, 2480]
LARGE_OUR_NOISE = [2570, 2460, 2550, 2550, 2480, 2450, 2460, 2480]


def example(size=1000, largest=255):
    random = np.random.RandomState(111)
    frame = {"record_key": random.randint(0, largest + 1, size)}
    frame["var1"] = random.choice([1, 2, 3, 4, 5], p=FIVE, size=size)
    frame["var2"] = random.choice([1, 2], p=[0.5, 0.5], size=size)
    for name in ("var3", "var4"):
        frame[name] = random.choice([1, 2, 3, 4], p=FOUR, size=size)
    frame["var5"] = random.choice(list(range(1, 11)), p=TEN, size=size)
    for name in ("var6", "var7"):
        frame[name] = random.choice([1, 2, 3, 4, 5], p=FIVE, size=size)
    frame["var8"] = random.choice(["A", "B", "C", "D"], size)
    return pl.DataFrame(frame)


def inner(perturbed, *dimensions):
    cells = perturbed.cells
    for name in dimensions:
        cells = cells.filter(pl.col(name) != dc.TOTAL)
    return cells["value"].to_list()


@pytest.mark.parametrize(
    ("ptable", "expected"),
    [
        (ptable_10_5(nearest=True), RULE_ITSELF),
        (ptable_10_5(secret=SECRET), OUR_NOISE),
    ],
    ids=["the rule as shipped", "noise by key"],
)
def test_the_documented_example_gives_the_same_counts(ptable, expected):
    records = example()
    table = dc.count_table(records, ["var1", "var8"])
    assert inner(cell_key(table, records, ptable), "var1", "var8") == expected


@pytest.mark.parametrize(
    ("ptable", "expected", "margin"),
    [
        (ptable_10_5(4095, nearest=True), LARGE_RULE_ITSELF, [10130, 9870]),
        (ptable_10_5(4095, secret=SECRET), LARGE_OUR_NOISE, [10135, 9870]),
    ],
    ids=["the rule as shipped", "noise by key"],
)
def test_counts_above_750_use_the_last_rows_again_and_keys_may_go_to_4095(ptable, expected, margin):
    records = example(20_000, 4095)
    perturbed = cell_key(dc.count_table(records, ["var2", "var8"]), records, ptable)
    assert inner(perturbed, "var2", "var8") == expected
    total = perturbed.cells.filter((pl.col("var2") != dc.TOTAL) & (pl.col("var8") == dc.TOTAL))
    assert total["value"].to_list() == margin


def test_of_the_200_cells_of_three_dimensions_168_are_not_shown_and_the_others_sum_to_410():
    records = example()
    table = dc.count_table(records, ["var1", "var5", "var8"])
    perturbed = cell_key(table, records, ptable_10_5(nearest=True))
    shown = inner(perturbed, "var1", "var5", "var8")
    assert (len(shown), shown.count(None)) == (200, 168)
    assert sum(value for value in shown if value is not None) == 410
