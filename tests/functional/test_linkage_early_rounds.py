"""A site whose first round was linked before the linked zone had files of single rounds."""

import shutil

import polars as pl
import pytest
from linkage_two_rounds import PUPILS, first_rows, person, read, second_delivered, spine_without
from linkage_years import FIRST, deliver, first_site, scores
from msgspec.structs import replace

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.errors import InputError, RefusedError
from enclave.files import sha256_of
from enclave.linkage import link_round, stage
from enclave.linkage.education import early
from enclave.linkage.education.rewriting import rotate_s_key
from enclave.progress import Silent
from enclave.receipts import LinkageReceipt
from enclave.site import Site

PARTS = ("results", "pupils", "schools")


def write_as_then(*given):
    """The linked zone as it was: three files, S numbers of 16 digits that did not last."""
    paths, content = stage_write(*given)
    zone = paths[0].parent
    kept = [zone / f"{part}.parquet" for part in PARTS]
    for path in kept[:2]:
        frame = pl.read_parquet(path)
        short = pl.when(person_status="S").then(pl.col("person_key").str.slice(0, 17))
        frame.with_columns(short.otherwise("person_key").alias("person_key")).write_parquet(path)
    shutil.rmtree(zone / "rounds")
    for path in zone.glob("*.parquet"):
        if path not in kept:
            path.unlink()
    return tuple(kept), replace(content, s_keys=())


stage_write = stage.write_linked


@pytest.fixture
def second(tmp_path, monkeypatch):
    """The site in its second round, everything delivered and nothing linked."""
    spine_without(tmp_path, [10, 11, 12, 15])
    custody = first_site(tmp_path / "site", tmp_path / "registers")
    deliver(custody, "sender-1", first_rows(), scores(PUPILS, "2024-2025", 4))
    with monkeypatch.context() as patch:
        patch.setattr(stage, "write_linked", write_as_then)
        link_round(custody)
    return second_delivered(tmp_path, custody)


def test_its_results_stand_beside_those_of_the_next_round(second):
    linked = second.site.zone("linked")
    before = {part: sha256_of(linked / f"{part}.parquet") for part in PARTS}
    unmatched = read(second, "pupils").filter(person_status="S")["person_key"]
    receipt = link_round(second)
    found = read(second, "results")
    assert receipt.content.rounds == 2
    assert found.filter(school_year="2024-2025").height == 2 * PUPILS
    assert found.filter(person_key=person(3))["school_year"].n_unique() == 2
    assert set(unmatched) < set(read(second, "pupils")["person_key"])
    assert read(second, "person-history").is_empty(), "nobody can tell whose numbers these were"
    assert {
        part: sha256_of(linked / f"rounds/{FIRST.id}.{part}.parquet") for part in PARTS
    } == before
    receipt = rotate_s_key(second, "steward-1")
    assert set(unmatched) < set(read(second, "pupils")["person_key"]), "they never lasted"
    assert not set(unmatched) & set(read(second, "key-history")["old_key"])


def test_no_new_key_before_the_next_round_is_linked(second):
    with pytest.raises(RefusedError, match="link a round first"):
        rotate_s_key(second, "steward-1")


@pytest.mark.parametrize("copied", [0, 1, 2])
def test_killed_while_copying_it_is_done_again(second, monkeypatch, copied):
    calls = []

    def stopping(source, target):
        calls.append(target)
        if len(calls) > copied:
            target.write_bytes(source.read_bytes()[:100])
            raise KeyboardInterrupt
        return copyfile(source, target)

    copyfile = shutil.copyfile
    with monkeypatch.context() as patch:
        patch.setattr(early.shutil, "copyfile", stopping)
        with pytest.raises(KeyboardInterrupt):
            link_round(second)
    assert second.registry.find(LinkageReceipt, "2026-E") is None
    assert link_round(second).content.rounds == 2


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_changed_stops_the_linkage_and_the_message_says_what_to_restore(second, part):
    path = second.site.zone("linked") / f"{part}.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(InputError, match=f"rounds/{FIRST.id}.{part}") as caught:
        link_round(second)
    assert f"linked, {part} of round {FIRST.id}" in str(caught.value)
    assert path.read_bytes() == whole[:-1], "nothing was written over"
    restored = second.site.zone("linked") / f"rounds/{FIRST.id}.{part}.parquet"
    restored.parent.mkdir(exist_ok=True)
    restored.write_bytes(whole)
    assert link_round(second).content.rounds == 2


def test_a_file_without_a_column_of_today_is_refused(second, monkeypatch):
    columns = {**early.COLUMNS, "results": (*early.COLUMNS["results"], "a_new_column")}
    monkeypatch.setattr(early, "COLUMNS", columns)
    with pytest.raises(InputError, match="go on in a new site"):
        link_round(second)


def test_a_later_round_of_the_same_site_reads_the_copies(second, tmp_path):
    link_round(second)
    shutil.copytree(second.site.root, tmp_path / "copy")
    damaged = tmp_path / f"copy/linked/rounds/{FIRST.id}.pupils.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    copy = open_custody(Site(tmp_path / "copy"), system_clock, Silent())
    with copy, pytest.raises(InputError, match=f"rounds/{FIRST.id}.pupils"):
        rotate_s_key(copy, "steward-1")
