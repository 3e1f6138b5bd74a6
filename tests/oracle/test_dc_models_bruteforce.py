"""Second implementations of what rules of models compute: patsy, whole hat matrices, plain loops."""

import warnings
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure_control.models import MODEL_RULES, Model, Roles, design, fit, parse_formula
from disclosure_control.models.rules.pairs import side
from disclosure_control.models.separation import is_separated
from disclosure_control.policy import Policy

SETTINGS = settings(max_examples=100, deadline=None, derandomize=True)
POLICY = Policy(name="small", minimum_units=3, minimum_entities=2, maximum_leverage=0.5)
FIND = {rule.name: rule.find for rule in MODEL_RULES}
TERMS = ("x", "z", "g", "h", "x:g", "g:h", "x:z", "x:g:h", "z:h")


@st.composite
def records(draw, smallest=6, largest=24):
    rows = draw(st.integers(smallest, largest))

    def column(values):
        return draw(st.lists(st.sampled_from(values), min_size=rows, max_size=rows))

    return pl.DataFrame(
        {
            "y": [float(value) for value in column([0, 1, 1, 2, 5])],
            "x": [float(value) for value in column([0, 0, 0, 1, 2, -1])],
            "z": [float(value) for value in column([0, 1, 3])],
            "g": column(["a", "a", "b", "c"]),
            "h": column(["u", "v"]),
            "unit": column(list(range(12))),
            "entity": column(["p", "q", "r"]),
        }
    )


def formulas():
    chosen = st.lists(st.sampled_from(TERMS), min_size=1, max_size=4, unique=True)
    start = st.sampled_from(["", "0 + "])
    return st.builds(lambda first, terms: f"y ~ {first}{' + '.join(terms)}", start, chosen)


def modelled(frame, text, family="ols"):
    made = design(frame, parse_formula(text), Roles("unit", "entity"))
    return Model(made, fit(made, family))


@SETTINGS
@given(records(), formulas())
def test_designs_are_those_of_patsy(frame, text):
    parsed = parse_formula(text)
    ordered = frame.sort([*(item.name for item in parsed.factors), "y"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from patsy import dmatrix

        wanted = dmatrix(text.partition("~")[2], ordered.to_pandas())
    made = design(frame, parsed)
    names = [name.replace("[T.", "[") for name in wanted.design_info.column_names]
    theirs = dict(zip(names, np.asarray(wanted).T, strict=True))
    assert set(made.names) == set(theirs)
    for name, column in zip(made.names, made.matrix.T, strict=True):
        assert np.array_equal(column, theirs[name]), name


@SETTINGS
@given(records(), formulas())
def test_leverage_and_shares_are_those_of_the_whole_hat_matrix(frame, text):
    model = modelled(frame, text)
    matrix, units = model.design.matrix, model.design.units
    hat = matrix @ np.linalg.pinv(matrix)
    of_units = [hat.diagonal()[units == unit].sum() for unit in range(units.max() + 1)]
    close = any(abs(value - 0.5) < 1e-6 for value in of_units)
    if not close:
        assert bool(FIND["leverage"](model, POLICY)) == (max(of_units) > 0.5)
    for group, share in enumerate(model.own_shares):
        inside = model.design.groups == group
        assert share == pytest.approx(hat[np.ix_(inside, inside)].sum() / inside.sum(), abs=1e-8)
        assert np.allclose(matrix[inside], matrix[inside][0])
    assert model.fit.rank == np.linalg.matrix_rank(matrix)


@SETTINGS
@given(records(), formulas())
def test_small_groups_are_those_that_loops_find(frame, text):
    model = modelled(frame, text)
    for rule, who, minimum in (("minimum_units", "unit", 3), ("minimum_entities", "entity", 2)):
        few = frame[who].n_unique() < minimum
        for term in parse_formula(text).terms:
            names = [item.name for item in term.factors]
            held = [name for name in names if name in "gh"]
            numbers = [name for name in names if name in "xz"]
            few |= any(small_part(frame, held, numbers, who, minimum))
        outcomes = set(frame["y"]) == {0.0, 1.0} and rule == "minimum_units"
        for value in (0.0, 1.0) if outcomes else ():
            few |= frame.filter(pl.col("y") == value)[who].n_unique() < minimum
        assert bool(FIND[rule](model, POLICY)) == few


def small_part(frame, held, numbers, who, minimum):
    """Whether some combination of levels, or a number within it, has few people behind it."""
    for labels in product(*(sorted(set(frame[name])) for name in held)):
        part = frame.filter(
            *(pl.col(name) == label for name, label in zip(held, labels, strict=True))
        )
        if part.is_empty():
            continue
        yield part[who].n_unique() < minimum
        if numbers:
            rows = list(
                zip(
                    np.prod([part[n].to_numpy() for n in numbers], axis=0) + 0.0,
                    part[who],
                    strict=True,
                )
            )
            holders = {
                value: {person for other, person in rows if other == value} for value, _ in rows
            }
            most = max(len(people) for people in holders.values())
            usual = min(value for value, people in holders.items() if len(people) == most)
            others = {person for value, person in rows if value != usual}
            yield len({person for value, person in rows if value != 0}) < minimum
            yield len(holders) > 1 and most >= len(others) and len(others) < minimum
            yield len(holders) == 2 and most < minimum


@SETTINGS
@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=14))
def test_separation_by_one_number_is_a_gap_between_the_responses(points):
    x = np.array([float(value) for value, _ in points])
    y = np.array([float(value) for _, value in points])
    ones, zeros = x[y == 1], x[y == 0]
    matrix = np.column_stack([np.ones(len(x)), x])
    if len(ones) == 0 or len(zeros) == 0:
        expected = True
    else:
        gap = zeros.max() <= ones.min() or ones.max() <= zeros.min()
        expected = gap and len(set(x)) > 1
    assert is_separated(matrix, y, "logit") == expected


