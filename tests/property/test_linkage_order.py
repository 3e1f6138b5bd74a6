"""Order and sharding of the input change nothing; nothing is linked twice or lost."""

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_worlds import link, link_by_hand, pupil_frame, run, spine_frame, world

from enclave.linkage.engines import DuckdbEngine, PolarsEngine

WORLDS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12, unique=True)


def frames(seeds):
    worlds = {str(seed): world(seed) for seed in seeds}
    return pupil_frame(worlds), spine_frame(worlds)


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seeds, chance):
    pupils, spine = frames(seeds)
    expected = run(pupils, spine)
    seed = chance.randrange(10**6)
    found = run(
        pupils.sample(fraction=1, shuffle=True, seed=seed),
        spine.sample(fraction=1, shuffle=True, seed=seed + 1),
    )
    assert found.rows.equals(expected.rows)
    assert found.doubts == expected.doubts


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.integers(2, 5))
def test_linking_deliveries_in_shards_gives_the_same_links(seeds, shards):
    pupils, spine = frames(seeds)
    expected = run(pupils, spine)
    names = pupils["delivery_id"].unique(maintain_order=True).to_list()
    parts = [
        run(pupils.filter(pl.col("delivery_id").is_in(names[n::shards])), spine)
        for n in range(shards)
    ]
    rows = pl.concat([part.rows for part in parts]).sort("delivery_id", "pupil_row")
    assert rows.equals(expected.rows)
    doubts = sorted((doubt for part in parts for doubt in part.doubts), key=lambda d: d.delivery_id)
    assert tuple(doubts) == expected.doubts


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.integers(2, 5))
def test_a_spine_in_many_files_is_one_spine(seeds, shards):
    pupils, spine = frames(seeds)
    expected = run(pupils, spine)
    parts = pl.concat([spine[n::shards] for n in range(shards)])
    assert run(pupils, parts).rows.equals(expected.rows)


@settings(max_examples=8, deadline=None)
@given(WORLDS, st.sampled_from([2, 4, 16]))
def test_joining_in_shards_of_the_key_gives_the_same_links(seeds, shards):
    pupils, spine = frames(seeds)
    expected = run(pupils, spine)
    found = run(pupils, spine, lambda folder: PolarsEngine(folder, shards))
    assert found.rows.equals(expected.rows)
    assert found.doubts == expected.doubts


@settings(max_examples=10, deadline=None)
@given(WORLDS)
def test_duckdb_links_as_polars_does(seeds):
    pupils, spine = frames(seeds)
    expected = run(pupils, spine)
    found = run(pupils, spine, DuckdbEngine)
    assert found.rows.equals(expected.rows)
    assert found.doubts == expected.doubts


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_every_pupil_has_one_decision_and_nobody_is_linked_twice_in_a_delivery(seed):
    persons, pupils = world(seed)
    random.Random(seed).shuffle(pupils)
    rows = link(persons, pupils).rows
    places = {(one["delivery_id"], one["pupil_row"]) for one in pupils}
    assert set(rows.select("delivery_id", "pupil_row").rows()) == places
    assert rows.height == len(pupils)
    linked = rows.filter(pl.col("status") == "linked")
    assert linked["person_id"].null_count() == 0
    assert linked.select(pl.struct("delivery_id", "person_id").n_unique()).item() == linked.height
    assert rows.filter(pl.col("status") != "linked")["person_id"].is_null().all()
    expected, _ = link_by_hand(persons, pupils)
    assert {(d, r): who for d, r, who in rows.select(
        "delivery_id", "pupil_row", "person_id").rows() if who} == {
        place: decision[0] for place, decision in expected.items() if decision[0]
    }  # fmt: skip
