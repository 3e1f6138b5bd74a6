"""A new key for S numbers: every number wrapped, nothing else changed, in one step or after kills."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from linkage_two_rounds import (
    bytes_of,
    first_rows,
    one_round,
    read,
    second_delivered,
    spine_without,
    two_rounds,
)
from linkage_years import FIRST, SECOND, THIRD, deliver, destroy, first_site, next_round, scores
from msgspec.structs import replace
from typer.testing import CliRunner

from enclave.cli.main import build
from enclave.clock import system_clock
from enclave.custody import (
    KeyDestroyedError,
    checked_linked,
    is_outdated,
    open_custody,
    present_files,
    present_s_keys,
    verify_ledger,
    views_of,
)
from enclave.errors import InputError, RefusedError
from enclave.files import sha256_of
from enclave.linkage import link_round
from enclave.linkage.education.rewriting import FILES, rotate_s_key
from enclave.linkage.education.rotation import FIRST_KEY, S_PATTERN, rotate
from enclave.progress import Silent
from enclave.projects import build_view
from enclave.receipts import RotationReceipt
from enclave.reports import make_reports
from enclave.site import Site

STEWARD = "steward-1"
SUPPORT = Path(__file__).resolve().parents[1] / "support"


def opened(root):
    return open_custody(Site(root), system_clock, Silent())


def unmatched(custody):
    return set(read(custody, "pupils").filter(person_status="S")["person_key"])


def test_every_s_number_is_wrapped_and_nothing_else_changes(tmp_path):
    custody, linked = two_rounds(tmp_path)
    before = {name: read(custody, name) for name in (*FILES, "schools")}
    rounds = {name: text for name, text in bytes_of(custody).items() if "rounds/" in name}
    receipt = rotate_s_key(custody, STEWARD)
    after = {name: read(custody, name) for name in (*FILES, "schools")}
    given = dict(after["key-history"].filter(chain=1).select("old_key", "new_key").rows())
    for name in ("pupils", "results", "panel"):
        as_now = pl.col("person_key").replace(given)
        places = [c for c in before[name].columns if c != "person_key"]
        expected = before[name].with_columns(as_now).sort("person_key", *places)
        assert after[name].sort("person_key", *places).equals(expected), name
        assert after[name]["person_key"].is_sorted(), name
    old = before["person-history"].with_columns(pl.col("old_key").replace(given)).sort("old_key")
    assert after["person-history"].equals(old)
    assert set(old["new_key"]) == set(before["person-history"]["new_key"])
    assert after["schools"].equals(before["schools"])
    assert not unmatched(custody) & set(before["pupils"]["person_key"])
    assert all(pl.Series(list(unmatched(custody))).str.contains(S_PATTERN))
    now = bytes_of(custody)
    assert {name: now[name] for name in rounds} == rounds
    assert receipt.keys == (*linked.content.s_keys, f"{FIRST_KEY}/2")
    assert (receipt.added, receipt.wrapped) == (1, len(unmatched(custody)))
    assert {Path(f.path).stem: f.sha256 for f in receipt.files} == {
        name: now[f"{name}.parquet"] for name in FILES
    }
    verify_ledger(custody).require_ok()


def test_a_linkage_under_the_new_key_writes_the_very_bytes_of_the_rewriting(tmp_path):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    shutil.copytree(custody.site.root, tmp_path / "copy")
    link_round(custody)
    rotate_s_key(custody, STEWARD)
    shutil.rmtree(tmp_path / "copy/vault")
    shutil.copytree(custody.site.root / "vault", tmp_path / "copy/vault")
    with opened(tmp_path / "copy") as copy:
        link_round(copy)
        for name in FILES:
            ours = sha256_of(custody.site.zone("linked") / f"{name}.parquet")
            assert ours == sha256_of(copy.site.zone("linked") / f"{name}.parquet"), name


def test_a_round_linked_after_a_new_key_goes_on_with_the_same_persons(tmp_path):
    plain, _ = two_rounds(tmp_path / "plain")
    custody = one_round(tmp_path / "rotated")
    rotate_s_key(custody, STEWARD)
    custody = second_delivered(tmp_path / "rotated", custody)
    receipt = link_round(custody)
    rest, order = pl.exclude("person_key"), ["school_year", "score"]
    for status in "RS":
        ours, theirs = (
            read(site, "panel").filter(person_status=status).select(rest).sort(order)
            for site in (custody, plain)
        )
        assert ours.equals(theirs)
    assert receipt.content.became_matched == 3
    assert receipt.content.s_keys == (FIRST_KEY, f"{FIRST_KEY}/2")


def test_done_once_in_a_round_unless_asked_for_another(tmp_path):
    custody = one_round(tmp_path)
    first = rotate_s_key(custody, STEWARD)
    before = bytes_of(custody)
    assert rotate_s_key(custody, STEWARD) == first
    assert bytes_of(custody) == before
    second = rotate_s_key(custody, STEWARD, again=True)
    assert second.keys == (*first.keys, f"{FIRST_KEY}/3")
    assert second.before == first.files
    custody = next_round(custody, SECOND)
    assert len(rotate_s_key(custody, STEWARD).keys) == 4
    assert len(custody.registry.all(RotationReceipt)) == 3


def test_a_key_that_a_linkage_used_first_is_recorded_only(tmp_path):
    custody = one_round(tmp_path)
    rotate(custody.vault)
    custody = second_delivered(tmp_path, custody)
    link_round(custody)
    before = bytes_of(custody)
    receipt = rotate_s_key(custody, STEWARD)
    assert (receipt.keys, receipt.files) == ((FIRST_KEY, f"{FIRST_KEY}/2"), ())
    assert bytes_of(custody) == before
    assert rotate_s_key(custody, STEWARD) == receipt


def test_views_keep_their_pseudonyms_and_reports_are_made_after_a_new_key(tmp_path):
    custody = destroy(one_round(tmp_path))
    build_view(custody, "one")
    first = view_of(custody)
    rotate_s_key(custody, STEWARD)
    assert not is_outdated(custody.registry, views_of(custody.registry, "one")[0])
    assert make_reports(custody).round_id == FIRST.id
    custody = second_delivered(tmp_path, custody)
    link_round(custody)
    custody = destroy(custody)
    old = views_of(custody.registry, "one")[0]
    assert is_outdated(custody.registry, old)
    assert sha256_of(custody.site.root / old.files[0].path) == old.files[0].sha256
    build_view(custody, "one")
    year = pl.col("school_year") == "2024-2025"
    second = view_of(custody).filter(year)
    same = pl.exclude("pupil", "sex")
    assert second.select(same).sort("score_m").equals(first.select(same).sort("score_m"))
    stayed = first.join(second, on=["pupil", "score_m"])
    assert stayed.height == first.height - 3, "three pupils were linked since"
    rotate_s_key(custody, STEWARD)
    assert build_view(custody, "one", rebuild=True).number == 1, "nothing but the key changed"
    grant = replace(custody.config.projects[0], columns=("sex", "origin"))
    config = replace(custody.config, projects=(grant,))
    widened = dataclasses.replace(custody, config=config)
    again = build_view(widened, "one", rebuild=True)
    assert again.number == 2
    assert view_of(widened).drop("origin").equals(view_of(widened, 1))


def view_of(custody, number=-1):
    receipt = views_of(custody.registry, "one")[number]
    return pl.read_parquet(custody.site.root / receipt.files[0].path)


def test_the_command_tells_counts_and_neither_it_nor_the_ledger_a_number_or_key(tmp_path):
    custody = one_round(tmp_path)
    given, root = unmatched(custody), custody.site.root
    custody.close()
    command = ["link", "rotate", "--steward", STEWARD, "--site", str(root)]
    shown = [CliRunner().invoke(build(), [*command, *more]).output for more in ([], ["--json"])]
    assert "S numbers are under 2 keys" in shown[0]
    assert json.loads(shown[1])["wrapped"] == len(given) == 5
    with opened(root) as again:
        kept = b"".join(path.read_bytes() for path in root.glob("registry.sqlite*"))
        secret = again.vault.secret(f"{FIRST_KEY}/2").reveal()
        for text in (*given, *unmatched(again), secret.hex()):
            assert text.encode() not in kept + "".join(shown).encode()
        assert secret not in kept


def test_refused_where_it_makes_no_sense(tmp_path):
    custody = one_round(tmp_path)
    before = bytes_of(custody)
    with pytest.raises(RefusedError, match="steward"):
        rotate_s_key(custody, "operator-1")
    path = custody.site.zone("linked") / "results.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    with pytest.raises(InputError, match=r"linked, results\.parquet"):
        rotate_s_key(custody, STEWARD)
    path.write_bytes(whole)
    assert bytes_of(custody) == before
    assert [info.name for info in custody.vault.infos() if FIRST_KEY in info.name] == [FIRST_KEY]
    custody.vault.destroy(FIRST_KEY)
    with pytest.raises(KeyDestroyedError):
        rotate_s_key(custody, STEWARD)


def test_refused_before_the_first_linkage(tmp_path):
    spine_without(tmp_path, [])
    custody = first_site(tmp_path / "site", tmp_path / "registers")
    with pytest.raises(RefusedError, match="link a round first"):
        rotate_s_key(custody, STEWARD)
    assert not present_s_keys(custody.registry)
    rotate(custody.vault)
    with pytest.raises(RefusedError, match="uses the new key by itself"):
        rotate_s_key(custody, STEWARD)


STOPS = ("ensure", "aside 1", "aside 4", "event", "place 1", "place 3", "place 5", "record")


@pytest.mark.parametrize("stop", STOPS)
def test_killed_anywhere_it_goes_on_and_ends_as_if_never_stopped(tmp_path, killed, stop):
    with opened(killed(stop)) as custody:
        known = present_files(custody.registry)
        paths = {name: custody.site.zone("linked") / f"{name}.parquet" for name in FILES}
        assert all(pl.read_parquet(path).width for path in paths.values())
        assert custody.registry.all(RotationReceipt) == []
        changed = [
            name
            for name, path in paths.items()
            if sha256_of(path) != known[f"linked/{name}.parquet"].sha256
        ]
        moved = {"place": int(stop[-1]) if stop[-1].isdigit() else 0, "record": len(FILES)}
        placed = FILES[: moved.get(stop.split()[0], 0)]
        assert changed == [name for name in placed if name != "person-history"], "that is empty"
        if changed:
            with pytest.raises(InputError, match="enclave link rotate"):
                checked_linked(custody, ["pupils.parquet"])
        done = rotate_s_key(custody, STEWARD)
        assert done.keys == (FIRST_KEY, f"{FIRST_KEY}/2"), "no second key is made"
        assert rotate_s_key(custody, STEWARD) == done
        history = read(custody, "key-history")
        assert set(history["new_key"]) == unmatched(custody)
        for name in ("results", "panel"):
            keys = read(custody, name)["person_key"]
            assert set(keys) == set(read(custody, "pupils")["person_key"])
        assert not list(custody.site.zone("linked").rglob(".partial-*"))


def test_a_linkage_after_a_kill_uses_the_new_key_and_the_command_records_it(tmp_path, killed):
    with opened(killed("place 3")) as stopped:
        custody = next_round(stopped, THIRD)
    deliver(custody, "sender-1", first_rows(), scores(16, "2025-2026", 5))
    linked = link_round(custody)
    assert linked.content.s_keys == (FIRST_KEY, f"{FIRST_KEY}/2")
    receipt = rotate_s_key(custody, STEWARD)
    assert (receipt.keys, receipt.files) == (linked.content.s_keys, ())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    with one_round(root) as custody:
        return custody.site.root


@pytest.fixture
def killed(site, tmp_path):
    """Kills a rotation of a copy of the site; its root."""

    def kill(stop):
        root = tmp_path / "site"
        shutil.copytree(site, root)
        script = SUPPORT / "rotation_crash.py"
        done = subprocess.run(
            [sys.executable, str(script), json.dumps({"site": str(root), "stop": stop})],
            capture_output=True,
            check=False,
        )
        assert done.returncode == -9, done.stderr.decode()
        return root

    return kill
