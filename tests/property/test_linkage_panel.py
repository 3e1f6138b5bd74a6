"""Whatever the tests are: no growth across scales, and wrapping is what hashing under a chain is."""

import hashlib
import hmac
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.custody import Secret
from enclave.linkage.education.history import apply_history, find_history
from enclave.linkage.education.panel import Sources, panel
from enclave.linkage.education.rotation import as_number, wrap_keys
from enclave.linkage.keys import digest

ROW = st.fixed_dictionaries(
    {
        "person_key": st.sampled_from(["p1", "p2"]),
        "person_status": st.just("R"),
        "school_code": st.just("01AB00"),
        "school_year": st.sampled_from(["2023-2024", "2024-2025", "2025-2026"]),
        "grade": st.integers(3, 5),
        "moment": st.sampled_from("ME"),
        "domain": st.sampled_from(["RW", "BL"]),
        "provider": st.just("cito"),
        "scale": st.sampled_from(["2.0", "3.0"]),
        "test_date": st.just(date(2026, 1, 1)),
    }
)
TEST = ("person_key", "school_year", "grade", "moment", "domain", "scale")
WORLD = st.lists(ROW, min_size=1, max_size=25, unique_by=lambda row: tuple(row[n] for n in TEST))
SCALE_START = {"2.0": 0, "3.0": 1_000_000}


def scored(rows):
    """A score of its own for every test, a million higher on the newer scale."""
    numbered = [
        row | {"score": float(SCALE_START[row["scale"]] + number)}
        for number, row in enumerate(rows)
    ]
    return pl.LazyFrame(numbered, schema_overrides={"grade": pl.Int8})


def made(rows):
    enrolments = pl.LazyFrame(
        schema={"person_id": pl.String, "school_code": pl.String, "school_year": pl.String,
                "grade": pl.Int8}
    )  # fmt: skip
    return panel(Sources(scored(rows), enrolments)).collect()


@settings(max_examples=60, deadline=None)
@given(WORLD)
def test_growth_never_crosses_a_scale(rows):
    found = made(rows)
    scale_of = dict(scored(rows).select("score", "scale").collect().iter_rows())
    before = found.drop_nulls("previous_score")
    assert [scale_of[score] for score in before["previous_score"]] == before["scale"].to_list()
    assert found["growth"].abs().max() is None or found["growth"].abs().max() < 1000
    assert found["growth"].is_null().equals(found["previous_score"].is_null())
    assert found.height == len(rows)


@settings(max_examples=60, deadline=None)
@given(WORLD, st.randoms(use_true_random=False))
def test_the_order_of_the_results_changes_nothing(rows, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)
    frame = scored(rows).collect()
    enrolments = pl.LazyFrame(
        schema={"person_id": pl.String, "school_code": pl.String, "school_year": pl.String,
                "grade": pl.Int8}
    )  # fmt: skip
    one, other = (
        panel(Sources(part.lazy(), enrolments)).collect() for part in (frame, frame[order])
    )
    assert one.equals(other)


KEYS = st.binary(min_size=32, max_size=32)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6, unique=True), KEYS, KEYS)
def test_wrapping_a_number_is_hashing_under_both_keys(values, one, two):
    first = pl.LazyFrame({"x": values}).select(
        as_number(digest(pl.col("x"), Secret(one), native=True)).alias("key")
    )
    found = wrap_keys(first, "key", Secret(two)).collect()["key"].to_list()
    assert found == [chained(value, one, two) for value in values]
    assert len(set(found)) == len(values)


def chained(value, one, two):
    inner = hmac.new(one.hex().encode(), value.encode(), hashlib.sha256).hexdigest()[:32]
    message = f"s-number/wrap\x1f1\x1fS{inner}".encode()
    return "S" + hmac.new(two.hex().encode(), message, hashlib.sha256).hexdigest()[:32]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("pqr")), max_size=5),
        min_size=1,
        max_size=4,
    ),
    st.sets(st.sampled_from("abcd")),
)
def test_an_s_number_becomes_a_person_only_when_all_rounds_agree(found, known):
    schema = {"s_key": pl.String, "person_id": pl.String}
    rounds = [
        (f"round-{number}", pl.LazyFrame(pairs, schema=schema, orient="row"))
        for number, pairs in enumerate(found)
    ]
    given_numbers = pl.LazyFrame({"person_key": sorted(known)}, schema={"person_key": pl.String})
    history = find_history(rounds, given_numbers)
    persons = {s: {p for pairs in found for t, p in pairs if t == s} for s in known}
    assert history.rows.rows() == [
        (
            s,
            min(people),
            f"round-{min(n for n, pairs in enumerate(found) if (s, min(people)) in pairs)}",
        )
        for s, people in sorted(persons.items())
        if len(people) == 1
    ]
    assert history.contradicted == sum(len(people) > 1 for people in persons.values())
    frame = pl.LazyFrame(
        {"person_key": [*"abcd", "a"], "person_status": ["S"] * 4 + ["R"], "n": range(5)}
    )
    applied = apply_history(frame, history.rows.lazy()).sort("n").collect()
    new = {s: next(iter(p)) for s, p in persons.items() if len(p) == 1}
    assert applied["person_key"].to_list() == [new.get(s, s) for s in "abcd"] + ["a"]
    assert applied["person_status"].to_list() == ["R" if s in new else "S" for s in "abcd"] + ["R"]
