"""What holds for outputs of every kind: nothing unsafe is visible, and what is shown is true."""

from decimal import Decimal
from itertools import permutations
from random import Random

import polars as pl
import pytest
from output_worlds import (
    BY_CELL,
    KINDS,
    TABLES,
    VALUED,
    output_of,
    people,
    protected,
    shown,
)
from polars.testing import assert_frame_equal
from table_oracle import judge, table_of
from table_worlds import arguments_of, frame_of, library_table, policy_of, world_of

import disclosure_control as dc
from disclosure_control.verdict import Verdict

POLICIES = ("cbs", "ess", "nco_report", "opensafely", "acro")
REVIEWED = {"nobody", "single_holder"}


def study_for(world, policy):
    made = arguments_of(world)
    names = ("unit", "entity", "levels", "hierarchies", "impossible")
    return dc.Study(policy=policy, **{name: made[name] for name in names})


def crosstab_of(world, policy, frame=None, statistic=None):
    values = "value" if world.statistic != "count" else None
    rows, columns = list(world.dimensions[:1]), list(world.dimensions[1:])
    return study_for(world, policy).crosstab(
        frame_of(world) if frame is None else frame, rows, columns, values=values,
        statistic=statistic or world.statistic, weight=world.weight,
    )  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_no_cell_that_plain_loops_find_unsafe_is_visible_and_shown_ones_are_true(part):
    hidden = kept = 0
    for seed in range(1_000 + part, 1_160, 4):
        world, policy = world_of(seed), policy_of(seed)
        cells, above = table_of(world)
        if any(not levels for levels in above.values()):
            continue
        output = crosstab_of(world, policy)
        unsafe = {labels for labels, rule in judge(world, policy) if rule not in REVIEWED}
        assert not unsafe & set(shown(output)), seed
        assert (output.verdict is Verdict.UNSAFE) == bool(unsafe), seed
        safe = protected(output)
        if safe is None:
            continue
        figures = shown(safe)
        assert not unsafe & set(figures), seed
        assert safe.verdict is Verdict.SAFE
        for labels, value in figures.items():
            true = cells[labels]["figure"]
            assert value == true or value == pytest.approx(true, rel=1e-9, abs=1e-9), seed
        hidden += len(cells) - len(figures)
        kept += len(figures)
    assert hidden > 200
    assert kept > 100


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", [*TABLES, *BY_CELL])
def test_nothing_that_was_found_is_visible_before_or_after_protection(kind, policy):
    output = output_of(kind, policy=policy)
    unsafe = output.findings.filter(pl.col("verdict") == "UNSAFE").drop_nulls(output.columns)
    cells = set(unsafe.select(output.columns).iter_rows())
    assert not cells & set(shown(output))
    safe = protected(output)
    if safe is None:
        return
    assert safe.verdict is Verdict.SAFE
    if kind != "survival":  # there, joining intervals helps as well
        every = output.findings.drop_nulls(output.columns).select(output.columns).iter_rows()
        assert not set(every) & set(shown(safe))
    assert_masked(output)
    assert_masked(safe)


def assert_masked(output):
    """Every hidden cell is a dot with a letter in text and HTML, and no other cell is."""
    status = output.released["status"].to_list()
    lines = repr(output).splitlines()[1 : 1 + len(status)]
    for line, word in zip(lines, status, strict=True):
        assert line.endswith((": . (p)", ": . (s)")) == (word == "hidden"), line
    page = output._repr_html_()
    assert page.count(">. <b>p</b>") + page.count(">. <b>s</b>") == status.count("hidden")


# --- forms of the same input ------------------------------------------------------------------


def forms(data):
    """The same records: other order, other types, other libraries."""
    text = {"g": sorted(set(data["g"])), "h": sorted(set(data["h"]))}
    whole = data.with_columns(pl.col("v", "t", "event").cast(pl.Int64))
    yield "shuffled", data.sample(fraction=1.0, shuffle=True, seed=5)
    yield "reversed", data.reverse()
    yield "int64", whole
    yield "int16", data.with_columns(pl.col("v").cast(pl.Int16), pl.col("t").cast(pl.Int8))
    yield "float32", data.with_columns(pl.col("v", "t", "w", "event").cast(pl.Float32))
    yield "decimal", data.with_columns(pl.col("v").cast(pl.Decimal(12, 2)))
    yield "boolean", data.with_columns(pl.col("event").cast(pl.Boolean))
    yield "categorical", data.with_columns(pl.col("g", "h").cast(pl.Categorical))
    yield "enum", data.with_columns(pl.col(n).cast(pl.Enum(v)) for n, v in text.items())
    yield "NaN", data.with_columns(pl.col("v").fill_null(float("nan")))
    yield "lazy", data.lazy()
    yield "arrow", data.to_arrow()
    yield "pandas", data.to_pandas()
    yield "more columns", data.with_columns(extra=pl.lit("extra"))


