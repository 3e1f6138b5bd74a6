"""Adjusted and rounded tables of random records: what must hold whatever the table is."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import disclosure_control as dc
from disclosure_control.alternatives import attempt, compare_methods, protect_by
from disclosure_control.perturbation.adjust import adjust, totals

TREE = dc.Hierarchy.from_parents({"N": "all", "S": "all", "a": "N", "b": "N", "c": "S"}, root="all")
POLICIES = (
    dc.Policy("counts", minimum_units=4),
    dc.Policy("zeros", minimum_units=3, zeros_are_unsafe=True),
    dc.Policy("shares", minimum_units=3, maximum_unit_share=0.6, maximum_group_share=0.9),
)
SETTINGS = settings(max_examples=25, derandomize=True, deadline=None)


@st.composite
def tables(draw):
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = draw(st.integers(1, 80))
    frame = pl.DataFrame(
        {
            "t": random.choice(["a", "b", "c"], size, p=[0.6, 0.3, 0.1]),
            "g": random.choice(["x", "y"], size),
            "h": random.choice(["u", "v", "w"], size),
            "value": random.integers(0, 40, size) * draw(st.sampled_from([1.0, 0.25, np.pi])),
        }
    )
    names = draw(st.sampled_from([["t"], ["t", "g"], ["g", "h"], ["t", "g", "h"]]))
    trees = {"t": TREE} if "t" in names and draw(st.booleans()) else {}
    if draw(st.booleans()):
        return dc.count_table(frame, names, hierarchies=trees)
    return dc.magnitude_table(frame, names, "value", hierarchies=trees)


@SETTINGS
@given(tables(), st.sampled_from(POLICIES), st.sampled_from(["value", "sqrt", "equal"]))
def test_an_adjusted_table_adds_up_and_every_unsafe_cell_is_out_of_its_interval(
    table, policy, weights
):
    try:
        done = adjust(table, policy, weights=weights)
    except dc.ProtectionError:
        return
    problem, shown = done.problem, done.values
    moved = shown - problem.values
    slack = 1e-6 * max(1.0, np.abs(shown).max()) * (not problem.integral)
    assert np.abs(problem.relations @ shown).max(initial=0) <= slack
    assert (shown >= problem.lower_bounds - slack).all()
    assert (shown <= problem.upper_bounds + slack).all()
    up, down = problem.upper_protection, problem.lower_protection
    out = ((up > 0) & (moved >= up - slack)) | ((down > 0) & (moved <= slack - down))
    assert out[problem.primary & ((up > 0) | (down > 0))].all()
    for doubt in problem.doubts:
        assert shown[doubt.cell] < doubt.share * shown[doubt.group]
    if table.statistic == "count":
        assert np.array_equal(shown, np.round(shown))
    assert done.loss == np.abs(moved).sum()
    assert done.changed == (moved != 0).sum()
    assert np.abs(moved).max() == done.largest_change <= done.margin * (1 + 1e-9)
    assert done.cells.drop("value").equals(table.cells.select(table.dimensions))
    assert (done.margin > 0) == (done.changed > 0 or problem.primary.any())


@SETTINGS
@given(tables(), st.sampled_from(POLICIES))
def test_kept_totals_are_true_and_grains_are_kept(table, policy):
    keep = totals(table)
    try:
        done = adjust(table, policy, keep=keep)
    except dc.ProtectionError:
        return
    true = done.problem.values
    assert np.array_equal(done.values[keep], true[keep])
    for grain in (1.0, 0.01):
        if np.allclose(true / grain, np.round(true / grain), rtol=0, atol=1e-9):
            assert np.allclose(done.values / grain, np.round(done.values / grain), atol=1e-6)


@SETTINGS
@given(tables(), st.sampled_from(POLICIES), st.sampled_from(["rounding", "adjustment"]))
def test_only_what_passes_the_audit_is_handed_over(table, policy, method):
    try:
        found = attempt(table, policy, method)
    except dc.ProtectionError:
        return
    try:
        handed = protect_by(table, policy, method)
    except dc.ProtectionError:
        assert not found.audit.holds
        return
    assert found.audit.holds
    assert handed.released.equals(found.released)
    needed = handed.audit.frame
    slack = 1e-5 * max(1.0, float(np.abs(table.additive().to_numpy()).max()))
    assert (needed["lower"] <= needed["required_lower"] + slack).all()
    assert (needed["upper"] >= needed["required_upper"] - slack).all()


@settings(max_examples=10, derandomize=True, deadline=None)
@given(tables(), st.sampled_from(POLICIES))
def test_a_recommended_method_is_a_safe_one(table, policy):
    found = compare_methods(table, policy)
    safe = found.frame.filter("safe")["method"].to_list()
    assert (found.recommended in safe) if safe else found.recommended is None
    assert found.frame["method"].to_list() == ["suppression", "rounding", "adjustment"]
    assert (found.frame["why_not"].is_null() == found.frame["safe"]).all()
