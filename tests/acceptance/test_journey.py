"""The whole journey by its own command, on a small made-up nation."""

import hashlib
import json
import sqlite3

import polars as pl
import pytest
from driver import demo_arguments, enclave

pytestmark = pytest.mark.xdist_group("demo")


def digests(folder):
    """A digest of every file; of the database its content, not the place of its pages."""
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("registry.sqlite")
    }
    database = sqlite3.connect(folder / "registry.sqlite")
    found["registry"] = hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()
    database.close()
    return found


def test_every_stage_reports_its_counts_and_they_add_up(demo):
    record = demo.record
    assert record["delivered"] == record["accepted"] + record["rejected"]
    assert record["rejected"] >= 8
    assert record["pupils"] == record["linked"] + record["review"] + record["unlinked"]
    assert record["destroyed"] == record["pupils"] > 500
    assert record["released"] == record["requests"] >= 2
    assert record["hidden_cells"] > 0
    assert record["reports"] > 0


def test_links_are_right_against_the_truth(demo):
    truth = demo.record["stages"]["linkage"]["truth"]
    assert truth["precision"] >= 0.995
    assert truth["recall"] >= 0.95


def test_each_refusal_has_the_reason_that_was_planted(demo):
    expected = [
        json.loads(path.read_text(encoding="utf-8"))["reason"]
        for path in sorted((demo.world / "deliveries-broken").glob("*/expected.json"))
    ]
    expected += ["damaged", "not_sealed_for_this_site", "already_delivered"]
    counted = {reason: expected.count(reason) for reason in expected}
    assert demo.record["stages"]["deliveries"]["reasons"] == counted


def test_running_it_twice_changes_nothing(demo):
    before = digests(demo.site)
    again = json.loads(enclave(*demo_arguments(demo.root)).stdout)
    assert digests(demo.site) == before
    same = {key: value for key, value in again.items() if key != "seconds"}
    assert same == {key: value for key, value in demo.record.items() if key != "seconds"}


def test_released_tables_show_no_count_below_the_threshold(demo):
    files = sorted((demo.site / "released").rglob("*.csv"))
    assert len(files) >= 2
    hidden = 0
    for file in files:
        table = pl.read_csv(file, infer_schema=False, comment_prefix="#")
        hidden += table.select((pl.col("value") == ".").sum()).item()
        if file.name.startswith("count"):
            shown = table.filter(pl.col("value") != ".")["value"].cast(pl.Float64)
            assert shown.filter((shown > 0) & (shown < 10)).is_empty()
    assert hidden == demo.record["hidden_cells"]


def test_two_reviewers_who_are_not_the_author_approved_each_release(demo):
    with sqlite3.connect(demo.site / "registry.sqlite") as database:
        rows = database.execute("SELECT kind, body FROM receipts").fetchall()
    database.close()
    bodies = [(kind, json.loads(body)) for kind, body in rows]
    authors = {b["request_id"]: b["author"] for kind, b in bodies if kind == "request"}
    for kind, release in bodies:
        if kind == "release":
            approved = {
                b["reviewer"]
                for k, b in bodies
                if k == "decision"
                and b["request_id"] == release["request_id"]
                and b["package_digest"] == release["package_digest"]
                and b["decision"] == "approve"
            }
            assert len(approved - {authors[release["request_id"]]}) >= 2


def test_the_ledger_proves_the_history(demo):
    verdict = json.loads(enclave("ledger", "verify", "--site", demo.site, "--json").stdout)
    assert verdict["ok"] is True
    assert verdict["size"] > 10


def test_an_edited_history_is_found(demo_copy):
    database = sqlite3.connect(demo_copy.site / "registry.sqlite")
    for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger'"
    ).fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute(
        "UPDATE receipts SET body = CAST(replace(CAST(body AS TEXT), 'reviewer-1', 'reviewer-9') AS BLOB)"
        " WHERE kind = 'decision'"
    )
    database.commit()
    database.close()
    done = enclave("ledger", "verify", "--site", demo_copy.site, check=False)
    assert done.returncode == 3


def test_a_person_can_read_what_happened_on_one_page(demo):
    page = (demo.root / "summary.html").read_text(encoding="utf-8")
    assert "<script" not in page.lower()
    assert "http://" not in page.replace("http://www.w3.org", "")
    for word in ("deliver", "link", "hidden", "release"):
        assert word in page.lower()


def test_the_plain_words_name_the_next_command(demo):
    arguments = [part for part in demo_arguments(demo.root) if part != "--json"]
    done = enclave(*arguments)
    assert "enclave desk serve" in done.stdout
    assert "precision" in done.stdout
