"""Suppression, rounding and adjustment side by side."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control import alternatives
from disclosure_control.alternatives import (
    METHODS,
    MethodComparison,
    attempt,
    compare_methods,
    protect_by,
)
from disclosure_control.perturbation import methods
from disclosure_control.perturbation.adjust import totals
from disclosure_control.protect import Effort

POLICY = dc.Policy("p", minimum_units=5)


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "region": random.integers(0, 9, 1000),
            "origin": random.choice(["a", "b", "c"], 1000, p=[0.75, 0.2, 0.05]),
        }
    )
    return dc.count_table(frame, ["region", "origin"])


def test_suppression_by_method_is_what_protect_does(table):
    by_method = protect_by(table, POLICY)
    assert by_method.released.equals(dc.protect(table, POLICY).released)
    assert by_method.statement is None
    assert by_method.audit.holds


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_is_what_the_released_table_differs_by(table, method):
    found = attempt(table, POLICY, method)
    true = table.cells["value"].cast(pl.Float64).to_numpy()
    shown = found.released["value"].cast(pl.Float64).to_numpy()
    loss = found.loss
    if method == "suppression":
        gone = np.isnan(shown)
        assert loss.cells == gone.sum() > 0
        assert loss.amount == true[gone].sum()
        assert loss.largest_relative_change == 0
    else:
        assert loss.cells == (shown != true).sum() > 0
        assert loss.amount == np.abs(shown - true).sum()
        sums = totals(table)
        assert loss.largest_relative_change == (np.abs(shown - true) / true)[sums].max() > 0
    assert loss.share_of_cells == loss.cells / table.cells.height
    assert loss.share_of_amount == loss.amount / true.sum()
    assert loss.in_words() in repr(loss)
    assert loss.method == method


def test_rounding_sends_small_counts_down_so_that_their_intervals_hold(table):
    found = protect_by(table, POLICY, "rounding")
    small = ((table.cells["value"] > 0) & (table.cells["value"] < 5)).to_numpy()
    assert (found.released["value"].to_numpy()[small] == 0).all()
    assert "multiples of 10" in str(found.statement)
    assert "within 9" in str(found.statement)


def test_what_fails_the_audit_is_not_handed_over_and_its_cells_are_named(monkeypatch):
    frame = pl.DataFrame({"g": ["a"] * 4 + ["b"] * 4 + ["c"] * 4 + ["d"] * 4 + ["e"] * 4})
    small = dc.count_table(frame, ["g"])
    # No total can be 0 next to it; with small bases all five cells cannot go down.
    monkeypatch.setattr(methods, "_BASES", 1)
    found = attempt(small, POLICY, "rounding")
    assert found.audit.underprotected > 0
    with pytest.raises(dc.ProtectionError, match=r"Rounding leaves too narrow.*: [a-e]"):
        protect_by(small, POLICY, "rounding")


def test_unknown_methods_and_tables_that_do_not_add_up_are_refused(table):
    with pytest.raises(dc.InvalidInputError, match="suppression, rounding, adjustment"):
        protect_by(table, POLICY, "noise")
    frame = pl.DataFrame({"g": ["a", "b"] * 9, "v": range(18)})
    means = dc.magnitude_table(frame, ["g"], "v", statistic="mean")
    for method in ("rounding", "adjustment"):
        with pytest.raises(dc.InvalidInputError, match="use suppression"):
            protect_by(means, POLICY, method)
    compared = compare_methods(means, POLICY)
    assert compared.frame["cells"].is_null().to_list() == [False, True, True]
    assert "not possible" in repr(compared)


def test_suppression_is_recommended_until_it_hides_too_much(table):
    some = compare_methods(table, POLICY)
    assert some.recommended == "suppression"
    hidden = some.frame["share_of_cells"][0]
    assert 0 < hidden < 0.4
    strict = compare_methods(table, POLICY, maximum_hidden=hidden / 2)
    rest = strict.frame.filter(pl.col("safe") & (pl.col("method") != "suppression"))
    assert rest.height > 0
    assert strict.recommended == rest.sort("share_of_amount")["method"][0]
    assert strict.recommended in strict.reason
    at_the_limit = compare_methods(table, POLICY, maximum_hidden=hidden)
    assert at_the_limit.recommended == "suppression"


@pytest.mark.parametrize("share", [-0.1, 1.5, True], ids=str)
def test_a_share_is_from_0_to_1(table, share):
    with pytest.raises(dc.InvalidInputError, match="share from 0 to 1"):
        compare_methods(table, POLICY, maximum_hidden=share)


def test_without_a_safe_method_none_is_recommended(monkeypatch):
    def fails(*_):
        raise dc.ProtectionError("These cells cannot be protected: x")

    monkeypatch.setattr(alternatives, "attempt", fails)
    frame = pl.DataFrame({"g": ["a"] * 4 + ["b"] * 9})
    found = compare_methods(dc.count_table(frame, ["g"]), POLICY)
    assert found.recommended is None
    assert "join categories" in found.reason
    assert repr(found).count("not possible: These cells cannot be protected: x") == 3


def test_what_changes_more_than_suppression_hides_is_not_recommended(monkeypatch):
    frame = pl.DataFrame({"g": ["a"] * 4 + ["b"] * 4 + ["c"] * 90})
    table = dc.count_table(frame, ["g"])
    rows = {
        name: compare_methods(table, POLICY, maximum_hidden=0.0)
        .frame.filter(method=name)
        .row(0, named=True)
        for name in METHODS
    }
    worse = {**rows["adjustment"], "share_of_amount": rows["suppression"]["share_of_amount"]}
    monkeypatch.setattr(
        alternatives, "_row", lambda *a: worse if a[2] != "suppression" else rows[a[2]]
    )
    found = compare_methods(table, POLICY, maximum_hidden=0.0)
    assert found.recommended == "suppression"
    assert "changes less than it hides" in found.reason


def test_a_comparison_prints_counts_and_shares_but_no_values():
    frame = pl.DataFrame(
        {
            "g": ["a"] * 6 + ["b"] * 6 + ["c"] * 6,
            "v": [91357.0, 1, 2, 3, 4, 5, *[246813.0] * 6, *[135797.0] * 6],
        }
    )
    table = dc.magnitude_table(frame, ["g"], "v")
    found = compare_methods(table, dc.Policy("p", minimum_units=1, maximum_unit_share=0.5))
    assert isinstance(found, MethodComparison)
    alternatives = [attempt(table, dc.Policy("p", 1, maximum_unit_share=0.5), m) for m in METHODS]
    text = repr(found) + repr(alternatives) + found.reason
    figures = [
        *table.cells["value"], *frame["v"], *found.frame["amount"].drop_nulls(),
        *found.frame["margin"].drop_nulls(), *found.frame["base"].drop_nulls(),
    ]  # fmt: skip
    assert max(figures) > 91357
    for figure in figures:
        assert figure < 1000 or str(int(figure)) not in text
    assert found.frame.height == 3


def test_decisions_beforehand_are_for_suppression_only(table):
    apriori = pl.DataFrame({"region": ["0"], "origin": ["a"], "status": ["forbidden"]})
    from disclosure_control.suppression.apriori import find_apriori

    effort = Effort(apriori=find_apriori(table, apriori))
    assert protect_by(table, POLICY, effort=effort).audit.holds
    with pytest.raises(dc.InvalidInputError, match="suppression only"):
        protect_by(table, POLICY, "adjustment", effort)
