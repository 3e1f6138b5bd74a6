"""What the cases in which checkers fail show besides ``tests/spec/test_dc_cases.py``.

Masks in text and HTML, what an audit and the desk say of a single hidden cell, labels of every
type, the closed list of statistics, and whom thresholds count. Records are written as (region,
category): number. Threshold 10 (policy cbs).
"""

import datetime as dt

import polars as pl
import pytest

import disclosure_control as dc

BASE = {
    ("N", "x"): 30,
    ("N", "y"): 25,
    ("N", "z"): 20,
    ("S", "x"): 40,
    ("S", "y"): 4,
    ("S", "z"): 18,
}


def records(counts, names=("reg", "cat"), value=None):
    rows = [key for key, number in counts.items() for _ in range(number)]
    frame = pl.DataFrame(rows, schema=list(names), orient="row")
    return frame if value is None else frame.with_columns(pl.Series("v", value, dtype=pl.Float64))


def cell(frame, **labels):
    for name, label in labels.items():
        frame = frame.filter(pl.col(name) == label)
    assert frame.height == 1
    return frame.row(0, named=True)


def crosstab(frame, **options):
    return dc.Study(policy="cbs").crosstab(frame, rows=["reg"], columns=["cat"], **options)


def test_a_small_cell_is_unsafe_and_masked_at_once():
    out = crosstab(records(BASE))
    assert out.verdict is dc.Verdict.UNSAFE
    assert out.findings.select("reg", "cat", "rule").rows() == [("S", "y", "minimum_units")]
    assert cell(out.released, reg="S", cat="y")["value"] is None
    assert "S | y: . (p)" in repr(out)
    assert ">4<" not in out._repr_html_()


def test_hiding_the_small_cell_alone_is_undone_by_subtraction_and_the_equation_is_told():
    out = crosstab(records(BASE))
    audit = out.audit()
    assert audit.exact == 1
    assert audit.equation in {
        "(S, y) = (S, Total) - (S, x) - (S, z)",
        "(S, y) = (Total, y) - (N, y)",
    }
    judged = dc.judge(out, out.released)
    assert judged.verdict is dc.Verdict.UNSAFE
    assert "subtraction" in set(judged.findings["rule"])


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (1.0, 0.0),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 2)),
        (dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC),
         dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
        (True, False),
        (7, 8),
        ('va"n', "de's"),
        ("", "-"),
        (None, "x"),
        ("[total]", "[missing]"),
        ("cat", "reg"),
        ("=1+1", "a,b\nc"),
    ],
)  # fmt: skip
def test_a_small_level_of_any_type_is_hidden(small, large):
    counts = [(large, "x")] * 30 + [(large, "y")] * 25 + [(small, "x")] * 20 + [(small, "y")] * 3
    frame = pl.DataFrame(counts, schema=["reg", "cat"], orient="row")
    out = crosstab(frame)
    assert out.findings.height == 1
    hidden = out.released.filter(pl.col("status") == "hidden")
    assert hidden.height == 1
    assert out.released.filter(pl.col("value") == 3).is_empty()
    protected = out.protect().released
    assert protected.filter(pl.col("value") == 3).is_empty()
    assert cell(protected, reg=dc.TOTAL, cat=dc.TOTAL)["value"] == 78


def test_a_level_named_like_a_margin_is_not_taken_for_one():
    frame = records({("[total]", "x"): 30, ("S", "x"): 20})
    out = crosstab(frame)
    assert cell(out.released, reg=dc.TOTAL, cat="x")["value"] == 50
    assert cell(out.released, reg="[[total]", cat="x")["value"] == 30


@pytest.mark.parametrize("statistic", [max, list, "lambda", "max", None, 1])
def test_a_statistic_outside_the_closed_list_is_refused(statistic):
    with pytest.raises(dc.InvalidInputError):
        crosstab(records(BASE), statistic=statistic)


def test_schools_are_counted_apart_from_pupils():
    frame = records(BASE).with_columns(
        school=pl.when(pl.col("reg") == "N")
        .then(pl.int_range(pl.len()) % 2)
        .otherwise(pl.int_range(pl.len()) % 9)
    )
    study = dc.Study(policy="cbs", entity="school")
    out = study.crosstab(frame, rows=["reg"], columns=["cat"])
    few = out.findings.filter(pl.col("rule") == "minimum_entities").select("reg", "cat").rows()
    assert ("N", "x") in few
    assert ("S", "x") not in few


def test_one_pupil_with_many_rows_is_one_unit():
    frame = pl.DataFrame({"g": ["a"] * 40 + ["b"] * 40, "p": [1] * 40 + list(range(40))})
    out = dc.Study(policy="cbs", unit="p").crosstab(frame, rows=["g"])
    assert out.findings.filter(pl.col("rule") == "minimum_units")["g"].to_list() == ["a"]


def test_an_empty_cell_of_means_hides_nothing_and_is_never_hidden_for_another():
    rows = [("4", "x", 1.0 * n) for n in range(30)] + [("4", "y", 50.0 + n) for n in range(5)]
    rows += [("5", "x", -2.0 * n) for n in range(25)] + [("5", "y", 7.0 * n) for n in range(40)]
    frame = pl.DataFrame(rows, schema=["grade", "domain", "growth"], orient="row")
    study = dc.Study(policy="ess", levels={"grade": ["4", "5", "8"]})
    safe = study.crosstab(frame, ["grade"], ["domain"], values="growth", statistic="mean").protect()
    hidden = safe.released.filter(pl.col("status") == "hidden")
    assert hidden.height >= 4
    assert hidden.filter(pl.col("grade") == "8").is_empty()
    assert study.check_together().verdict is dc.Verdict.SAFE


@pytest.mark.parametrize(("share", "unsafe"), [(0.8, True), (0.9, False)])
def test_two_schools_together_may_have_too_much_of_a_total(share, unsafe):
    frame = pl.DataFrame({"g": ["a"] * 40, "s": ["x"] * 18 + ["y"] * 17 + ["z", "v", "w"] + ["u"] * 2,
                          "v": [1.0 + n / 100 for n in range(40)]})  # fmt: skip
    table = dc.magnitude_table(frame, ["g"], "v", entity="s")
    policy = dc.Policy(name="two", minimum_units=3, maximum_top_entity_share=share)
    assert ("top_dominance" in set(dc.assess(table, policy).findings["rule"])) is unsafe


def test_percentages_without_columns_are_of_everybody():
    frame = pl.DataFrame({"g": ["a"] * 30 + ["b"] * 70})
    out = dc.Study(policy="cbs").crosstab(frame, ["g"], statistic="percentage")
    assert out.released["value"].to_list() == [30.0, 70.0, 100.0]
    small = pl.DataFrame({"g": ["a"] * 3 + ["b"] * 70 + ["c"] * 20})
    safe = dc.Study(policy="cbs").crosstab(small, ["g"], statistic="percentage").protect()
    assert safe.released.filter(pl.col("g") == "a")["value"].to_list() == [None]
    assert (safe.released["status"] == "hidden").sum() >= 2


def test_a_histogram_in_which_everybody_has_the_only_interval_is_unsafe():
    frame = pl.DataFrame({"v": [7.0] * 50})
    assert dc.Study(policy="cbs").histogram(frame, "v").verdict is dc.Verdict.UNSAFE
