"""A published example of linked tables.

Source: GaussSuppression, vignette "Linked table suppression" (Statistics Norway): ten groups of
people by age, country and year; one table by age, EU membership and year, one by country and year;
counts of 1 and 2 are unsafe. The vignette states what goes wrong when the tables are protected
apart or only made consistent.
"""

import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.audit import find_unprotected, subtract
from disclosure_control.linked import protect_linked

ROWS = [
    ("young", "Spain", "EU", 2014, 6), ("young", "Iceland", "nonEU", 2014, 8),
    ("old", "Spain", "EU", 2014, 9), ("old", "Portugal", "EU", 2014, 1),
    ("young", "Iceland", "nonEU", 2015, 2), ("old", "Spain", "EU", 2015, 4),
    ("old", "Portugal", "EU", 2015, 3), ("young", "Spain", "EU", 2016, 7),
    ("young", "Iceland", "nonEU", 2016, 2), ("young", "Portugal", "EU", 2016, 2),
]  # fmt: skip
POLICY = dc.Policy("counts of 1 and 2 are unsafe", 3)
MEMBERS = dc.Hierarchy.from_parents(
    {"Spain": "EU", "Portugal": "EU", "Iceland": "nonEU", "EU": "Total", "nonEU": "Total"}
)


@pytest.fixture(scope="module")
def tables():
    rows = [row[:4] for row in ROWS for _ in range(row[4])]
    people = pl.DataFrame(rows, schema=["age", "geo", "eu", "year"], orient="row")
    by_membership = people.select("age", pl.col("eu").alias("geo"), "year")
    return [
        dc.count_table(by_membership, ["age", "geo", "year"]),
        dc.count_table(people, ["geo", "year"]),
    ]


@pytest.fixture(scope="module")
def linked(tables):
    return protect_linked(tables, POLICY, hierarchies={"geo": MEMBERS})


def hidden(protected, **codes):
    rows = protected.cells
    for name, code in codes.items():
        rows = rows.filter(pl.col(name) == code)
    return rows["status"].item() != "shown"


def test_totals_of_years_have_one_status_in_both_tables(linked):
    one, two = linked.tables
    for year in ("2014", "2015", "2016", dc.TOTAL):
        first = hidden(one, age=dc.TOTAL, geo=dc.TOTAL, year=year)
        assert first == hidden(two, geo=dc.TOTAL, year=year)


def test_iceland_is_all_that_is_not_in_the_eu(linked):
    one, two = linked.tables
    for year in ("2014", "2015", "2016", dc.TOTAL):
        first = hidden(one, age=dc.TOTAL, geo="nonEU", year=year)
        assert first == hidden(two, geo="Iceland", year=year)


def test_spain_2015_cannot_be_had_from_the_eu_and_portugal(linked):
    one, two = linked.tables
    spain = hidden(two, geo="Spain", year="2015")
    eu = hidden(one, age=dc.TOTAL, geo="EU", year="2015")
    assert [spain, eu, hidden(two, geo="Portugal", year="2015")].count(True) != 1


def test_counts_of_one_and_two_are_hidden_and_nothing_reveals_them(linked, tables):
    for table, one in zip(tables, linked.tables, strict=True):
        small = table.cells["sum"].is_between(1, 2).to_numpy()
        assert one.hidden[small].all()
    assert subtract(linked.problem.relations, linked.hidden) == ()
    assert not find_unprotected(linked.problem, linked.hidden)[0].any()
    assert linked.complete


def test_membership_and_country_do_not_link_without_saying_who_is_a_member(tables):
    with pytest.raises(dc.InvalidInputError, match="no code of geo for EU of table 1"):
        protect_linked(tables, POLICY)
