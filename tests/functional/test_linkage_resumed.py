"""Linkage that was killed goes on where it stopped, from the very same inputs and no others."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import narwhals as nw
import polars as pl
import pytest
from linkage_files import Folder, make_town
from linkage_site import make_site, nation, pupils, schools, write_registers

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.errors import EnclaveError, RefusedError
from enclave.files import only_one
from enclave.linkage import keying, link_round, stage
from enclave.linkage.engines import Journal, PolarsEngine, ResumingEngine, inputs_of
from enclave.linkage.frames import run as frames_run
from enclave.progress import Silent
from enclave.receipts import LinkageReceipt
from enclave.site import Site

SUPPORT = str(Path(__file__).parents[1] / "support")
KILL_SITE = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.linkage import link_round
from enclave.linkage.engines import ResumingEngine
from enclave.progress import Silent
from enclave.site import Site
entered = ResumingEngine._entered
def dying(self, frame, name):
    found = entered(self, frame, name)
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
ResumingEngine._entered = dying
link_round(open_custody(Site(Path(sys.argv[1])), system_clock, Silent()))
"""
KILL_FRAMES = KILL_SITE.rsplit("\n", 2)[0] + (
    "\nfrom linkage_files import Folder\nFolder(Path(sys.argv[1])).link(sys.argv[4])\n"
)


def killed(program, *arguments):
    command = [sys.executable, "-c", program, str(arguments[0]), SUPPORT, *arguments[1:]]
    done = subprocess.run(command, capture_output=True, check=False, timeout=180)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.fixture
def worked(monkeypatch):
    """Names of the results that the polars engine works out."""
    names = []
    checkpoint = PolarsEngine.checkpoint

    def noted(engine, frame, name):
        names.append(name)
        return checkpoint(engine, frame, name)

    monkeypatch.setattr(PolarsEngine, "checkpoint", noted)
    return names


@pytest.mark.parametrize("last", ["pass-1-pairs-0", "pass-2-decided", "links"])
def test_a_killed_round_goes_on_and_hashes_nothing_twice(tmp_path, worked, monkeypatch, last):
    make_site(tmp_path).registry.close()
    killed(KILL_SITE, tmp_path / "site", last)
    monkeypatch.setattr(keying.SpineKeying, "__call__", lambda *_: pytest.fail("hashed again"))
    monkeypatch.setattr(keying.DeliveryKeying, "__call__", lambda *_: pytest.fail("hashed again"))
    with open_custody(Site(tmp_path / "site"), system_clock, Silent()) as custody:
        receipt = link_round(custody)
        assert not (custody.site.zone("linkage") / "unfinished").exists()
    own = worked.index("replayed") if "replayed" in worked else len(worked)
    assert last not in worked[:own]
    assert (receipt.delivered, receipt.linked, receipt.truth.correct) == (40, 40, 40)


def test_after_a_register_has_changed_a_killed_round_starts_anew(tmp_path):
    make_site(tmp_path).registry.close()
    killed(KILL_SITE, tmp_path / "site", "links")
    persons = nation()
    gone = persons[20].pop("bsn")
    persons[20] |= {"bsn": None, "postcode": "9999ZZ", "education_number": None}
    assert gone is not None
    with open_custody(Site(tmp_path / "site"), system_clock, Silent()) as custody:
        register = Path(custody.config.registers.population_spine)
        write_registers(register.parent, persons)
        receipt = link_round(custody)
    assert (receipt.linked, receipt.delivered) == (39, 40)


def test_two_do_not_link_one_round_at_once(tmp_path):
    with make_site(tmp_path) as custody:
        lock = custody.site.root / "linkage.lock"
        with only_one(lock, "linking"), pytest.raises(RefusedError, match="One process at a time"):
            link_round(custody)
        assert custody.registry.find(LinkageReceipt, custody.config.round.id) is None


def test_what_a_killed_round_left_goes_with_the_identifiers(tmp_path):
    """Were a receipt there, and the folder still: destruction counts it among what goes."""
    from enclave.custody.destruction import find_scope

    with make_site(tmp_path, {"sender-1": pupils(nation(), range(20))}) as custody:
        link_round(custody)
        left = custody.site.zone("linkage") / "unfinished" / "replay" / "pass-1-decided.parquet"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"keyed")
        assert left in find_scope(custody, custody.config.round.id).files


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_killed_frames_go_on_and_give_the_same_links(tmp_path, monkeypatch, engine):
    town = make_town()
    folder = Folder(tmp_path).write(town.delivery, town.spine)
    killed(KILL_FRAMES, tmp_path, "pass-1-decided", engine)
    with monkeypatch.context() as patch:
        patch.setattr(keying.SpineKeying, "__call__", lambda *_: pytest.fail("hashed again"))
        folder.link(engine)
    (tmp_path / "whole").mkdir()
    whole = Folder(tmp_path / "whole").write(town.delivery, town.spine)
    whole.link(engine)
    assert folder.links.equals(whole.links)
    assert not list(folder.out.glob(".partial-*"))


