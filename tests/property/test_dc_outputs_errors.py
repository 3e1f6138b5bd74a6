"""Bad input is refused with an error of the library, whose whole trace quotes no data.

Canaries stand in every column: one in a message means that a value of a person would stand there.
"""

import math
import traceback
from decimal import Decimal

import polars as pl
import pytest

import disclosure_control as dc

TEXT, NUMBER, UNIT = "KANARIE", 8_675_309.25, "EENHEID"
CANARIES = (TEXT, UNIT, "8675309", "8,675,309", "8.675309", "8.67531")
ROWS = 24


def frame(**columns):
    """Records in which every column has a canary; some columns replaced."""
    return pl.DataFrame(
        {
            "g": [TEXT, *["a", "b"] * 11, TEXT],
            "h": ["x", "y"] * 12,
            "v": [NUMBER, *map(float, range(22)), NUMBER],
            "w": [1.0] * ROWS,
            "event": [0.0, 1.0] * 12,
            "unit": [f"{UNIT}{at}" for at in range(ROWS)],
            "school": [f"{UNIT}{at % 5}" for at in range(ROWS)],
            **columns,
        }
    )


def count(data, **more):
    return dc.Study(unit="unit", entity="school", **more).crosstab(data, ["g"], ["h"])


def summed(data, **more):
    study = dc.Study(unit="unit", entity="school")
    return study.crosstab(data, ["g"], ["h"], values="v", statistic="sum", **more)


def statistic(name):
    return lambda data: dc.Study().crosstab(data, ["g"], values="v", statistic=name)


def model(call):
    return lambda data: getattr(dc.Study(unit="unit"), call)(data, "event ~ v + C(g)")


CALLS = {
    "count": count,
    **{name: statistic(name) for name in ("sum", "mean", "median", "std")},
    "weighted": lambda data: summed(data, weight="w"),
    "percentage": lambda data: dc.Study().crosstab(data, ["g"], ["h"], statistic="percentage"),
    "quantiles": lambda data: dc.Study(unit="unit").quantiles(data, "v", by=["g"]),
    "extremes": lambda data: dc.Study().extremes(data, "v", by=["g"]),
    "spread": lambda data: dc.Study().spread(data, "v", by=["g"]),
    "iqr": lambda data: dc.Study().spread(data, "v", by=["g"], measure="iqr"),
    "mode": lambda data: dc.Study().mode(data, "g", by=["h"]),
    "histogram": lambda data: dc.Study().histogram(data, "v", by=["g"]),
    "survival": lambda data: dc.Study().survival(data, "v", "event", by=["g"], times=[1.0, 5.0]),
    "correlation": lambda data: dc.Study().correlation(data, ["v", "w"]),
    "ols": model("ols"),
    "logit": model("logit"),
    "poisson": model("poisson"),
    "count_table": lambda data: dc.count_table(data, ["g", "h"]),
    "magnitude_table": lambda data: dc.magnitude_table(data, ["g"], "v", weight="w"),
    "evidence": lambda data: count(data).evidence,
}
LISTS = pl.Series([[TEXT]] * ROWS)
STRUCTS = pl.Series([{TEXT: NUMBER}] * ROWS)
ENUM = pl.Enum([TEXT, "a", "b"])
TEXTS = [TEXT, *["1"] * (ROWS - 1)]
OBJECTS = pl.Series([object()] * ROWS, dtype=pl.Object)
BAD = {
    "text where numbers are needed": {"v": TEXTS, "w": TEXTS, "event": TEXTS},
    "an enumeration where numbers are needed": {
        "v": pl.Series(TEXTS[:1] * ROWS, dtype=ENUM), "event": pl.Series(["a"] * ROWS, dtype=ENUM),
    },
    "dates where numbers are needed": {
        "v": pl.Series(["2026-01-01"] * ROWS).str.to_date(), "event": ["x"] * ROWS,
    },
    "lists": {"g": LISTS, "v": LISTS, "event": LISTS},
    "structs": {"g": STRUCTS, "v": STRUCTS, "event": STRUCTS},
    "objects": {"g": OBJECTS, "v": OBJECTS},
    "bytes": {"g": pl.Series([TEXT.encode()] * ROWS), "v": pl.Series([TEXT.encode()] * ROWS)},
}  # fmt: skip
NEEDS_V = {"percentage", "count", "mode", "count_table", "evidence"}