@SETTINGS
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=16))
def test_separation_by_one_factor_is_a_level_with_one_response(points):
    level, y = (np.array(values) for values in zip(*points, strict=True))
    present = sorted(set(level.tolist()))
    matrix = np.column_stack([(level == place) * 1.0 for place in present])
    without = any((y[level == place] == 0).all() for place in present)
    assert is_separated(matrix, y.astype(float), "poisson") == without
    full = any((y[level == place] > 0).all() for place in present)
    assert is_separated(matrix, np.minimum(y, 1).astype(float), "logit") == (without or full)


@SETTINGS
@given(records(), st.integers(0, 2))
def test_dominance_is_what_loops_find(frame, seed):
    wild = np.random.default_rng(seed).lognormal(sigma=2, size=frame.height)
    frame = frame.with_columns(y=pl.Series(wild))
    policy = Policy(name="half", minimum_units=1, maximum_unit_share=0.5, maximum_entity_share=0.6)
    model = modelled(frame, "y ~ x + g*h")
    for rule, who, share in (("unit_dominance", "unit", 0.5), ("entity_dominance", "entity", 0.6)):
        dominated = False
        for keys in ((), ("g",), ("h",), ("g", "h")):
            sums = {}
            for row in frame.iter_rows(named=True):
                group = sums.setdefault(tuple(row[key] for key in keys), {})
                group[row[who]] = group.get(row[who], 0.0) + abs(row["y"])
            dominated |= any(
                max(group.values()) > share * sum(group.values()) for group in sums.values()
            )
        assert bool(FIND[rule](model, policy)) == dominated


@SETTINGS
@given(records())
def test_leverage_in_a_correlation_is_that_of_the_line(frame):
    values, units = (
        frame["x"].to_numpy(),
        frame["unit"].rank("dense").to_numpy().astype(np.int64) - 1,
    )
    if np.ptp(values) == 0:
        return
    matrix = np.column_stack([np.ones(len(values)), values])
    hat = (matrix @ np.linalg.pinv(matrix)).diagonal()
    largest = max(hat[units == unit].sum() for unit in set(units))
    assert side(values, units, None).leverage == pytest.approx(largest)
