"""Formulas: what the grammar accepts and means, and that nothing else gets through."""

import pytest

import disclosure_control as dc
from disclosure_control.models import Factor, parse_formula
from disclosure_control.models.coding import columns_of
from disclosure_control.models.formula import ACCEPTED, MAXIMUM_LENGTH

ACCEPTABLE = {
    "y ~ x": "y ~ x",
    "y~x+z": "y ~ x + z",
    " y  ~\tx ": "y ~ x",
    "y ~ 1": "y ~ 1",
    "y ~ x - 1": "y ~ 0 + x",
    "y ~ -1 + x": "y ~ 0 + x",
    "y ~ + x": "y ~ x",
    "y ~ 0 + C(g)": "y ~ 0 + C(g)",
    "y ~ 1 + C(g)": "y ~ C(g)",
    "log(y) ~ log(x) + sqrt(x) + square(x)": "log(y) ~ log(x) + sqrt(x) + square(x)",
    "y ~ I(x**2) + I(x ** 2)": "y ~ square(x)",
    "y ~ a:b": "y ~ a:b",
    "y ~ a*b": "y ~ a + b + a:b",
    "y ~ a*b:c": "y ~ a + b:c + a:b:c",
    "y ~ b:a + a:b": "y ~ b:a",
    "y ~ a:a + a*a": "y ~ a",
    "y ~ C(g)*log(x)": "y ~ C(g) + log(x) + C(g):log(x)",
    "`y z` ~ `a+b` + C(`import os`)": "`y z` ~ `a+b` + C(`import os`)",
    "y ~ C + log + I": "y ~ C + log + I",
    "résultat ~ größe + income.2020": "résultat ~ größe + income.2020",
}

HOSTILE = (
    "",
    " ",
    "~",
    "y",
    "y ~",
    "~ x",
    "y ~ x ~ z",
    "y ~ 0",
    "y ~ - 1",
    "y ~ x - z",
    "y ~ x + ",
    "y ~ x + + z",
    "y ~ x + -1",
    "y ~ 1 + 0 + x",
    "y ~ x - 0",
    "y ~ 2",
    "y ~ x + 10",
    "y ~ x**2",
    "y ~ (x)",
    "y ~ (a + b) * c",
    "y ~ a %in% b",
    "y ~ a / b",
    "y ~ a | b",
    "y ~ .",
    "y ~ I(x)",
    "y ~ I(x**3)",
    "y ~ I(x + 1)",
    "y ~ C(a, b)",
    "y ~ C(g, Treatment(reference='b'))",
    "y ~ C(C(g))",
    "y ~ C(log(x))",
    "y ~ log(log(x))",
    "y ~ exp(x)",
    "y ~ np.log(x)",
    "y ~ `C`(g)",
    "y ~ ``",
    "y ~ `x",
    "y ~ `x\n`",
    "y ~ `x\u202e`",
    "C(y) ~ x",
    "sqrt(y) ~ x",
    "y + z ~ x",
    "1 ~ x",
    "y ~ y",
    "y ~ log(y)",
    "log(y) ~ y",
    "y ~ C(y):x",
    "y ~ x + C(x)",
    "y ~ log(x) + C(x)",
    "__import__('os')",
    "__import__('os').system('true') ~ x",
    "y ~ __import__('os')",
    "y ~ x; import os",
    "y ~ x\x00",
    "y ~ x\u2028+ z\u037e",
    "y ~ x # comment",
    "y ~ {x}",
    "y ~ x[0]",
    "y ~ x.__class__()",
    "y ~ lambda: 0",
    "y ~ Q('x')",
    'y ~ "x"',
    "y \uff5e x",
    "y ~ x \uff0b z",
    "y ~ \u0661",
    "y ~ " + "(" * 10_000 + "x" + ")" * 10_000,
    "y ~ " + "(" * 2_000 + "x" + ")" * 2_000,
    "y ~ " + " + ".join(f"x{place}" for place in range(201)),
    "y ~ " + "x" * MAXIMUM_LENGTH,
    "y ~ a:b:c:d:e:f",
    "y ~ a*b*c*d*e*f",
)


@pytest.mark.parametrize(("text", "meaning"), ACCEPTABLE.items())
def test_a_formula_of_the_grammar_is_read_and_written_in_one_way(text, meaning):
    assert parse_formula(text).text == meaning
    assert parse_formula(meaning) == parse_formula(parse_formula(text).text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:25]))
def test_anything_else_is_refused_without_repeating_it(text):
    with pytest.raises(dc.InvalidInputError) as refused:
        parse_formula(text)
    said = str(refused.value)
    if len(text) > 12 and "~" in text:
        assert text not in said
    assert len(said) < 600


@pytest.mark.parametrize("thing", [None, 3, b"y ~ x", ["y ~ x"], {"y": "x"}])
def test_a_formula_that_is_no_text_is_refused(thing):
    with pytest.raises(dc.InvalidInputError):
        parse_formula(thing)


def test_a_refusal_says_what_is_accepted_and_where_it_stopped():
    with pytest.raises(dc.InvalidInputError) as refused:
        parse_formula("y ~ x + exp(z)")
    assert "character 9" in str(refused.value)
    assert ACCEPTED in str(refused.value)


def test_an_import_in_a_name_is_a_column_name_and_nothing_happens():
    parsed = parse_formula("y ~ `__import__('os').abort()`")
    assert parsed.variables == ("y", "__import__('os').abort()")


def test_a_formula_names_its_columns_and_what_the_text_tells_of_their_kind():
    parsed = parse_formula("log(y) ~ x + C(g):z + sqrt(z) + h")
    assert parsed.variables == ("y", "x", "g", "z", "h")
    assert parsed.numeric == ("y", "z")
    assert parsed.categorical == ("g",)
    assert parsed.response == Factor("y", "log")
    assert parsed.intercept


def names(text, **levels):
    parsed = parse_formula(text)
    known = {item: levels[item.name] for item in parsed.factors if item.name in levels}
    return [column.name for column in columns_of(parsed, known)]


def test_a_factor_has_a_baseline_beside_an_intercept_and_none_without():
    assert names("y ~ C(g)", g="abc") == ["Intercept", "C(g)[b]", "C(g)[c]"]
    assert names("y ~ 0 + C(g)", g="abc") == ["C(g)[a]", "C(g)[b]", "C(g)[c]"]
    assert names("y ~ 0 + C(g) + C(h)", g="ab", h="uv") == ["C(g)[a]", "C(g)[b]", "C(h)[v]"]


def test_slopes_by_group_have_a_baseline_only_beside_the_common_slope():
    assert names("y ~ x*C(g)", g="ab") == ["Intercept", "x", "C(g)[b]", "x:C(g)[b]"]
    assert names("y ~ x:C(g)", g="ab") == ["Intercept", "x:C(g)[a]", "x:C(g)[b]"]


def test_columns_come_by_the_size_of_their_terms():
    assert names("y ~ a:b + b + a", a="uv", b="pq") == [
        "Intercept", "b[q]", "a[v]", "a[v]:b[q]",
    ]  # fmt: skip