def refused(call, *arguments, **more):
    """The whole trace of the refusal; the words of the library only."""
    with pytest.raises(dc.DisclosureControlError) as caught:
        call(*arguments, **more)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.args)
    assert [word for word in CANARIES if word in told] == []
    assert "__" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", CALLS)
def test_columns_of_the_wrong_type_are_refused_without_their_values(name, kind):
    bad = BAD[kind]
    if name in NEEDS_V and "g" not in bad:
        bad = {"g": LISTS}
    refused(CALLS[name], frame(**bad))


@pytest.mark.parametrize("name", CALLS)
def test_unknown_columns_are_named_and_the_known_ones_are_not(name):
    wide = pl.DataFrame({f"{TEXT}{at}": [NUMBER] for at in range(10_000)})
    told = refused(CALLS[name], wide)
    assert "missing" in told
    assert len(told) < 600


@pytest.mark.parametrize(
    "name", sorted(set(CALLS) - {"count", "percentage", "mode", "count_table", "evidence"})
)
@pytest.mark.parametrize("values", [None, math.nan, math.inf])
def test_a_column_without_values_ends_in_a_refusal_or_is_never_safe(name, values):
    empty = pl.Series([values] * ROWS, dtype=pl.Float64)
    try:
        made = CALLS[name](frame(v=empty, w=[1.0] * ROWS))
    except dc.DisclosureControlError:
        refused(CALLS[name], frame(v=empty))
        return
    verdict = made.verdict if isinstance(made, dc.Output) else dc.assess(made, "cbs").verdict
    assert verdict is not dc.Verdict.SAFE


@pytest.mark.parametrize("name", CALLS)
def test_an_empty_frame_is_refused_or_never_safe(name):
    nobody = frame().clear()
    try:
        made = CALLS[name](nobody)
    except dc.DisclosureControlError:
        refused(CALLS[name], nobody)
        return
    verdict = made.verdict if isinstance(made, dc.Output) else dc.assess(made, "cbs").verdict
    assert verdict is not dc.Verdict.SAFE


