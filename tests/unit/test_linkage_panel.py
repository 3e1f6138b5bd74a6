"""The panel by small examples: growth, breaks of scale, repeated and skipped grades, enrolments."""

from datetime import date

import polars as pl
import pytest

from enclave.linkage.education.blocks import ranges_of, write_blocks
from enclave.linkage.education.panel import Sources, panel

MATCHED, UNMATCHED = "p1", "S" + "0" * 32


def a_test(year, grade, moment, score, **changes):
    status = "S" if changes.get("person_key", MATCHED).startswith("S") else "R"
    return {
        "person_key": MATCHED, "person_status": status, "school_code": "01AB00",
        "school_year": year, "grade": grade, "moment": moment, "domain": "RW",
        "provider": "cito", "scale": "3.0", "score": score, "test_date": date(2026, 1, 1),
        **changes,
    }  # fmt: skip


def made(rows, enrolments=()):
    register = pl.LazyFrame(
        [(MATCHED, *row) for row in enrolments],
        schema={"person_id": pl.String, "school_code": pl.String, "school_year": pl.String,
                "grade": pl.Int8},
        orient="row",
    )  # fmt: skip
    results = pl.LazyFrame(rows, schema_overrides={"grade": pl.Int8})
    return panel(Sources(results, register)).collect()


def test_growth_runs_from_mid_year_to_end_and_across_the_summer():
    found = made(
        [
            a_test("2025-2026", 5, "M", 120.0),
            a_test("2024-2025", 4, "E", 111.0),
            a_test("2024-2025", 4, "M", 100.0),
        ]
    )
    assert found["score"].to_list() == [100.0, 111.0, 120.0]
    assert found["growth"].to_list() == [None, 11.0, 9.0]
    assert found.select("previous_school_year", "previous_grade", "previous_moment").rows() == [
        (None, None, None),
        ("2024-2025", 4, "M"),
        ("2024-2025", 4, "E"),
    ]
    assert found["scale_break"].to_list() == [False, False, False]


def test_another_scale_breaks_the_line_and_the_first_scale_goes_on_afterwards():
    found = made(
        [
            a_test("2023-2024", 4, "M", 30.0, scale="2.0"),
            a_test("2023-2024", 4, "E", 160.0),
            a_test("2024-2025", 5, "M", 35.0, scale="2.0"),
            a_test("2024-2025", 5, "E", 41.0, scale="2.0"),
        ]
    )
    assert found["growth"].to_list() == [None, None, 5.0, 6.0]
    assert found["scale_break"].to_list() == [False, True, True, False]
    assert found["previous_school_year"].to_list()[2] == "2023-2024"


def test_another_domain_is_no_earlier_test():
    found = made([a_test("2024-2025", 4, "M", 1.0), a_test("2024-2025", 4, "E", 9.0, domain="BL")])
    assert found["growth"].null_count() == 2
    assert not found["scale_break"].any()


def test_of_two_tests_at_one_moment_neither_is_the_earlier_one_of_the_next():
    found = made(
        [
            a_test("2023-2024", 3, "E", 90.0),
            a_test("2024-2025", 4, "M", 100.0),
            a_test("2024-2025", 5, "M", 105.0, school_code="02AB00"),
            a_test("2024-2025", 4, "E", 111.0),
        ]
    )
    assert found["growth"].to_list() == [None, 10.0, 15.0, None]
    assert found["scale_break"].to_list() == [False] * 4


def test_a_moment_without_a_place_in_the_year_has_no_growth():
    found = made([a_test("2024-2025", 4, "M", 100.0), a_test("2024-2025", 4, "X", 120.0)])
    assert found["growth"].null_count() == 2


@pytest.mark.parametrize(
    ("grades", "repeated", "skipped"),
    [
        ((4, 5, 6), [None, False, False], [None, False, False]),
        ((4, 4, 5), [None, True, False], [None, False, False]),
        ((4, 6, 7), [None, False, False], [None, True, False]),
        ((4, 5, 4), [None, False, True], [None, False, False]),
    ],
)
def test_repeated_and_skipped_grades(grades, repeated, skipped):
    years = ("2022-2023", "2023-2024", "2024-2025")
    found = made([a_test(y, g, "M", 1.0) for y, g in zip(years, grades, strict=True)])
    assert found["repeated_grade"].to_list() == repeated
    assert found["skipped_grade"].to_list() == skipped


def test_a_year_without_tests_is_no_skipped_grade():
    found = made([a_test("2022-2023", 4, "M", 1.0), a_test("2024-2025", 6, "M", 1.0)])
    assert found["skipped_grade"].to_list() == [None, False]


@pytest.mark.parametrize(
    ("register", "expected"),
    [
        ([("01AB00", 4), ("02AB00", 4)], ("as enrolled", "01AB00", 4)),
        ([("01AB00", 5), ("02AB00", 4)], ("other grade", "01AB00", 5)),
        ([("02AB00", 4), ("03AB00", 4)], ("other school", "02AB00", 4)),
        ([], ("not enrolled", None, None)),
    ],
)
def test_the_register_says_where_a_pupil_was_enrolled(register, expected):
    enrolments = [(school, "2024-2025", grade) for school, grade in register]
    elsewhere = [("01AB00", "2023-2024", 4)]
    found = made([a_test("2024-2025", 4, "M", 1.0)], [*enrolments, *elsewhere])
    assert found.select("enrolment", "enrolled_school", "enrolled_grade").row(0) == expected


def test_of_an_unmatched_pupil_the_register_says_nothing():
    found = made([a_test("2024-2025", 4, "M", 1.0, person_key=UNMATCHED)])
    assert found.select("enrolment", "enrolled_school", "enrolled_grade").row(0) == (None,) * 3


def test_ranges_cover_everybody_once():
    persons = pl.Series([f"{number:03d}" for number in range(10)])
    frame = pl.DataFrame({"person_key": [*persons, "", "zzz"]})
    parts = [frame.filter(part.holds()).height for part in ranges_of(persons, 4)]
    assert parts == [5, 4, 3]
    assert len(ranges_of(persons.clear(), 4)) == 1


def test_a_file_of_no_blocks_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="one block"):
        write_blocks(tmp_path / "a.parquet", [])
    assert list(tmp_path.iterdir()) == []
