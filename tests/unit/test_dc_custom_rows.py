"""Rows that are units, small counts, and rounding that was not done."""

import json
import random

import pytest

import disclosure_control as dc
from disclosure_control.outputs.custom_files import scan_bytes


def found(text, name="a.csv", policy="cbs", **options):
    """Rule and verdict of everything beyond the finding for people."""
    scan = scan_bytes(text.encode(), name, policy, **options)
    return {(f.rule, f.verdict.name) for f in scan.findings if f.rule != "read_by_people"}


def lines(header, row, number, separator=","):
    source = random.Random(1)
    rows = [separator.join(map(str, row(source, place))) for place in range(number)]
    return "\n".join([*([header] if header else []), *rows]) + "\n"


UNIT_ROWS = ("unit_rows", "UNSAFE")

MICRODATA = {
    "pupils with a number": lines(
        "pupil,sex,score", lambda r, i: (i, r.choice("MV"), r.randint(10, 60)), 40
    ),
    "two pupils with a number": lines("pupil_id,score", lambda r, i: (i, 41.5 + i), 2),
    "codes": lines(
        "x,sex,score", lambda r, i: (f"{7_000_000 + 37 * i}", r.choice("MV"), r.randint(10, 60)), 40
    ),
    "names": lines("who,score", lambda r, i: (f"Jan{'abcdefghijkl'[i]}", r.randint(10, 60)), 12),
    "no identifier": lines(
        "sex,grade,score", lambda r, _: (r.choice("MV"), r.randint(1, 8), r.randint(10, 60)), 400
    ),
    "no header": lines("", lambda r, _: (r.choice("MV"), r.randint(1, 8), f"{r.random():.4f}"), 40),
    "semicolons": lines(
        "sex;income",
        lambda r, _: (r.choice("MV"), f"{r.gauss(30, 5):.2f}".replace(".", ",")),
        40,
        ";",
    ),
    "a constant count": lines("pupil,n", lambda _, i: (i, 25), 40),
    "points": lines("x,y", lambda r, _: (f"{r.gauss(0, 1):.4f}", f"{r.gauss(0, 1):.4f}"), 40),
}


@pytest.mark.parametrize("text", MICRODATA.values(), ids=MICRODATA)
def test_one_row_per_unit_is_unsafe(text):
    assert UNIT_ROWS in found(text)


TABLES = {
    "counts": lines("region,grade,n", lambda r, i: (f"r{i // 8}", i % 8 + 1, r.randint(10, 900)), 80),
    "counts in Dutch": lines("gemeente;aantal;gemiddelde", lambda r, i: (f"g{i}", r.randint(10, 900), f"{r.random():.2f}".replace(".", ",")), 342, ";"),
    "counts of codes": lines("school_id,n_pupils,mean", lambda r, i: (f"12AB{i:02}", r.randint(10, 900), r.random()), 60),
    "coefficients": lines("term,estimate,std_error,p_value", lambda r, i: (f"C(g)[T.{i}]", f"{r.gauss(0, 1):.3f}", f"{r.random():.3f}", f"{r.random():.3f}"), 30),
    "years": lines("year,mean", lambda r, i: (2000 + i, f"{r.random():.3f}"), 24),
    "months": lines("month,percentage", lambda r, i: (202401 + i, f"{r.random():.3f}"), 12),
    "survival": lines("time,survival", lambda r, i: (i, f"{1 - i / 50:.3f}"), 50),
    "a cross table": lines("province,boys,girls,total", lambda r, i: (f"p{i}", *(r.randint(50, 900) for _ in "abc")), 12),
    "few rows": lines("group,score", lambda r, i: (f"g{i}", f"{r.random():.2f}"), 9),
}  # fmt: skip


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_of_groups_with_counts_or_statistics_is_left_to_people(text):
    assert found(text) == set()