@pytest.mark.parametrize("weight", [-NUMBER, None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("values", [None, "v"])
def test_weights_that_are_no_weights_are_refused(weight, values):
    data = frame(w=[1.0] * (ROWS - 1) + [weight])
    what = {"values": values, "statistic": "sum"} if values else {}
    told = refused(dc.Study().crosstab, data, ["g"], weight="w", **what)
    assert "1 are missing, negative or not finite" in told


def test_a_hierarchy_that_does_not_cover_the_data_is_refused():
    tree = dc.Hierarchy.from_parents({"a": "Total", "b": "Total"})
    assert "1 codes" in refused(count, frame(), hierarchies={"g": tree})


def test_a_code_below_two_parents_is_refused():
    codes = pl.DataFrame({"up": ["a", "b"], "code": [TEXT, TEXT]})
    refused(dc.Hierarchy.from_levels, codes, ["up", "code"])


def test_units_with_two_rows_are_refused_where_one_was_promised():
    twice = frame(unit=[f"{UNIT}1"] * ROWS)
    assert f"{ROWS - 1} rows" in refused(count, twice, one_row_per_unit=True)


def test_sums_that_do_not_fit_are_refused():
    huge = frame(v=[1.7e308] * ROWS)
    for name in ("sum", "mean", "std", "spread"):
        refused(CALLS[name], huge)


def test_impossible_combinations_that_occur_are_refused():
    refused(count, frame(), impossible=[{"g": TEXT}])


def test_other_things_than_frames_are_refused():
    for thing in (None, 7, TEXT, [NUMBER], {"g": [TEXT]}, frame()["g"]):
        refused(count, thing)


def test_frames_whose_plan_breaks_are_refused_without_the_words_of_the_plan():
    broken = frame().lazy().with_columns(v=pl.col("g").cast(pl.Int64))
    for name in ("sum", "median", "quantiles", "histogram", "survival", "correlation", "ols"):
        refused(CALLS[name], broken)
    refused(CALLS["count"], frame().lazy().with_columns(g=pl.col("g").str.to_date()))


def test_pandas_columns_of_mixed_types_are_refused():
    mixed = frame().to_pandas().astype({"g": object})
    mixed.loc[0, "g"] = NUMBER
    mixed.loc[1, "g"] = (TEXT,)
    refused(count, mixed)


def test_names_that_a_table_needs_itself_are_refused():
    for name in ("units", "value", "__d0", "reason"):
        data = frame().rename({"g": name})
        with pytest.raises(dc.InvalidInputError, match="reserved"):
            dc.Study().crosstab(data, [name])


def test_decimals_and_whole_numbers_are_numbers():
    whole = frame(v=pl.Series(range(ROWS), dtype=pl.Int8))
    exact = frame(v=pl.Series([Decimal(at) for at in range(ROWS)], dtype=pl.Decimal(9, 2)))
    for name in ("sum", "median", "quantiles", "histogram", "survival", "ols"):
        one, other = CALLS[name](whole), CALLS[name](exact)
        assert one.released.equals(other.released)


WRONG = {
    "a number for a column": lambda data: dc.Study().crosstab(data, [1]),
    "bytes for a column": lambda data: dc.Study().crosstab(data, [b"g"]),
    "a text for a probability": lambda data: dc.Study().quantiles(data, "v", probabilities=["a"]),
    "one text for all": lambda data: dc.Study().quantiles(data, "v", probabilities="0.5"),
    "no number at all": lambda data: dc.Study().quantiles(data, "v", probabilities=[math.nan]),
    "a text for an edge": lambda data: dc.Study().histogram(data, "v", edges=["a", "b"]),
    "edges that fall": lambda data: dc.Study().histogram(data, "v", edges=[2, 1]),
    "a text for a time": lambda data: dc.Study().survival(data, "v", "event", times=["x"]),
    "another measure": lambda data: dc.Study().spread(data, "v", measure="range"),
    "another statistic": lambda data: dc.Study().crosstab(data, ["g"], statistic="range"),
    "values of counts": lambda data: dc.Study().crosstab(data, ["g"], values="v"),
    "no values of a sum": lambda data: dc.Study().crosstab(data, ["g"], statistic="sum"),
    "a text for seconds": lambda data: count(data).protect(seconds="x"),
    "another cost": lambda data: count(data).protect(cost="x"),
    "a base of nothing": lambda data: count(data).round(0),
    "a mapping for a tree": lambda data: count(data, hierarchies={"g": {"a": "Total"}}),
    "a pair for a combination": lambda data: count(data, impossible=[("g", "a")]),
    "a title that is no text": lambda data: dc.Study().crosstab(data, ["g"], title=5),
    "a language": lambda data: count(data).explain("fr"),
    "another policy": lambda data: count(data, policy="none"),
    "the same dimension twice": lambda data: dc.Study().crosstab(data, ["g"], ["g"]),
    "no dimension": lambda data: dc.Study().crosstab(data, []),
    "levels that are alike": lambda data: count(data, levels={"g": ["a", "a"]}),
    "code as a formula": lambda data: dc.Study().ols(data, "v ~ __import__('os')"),
}


@pytest.mark.parametrize("name", WRONG)
def test_arguments_of_the_wrong_kind_are_refused(name):
    refused(WRONG[name], frame())


@pytest.mark.parametrize("kind", ["lists", "structs", "objects"])
@pytest.mark.parametrize("column", ["unit", "school"])
def test_units_and_entities_are_plain_values(column, kind):
    values = {"lists": LISTS, "structs": STRUCTS, "objects": OBJECTS}[kind]
    data = frame(**{column: values})
    for name in ("count", "weighted", "evidence"):
        refused(CALLS[name], data)
