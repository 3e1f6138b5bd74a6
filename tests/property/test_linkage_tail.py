"""Order, shards and engine change nothing; nobody is linked twice, and no tie is broken."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_tail_worlds import DAY, decided, persons_frame, pupils_frame, run, world

from enclave.linkage.engines import DuckdbEngine, PolarsEngine

SEEDS = st.integers(0, 10**6)
BIRTH = st.sampled_from(["20150203", "20150302", "20151103"])
WHO = st.fixed_dictionaries(
    {
        "birth": BIRTH,
        "sex": st.sampled_from(["M", "V", None]),
        "postcode": st.sampled_from(["1000AB", "2000CD"]),
        "number": st.sampled_from(["1", "2"]),
        "addition": st.sampled_from(["", "A"]),
        "bsn": st.none(),
        "education": st.none(),
    }
)


def frames(seed):
    persons, pupils = world(seed)
    before = []
    for one in pupils[: seed % 3]:
        place = (one["delivery_id"], one["pupil_row"])
        if seed % 2 and not before:
            before.append((*place, persons[0]["person_id"], "linked", "BSN"))
        else:
            before.append((*place, None, "review", "birth date, sex and address"))
    return persons_frame(persons), pupils_frame(pupils), decided(before)


def shuffled(frame, seed):
    return frame.sample(fraction=1, shuffle=True, seed=seed)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(seed, order):
    persons, pupils, before = frames(seed)
    rows, pairs = run(pupils, persons, before)
    again, pairs_again = run(
        shuffled(pupils, order), shuffled(persons, order + 1), shuffled(before, order + 2)
    )
    assert again.equals(rows)
    assert pairs_again.equals(pairs)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.sampled_from([2, 256]))
def test_shards_change_nothing(seed, shards):
    persons, pupils, before = frames(seed)
    rows, pairs = run(pupils, persons, before)
    again = run(pupils, persons, before, lambda folder: PolarsEngine(folder, shards))
    assert again[0].equals(rows)
    assert again[1].equals(pairs)


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_duckdb_decides_as_polars_does(seed):
    persons, pupils, before = frames(seed)
    rows, pairs = run(pupils, persons, before)
    again = run(pupils, persons, before, DuckdbEngine)
    assert again[0].equals(rows)
    assert again[1].equals(pairs)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_deliveries_do_not_touch_each_other(seed):
    persons, pupils, before = frames(seed)
    rows, _ = run(pupils, persons, before)
    parts = [
        run(pupils.filter(delivery_id=one), persons, before.filter(delivery_id=one))[0]
        for one in ("d1", "d2")
    ]
    assert pl.concat(parts).sort("delivery_id", "pupil_row").equals(rows)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_nobody_is_linked_twice_in_a_delivery(seed):
    persons, pupils, before = frames(seed)
    rows, _ = run(pupils, persons, before)
    place = ["delivery_id", "pupil_row"]
    assert not rows.select(place).is_duplicated().any()
    assert rows.select(place).join(pupils.select(place), on=place, how="anti").is_empty()
    linked = rows.filter(status="linked").select("delivery_id", "person_id")
    earlier = before.filter(status="linked").select("delivery_id", "person_id")
    assert linked["person_id"].null_count() == 0
    assert not pl.concat([linked, earlier]).is_duplicated().any()
    assert rows.filter(pl.col("status") != "linked")["person_id"].is_null().all()
    assert rows["status"].is_in(["linked", "review"]).all()


def spell(who, name):
    return who | {"person_id": name, "valid_from": DAY.replace(year=2020), "valid_to": None}


def delivered(who, row):
    return who | {"delivery_id": "d1", "pupil_row": row, "reference_date": DAY}


@settings(max_examples=25, deadline=None)
@given(WHO, WHO)
def test_exchangeable_twins_are_never_linked(who, seen):
    """Two persons whose fields are all the same: whatever is delivered fits both as well."""
    persons = persons_frame([spell(who, "p1"), spell(who, "p2")])
    rows, _ = run(pupils_frame([delivered(seen, "r1")]), persons)
    assert rows.filter(status="linked").is_empty()


@settings(max_examples=25, deadline=None)
@given(WHO, WHO)
def test_exchangeable_pupils_are_never_linked(who, seen):
    """Two pupils whose fields are all the same: one person cannot be both."""
    pupils = pupils_frame([delivered(seen, "r1"), delivered(seen, "r2")])
    rows, _ = run(pupils, persons_frame([spell(who, "p1")]))
    assert rows.filter(status="linked").is_empty()


@settings(max_examples=15, deadline=None)
@given(WHO.filter(lambda who: who["sex"] is not None))
def test_one_pupil_and_one_person_who_agree_on_all_are_linked(who):
    """So that the properties above can fail."""
    rows, _ = run(pupils_frame([delivered(who, "r1")]), persons_frame([spell(who, "p1")]))
    assert rows.select("person_id", "status", "pass_name", "candidates").rows() == [
        ("p1", "linked", "pattern table", 1)
    ]


@settings(max_examples=15, deadline=None)
@given(WHO, WHO)
def test_a_person_whom_a_number_linked_is_not_offered_to_another_pupil(who, seen):
    pupils = pupils_frame([delivered(who, "r1"), delivered(seen, "r2")])
    before = decided([("d1", "r1", "p1", "linked", "BSN")])
    rows, pairs = run(pupils, persons_frame([spell(who, "p1")]), before)
    assert rows.is_empty()
    assert pairs.is_empty()