def test_the_number_of_rows_from_which_units_are_suspected_is_that_of_the_policy():
    text = lines("group,score", lambda r, i: (f"g{i}", f"{r.random():.2f}"), 9)
    assert UNIT_ROWS in found(text, policy="nco_report")
    assert UNIT_ROWS not in found(text, policy="cbs")


RECORDS = [{"sex": "MV"[i % 2], "score": 10 + 7 * i % 50, "pupil": f"p{i}"} for i in range(40)]

JSON_FORMS = {
    "records": RECORDS,
    "records below": {"meta": {"made": "2024"}, "data": {"rows": RECORDS}},
    "records by key": {f"p{i}": {"sex": "M", "score": 10 + i} for i in range(40)},
    "columns": {"pupil": list(range(40)), "score": [10 + i for i in range(40)]},
    "pandas columns": {
        "pupil": {str(i): i for i in range(40)},
        "score": {str(i): 10 + i for i in range(40)},
    },
    "pandas split": {
        "columns": ["pupil", "score"],
        "index": list(range(40)),
        "data": [[i, 10 + i] for i in range(40)],
    },
    "lists": [[i, 10 + 3 * i] for i in range(40)],
    "ragged lists": [[i, 10 + 3 * i, *([1] * (i % 3))] for i in range(40)],
    "nested records": [{"who": {"pupil": i}, "score": 10 + i} for i in range(40)],
    "a list of values": {"scores": [f"{10.37 + i * 1.7:.2f}" for i in range(40)]},
    "mixed": ["title", *RECORDS],
    "a chart": {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": "point",
        "data": {"values": [{"x": i * 1.31, "y": i * 0.7} for i in range(40)]},
    },
    "a chart with named data": {"mark": "bar", "datasets": {"d": RECORDS}, "data": {"name": "d"}},
}


@pytest.mark.parametrize("value", JSON_FORMS.values(), ids=JSON_FORMS)
def test_units_are_found_in_every_form_in_which_json_holds_tables(value):
    assert UNIT_ROWS in found(json.dumps(value), "a.json")


def test_a_chart_of_groups_with_counts_is_left_to_people():
    values = [{"region": r, "grade": g, "n": 20 + 3 * g} for r in "NSEW" for g in range(1, 9)]
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 3,
        "height": 8,
        "data": {"values": values},
        "mark": {"type": "bar", "size": 5},
        "encoding": {"x": {"field": "region", "sort": list("NSEW")}, "y": {"field": "n"}},
    }
    assert found(json.dumps(chart), "a.json") == set()


@pytest.mark.parametrize("separator", [" ", "\t", ";", "|", ",", "   "])
def test_units_are_found_in_plain_text(separator):
    text = "Some words before the table.\n\n" + lines(
        "",
        lambda r, i: (r.choice("MV"), r.randint(10, 60), f"{r.gauss(500, 90):.1f}"),
        40,
        separator,
    )
    assert UNIT_ROWS in found(text, "a.txt")


def test_regression_output_and_frequencies_in_plain_text_are_left_to_people():
    output = "\n            coef    std err    t    P>|t|\n-----------\n" + lines(
        "",
        lambda r, i: (f"x{i}", f"{r.gauss(0, 1):.3f}", f"{r.random():.3f}", "2.1", "0.03"),
        20,
        "   ",
    )
    assert found("OLS" + output + "N = 1200, R2 = 0.31\n", "a.txt") == set()
    table = "grade  Freq.  Percent\n" + lines(
        "", lambda r, i: (i, 100 + i, f"{r.random():.2f}"), 12, "  "
    )
    assert found(table, "a.log") == set()
    assert found("A sentence here.\nAnother one there.\nThe third is long.\n" * 9, "a.txt") == set()


# --- small counts --------------------------------------------------------------------------------


def reasons(text, name="a.csv", **options):
    return {f.rule: f.reason for f in scan_bytes(text.encode(), name, "cbs", **options).findings}