@pytest.mark.parametrize("kind", KINDS)
def test_order_types_and_libraries_of_the_input_are_irrelevant(kind):
    data = people(3, 120)
    wanted = output_of(kind, data)
    hidden = protected(wanted)
    for name, form in forms(data):
        got = output_of(kind, form)
        assert got.verdict is wanted.verdict, name
        assert_frame_equal(got.findings, wanted.findings, check_row_order=False)
        assert_frame_equal(
            got.released, wanted.released, check_row_order=False, rel_tol=1e-7, abs_tol=1e-9
        )
        if name in {"shuffled", "decimal", "pandas"}:
            again = protected(got)
            assert (again is None) == (hidden is None), name
            if again is not None:
                assert again.released["status"].equals(hidden.released["status"]), name


def test_levels_that_are_numbers_give_the_same_figures_whatever_their_type():
    data = people().with_columns(g=pl.col("g").replace_strict({"a": 1, "b": 0, "c": 7}))
    wanted = output_of("count", data.with_columns(pl.col("g").cast(pl.Int64)))
    for kind in (pl.Int8, pl.UInt32, pl.String):
        got = output_of("count", data.with_columns(pl.col("g").cast(kind)))
        assert got.released.equals(wanted.released)
    exact = data.with_columns(g=pl.col("g").cast(pl.Int64).map_elements(Decimal, pl.Decimal(5, 0)))
    assert output_of("count", exact).released.equals(wanted.released)


def test_zeros_of_both_signs_are_one_level_and_missing_ones_are_one():
    codes = {"a": [0.0, -0.0], "b": [1.0, 1.0], "c": [None, float("nan")]}
    values = [codes[g][at % 2] for at, g in enumerate(people()["g"])]
    output = output_of("count", people().with_columns(g=pl.Series(values)))
    levels = output.released["g"].unique(maintain_order=True).to_list()
    assert levels == ["0.0", "1.0", dc.MISSING, dc.TOTAL]
    again = dc.recompute(output.recipe, output.evidence)
    assert again.released.equals(output.released)
    assert again.released["value"].equals(output_of("count").released["value"])


# --- verdicts ---------------------------------------------------------------------------------


def test_the_worst_verdict_wins_in_any_order():
    for several in permutations([Verdict.SAFE, Verdict.REVIEW, Verdict.UNSAFE]):
        assert Verdict.worst(several) is Verdict.UNSAFE
        assert Verdict.worst(several[:2]) is max(several[:2])
    assert Verdict.worst([]) is Verdict.SAFE


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_that_of_the_worst_finding(kind):
    for policy in POLICIES:
        output = output_of(kind, policy=policy)
        told = [Verdict[name] for name in output.findings["verdict"]]
        assert output.verdict is Verdict.worst(told)


def test_a_stricter_policy_never_finds_less():
    for seed in range(2_000, 2_040):
        world, one, other = world_of(seed), policy_of(seed), policy_of(seed + 500)
        if any(not levels for levels in table_of(world)[1].values()):
            continue
        table = library_table(world)
        both = dc.assess(table, dc.Policy.strictest(one, other))
        found = {row[:-3] for row in both.findings.drop("reason").iter_rows()}
        for policy in (one, other):
            less = dc.assess(table, policy)
            assert {row[:-3] for row in less.findings.drop("reason").iter_rows()} <= found, seed
            assert less.verdict <= both.verdict


# --- records without a value --------------------------------------------------------------------


@pytest.mark.parametrize("kind", VALUED)
def test_records_without_a_value_change_nothing(kind):
    data = people(4)
    wanted = output_of(kind, data)
    random = Random(1)
    blank = data.sample(300, with_replacement=True, seed=2).with_columns(
        v=pl.Series([random.choice((None, float("nan"), float("inf"))) for _ in range(300)]),
        unit=pl.Series([f"blank{at}" for at in range(300)]),
        school=pl.Series([f"new{at}" for at in range(300)]),
    )
    more = output_of(kind, pl.concat([data, blank], how="vertical_relaxed"))
    assert more.released.equals(wanted.released)
    assert_frame_equal(more.findings, wanted.findings, check_row_order=False)
    safe, again = protected(wanted), protected(more)
    assert (safe is None) == (again is None)
    assert safe is None or again.released.equals(safe.released)


def test_representations_hold_no_hidden_figure():
    data = people().with_columns(pl.col("v") * 1_234_567)
    output = output_of("sum", data)
    safe = output.protect()
    holders = (safe, safe.table, safe.evaluation, safe.records, safe.assessment, safe.journal,
               safe.protected, safe.protected.problem, safe.protected.certificate, safe.audit())  # fmt: skip
    hidden = safe.released["status"] == "hidden"
    figures = output.figures.filter(hidden).drop_nulls()
    assert figures.len() > 3
    shown_texts = {form for value in shown(safe).values() if value for form in written(value)}
    for holder in holders:
        told = repr(holder)
        for value in figures:
            assert not [t for t in written(value) - shown_texts if t in told], type(holder)


def written(value):
    """A large figure as it could be printed."""
    return {f"{value:.0f}", f"{value:,.0f}", f"{value:.6e}", f"{value:.5e}"[:7]}
