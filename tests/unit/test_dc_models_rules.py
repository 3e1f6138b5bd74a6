"""Every rule of models with a case that is just safe and one that is just unsafe (policy cbs)."""

import importlib
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.models import MODEL_RULES, Roles, design, evaluate, parse_formula
from disclosure_control.named_policies import policies

CBS = policies["cbs"]
FIT = importlib.import_module("disclosure_control.models.fit")
LOOSE = dc.Policy(name="loose", minimum_units=2, minimum_degrees_of_freedom=1, maximum_leverage=1.0)


def noise(rows, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def grouped(seed=0, **sizes):
    """Records in the groups ``g`` of the given sizes, with noise as response ``y``."""
    labels = [label for label, size in sizes.items() for _ in range(size)]
    return pl.DataFrame({"g": labels, "y": noise(len(labels), seed)})


def rules(frame, text, family="ols", policy=CBS, **roles):
    return {item.rule for item in evaluate(frame, text, family, policy, **roles).findings}


def places(frame, text, rule, family="ols", **roles):
    found = evaluate(frame, text, family, CBS, **roles).findings
    return [item.labels for item in found if item.rule == rule]


def test_degrees_of_freedom_are_units_less_coefficients():
    line = pl.DataFrame({"x": np.arange(12.0), "y": noise(12)})
    assert rules(line, "y ~ x") == set()
    assert rules(line.head(11), "y ~ x") == {"degrees_of_freedom"}


def test_more_records_of_the_same_units_add_no_degrees_of_freedom():
    line = pl.DataFrame({"x": np.arange(66.0) % 11, "y": noise(66), "u": np.arange(66) % 11})
    assert rules(line, "y ~ x") == set()
    assert rules(line, "y ~ x", unit="u") == {"degrees_of_freedom"}


def test_the_group_behind_a_dummy_has_at_least_the_minimum_of_units():
    assert rules(grouped(a=20, b=10), "y ~ C(g)") == set()
    few = grouped(a=20, b=9)
    assert places(few, "y ~ C(g)", "minimum_units") == [("C(g)[b]", "coefficient")]


def test_records_of_one_unit_count_once_behind_a_dummy():
    twice = grouped(a=40, b=18).with_columns(u=pl.int_range(58) // 2)
    assert rules(twice, "y ~ C(g)") == set()
    assert places(twice, "y ~ C(g)", "minimum_units", unit="u") == [("C(g)[b]", "coefficient")]


def test_the_baseline_counts_as_well_and_names_the_coefficient_it_is_compared_with():
    assert rules(grouped(a=10, b=20), "y ~ C(g)") == set()
    few = places(grouped(a=9, b=20), "y ~ C(g)", "minimum_units")
    assert few == [(), ("C(g)[b]", "coefficient")]


def test_combinations_behind_interactions_count():
    crossed = grouped(ap=10, aq=10, bp=10, bq=10).with_columns(
        h=pl.col("g").str.slice(1), g=pl.col("g").str.slice(0, 1)
    )
    assert rules(crossed, "y ~ g*h") == set()
    assert places(crossed.head(39), "y ~ g*h", "minimum_units") == [("g[b]:h[q]", "coefficient")]
    assert () in places(crossed.tail(39), "y ~ g*h", "minimum_units")
    assert rules(crossed.head(39), "y ~ g + h") == set()


def test_a_number_that_is_zero_for_nearly_everybody_is_the_group_of_the_others():
    frame = pl.DataFrame({"x": [0.0] * 30 + [1.0, 2.0] * 5, "y": noise(40)})
    assert rules(frame, "y ~ x") == set()
    assert places(frame.head(39), "y ~ x", "minimum_units") == [("x", "coefficient")]


@pytest.mark.parametrize("codes", [(0.0, 1.0), (1.0, 0.0), (1.0, 2.0), (-7.5, 3.0)])
def test_a_number_with_two_values_is_a_dummy_whatever_its_codes(codes):
    frame = pl.DataFrame({"x": [codes[0]] * 30 + [codes[1]] * 10, "y": noise(40)})
    assert rules(frame, "y ~ x") == set()
    assert "minimum_units" in rules(frame.head(39), "y ~ x")


def test_a_slope_within_a_group_needs_units_that_differ_in_it():
    frame = grouped(a=40, b=40).with_columns(
        x=pl.Series([*noise(40, 1), *[1.0] * 25, *noise(15, 2)])
    )
    assert rules(frame, "y ~ x*g") == set()
    few = frame.with_columns(x=pl.Series([*noise(40, 1), *[1.0] * 31, *noise(9, 2)]))
    assert places(few, "y ~ x*g", "minimum_units") == [("x:g[b]", "coefficient")]


@pytest.mark.parametrize("family", ["logit", "probit", "ols"])
def test_each_outcome_of_a_response_of_0_and_1_has_the_minimum_of_units(family):
    frame = pl.DataFrame({"x": noise(60, 3), "y": ([1.0] + [0.0] * 5) * 10})
    assert rules(frame, "y ~ x", family) == set()
    assert places(frame.slice(1), "y ~ x", "minimum_units", family) == [()]


def test_entities_are_counted_in_the_model_and_behind_every_dummy():
    frame = grouped(a=30, b=30).with_columns(s=pl.int_range(60) % 3)
    assert rules(frame, "y ~ g", entity="s") == set()
    two = frame.with_columns(
        s=pl.when(pl.col("g") == "b").then(pl.int_range(60) % 2).otherwise("s")
    )
    assert places(two, "y ~ g", "minimum_entities", entity="s") == [("g[b]", "coefficient")]
    everywhere = frame.with_columns(s=pl.int_range(60) % 2)
    assert places(everywhere, "y ~ g", "minimum_entities", entity="s")[0] == ()
    assert rules(two, "y ~ g", policy=policies["ess"], entity="s") == set()


def test_one_unit_has_at_most_half_of_the_response_of_a_group():
    frame = pl.DataFrame({"g": ["a"] * 20 + ["b"] * 12, "x": noise(32), "y": [1.0] * 31 + [11.0]})
    assert rules(frame, "y ~ x + g") == set()
    larger = frame.with_columns(y=pl.Series([1.0] * 31 + [11.1]))
    assert places(larger, "y ~ x + g", "unit_dominance") == [("g[b]", "coefficient")]
    negative = frame.with_columns(y=pl.Series([1.0] * 20 + [-1.0] * 11 + [11.1]))
    assert places(negative, "y ~ x + g", "unit_dominance") == [("g[b]", "coefficient")]


def test_one_entity_has_at_most_half_of_the_response():
    frame = pl.DataFrame(
        {"s": [0] * 20 + [1] * 10 + [2] * 10, "x": noise(40), "y": [1.0, 2.0] * 20}
    )
    assert rules(frame, "y ~ x", entity="s") == set()
    larger = frame.with_columns(y=pl.Series([1.0, 2.1] * 10 + [1.0, 2.0] * 10))
    assert rules(larger, "y ~ x", entity="s") == {"entity_dominance"}


def test_equal_responses_are_unsafe_in_every_family():
    frame = pl.DataFrame({"x": noise(40), "y": [1.0] * 40})
    for family in ("ols", "logit", "probit", "poisson"):
        assert "all_equal" in rules(frame, "y ~ x", family)


def test_a_dependent_term_is_named_and_nothing_is_fitted():
    frame = grouped(a=20, b=20).with_columns(x=pl.Series(noise(40, 1)))
    double = frame.with_columns(z=2 * pl.col("x") + 1, k=pl.lit(3.0))
    found = evaluate(double, "y ~ x + z + k + g", "ols", CBS)
    collinear = [item.labels for item in found.findings if item.rule == "collinear"]
    assert collinear == [("z", "coefficient"), ("k", "coefficient")]
    coefficients = found.cells.filter(measure="coefficient")["value"]
    assert coefficients.null_count() == 5
    assert rules(double, "y ~ x + g") == set()


def test_an_empty_combination_of_an_interaction_is_collinear_and_no_crash():
    frame = grouped(ap=15, aq=15, bp=15).with_columns(
        h=pl.col("g").str.slice(1), g=pl.col("g").str.slice(0, 1)
    )
    assert ("g[b]:h[q]", "coefficient") in places(frame, "y ~ g*h", "collinear")


def test_a_factor_with_one_level_is_named():
    assert "collinear" in rules(grouped(a=40), "y ~ C(g)")


def test_separation_is_found_before_anything_is_fitted():
    x = np.arange(40.0)
    overlapping = pl.DataFrame({"x": x, "y": ((x > 18) ^ (x % 7 == 2)) * 1.0})
    apart = pl.DataFrame({"x": x, "y": (x > 18) * 1.0})
    for family in ("logit", "probit"):
        assert rules(overlapping, "y ~ x", family) == set()
        assert rules(apart, "y ~ x", family) == {"separation"}
        assert evaluate(apart, "y ~ x", family, CBS).cells["value"].null_count() == 10


def test_a_group_without_events_is_separated():
    frame = grouped(a=40, b=40).with_columns(x=pl.Series(noise(80, 5)))
    events = frame.with_columns(y=pl.Series(([1.0, 0.0] * 20) + ([1.0] + [0.0] * 19) * 2))
    none = frame.with_columns(y=pl.Series(([1.0, 0.0] * 20) + [0.0] * 40))
    for family in ("logit", "probit", "poisson"):
        assert rules(events, "y ~ x + g", family) == set()
        assert rules(none, "y ~ x + g", family) == {"separation"}


def test_a_saturated_model_is_judged_as_the_table_of_means_that_it_is():
    frame = grouped(a=20, b=20)
    safe = evaluate(frame, "y ~ C(g)", "ols", CBS)
    assert safe.verdict is dc.Verdict.SAFE
    assert "table of means" in safe.notes[0]
    equal = frame.with_columns(y=pl.when(pl.col("g") == "b").then(4.0).otherwise("y"))
    found = evaluate(equal, "y ~ C(g)", "ols", CBS).findings
    assert [item.rule for item in found] == ["saturated"]
    assert "all_equal" in found[0].reason
    assert rules(frame, "y ~ C(g)", policy=policies["cbs_income"]) == {"saturated"}


def test_a_saturated_logit_is_judged_as_the_table_of_counts_that_it_is():
    frame = grouped(a=40, b=40)
    counts = frame.with_columns(y=pl.Series([1.0] * 10 + [0.0] * 30 + [1.0] * 20 + [0.0] * 20))
    small = frame.with_columns(y=pl.Series([1.0] * 9 + [0.0] * 31 + [1.0] * 20 + [0.0] * 20))
    for family in ("logit", "probit", "ols"):
        assert rules(counts, "y ~ C(g)", family) == set()
        assert rules(small, "y ~ C(g)", family) == {"saturated"}


def test_a_saturated_logit_in_which_nearly_all_of_a_group_agree_is_unsafe():
    frame = grouped(a=120, b=40)
    most = frame.with_columns(y=pl.Series([1.0] * 108 + [0.0] * 12 + [1.0] * 20 + [0.0] * 20))
    found = evaluate(most, "y ~ C(g)", "logit", CBS).findings
    assert [item.rule for item in found] == ["saturated"]
    assert "group_disclosure" in found[0].reason


def test_a_part_of_a_model_that_is_a_table_is_judged_as_one():
    def frame(zeros, ones):
        x = [*noise(40, 1), *[0.0] * zeros, *[1.0] * ones]
        return grouped(a=40, b=zeros + ones).with_columns(x=pl.Series(x))

    assert evaluate(frame(10, 10), "y ~ x*g", "ols", CBS).verdict is dc.Verdict.SAFE
    found = evaluate(frame(11, 9), "y ~ x*g", "ols", CBS).findings
    assert any("in part a table" in item.reason for item in found)


def test_a_few_units_that_nearly_determine_a_fitted_value_go_to_people():
    frame = pl.DataFrame({"a": ["p"] * 60 + ["q"] * 10, "b": ["u", "v"] * 30 + ["u"] * 9 + ["v"]})
    found = evaluate(frame.with_columns(y=pl.Series(noise(70))), "y ~ a + b", "ols", CBS)
    assert found.verdict is dc.Verdict.REVIEW
    even = frame.with_columns(b=pl.Series(["u", "v"] * 35), y=pl.Series(noise(70)))
    assert evaluate(even, "y ~ a + b", "ols", CBS).verdict is dc.Verdict.SAFE


def test_leverage_up_to_the_maximum_is_allowed_and_above_it_is_not():
    x = np.append(np.arange(20.0), 40.0)
    frame = pl.DataFrame({"x": x, "y": noise(21)})
    deviation = x - x.mean()
    largest = 1 / 21 + deviation[-1] ** 2 / (deviation**2).sum()
    assert rules(frame, "y ~ x", policy=replace(CBS, maximum_leverage=largest)) == set()
    below = replace(CBS, maximum_leverage=largest * (1 - 1e-6))
    assert rules(frame, "y ~ x", policy=below) == {"leverage"}


def test_leverage_adds_up_over_the_records_of_a_unit():
    frame = pl.DataFrame({"y": noise(40), "u": [0] * 20 + list(range(1, 21))})
    policy = replace(CBS, maximum_unit_share=None)
    assert rules(frame, "y ~ 1", policy=policy, unit="u") == set()
    more = frame.with_columns(u=pl.Series([0] * 21 + list(range(1, 20))))
    assert rules(more, "y ~ 1", policy=policy, unit="u") == {"leverage"}


def test_a_unit_isolated_by_a_combination_of_columns_is_found():
    x = np.tile(np.arange(10.0), 5)
    z = x + noise(50, 4) * 0.05
    z[0] = 9.0
    frame = pl.DataFrame({"x": x, "z": z, "y": noise(50)})
    assert rules(frame, "y ~ x") == rules(frame, "y ~ z") == set()
    assert "leverage" in rules(frame, "y ~ x + z")


def test_leverage_of_a_poisson_model_follows_its_weights():
    x = np.append(np.linspace(0, 2, 39), 4.0)
    y = np.round(np.exp(2 * x) + 1)
    assert rules(pl.DataFrame({"x": x, "y": y}), "y ~ x", "poisson", replace(
        CBS, maximum_unit_share=None)) >= {"leverage"}  # fmt: skip
    assert rules(pl.DataFrame({"x": x, "y": noise(40)}), "y ~ x") == set()


def test_a_perfect_fit_reveals_every_response():
    x = noise(40, 1)
    for share, expected in ((1e-2, set()), (1e-4, {"perfect_fit"}), (0.0, {"perfect_fit"})):
        frame = pl.DataFrame({"x": x, "y": 3 * x + share * noise(40, 2)})
        assert rules(frame, "y ~ x") == expected


def test_a_fit_that_does_not_converge_is_never_safe(monkeypatch):
    frame = pl.DataFrame({"x": noise(60), "y": [0.0, 1.0, 1.0] * 20})
    assert rules(frame, "y ~ x", "logit") == set()
    monkeypatch.setattr(FIT, "_STEPS", 1)
    assert "unfinished" in rules(frame, "y ~ x", "logit")


def test_a_library_that_stops_with_an_error_is_a_finding(monkeypatch):
    def broken(*_):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(FIT, "_linear", broken)
    frame = pl.DataFrame({"x": noise(60), "y": noise(60, 1)})
    assert rules(frame, "y ~ x") == {"unfinished"}


def test_figures_that_do_not_exist_are_a_finding():
    frame = pl.DataFrame({"x": noise(2), "y": noise(2, 1)})
    made = design(frame, parse_formula("y ~ x"), Roles())
    assert FIT.fit(made, "ols").problems == ("unfinished",)
    assert "unfinished" in rules(frame, "y ~ x", policy=LOOSE)


def test_every_rule_has_a_statement_and_a_source_and_no_name_twice():
    names = [rule.name for rule in MODEL_RULES]
    assert len(set(names)) == len(names) == 12
    assert all(rule.statement and rule.source and rule.applies_to for rule in MODEL_RULES)
