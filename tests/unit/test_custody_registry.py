"""The registry records once, in order, together with the ledger, or not at all."""

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import msgspec
import pytest

from enclave.custody import LedgerUnwritableError, Registry, Vault, read_note
from enclave.custody.registry import LEDGER_KEY
from enclave.errors import InputError, RefusedError
from enclave.receipts import (
    AssessmentReceipt,
    ReleaseReceipt,
    ReportsReceipt,
    RequestReceipt,
    encode,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault", lambda: NOW)
    vault.ensure(LEDGER_KEY, "ed25519")
    return vault


@pytest.fixture
def registry(tmp_path, vault):
    with Registry.create(tmp_path / "registry.sqlite", vault, lambda: NOW) as registry:
        yield registry


def request(number, title="title"):
    return RequestReceipt(
        request_id=f"request-{number}",
        project_id="growth",
        author="researcher-1",
        title=title,
        purpose="purpose",
        files=(),
        submitted_at=NOW,
    )


def released():
    return ReleaseReceipt(
        request_id="request-1",
        project_id="growth",
        package_digest="0" * 64,
        files=(),
        reviewers=("reviewer-1", "reviewer-2"),
        hidden_cells=0,
        released_at=NOW,
    )


def sql(registry, statement):
    connection = sqlite3.connect(registry._path)
    try:
        rows = connection.execute(statement).fetchall()
        connection.commit()
    finally:
        connection.close()
    return rows


def test_receipts_come_back_equal_and_in_the_order_of_the_ledger(registry):
    receipts = [request(number) for number in (3, 1, 2)]
    positions = [registry.record(receipt.request_id, receipt) for receipt in receipts]
    assert positions == [0, 1, 2]
    assert registry.all(RequestReceipt) == receipts
    assert registry.find(RequestReceipt, "request-1") == request(1)
    assert registry.find(RequestReceipt, "request-9") is None
    assert registry.find(AssessmentReceipt, "request-1") is None


def test_the_same_receipt_again_changes_nothing(registry):
    first = registry.record("k", request(1))
    registry.event("something", {"n": 1})
    assert registry.record("k", request(1)) == first
    assert len(registry.entries(10)) == 2


def test_another_receipt_under_the_same_key_is_refused(registry):
    registry.record("k", request(1))
    with pytest.raises(RefusedError, match="never changed"):
        registry.record("k", request(1, title="another"))
    assert registry.all(RequestReceipt) == [request(1)]


def test_many_receipts_are_recorded_all_or_none(registry):
    assert registry.record_many((f"k{n}", request(n)) for n in range(5)) == [0, 1, 2, 3, 4]
    with pytest.raises(RefusedError):
        registry.record_many([("k5", request(5)), ("k0", request(0, title="another"))])
    assert registry.find(RequestReceipt, "k5") is None
    assert len(registry.entries(10)) == 5


def test_events_are_entries_and_no_receipts(registry):
    registry.event("workspace skipped", {"project": "growth", "times": 2})
    registry.record("k", request(1))
    assert registry.events("workspace skipped") == [{"project": "growth", "times": 2}]
    assert registry.events("another") == []
    assert [(entry.kind, entry.key) for entry in registry.entries(5)] == [
        ("workspace skipped", None),
        ("request", "k"),
    ]
    assert registry.entries(1)[0].content == msgspec.json.decode(encode(request(1)))


def test_a_release_is_under_a_checkpoint_from_the_moment_it_is_recorded(registry):
    registry.record("k", request(1))
    assert sql(registry, "SELECT count(*) FROM checkpoints") == [(0,)]
    registry.record("request-1", released())
    assert sql(registry, "SELECT size FROM checkpoints") == [(2,)]
    note = (registry._path.parent / "checkpoint.txt").read_text()
    assert read_note(note, registry.verifier).size == 2


def test_a_checkpoint_of_the_same_ledger_is_made_once(registry):
    registry.event("something", {})
    assert registry.checkpoint() == registry.checkpoint()
    assert sql(registry, "SELECT count(*) FROM checkpoints") == [(1,)]


@pytest.mark.parametrize("table", ["leaves", "receipts", "checkpoints"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET rowid = 9", "DELETE FROM {}"])
def test_triggers_stop_changes(registry, table, statement):
    registry.record("request-1", released())
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql(registry, statement.format(table))


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE receipts SET body = replace(body, 'purpose', 'porpuse')",
        "UPDATE receipts SET key = 'other' WHERE key = 'k'",
        "UPDATE leaves SET body = x'7b7d'",
        "UPDATE leaves SET hash = zeroblob(32)",
    ],
)
def test_what_was_edited_behind_the_triggers_is_not_returned(registry, edit):
    registry.record("k", request(1))
    sql(registry, "DROP TRIGGER receipts_no_update")
    sql(registry, "DROP TRIGGER leaves_no_update")
    sql(
        registry,
        edit.replace("replace(body", "CAST(replace(CAST(body AS TEXT)").replace(
            "'porpuse')", "'porpuse') AS BLOB)"
        ),
    )
    with pytest.raises(InputError, match="what the ledger recorded"):
        registry.all(RequestReceipt)


def test_tables_are_strict_and_every_commit_reaches_the_disk(registry):
    registry.event("something", {})
    assert {
        row[0]
        for row in sql(
            registry,
            "SELECT strict FROM pragma_table_list WHERE name IN "
            "('leaves', 'receipts', 'checkpoints')",
        )
    } == {1}
    with registry._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert registry._path.stat().st_mode & 0o077 == 0


def test_threads_that_write_together_leave_no_gap(registry):
    def write(writer):
        for number in range(25):
            registry.record(f"{writer}-{number}", request(number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.seq for entry in registry.entries(1000)] == list(range(100))
    assert len(registry.all(RequestReceipt)) == 100


def test_an_error_in_the_middle_records_nothing(registry, monkeypatch):
    """The receipt's checkpoint cannot be signed, so neither receipt nor leaf is there."""

    def fails(*_):
        raise KeyError

    monkeypatch.setattr(registry._vault, "sign", fails)
    with pytest.raises(KeyError):
        registry.record("request-1", released())
    assert registry.entries(10) == []
    assert registry.find(ReleaseReceipt, "request-1") is None


FULL_DISK = """
import resource, sys
from pathlib import Path
from datetime import UTC, datetime
from enclave.custody import LedgerUnwritableError, Registry, Vault
clock = lambda: datetime(2026, 11, 23, tzinfo=UTC)
root = Path(sys.argv[1])
registry = Registry.open(root / "registry.sqlite", Vault.load(root / "vault", clock), clock)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
done = 0
try:
    while True:
        registry.event("filled", {"text": "x" * 1000})
        done += 1
except LedgerUnwritableError as error:
    print(done, error.exit_code, "room on the disk" in str(error))
"""


def test_a_full_disk_stops_the_record_and_loses_nothing(registry):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(registry._path.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, code, told = done.stdout.split()
    assert (code, told) == ("1", "True")
    assert int(count) > 10
    assert len(registry.entries(10_000)) == int(count)
    assert sql(registry, "PRAGMA integrity_check") == [("ok",)]


def test_an_error_of_the_database_shows_no_value(registry):
    sql(registry, "DROP TABLE receipts")
    with pytest.raises(LedgerUnwritableError) as caught:
        registry.record("canary-key", request(1, title="canary-title"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "canary" not in str(caught.value)
    with pytest.raises(InputError, match="readable database"):
        registry.all(RequestReceipt)


def test_a_registry_that_is_missing_foreign_or_unfinished_is_not_opened(tmp_path, vault):
    path = tmp_path / "other.sqlite"
    with pytest.raises(InputError, match="has a registry"):
        Registry.open(path, vault, lambda: NOW)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="schema version"):
        Registry.open(path, vault, lambda: NOW)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="readable database"):
        Registry.open(path, vault, lambda: NOW)


def test_kinds_do_not_mix(registry):
    registry.record("same-key", request(1))
    assert registry.find(ReportsReceipt, "same-key") is None


def test_core_dumps_can_be_switched_off():
    code = (
        "import resource; from enclave.custody import harden_process; harden_process(); "
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"
