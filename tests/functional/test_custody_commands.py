"""The commands of custody: results on stdout, exit codes of the contract, nothing by accident."""

import json
import shutil
import sqlite3

import pytest
from custody_round import config, make_site
from typer.testing import CliRunner

from enclave.cli import destruction, ledger, site
from enclave.custody import Verifier
from enclave.errors import FindingsError, InputError, RefusedError, UsageError
from enclave.site import render_config

PAIR = ["--operator", "operator-1", "--witness", "witness-1"]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("original") / "site"
    make_site(root, deliveries=1).close()
    return root


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "site")


def call(noun, *arguments):
    done = CliRunner().invoke(noun.app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def read(noun, *arguments):
    return json.loads(call(noun, *arguments, "--json"))


def test_a_site_is_made_from_a_file_and_shown(tmp_path):
    file = tmp_path / "wanted.toml"
    file.write_text(render_config(config()))
    made = read(site, "init", "--site", tmp_path / "site", "--config", file)
    assert made["round"] == "2026-E"
    assert made["recipient"].startswith("age1")
    assert (made["keys"], made["keys_destroyed"]) == (7, 0)
    assert read(site, "show", "--site", tmp_path / "site") == made
    assert read(site, "init", "--site", tmp_path / "site", "--config", file) == made
    assert "Schools seal for" in call(site, "show", "--site", tmp_path / "site")


def test_a_site_is_made_from_options(tmp_path):
    options = ["--round", "2026-M", "--reference-date", "2026-02-01", "--school-year", "2025-2026"]
    made = read(site, "init", "--site", tmp_path / "s", *options, "--registers", tmp_path / "r")
    assert made["round"] == "2026-M"
    assert "2026-02-01" in (tmp_path / "s/enclave.toml").read_text()


def test_a_dry_run_makes_no_site(tmp_path):
    file = tmp_path / "wanted.toml"
    file.write_text(render_config(config()))
    call(site, "init", "--site", tmp_path / "site", "--config", file, "--dry-run")
    assert not (tmp_path / "site").exists()


def test_a_site_with_another_configuration_is_left_alone_and_told_apart_by_name(root, tmp_path):
    changed = render_config(config()).replace("2026-07-01", "2026-07-02")
    file = tmp_path / "wanted.toml"
    file.write_text(changed)
    with pytest.raises(UsageError, match=r"differs in round\.reference_date") as caught:
        call(site, "init", "--site", root, "--config", file)
    assert "2026-07-0" not in str(caught.value)


@pytest.mark.parametrize("arguments", [[], ["--round", "2026-E"]])
def test_a_site_is_not_made_from_half_a_wish(tmp_path, arguments):
    with pytest.raises(UsageError, match="--config FILE"):
        call(site, "init", "--site", tmp_path / "site", *arguments)
    assert not (tmp_path / "site").exists()


def test_an_unreadable_configuration_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="readable TOML"):
        call(site, "init", "--site", tmp_path / "site", "--config", tmp_path / "nowhere.toml")


def test_a_fine_ledger_verifies(root):
    found = read(ledger, "verify", "--site", root)
    assert found["ok"]
    assert (found["size"], found["receipts"], found["problems"]) == (4, 3, [])
    assert "The ledger holds: 4 entries" in call(ledger, "verify", "--site", root)


def test_an_auditor_verifies_with_a_key_and_an_old_checkpoint_and_no_vault(root, tmp_path):
    kept = read(ledger, "checkpoint", "--site", root)
    (tmp_path / "key").write_text(kept["public_key"])
    (tmp_path / "note").write_text(kept["checkpoint"])
    shutil.rmtree(root / "vault")
    files = ["--key", tmp_path / "key", "--checkpoint", tmp_path / "note"]
    assert read(ledger, "verify", "--site", root, *files)["ok"]
    assert str(Verifier.parse(kept["public_key"])) == kept["public_key"]


def test_a_changed_ledger_ends_with_findings(root):
    connection = sqlite3.connect(root / "registry.sqlite")
    connection.execute("DROP TRIGGER leaves_no_delete")
    connection.execute("DELETE FROM leaves WHERE seq = 0")
    connection.commit()
    connection.close()
    with pytest.raises(FindingsError, match="exactly what was recorded"):
        call(ledger, "verify", "--site", root)
    done = CliRunner().invoke(ledger.app, ["verify", "--site", str(root), "--json"])
    assert not json.loads(done.stdout)["ok"]


def test_entries_are_shown_newest_last(root):
    shown = read(ledger, "show", "--site", root, "--last", "2")
    assert [entry["kind"] for entry in shown["entries"]] == ["delivery", "linkage"]
    assert shown["public_key"].startswith("enclave-ledger/")
    text = call(ledger, "show", "--site", root)
    assert "site made" in text
    assert "round 2026-E" in text


def test_destruction_needs_yes_and_a_dry_run_destroys_nothing(root):
    with pytest.raises(UsageError, match="--yes"):
        call(destruction, "run", "--site", root, *PAIR)
    plan = read(destruction, "run", "--site", root, *PAIR, "--dry-run")
    assert plan == {"round": "2026-E", "keys": 3, "files": 5}
    assert read(site, "show", "--site", root)["keys_destroyed"] == 0
    with pytest.raises(InputError, match="no certificate"):
        call(destruction, "show", "--site", root)


def test_destruction_refuses_one_person_alone(root):
    alone = ["--operator", "operator-1", "--witness", "operator-1", "--yes"]
    with pytest.raises(RefusedError):
        call(destruction, "run", "--site", root, *alone)


def test_destruction_is_done_shown_verified_and_scanned(root):
    certificate = read(destruction, "run", "--site", root, *PAIR, "--yes")
    assert certificate["identifiers_found"] == 0
    assert read(destruction, "show", "--site", root) == certificate
    assert len(read(destruction, "verify", "--site", root)["checked"]) == 6
    assert read(destruction, "scan", "--site", root)["found"] == []
    assert "none: the key of this round is destroyed" in call(site, "show", "--site", root)
    assert "witnessed by witness-1" in call(destruction, "show", "--site", root)
    assert "0 identifiers" in call(destruction, "scan", "--site", root)


def test_a_scan_that_finds_something_says_where_and_ends_with_findings(root):
    (root / "linked/left.csv").write_text("bsn;x\n123456782;1\n")
    done = CliRunner().invoke(destruction.app, ["scan", "--site", str(root)])
    assert isinstance(done.exception, FindingsError)
    assert "linked .csv: 1 identifier columns" in done.stdout
    assert "123456782" not in done.output + str(done.exception)
