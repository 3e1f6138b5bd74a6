"""Designs and fits: which records are in, how columns are made, what cannot be fitted."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control import models
from disclosure_control.models import Roles, design, evaluate, parse_formula
from disclosure_control.models import fit as fit_model
from disclosure_control.named_policies import policies

CBS = policies["cbs"]


def made(frame, text, **roles):
    return design(frame, parse_formula(text), Roles(**roles))


def noise(rows, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def test_incomplete_records_are_left_out_and_counted():
    frame = pl.DataFrame(
        {
            "y": [1.0, None, 2.0, float("nan"), 3.0, 4.0, 5.0, 6.0],
            "x": [1.0, 1.0, float("inf"), 1.0, 2.0, None, 3.0, 4.0],
            "g": ["a", "a", "a", "a", dc.MISSING, "b", None, "b"],
        }
    )
    result = made(frame, "y ~ x + g")
    assert result.complete.tolist() == [True, False, False, False, False, False, False, True]
    assert result.left_out == 6
    assert sorted(result.response) == [1.0, 6.0]


def test_records_whose_logarithm_or_root_does_not_exist_are_left_out():
    frame = pl.DataFrame({"y": [1.0, 0.0, 2.0, 3.0], "x": [1.0, 1.0, -1.0, 4.0]})
    result = made(frame, "log(y) ~ sqrt(x)")
    assert result.left_out == 2
    assert sorted(result.response) == [0.0, np.log(3.0)]


def test_the_baseline_is_the_first_label_or_the_first_declared_level_that_occurs():
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0], "g": ["b", "c", "a"]})
    assert made(frame, "y ~ g").names == ("Intercept", "g[b]", "g[c]")
    declared = made(frame, "y ~ g", levels={"g": ["z", "c", "b"]})
    assert declared.names == ("Intercept", "g[b]", "g[a]")


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([True, False, True]),
        pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        pl.Series(["b", "a", "b"], dtype=pl.Enum(["b", "a"])),
    ],
)
def test_text_like_columns_are_categorical_by_themselves(values):
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0], "g": values})
    assert made(frame, "y ~ g").names[1].startswith("g[")


def test_numbers_and_dates_are_categories_under_c():
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0], "k": [1, 2, 1]})
    dated = frame.with_columns(d=pl.date(2020, 1, pl.col("k")))
    assert made(frame, "y ~ C(k)").names == ("Intercept", "C(k)[2]")
    assert made(dated, "y ~ C(d)").names == ("Intercept", "C(d)[2020-01-02]")
    with pytest.raises(dc.InvalidInputError, match="d is numeric"):
        made(dated, "y ~ d")


def test_units_without_a_name_are_one_unit():
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "u": ["p", None, None, "q"]})
    assert made(frame, "y ~ 1", unit="u").units.max() == 2
    assert made(frame, "y ~ 1").units.max() == 3
    assert made(frame, "y ~ 1", entity="u").entities.max() == 2


def test_products_of_different_values_that_are_equal_are_one_group():
    frame = pl.DataFrame({"y": [1.0, 2.0, 3.0], "x": [1.0, 2.0, -1.0], "z": [2.0, 1.0, -2.0]})
    result = made(frame, "y ~ x:z")
    assert result.first.tolist() == [0]
    assert result.groups.tolist() == [0, 0, 0]


def test_lazy_and_pandas_frames_are_taken_too():
    frame = pl.DataFrame({"y": noise(40), "g": ["a", "b"] * 20})
    plain = evaluate(frame, "y ~ g", "ols", CBS).cells
    assert evaluate(frame.lazy(), "y ~ g", "ols", CBS).cells.equals(plain)
    assert evaluate(frame.to_pandas(), "y ~ g", "ols", CBS).cells.equals(plain)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("y ~ nobody", "ols"), ("y ~ g", "gamma"), ("y ~ g", None), ("g ~ y", "ols"),
        ("y ~ log(g)", "ols"), ("y ~ k", "ols"), ("y ~ C(k)", "ols"), ("y ~ e", "ols"),
        ("y ~ g", "logit"), ("y ~ g", "probit"), ("y ~ g", "poisson"), ("y ~ big:big2", "ols"),
        ("y ~ Intercept", "ols"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_an_error_in_words_without_values(text, family):
    rows = 400
    frame = pl.DataFrame(
        {
            "y": noise(rows),
            "g": ["secret", "other"] * 200,
            "k": [[1]] * rows,
            "e": pl.Series([None] * rows, dtype=pl.Float64),
            "big": [1e200] * rows,
            "big2": [1e200] * rows,
            "Intercept": noise(rows, 1),
        }
    )
    with pytest.raises(dc.InvalidInputError) as refused:
        evaluate(frame, text, family, CBS)
    assert "secret" not in str(refused.value)


def test_thousands_of_columns_are_refused():
    frame = pl.DataFrame({"y": noise(3_000), "g": [f"school {place}" for place in range(3_000)]})
    with pytest.raises(dc.InvalidInputError, match="3,000 levels"):
        evaluate(frame, "y ~ g", "ols", CBS)
    crossed = frame.with_columns(
        g=pl.int_range(3_000).mod(30).cast(pl.String), h=pl.int_range(3_000).mod(31).cast(pl.String)
    )
    with pytest.raises(dc.InvalidInputError, match="at most 300 coefficients"):
        evaluate(crossed, "y ~ g*h", "ols", CBS)


def test_an_empty_frame_is_an_error():
    frame = pl.DataFrame(schema={"y": pl.Float64, "x": pl.Float64})
    with pytest.raises(dc.InvalidInputError, match="No record"):
        evaluate(frame, "y ~ x", "ols", CBS)


def test_huge_numbers_end_in_a_finding_and_not_in_a_warning():
    frame = pl.DataFrame({"y": noise(40) * 1e200, "x": noise(40, 1) * 1e-200})
    assert evaluate(frame, "y ~ x", "ols", CBS).verdict is dc.Verdict.UNSAFE


def test_no_array_shows_in_a_repr():
    frame = pl.DataFrame({"y": [777.25, 1.0, 2.0], "x": [1.0, 2.0, 3.0]})
    result = made(frame, "y ~ x")
    for thing in (result, fit_model(result, "ols"), evaluate(frame, "y ~ x", "ols", CBS)):
        assert "777" not in repr(thing)


def test_fitting_prints_nothing(capsys):
    frame = pl.DataFrame({"y": [0.0, 1.0] * 50, "x": noise(100)})
    for family in models.FAMILIES:
        evaluate(frame, "y ~ x", family, CBS)
    assert capsys.readouterr() == ("", "")


def test_cells_hold_every_measure_of_every_term_and_of_the_model():
    frame = pl.DataFrame({"y": noise(40), "g": ["a", "b"] * 20, "u": list(range(20)) * 2})
    cells = evaluate(frame, "y ~ g", "ols", CBS, unit="u").cells
    assert cells.schema == {"term": pl.String, "measure": pl.String, "value": pl.Float64}
    assert cells.select("term", "measure").rows() == [
        *((term, measure) for term in ("Intercept", "g[b]")
          for measure in ("coefficient", "standard_error", "statistic", "p_value")),
        *(("(model)", measure) for measure in ("observations", "units",
          "residual_degrees_of_freedom", "r_squared", "log_likelihood")),
    ]  # fmt: skip
    whole = dict(cells.filter(term="(model)").select("measure", "value").rows())
    assert (whole["observations"], whole["units"]) == (40.0, 20.0)
    assert whole["residual_degrees_of_freedom"] == 38.0
