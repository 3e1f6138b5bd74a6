"""The panel against a panel in plain Python that looks at every pair of tests."""

import random
from datetime import date

import polars as pl
import pytest
from linkage_years import plain_panel

from enclave.linkage.education.blocks import ranges_of
from enclave.linkage.education.panel import COLUMNS, Sources, panel

RESULTS = {
    "person_key": pl.String, "person_status": pl.String, "school_code": pl.String,
    "school_year": pl.String, "grade": pl.Int8, "moment": pl.String, "domain": pl.String,
    "provider": pl.String, "scale": pl.String, "score": pl.Float64, "test_date": pl.Date,
}  # fmt: skip
ENROLMENTS = {
    "person_id": pl.String, "school_code": pl.String, "school_year": pl.String, "grade": pl.Int8,
}  # fmt: skip
YEARS = ("2022-2023", "2023-2024", "2024-2025", "2025-2026")
TEST = ("person_key", "school_year", "grade", "moment", "domain", "scale")


def world(seed):
    """Few persons, years and scales, so that breaks, repeats, skips and double places abound."""
    chance = random.Random(seed)
    rows = {}
    for _ in range(chance.randint(1, 60)):
        key = chance.choice(["p1", "p2", "S" + "0" * 32])
        row = {
            "person_key": key,
            "person_status": "S" if key.startswith("S") else "R",
            "school_code": chance.choice(["01AB00", "02AB00"]),
            "school_year": chance.choice(YEARS),
            "grade": chance.randint(3, 6),
            "moment": chance.choice("ME"),
            "domain": chance.choice(["RW", "BL"]),
            "provider": "cito",
            "scale": chance.choice(["2.0", "3.0", "iep"]),
            "score": float(chance.randint(20, 200)),
            "test_date": date(2026, 1, 1),
        }
        rows[tuple(row[name] for name in TEST)] = row
    enrolments = [
        {
            "person_id": chance.choice(["p1", "p2", "p3"]),
            "school_code": chance.choice(["01AB00", "02AB00"]),
            "school_year": chance.choice(YEARS),
            "grade": chance.randint(3, 6),
        }
        for _ in range(chance.randint(0, 12))
    ]
    return list(rows.values()), enrolments


@pytest.mark.parametrize("seed", range(60))
def test_the_panel_is_that_of_the_plain_loops(seed):
    results, enrolments = world(seed)
    found = panel(
        Sources(pl.LazyFrame(results, schema=RESULTS), pl.LazyFrame(enrolments, schema=ENROLMENTS))
    ).collect()
    expected = plain_panel(results, enrolments)
    key = lambda row: tuple(row[name] for name in TEST)  # noqa: E731
    assert tuple(found.columns) == COLUMNS
    assert sorted(found.to_dicts(), key=key) == [
        {name: row[name] for name in COLUMNS} for row in sorted(expected, key=key)
    ]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_blocks_of_persons_give_what_one_block_gives(size):
    results, enrolments = world(7)
    tests, register = pl.LazyFrame(results, schema=RESULTS), pl.LazyFrame(enrolments, ENROLMENTS)
    persons = tests.collect()["person_key"].unique().sort()
    parts = [
        panel(Sources(tests.filter(part.holds()), register.filter(part.holds("person_id"))))
        for part in ranges_of(persons, size)
    ]
    whole = panel(Sources(tests, register)).collect()
    assert pl.concat(parts).collect().equals(whole)
    assert whole.height == len(results)
