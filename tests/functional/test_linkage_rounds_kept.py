"""What earlier rounds found out is kept, read when it is needed, and the same in small blocks."""

import shutil

import polars as pl
import pytest
from linkage_site import nation, pupils
from linkage_two_rounds import (
    LATER,
    PUPILS,
    first_rows,
    one_round,
    person,
    read,
    second_delivered,
    spine_without,
    two_rounds,
)
from linkage_years import (
    SECOND,
    THIRD,
    deliver,
    first_site,
    next_round,
    scores,
)

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.linkage import link_round, linked, stage
from enclave.linkage.education.rotation import rotate
from enclave.progress import Silent
from enclave.site import Site


def test_who_left_a_register_keeps_what_was_known_and_newer_knowledge_goes_first(tmp_path):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    gone, changed = person(3), person(4)
    places = {name: tmp_path / f"registers/{name}.parquet" for name in ("background", "schools")}
    people = pl.read_parquet(places["background"]).filter(pl.col("person_id") != gone)
    richer = pl.when(pl.col("person_id") == changed).then(pl.lit("high"))
    people.with_columns(
        richer.otherwise("household_income").alias("household_income")
    ).write_parquet(places["background"])
    schools = pl.read_parquet(places["schools"]).filter(school_code="01AB00")
    schools.with_columns(denomination=pl.lit("other")).write_parquet(places["schools"])
    link_round(custody)
    found = read(custody, "pupils")
    assert found.filter(person_key=gone)["household_income"].to_list() == ["low"]
    assert found.filter(person_key=changed)["household_income"].to_list() == ["high"]
    assert read(custody, "schools").select("school_code", "denomination").rows() == [
        ("01AB00", "other"),
        ("02AB00", "other"),
    ]


def test_what_was_found_out_is_kept_once(tmp_path):
    custody, _ = two_rounds(tmp_path)
    found = read(custody, f"rounds/{SECOND.id}.found")
    assert found.is_unique().all()
    assert found.columns == ["s_key", "person_id"]
    assert found.height == 3


def test_numbers_of_every_earlier_chain_still_resolve(tmp_path):
    custody = one_round(tmp_path)
    seen = [set(read(custody, "pupils").filter(person_status="S")["person_key"])]
    for settings in (SECOND, THIRD):
        rotate(custody.vault)
        custody = next_round(custody, settings)
        rows = first_rows()
        deliver(custody, "sender-1", rows, scores(PUPILS, settings.school_years[-1], 5))
        link_round(custody)
        seen.append(set(read(custody, "pupils").filter(person_status="S")["person_key"]))
    assert [len(numbers) for numbers in seen] == [5, 5, 5]
    history = dict(read(custody, "key-history").select("old_key", "new_key").rows())
    assert set(history) == seen[0] | seen[1]
    assert {history[number] for number in seen[0]} == seen[2]
    assert {history[number] for number in seen[1]} == seen[2]


def test_the_spine_is_read_for_s_numbers_only_while_some_wait(tmp_path, monkeypatch):
    read_for = []

    def spied(register, numbers):
        def tell(frame):
            read_for.append(numbers.round_id)
            return frame

        schema = {"s_key": pl.String, "person_id": pl.String}
        return real(register, numbers).map_batches(tell, schema=schema)

    real = stage.spine_numbers
    monkeypatch.setattr(stage, "spine_numbers", spied)
    spine_without(tmp_path, [LATER])
    custody = first_site(tmp_path / "site", tmp_path / "registers")
    rows = pupils(nation(), range(PUPILS))
    deliver(custody, "sender-1", rows, scores(PUPILS, "2024-2025", 4))
    link_round(custody)
    spine_without(tmp_path, [])
    for settings in (SECOND, THIRD):
        custody = next_round(custody, settings)
        deliver(custody, "sender-1", rows, scores(PUPILS, "2025-2026", 5))
        link_round(custody)
    assert set(read_for) == {SECOND.id}
    history = read(custody, "person-history")
    assert history.select("new_key", "since_round").rows() == [(person(LATER), SECOND.id)]


@pytest.mark.parametrize("persons", [1, 3])
def test_small_blocks_of_persons_give_what_one_block_gives(tmp_path, monkeypatch, persons):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    shutil.copytree(custody.site.root, tmp_path / "copy")
    whole = link_round(custody)
    monkeypatch.setattr(linked, "BLOCK_PERSONS", persons)
    with open_custody(Site(tmp_path / "copy"), system_clock, Silent()) as copy:
        assert link_round(copy).content == whole.content
        for name in ("results", "panel", "pupils"):
            assert read(copy, name).equals(read(custody, name))
