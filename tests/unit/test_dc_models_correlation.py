"""Correlations: their values, and every rule with a case that is just safe and just unsafe."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.models import CORRELATION_RULES, correlation
from disclosure_control.named_policies import policies

CBS = policies["cbs"]


def noise(rows, seed=0):
    return np.random.default_rng(seed).normal(size=rows)


def pair(left, right, **who):
    frame = pl.DataFrame({"a": left, "b": right, **who})
    return correlation(frame, ["a", "b"], CBS, **{name: name for name in who})


def rules(result):
    return {item.rule for item in result.findings}


def test_every_pair_once_with_the_records_that_have_both_values():
    frame = pl.DataFrame({"a": noise(50), "b": noise(50, 1), "c": noise(50, 2)}).with_columns(
        a=pl.when(pl.int_range(50) < 5).then(None).otherwise("a"),
        b=pl.when(pl.int_range(50) > 46).then(float("nan")).otherwise("b"),
    )
    result = correlation(frame, ["a", "b", "c"], CBS)
    assert result.cells.schema == {"row": pl.String, "column": pl.String, "value": pl.Float64}
    assert result.cells.select("row", "column").rows() == [("a", "b"), ("a", "c"), ("b", "c")]
    values = frame.to_numpy().astype(float)
    for row, column, value in result.cells.rows():
        chosen = values[:, ["abc".index(row), "abc".index(column)]]
        kept = chosen[np.isfinite(chosen).all(axis=1)]
        assert value == pytest.approx(np.corrcoef(kept.T)[0, 1], rel=1e-12)
    assert result.verdict is dc.Verdict.SAFE


def test_units_less_two_are_at_least_the_minimum():
    x, y = np.arange(12.0), noise(12)
    assert rules(pair(x, y)) == set()
    result = pair(x[:11], y[:11])
    assert rules(result) == {"degrees_of_freedom"}
    assert result.findings[0].labels == ("a", "b")


def test_records_of_one_unit_count_once():
    x, y = np.tile(np.arange(11.0), 6), noise(66)
    assert rules(pair(x, y)) == set()
    assert rules(pair(x, y, unit=np.arange(66) % 11)) == {"degrees_of_freedom"}


def test_a_column_that_is_the_same_for_nearly_all_is_unsafe():
    y = noise(60)
    assert rules(pair([0.0] * 50 + list(range(1, 11)), y)) == set()
    assert rules(pair([0.0] * 51 + list(range(1, 10)), y)) == {"minimum_units"}
    assert rules(pair([0.0] * 50 + [1.0] * 10, y)) == set()
    assert rules(pair([0.0] * 51 + [1.0] * 9, y)) == {"minimum_units"}


def test_two_columns_with_two_values_are_a_table_of_two_by_two():
    left = [0] * 40 + [1] * 40
    assert rules(pair(left, [0] * 30 + [1] * 10 + [0] * 10 + [1] * 30)) == set()
    assert rules(pair(left, [0] * 31 + [1] * 9 + [0] * 10 + [1] * 30)) == {"minimum_units"}


def test_entities_are_counted_when_they_are_known():
    x, y = noise(60), noise(60, 1)
    assert rules(pair(x, y, entity=np.arange(60) % 3)) == set()
    assert rules(pair(x, y, entity=np.arange(60) % 2)) == {"minimum_entities"}
    level = np.repeat([0.0, 1.0, 2.0, 3.0], 15)
    assert rules(pair(level, y, entity=np.repeat([0, 1, 2, 3], 15))) == set()
    two = np.where(level > 1, level, 0.0)
    assert rules(pair(two, y, entity=np.repeat([0, 1, 2, 3], 15))) == {"minimum_entities"}


@pytest.mark.parametrize("factor", [2.5, -1.0])
def test_a_column_that_gives_the_other_is_unsafe(factor):
    x = noise(60)
    assert rules(pair(x, factor * x + 3)) == {"certain"}
    assert rules(pair(x, factor * x + 0.01 * noise(60, 1))) == set()


def test_a_constant_column_has_no_correlation_and_is_unsafe():
    result = pair(noise(60), [4.0] * 60)
    assert {"constant", "certain"} <= rules(result)
    assert result.cells["value"].to_list() == [None]


def test_one_unit_that_determines_the_correlation_is_unsafe():
    x, y = np.append(np.arange(30.0), 45.0), noise(31)
    assert rules(pair(x, y)) == set()
    assert rules(pair(np.append(x[:-1], 90.0), y)) == {"leverage"}
    assert rules(pair(y, np.append(x[:-1], 90.0))) == {"leverage"}


def test_the_leverage_of_a_unit_adds_up_over_its_records():
    x, y = np.append(np.arange(30.0), [60.0, -30.0]), noise(32)
    own = np.arange(32)
    assert rules(pair(x, y, unit=own)) == set()
    assert rules(pair(x, y, unit=np.append(own[:-1], 30))) == {"leverage"}


def test_columns_that_never_meet_are_unsafe_and_have_no_value():
    half = [1.0, None] * 30
    result = pair(half, half[::-1])
    assert rules(result) == {"minimum_units"}
    assert result.cells["value"].to_list() == [None]


def test_all_correlations_together_leave_degrees_of_freedom():
    names = [f"x{place}" for place in range(6)]
    frame = pl.DataFrame(
        {
            name: np.random.default_rng(place).permutation(np.arange(16.0))
            for place, name in enumerate(names)
        }
    )
    assert correlation(frame, names, CBS).verdict is dc.Verdict.SAFE
    found = correlation(frame.head(15), names, CBS).findings
    assert [(item.labels, item.rule) for item in found] == [((), "degrees_of_freedom")]


@pytest.mark.parametrize(
    "columns", [[], ["a"], ["a", "a"], ["a", "nobody"], ["a", "text"], [f"c{n}" for n in range(61)]]
)
def test_columns_that_do_not_fit_are_an_error(columns):
    frame = pl.DataFrame({"a": noise(20), "text": ["secret"] * 20})
    with pytest.raises(dc.InvalidInputError) as refused:
        correlation(frame, columns, CBS)
    assert "secret" not in str(refused.value)


def test_huge_numbers_end_in_a_finding_and_not_in_a_warning():
    assert pair(noise(40) * 1e200, noise(40, 1)).verdict is dc.Verdict.UNSAFE


def test_an_empty_frame_has_no_correlation_and_is_unsafe():
    frame = pl.DataFrame(schema={"a": pl.Float64, "b": pl.Float64})
    assert correlation(frame, ["a", "b"], CBS).verdict is dc.Verdict.UNSAFE


def test_every_rule_has_a_statement_and_a_source():
    assert len({rule.name for rule in CORRELATION_RULES}) == len(CORRELATION_RULES) == 6
    assert all(rule.statement and rule.source for rule in CORRELATION_RULES)