@pytest.mark.parametrize("changed", ["key", "delivery", "engine"])
def test_killed_frames_start_anew_with_another_key_file_or_engine(tmp_path, changed, monkeypatch):
    town = make_town()
    folder = Folder(tmp_path).write(town.delivery, town.spine)
    killed(KILL_FRAMES, tmp_path, "links", "polars")
    before = (folder.out / frames_run.UNFINISHED / "journal.json").read_text()
    if changed == "key":
        (folder.root / "key").write_bytes(hashlib.sha256(b"another key").digest())
    if changed == "delivery":
        folder.write(town.delivery.head(300), town.spine)
    hashed = []
    call = keying.SpineKeying.__call__
    monkeypatch.setattr(
        keying.SpineKeying, "__call__", lambda own, block: hashed.append(1) or call(own, block)
    )
    folder.link("duckdb" if changed == "engine" else "polars")
    assert hashed
    assert len(folder.links) == (300 if changed == "delivery" else town.delivery.height)
    assert json.loads(before)["done"]


@pytest.fixture
def journal(tmp_path):
    found = Journal(tmp_path / "work", inputs_of(["a fact"], []))
    found.open()
    return found


def test_nobody_else_looks_into_the_folder(journal):
    assert journal.folder.stat().st_mode & 0o077 == 0


def test_a_result_that_is_missing_changed_or_unknown_is_not_taken_over(journal):
    result = journal.folder / "some.parquet"
    assert not journal.has("some", result)
    result.write_bytes(b"whole")
    assert not journal.has("some", result)
    journal.enter("some", result)
    assert journal.has("some", result)
    assert not journal.has("other", result)
    result.write_bytes(b"w")
    assert not journal.has("some", result)
    result.unlink()
    assert not journal.has("some", result)


def test_a_folder_of_files_counts_with_every_file_in_it(journal):
    result = journal.folder / "some"
    result.mkdir()
    (result / "part-0").write_bytes(b"1")
    (result / "_SUCCESS").touch()
    journal.enter("some", result)
    assert journal.has("some", result)
    (result / "part-1").write_bytes(b"2")
    assert not journal.has("some", result)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"done": {}}'])
def test_a_damaged_journal_is_no_journal(journal, text):
    (journal.folder / "some.parquet").write_bytes(b"whole")
    (journal.folder / "journal.json").write_text(text)
    journal.open()
    assert not (journal.folder / "some.parquet").exists()


def test_the_inputs_are_told_apart_by_fact_order_and_content(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    cases = [
        inputs_of(["a"], [one]),
        inputs_of(["b"], [one]),
        inputs_of(["a"], [two]),
        inputs_of(["a"], [one, two]),
        inputs_of(["a"], [tmp_path / "missing"]),
    ]
    assert len(set(cases)) == len(cases)


def test_an_engine_with_a_journal_works_out_each_result_once(journal):
    frame = pl.LazyFrame({"a": [1, 2]})
    engine, later = (ResumingEngine(PolarsEngine(journal.folder), journal) for _ in range(2))
    first = engine.checkpoint(nw.from_native(frame), "some")
    again = later.checkpoint(nw.from_native(frame.filter(pl.col("a") > 1)), "some")
    assert engine.fetch(first).equals(later.fetch(again))


def test_a_second_result_of_one_name_is_not_taken_for_the_first(journal):
    engine = ResumingEngine(PolarsEngine(journal.folder), journal)
    engine.checkpoint(nw.from_native(pl.LazyFrame({"a": [1]})), "some")
    with pytest.raises(EnclaveError, match="a name of its own"):
        engine.checkpoint(nw.from_native(pl.LazyFrame({"a": [2]})), "some")


def test_the_stage_says_how_far_it_is_when_it_goes_on(tmp_path, monkeypatch):
    heard = []
    make_site(tmp_path, schools(nation())).registry.close()
    killed(KILL_SITE, tmp_path / "site", "links")
    monkeypatch.setattr(stage, "_tell", lambda _, done: heard.append(done))
    with open_custody(Site(tmp_path / "site"), system_clock, Silent()) as custody:
        link_round(custody)
    assert heard == list(range(stage.BEFORE_PASSES, stage.STEPS + 1))