def test_small_counts_are_unsafe_and_named_by_column_and_number():
    text = "region,n,mean\nN,30,4.5\nS,4,5.5\nE,9,6.5\nW,0,\nX,10,2.5\n"
    assert reasons(text)["small_counts"] == "column 2 (n) has 2 counts from 1 to 9"
    assert (
        reasons(text.replace("4,", "4.0,"))["small_counts"]
        == "column 2 (n) has 2 counts from 1 to 9"
    )
    assert ("small_counts", "UNSAFE") in found(text)


def test_hidden_cells_zeros_and_counts_with_thousands_apart_are_not_small():
    assert found('region,n\nN,"1,234"\nS,.\nE,<10\nW,0\nX,2.345\n') == set()


def test_a_cross_table_without_names_of_counts_is_judged_and_its_dimensions_are_not():
    assert ("small_counts", "UNSAFE") in found("grade,boys,girls\n1,20,30\n2,15,4\n3,22,41\n")
    assert found("grade,boys,girls\n1,20,30\n2,15,14\n3,22,41\n") == set()
    assert found("region,grade,n\nN,1,20\nN,2,30\nS,1,40\n") == set()


def test_small_whole_numbers_beside_decimals_are_for_people():
    assert found("model,k,aic\na,3,10.5\nb,5,9.5\n") == {("small_counts", "REVIEW")}
    assert found("term,estimate,df\na,3.5,2\nb,5.5,1\n") == set()


@pytest.mark.parametrize(
    "value",
    [
        {"n": 4},
        {"result": {"n_pupils": 4}},
        [{"region": "N", "count": 4}],
        {"counts": [4, 20, 30, 40, 50]},
    ],
)
def test_small_counts_in_json_are_unsafe(value):
    assert ("small_counts", "UNSAFE") in found(json.dumps(value), "a.json")


@pytest.mark.parametrize(("text", "unsafe"), [
    ("Boys (n = 4) scored higher.", True), ("N=9", True), ("aantal: 3", True), ("n = 10", False),
    ("n = 4,120", False), ("in = 4", False), ("mean = 4", False),
])  # fmt: skip
def test_small_counts_stated_in_words_are_unsafe(text, unsafe):
    assert (("small_counts", "UNSAFE") in found(text, "a.txt")) is unsafe


# --- rounding ------------------------------------------------------------------------------------


def test_counts_said_to_be_rounded_are_multiples():
    text = "region,n,mean\nN,30,4.5\nS,42,5.5\nE,63,6.5\n"
    assert (
        reasons(text, rounding_base=5)["rounding"]
        == "column 2 (n) has 2 counts that are no multiples of 5"
    )
    assert ("rounding", "UNSAFE") in found(text, rounding_base=5)
    assert found(text.replace("42", "40").replace("63", "65"), rounding_base=5) == set()
    assert found(text) == set()


def test_a_policy_that_rounds_asks_for_it_without_being_told():
    assert dc.policies["opensafely"].rounding_base == 5
    assert ("rounding", "UNSAFE") in found("region,n\nN,31\nS,40\n", policy="opensafely")


# --- numbers only --------------------------------------------------------------------------------


def test_the_summary_has_numbers_and_no_values():
    scan = scan_bytes(b"region,n,mean\nnorth,30,4.5\nsouth,42,5.5\n", "a.csv", "cbs")
    summary = vars(scan.summary)
    assert summary == {
        "tables": 1,
        "rows": 2,
        "columns": 3,
        "numeric_columns": 2,
        "width": 0,
        "height": 0,
    }
    assert "north" not in repr(scan)
    assert "4.5" not in repr(scan)


def test_a_study_judges_a_file_by_the_same_rules(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("region,n\nN,30\nS,4\n")
    out = dc.Study(policy="cbs").custom(path)
    assert out.verdict is dc.Verdict.UNSAFE
    assert "small_counts" in out.findings["rule"].to_list()
    path.write_text("region,n\nN,30\nS,40\n")
    assert dc.Study(policy="cbs").custom(path).verdict is dc.Verdict.REVIEW
