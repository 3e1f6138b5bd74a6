"""Arguments and frames of every kind, and what the results never show."""

import datetime as dt
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.microdata import lattice
from disclosure_control.microdata.borrowing import spaced
from disclosure_control.microdata.classes import ranks

SECRET = "canary-7391"
FRAME = pl.DataFrame(
    {
        "a": [1, 1, 2, 2],
        "b": ["x", "x", SECRET, "y"],
        "s": ["p", "q", "p", "p"],
        "list": [[1]] * 4,
        "struct": [{"z": 1}] * 4,
        "binary": [b"a"] * 4,
        "units": [1, 1, 1, 2],
    }
)
TREE = dc.Hierarchy.flat(["1", "2"])


def both(frame, names, **options):
    yield lambda: dc.k_anonymity(frame, names, **options)
    yield lambda: dc.anonymise(frame, names, 2, **options)


@pytest.mark.parametrize(
    ("frame", "names", "message"),
    [
        (FRAME, ["nope"], "missing: nope"),
        (FRAME.head(0), ["a"], "the frame has none"),
        (FRAME, [], "at least one column"),
        (FRAME, ["a", "a"], "every column once"),
        (FRAME, "a", "list of column names"),
        (FRAME, None, "list of column names"),
        (FRAME, [1], "every name is text"),
        (FRAME, ["list"], "Column list holds plain values"),
        (FRAME, ["a", "struct"], "Column struct holds plain values"),
        (FRAME, ["binary"], "Column binary holds plain values"),
        ({"a": [1]}, ["a"], "polars, Arrow or pandas"),
        (FRAME.lazy().with_columns(pl.col("b").cast(pl.Int64)), ["b"], "polars stopped with"),
    ],
)
def test_frames_and_columns_that_do_not_fit_are_refused(frame, names, message):
    for work in both(frame, names):
        with pytest.raises(dc.InvalidInputError, match=message) as caught:
            work()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("nope", "missing: nope"),
        ("a", "no quasi-identifier"),
        ("list", "plain values"),
        (["s"], "one column"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(unit, message):
    for work in both(FRAME, ["a"], unit=unit):
        with pytest.raises(dc.InvalidInputError, match=message):
            work()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sensitive": ["a"]}, "not a quasi-identifier at the same time"),
        ({"sensitive": ["list"]}, "plain values"),
        ({"sensitive": ["s", "s"]}, "every column once"),
        ({"sensitive": "s"}, "list of column names"),
        ({"minimum_k": 1}, "at least 2"),
        ({"minimum_k": True}, "at least 2"),
        ({"quasi_identifiers": ["units"]}, "another name than units"),
    ],
)
def test_arguments_of_k_anonymity_that_do_not_fit_are_refused(options, message):
    with pytest.raises(dc.InvalidInputError, match=message):
        dc.k_anonymity(FRAME, **({"quasi_identifiers": ["a"]} | options))


@pytest.mark.parametrize("k", [1, 0, -3, 2.0, True, None, "5"])
def test_a_k_that_protects_nobody_or_is_no_whole_number_is_refused(k):
    with pytest.raises(dc.InvalidInputError, match="whole number of at least 2"):
        dc.anonymise(FRAME, ["a"], k)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hierarchies": {"b": TREE}}, "1 of them do not"),
        ({"hierarchies": {"a": "tree"}}, "a Hierarchy for each column"),
        ({"hierarchies": [TREE]}, "a Hierarchy for each column"),
        (
            {"hierarchies": {"a": dc.Hierarchy.flat(["1"])}},
            "hierarchy of a covers the data; 1 codes",
        ),
        ({"maximum_suppression": 2}, "between 0 and 1"),
        ({"maximum_suppression": float("nan")}, "between 0 and 1"),
    ],
)
def test_arguments_of_anonymise_that_do_not_fit_are_refused(options, message):
    with pytest.raises(dc.InvalidInputError, match=message):
        dc.anonymise(FRAME, ["a"], 2, **options)


def test_codes_outside_a_tree_are_counted_and_not_quoted():
    with pytest.raises(dc.InvalidInputError, match=r"hierarchy of b .* 2 codes") as caught:
        dc.anonymise(FRAME, ["b"], 2, {"b": dc.Hierarchy.flat(["x"])})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("k", "unit"), [(5, None), (3, "units")])
