"""Published and closed-form results of regressions, and the known cases of unsafe ones.

Sources: NIST Statistical Reference Datasets, linear regression, Longley and Norris (certified
values); Agresti, Categorical Data Analysis, 2nd edition, section 2.2 (aspirin and heart attacks);
Woolf, Annals of Human Genetics 19 (1955) for the standard error of a log odds ratio.
"""

from math import log, sqrt

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

import disclosure_control as dc
from disclosure_control.models import evaluate
from disclosure_control.named_policies import policies

CBS = policies["cbs"]

LONGLEY = """
60323 83.0 234289 2356 1590 107608 1947
61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949
61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951
63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
"""
LONGLEY_NAMES = ("employed", "deflator", "product", "unemployed", "army", "population", "year")
LONGLEY_CERTIFIED = {
    "Intercept": (-3482258.63459582, 890420.383607373),
    "deflator": (15.0618722713733, 84.9149257747669),
    "product": (-0.358191792925910e-01, 0.334910077722432e-01),
    "unemployed": (-2.02022980381683, 0.488399681651699),
    "army": (-1.03322686717359, 0.214274163161675),
    "population": (-0.511041056535807e-01, 0.226073200069370),
    "year": (1829.15146461355, 455.478499142212),
}

NORRIS_X = (
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5,
    666.9, 338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2,
    999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
)  # fmt: skip
NORRIS_Y = (
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1,
    668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0,
    998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
)  # fmt: skip


def figure(result, term, measure):
    return result.cells.filter(term=term, measure=measure)["value"].item()


def counted(table):
    """Records of a table of (group, response): number."""
    rows = [key for key, number in table.items() for _ in range(number)]
    return pl.DataFrame(rows, schema={"g": pl.String, "y": pl.Float64}, orient="row")


def test_longley_agrees_with_the_certified_values_and_lacks_degrees_of_freedom():
    rows = [[float(word) for word in line.split()] for line in LONGLEY.strip().splitlines()]
    frame = pl.DataFrame(rows, schema=LONGLEY_NAMES, orient="row")
    text = "employed ~ " + " + ".join(LONGLEY_NAMES[1:])
    result = evaluate(frame, text, "ols", CBS)
    for term, (coefficient, error) in LONGLEY_CERTIFIED.items():
        assert figure(result, term, "coefficient") == pytest.approx(coefficient, rel=1e-8)
        assert figure(result, term, "standard_error") == pytest.approx(error, rel=1e-8)
    assert figure(result, "(model)", "r_squared") == pytest.approx(0.995479004577296, rel=1e-12)
    assert figure(result, "(model)", "residual_degrees_of_freedom") == 9
    assert "degrees_of_freedom" in {item.rule for item in result.findings}


def test_norris_agrees_with_the_certified_values_and_is_safe():
    frame = pl.DataFrame({"x": NORRIS_X, "y": NORRIS_Y})
    result = evaluate(frame, "y ~ x", "ols", CBS)
    assert figure(result, "Intercept", "coefficient") == pytest.approx(-0.262323073774029)
    assert figure(result, "Intercept", "standard_error") == pytest.approx(0.232818234301152)
    assert figure(result, "x", "coefficient") == pytest.approx(1.00211681802045, rel=1e-12)
    assert figure(result, "x", "standard_error") == pytest.approx(0.429796848199937e-03)
    assert figure(result, "(model)", "r_squared") == pytest.approx(0.999993745883712, rel=1e-12)
    assert result.verdict is dc.Verdict.SAFE


def test_a_logit_of_one_dummy_is_the_log_odds_ratio_of_the_table():
    table = {("aspirin", 1.0): 104, ("aspirin", 0.0): 10933, ("b", 1.0): 189, ("b", 0.0): 10845}
    result = evaluate(counted(table), "y ~ C(g)", "logit", policies["opensafely"])
    ratio = log(189 * 10933 / (10845 * 104))
    assert round(ratio, 3) == 0.605
    assert figure(result, "C(g)[b]", "coefficient") == pytest.approx(ratio, rel=1e-9)
    error = sqrt(sum(1 / number for number in table.values()))
    assert round(error, 3) == 0.123
    assert figure(result, "C(g)[b]", "standard_error") == pytest.approx(error, rel=1e-9)
    assert result.verdict is dc.Verdict.SAFE


def test_the_same_table_is_unsafe_where_no_response_may_hold_90_percent_of_a_group():
    table = {("aspirin", 1.0): 104, ("aspirin", 0.0): 10933, ("b", 1.0): 189, ("b", 0.0): 10845}
    found = evaluate(counted(table), "y ~ C(g)", "logit", CBS).findings
    assert [item.rule for item in found] == ["saturated"]
    assert "group_disclosure" in found[0].reason


