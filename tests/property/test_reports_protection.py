"""What a report prints never shows a few pupils, nor leaves a few behind."""

from collections import defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.errors import FindingsError
from enclave.reports.document import HIDDEN, Figure, reports_of
from enclave.reports.growth import NationalRule, pupil_growth, school_figures
from enclave.reports.protection import GROUP, check_figures, protect_figures
from enclave.reports.render import render_report

RULE = NationalRule(minimum_schools=1, maximum_school_share=1.0, minimum_pupils=1)
PUPILS = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2"]),
        st.integers(4, 6),
        st.sampled_from(["M", "V", None]),
        st.floats(0, 100),
        st.floats(0, 100),
    ),
    min_size=1,
    max_size=70,
)


def linked(pupils):
    rows, persons = [], []
    for number, (school, grade, sex, start, end) in enumerate(pupils):
        persons.append((f"p{number}", sex))
        for moment, score in (("M", start), ("E", end)):
            rows.append(
                (f"p{number}", school, "RW", grade, "cito-3.0-RW", "2025-2026", moment, score)
            )
    names = [
        "person_key",
        "school_code",
        "domain",
        "grade",
        "scale",
        "school_year",
        "moment",
        "score",
    ]
    results = pl.LazyFrame(rows, schema=names, orient="row")
    return results, pl.LazyFrame(
        persons, schema={"person_key": pl.String, "sex": pl.String}, orient="row"
    )


def figures(pupils, rule=RULE):
    return school_figures(pupil_growth(*linked(pupils), rule))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(PUPILS)
def test_no_figure_and_no_hidden_rest_has_one_to_five_pupils(pupils):
    true = figures(pupils)
    shown = protect_figures(true, 6)
    counts = {row[:5]: row[5] for row in true.select(*GROUP, "label", "n").iter_rows()}
    printed = defaultdict(dict)
    for row in shown.filter(pl.col("shown")).select(*GROUP, "label", "n").iter_rows():
        printed[row[:4]][row[4]] = row[5]
    for group, figures_of_group in printed.items():
        assert all(n >= 6 for n in figures_of_group.values())
        school, domain, year, _ = group
        total = counts[school, domain, year, "total", "alle groepen"]
        rest = total - sum(figures_of_group.values())
        assert rest == 0 or rest >= 6
        assert (school, domain, year, "total") in printed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(PUPILS)
def test_hidden_figures_hold_no_number_and_all_say_the_same(pupils):
    shown = protect_figures(figures(pupils), 6)
    hidden = shown.filter(~pl.col("shown"))
    assert hidden.select(pl.col("n", "points", "national", "z", "error").is_null().all()).row(
        0
    ) == ((True,) * 5)
    for code, report in reports_of(shown, {"s1": "r1", "s2": "r2"}, "E"):
        assert code in {"s1", "s2"}
        for section in report.sections:
            for year in section.years:
                for figure in (*year.grades, *year.sexes, *year.levels):
                    if not figure.shown:
                        assert figure.sentence == HIDDEN


@settings(max_examples=60, deadline=None, derandomize=True)
@given(PUPILS)
def test_figures_are_the_means_that_a_plain_loop_gives(pupils):
    by_grade = defaultdict(list)
    for school, grade, _, start, end in pupils:
        by_grade[school, f"groep {grade}"].append(end - start)
    made = figures(pupils).filter(pl.col("kind") == "grade")
    found = {
        (s, label): (n, points)
        for s, label, n, points in made.select("school_code", "label", "n", "points").iter_rows()
    }
    assert set(found) == set(by_grade)
    for place, values in by_grade.items():
        n, points = found[place]
        assert n == len(values)
        assert points == pytest.approx(sum(values) / len(values), abs=1e-9)


def test_the_post_condition_stops_what_the_rule_would_let_through():
    marked = protect_figures(figures([("s1", 4, "M", 1.0, 2.0)] * 8), 6)
    wrong = marked.with_columns(pl.lit(3).alias("n"), pl.lit(value=True).alias("shown"))
    with pytest.raises(FindingsError, match="at least 6"):
        check_figures(wrong, 6)


def test_a_national_mean_of_too_few_schools_is_not_compared_with():
    rule = NationalRule(minimum_schools=3, maximum_school_share=0.5, minimum_pupils=10)
    assert figures([("s1", 4, "M", 1.0, 2.0)] * 20, rule).is_empty()
    assert figures([("s1", 4, "M", 1.0, 2.0)] * 20).height > 0


def test_a_hostile_school_name_is_shown_as_text():
    shown = protect_figures(figures([("s1", 4, "M", float(n), 9.0) for n in range(20)]), 6)
    named = shown.with_columns(pl.lit("<script>alert(1)</script>[b]").alias("school_code"))
    ids = {"<script>alert(1)</script>[b]": "report-1"}
    page = "".join(render_report(report) for _, report in reports_of(named, ids, "E"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_equal_figures_give_equal_bytes():
    shown = protect_figures(figures([("s1", 4, "M", float(n), 9.0) for n in range(30)]), 6)
    pages = [
        [render_report(report) for _, report in reports_of(shown, {"s1": "r"}, "E")]
        for _ in range(2)
    ]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("n", "low", "high", "words"),
    [
        (30, 0.1, 0.4, "meer groei"),
        (30, -0.4, -0.1, "minder groei"),
        (30, -0.1, 0.1, "Geen duidelijk verschil"),
        (24, 0.1, 0.4, "Kleine groep"),
    ],
)
def test_the_sentence_follows_the_band_and_never_the_point(n, low, high, words):
    figure = Figure("x", shown=True, n=n, points=1.0, national=1.0, z=0.9, low=low, high=high)
    assert words in figure.sentence