def test_fewer_rows_or_units_than_k_cannot_be_protected(k, unit):
    with pytest.raises(dc.ProtectionError, match=f"needs at least {k}"):
        dc.anonymise(FRAME, ["a"], k, {"a": TREE}, unit=unit)


def test_ten_thousand_quasi_identifiers_are_counted_but_not_recoded():
    wide = pl.DataFrame({f"c{place}": [1, 1, 2] for place in range(10_000)})
    assert dc.k_anonymity(wide, wide.columns).k == 1
    with pytest.raises(dc.InvalidInputError, match="At most 100 quasi-identifiers, not 10000"):
        dc.anonymise(wide, wide.columns, 2)
    done = dc.anonymise(wide, wide.columns[:100], 3)
    assert (done.k, done.suppressed_cells) == (3, 300)


def test_lazy_arrow_and_pandas_frames_give_what_the_polars_frame_gives():
    plain = FRAME.select("a", "b", "s")
    expected = dc.anonymise(plain, ["a", "b"], 2, {"a": TREE}).data
    for frame in (plain.lazy(), plain.to_arrow(), pd.DataFrame(plain.to_dict(as_series=False))):
        assert dc.anonymise(frame, ["a", "b"], 2, {"a": TREE}).data.equals(expected)
        assert repr(dc.k_anonymity(frame, ["a", "b"], ["s"])) == repr(
            dc.k_anonymity(plain, ["a", "b"], ["s"])
        )


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([None] * 4),
        pl.Series(["u", "u", "v", "v"], dtype=pl.Categorical),
        pl.Series(["u", "u", "v", "v"], dtype=pl.Enum(["v", "u"])),
        pl.Series([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 4),
        pl.Series([dt.timedelta(1)] * 4),
        pl.Series([dt.time(1)] * 4),
        pl.Series([1, 1, 2, 2]).cast(pl.Decimal(10, 2)),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_of_every_plain_type_work_in_every_role(column):
    frame = FRAME.select("a", "s").with_columns(column.alias("q"))
    found = dc.k_anonymity(frame, ["a", "q"], ["s"])
    assert (found.k, found.classes) == (2, 2)
    assert dc.k_anonymity(frame, ["a"], ["q"]).l == 1
    assert dc.anonymise(frame, ["a", "q"], 2).data.equals(frame)
    assert dc.anonymise(frame, ["a", "q"], 3).k == 4


def test_no_repr_shows_a_data_value():
    found, done = dc.k_anonymity(FRAME, ["b"], ["s"]), dc.anonymise(FRAME, ["b"], 2)
    assert SECRET not in repr(found) + repr(done) + str(found) + str(done)
    assert re.fullmatch(
        r"KAnonymity\(k=1, l=1, l_entropy=1.000, t=0.2500, classes=3, small_classes=3, minimum_k=10\)",
        repr(found),
    )


def test_a_missing_cell_is_a_category_and_nan_another_one():
    frame = pl.DataFrame({"q": [None, None, float("nan"), 1.0, 1.0, 1.0]})
    found = dc.k_anonymity(frame, ["q"], minimum_k=3)
    assert (found.k, found.classes) == (1, 3)
    assert found.small_classes.rows() == [(dc.MISSING, 1), (dc.MISSING, 2)]
    done = dc.anonymise(frame, ["q"], 3)
    assert done.data["q"].to_list() == [None, None, None, 1.0, 1.0, 1.0]
    assert (done.suppressed_cells, done.suppressed_rows) == (1, 1)


def test_null_and_nan_are_the_same_sensitive_value():
    frame = pl.DataFrame({"q": ["a", "a"], "s": [None, float("nan")]})
    found = dc.k_anonymity(frame, ["q"], ["s"])
    assert (found.l, found.t) == (1, 0.0)


def test_a_missing_cell_stays_missing_on_the_way_up_unless_the_tree_has_it():
    frame = pl.DataFrame({"q": ["p", "q", "r", "s", None, None]})
    groups = {"p": "1", "q": "1", "r": "2", "s": "2"}
    plain = dc.Hierarchy.from_parents({**groups, "1": "Total", "2": "Total"})
    done = dc.anonymise(frame, ["q"], 2, {"q": plain})
    assert done.data["q"].to_list() == ["1", "1", "2", "2", None, None]
    named = dc.Hierarchy.from_parents({**groups, None: "2", "1": "Total", "2": "Total"})
    done = dc.anonymise(frame, ["q"], 2, {"q": named})
    assert done.data["q"].to_list() == ["1", "1", "2", "2", "2", "2"]


def test_a_missing_unit_counts_as_nobody():
    frame = pl.DataFrame({"q": ["a", "a", "b", "b"], "who": [1, None, None, None]})
    found = dc.k_anonymity(frame, ["q"], unit="who", minimum_k=2)
    assert found.k == 0
    assert found.small_classes.rows() == [("a", 1), ("b", 0)]


def test_columns_without_a_tree_may_need_more_suppression_than_was_asked_for():
    frame = pl.DataFrame({"q": list(range(10))})
    done = dc.anonymise(frame, ["q"], 2, maximum_suppression=0.1)
    assert (done.suppressed_rows, done.k) == (10, 10)


def test_records_that_lend_cells_are_spread_over_the_sensitive_values():
    frame = pl.DataFrame({"q": ["a"] * 100 + ["b"], "income": [*range(100), 0]})
    done = dc.anonymise(frame, ["q"], 11)
    lent = sorted(done.data.filter(pl.col("q").is_null())["income"])
    assert len(lent) == 11
    assert max(later - earlier for earlier, later in pairwise(lent)) <= 25
    shuffled = dc.anonymise(frame.sample(fraction=1, shuffle=True, seed=5), ["q"], 11).data
    assert sorted(shuffled.filter(pl.col("q").is_null())["income"]) == lent


def test_a_unit_that_is_there_already_is_not_borrowed_again():
    frame = pl.DataFrame({"q": ["x", "x", "x", "y"], "w": [1] * 4, "who": [1, 2, 3, 2]})
    done = dc.anonymise(frame, ["q", "w"], 2, unit="who")
    assert (done.k, done.suppressed_cells) == (2, 2)
    assert set(done.data.filter(pl.col("q").is_null())["who"]) in ({1, 2}, {2, 3})


def test_a_search_that_is_cut_short_still_keeps_to_the_limit_and_says_so(monkeypatch):
    monkeypatch.setattr(lattice, "MOST_NODES", 0)
    rows = [(str(n % 8), str(n % 5)) for n in range(400)] + [("0", "9"), ("7", "9")]
    frame = pl.DataFrame(rows, schema=["a", "b"], orient="row")
    pairs = {str(n): f"{n // 2 * 2}+" for n in range(10)}
    tree = dc.Hierarchy.from_parents({**pairs, **dict.fromkeys(pairs.values(), "Total")})
    done = dc.anonymise(frame, ["a", "b"], 10, {"a": tree, "b": tree}, maximum_suppression=0.05)
    assert not done.complete
    assert done.k >= 10
    assert done.suppressed_rows <= 0.05 * frame.height
    assert done.loss.overall < 0.2
    # two odd records are within a share of 0.01, but what they would borrow is not
    done = dc.anonymise(frame, ["a", "b"], 10, {"a": tree, "b": tree}, maximum_suppression=0.01)
    assert done.k >= 10
    assert done.suppressed_rows <= 0.01 * frame.height
    assert done.loss.overall < 0.9


def test_places_at_equal_distances_are_different_and_prefer_no_end():
    for length in range(1, 20):
        for number in range(length + 1):
            places = spaced(length, number)
            assert len(set(places.tolist())) == number
            assert all(0 <= place < length for place in places)
            assert number == 0 or abs(places.mean() - (length - 1) / 2) <= 0.5


def test_combinations_too_many_for_one_number_still_get_their_own_rank():
    wide = np.random.default_rng(1).integers(0, 50_000, (200, 40))
    wide = np.concatenate([wide, wide[:50]])
    key, number = ranks(wide)
    assert number == 200
    assert key[:50].tolist() == key[200:].tolist()
    halves = np.full((2, 5), 2**16 - 1)
    halves[1, 0] = 0
    assert ranks(halves)[1] == 2