def test_a_probit_of_one_dummy_is_the_difference_of_normal_quantiles():
    result = evaluate(
        counted({("a", 1.0): 30, ("a", 0.0): 70, ("b", 1.0): 60, ("b", 0.0): 40}),
        "y ~ g", "probit", CBS,
    )  # fmt: skip
    assert figure(result, "Intercept", "coefficient") == pytest.approx(norm.ppf(0.3), rel=1e-9)
    difference = norm.ppf(0.6) - norm.ppf(0.3)
    assert figure(result, "g[b]", "coefficient") == pytest.approx(difference, rel=1e-9)
    assert result.verdict is dc.Verdict.SAFE


def test_a_poisson_of_one_dummy_is_the_log_ratio_of_the_means():
    counts = {"a": [0, 1, 2, 3, 4] * 6, "b": [2, 3, 5, 6, 9] * 4}
    frame = pl.DataFrame(
        {"g": ["a"] * 30 + ["b"] * 20, "y": [*map(float, counts["a"] + counts["b"])]}
    )
    result = evaluate(frame, "y ~ C(g)", "poisson", CBS)
    assert figure(result, "C(g)[b]", "coefficient") == pytest.approx(log(5.0 / 2.0), rel=1e-9)
    error = sqrt(1 / sum(counts["a"]) + 1 / sum(counts["b"]))
    assert figure(result, "C(g)[b]", "standard_error") == pytest.approx(error, rel=1e-9)
    assert result.verdict is dc.Verdict.SAFE


def test_the_log_likelihood_and_pseudo_r_squared_of_a_table_have_a_closed_form():
    result = evaluate(
        counted({("a", 1.0): 30, ("a", 0.0): 70, ("b", 1.0): 60, ("b", 0.0): 40}),
        "y ~ g", "logit", CBS,
    )  # fmt: skip
    full = 30 * log(0.3) + 70 * log(0.7) + 60 * log(0.6) + 40 * log(0.4)
    null = 90 * log(0.45) + 110 * log(0.55)
    assert figure(result, "(model)", "log_likelihood") == pytest.approx(full, rel=1e-12)
    assert figure(result, "(model)", "pseudo_r_squared") == pytest.approx(1 - full / null)


def test_the_dummy_of_two_people_is_flagged_by_name():
    y = np.random.default_rng(1).normal(size=200)
    frame = pl.DataFrame({"g": ["a"] * 198 + ["b"] * 2, "y": y})
    result = evaluate(frame, "y ~ C(g)", "ols", CBS)
    assert result.verdict is dc.Verdict.UNSAFE
    assert ("C(g)[b]", "coefficient") in {item.labels for item in result.findings}
    assert {"minimum_units", "saturated"} <= {item.rule for item in result.findings}


def test_the_dummy_of_one_person_is_flagged_by_name_and_by_leverage():
    y = np.random.default_rng(1).normal(size=200)
    frame = pl.DataFrame({"g": ["a"] * 199 + ["b"], "y": y})
    result = evaluate(frame, "y ~ C(g)", "ols", CBS)
    own = figure(result, "Intercept", "coefficient") + figure(result, "C(g)[b]", "coefficient")
    assert own == pytest.approx(y[-1])
    assert ("C(g)[b]", "coefficient") in {item.labels for item in result.findings}
    assert {"minimum_units", "saturated", "leverage"} <= {item.rule for item in result.findings}


@pytest.mark.parametrize("family", ["ols", "logit", "probit", "poisson"])
def test_a_clean_large_model_is_safe(family):
    random = np.random.default_rng(7)
    rows = 3_000
    frame = pl.DataFrame(
        {
            "x": random.normal(size=rows),
            "z": random.integers(0, 20, rows),
            "g": random.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "pupil": np.arange(rows) // 2,
            "school": (np.arange(rows) // 2) % 40,
        }
    )
    linear = 0.4 * frame["x"] + 0.02 * frame["z"] - 0.2
    response = {
        "ols": linear + random.normal(size=rows),
        "poisson": pl.Series(random.poisson(np.exp(linear.to_numpy()))),
    }.get(family, pl.Series(random.random(rows) < norm.cdf(linear.to_numpy())))
    result = evaluate(
        frame.with_columns(y=response), "y ~ x*C(g) + z + I(x**2)", family, CBS,
        unit="pupil", entity="school",
    )  # fmt: skip
    assert result.findings == []
    assert result.verdict is dc.Verdict.SAFE
