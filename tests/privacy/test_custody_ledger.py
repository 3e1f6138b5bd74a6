"""Nobody rewrites history: every way to change the ledger behind its back is found."""

import shutil
import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.custody import Registry, Vault, read_note, verify_ledger_file
from enclave.custody.merkle import leaf_hash
from enclave.custody.registry import LEDGER_KEY
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.receipts import ReleaseReceipt, RequestReceipt

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def request(number):
    return RequestReceipt(
        request_id=f"request-{number}",
        project_id="growth",
        author="researcher-1",
        title="title",
        purpose="purpose",
        files=(),
        submitted_at=NOW,
    )


def release():
    return ReleaseReceipt(
        request_id="request-1",
        project_id="growth",
        package_digest="0" * 64,
        files=(),
        reviewers=(),
        hidden_cells=0,
        released_at=NOW,
    )


def make(folder):
    vault = Vault.create(folder / "vault", lambda: NOW)
    vault.ensure(LEDGER_KEY, "ed25519")
    registry = Registry.create(folder / "registry.sqlite", vault, lambda: NOW)
    registry.event("site made", {"round": "2026-E"})
    registry.checkpoint()
    registry.record_many((f"k{number}", request(number)) for number in range(5))
    registry.record("request-1", release())
    registry.event("after the last checkpoint", {})
    registry.close()
    return registry


@pytest.fixture
def registry(tmp_path):
    return make(tmp_path)


def tamper(registry, *statements):
    connection = sqlite3.connect(registry._path)
    for table in ("leaves", "receipts", "checkpoints"):
        for action in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}")
    connection.create_function("leaf_hash", 1, leaf_hash)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def verdict(registry, old=None):
    return verify_ledger_file(registry._path, registry.verifier, old)


EDIT = "UPDATE {} SET body = CAST(replace(CAST(body AS TEXT), 'purpose', 'another') AS BLOB)"
FORGE = "UPDATE checkpoints SET note = substr(note, 1, length(note) - 10) || 'AAAAAAA=' || char(10)"
FIX = "UPDATE leaves SET hash = leaf_hash(body)"


def test_an_honest_ledger_holds(registry):
    found = verdict(registry)
    assert (found.problems, found.size, found.receipts, found.checkpoints) == ((), 8, 6, 2)
    assert found.ok
    found.require_ok()


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        ([EDIT.format("leaves") + " WHERE seq = 3"], "do not fit their hash"),
        ([EDIT.format("receipts") + " WHERE seq = 3"], "differ from their ledger entry"),
        ([EDIT.format("leaves"), EDIT.format("receipts"), FIX], "history was rewritten"),
        (["UPDATE receipts SET key = 'k9' WHERE key = 'k1'"], "differ from their ledger entry"),
        (["UPDATE receipts SET kind = 'reports' WHERE key = 'k1'"], "differ from their"),
        (["DELETE FROM receipts WHERE seq = 3"], "gone from the registry"),
        (["DELETE FROM receipts WHERE seq > 4", "DELETE FROM leaves WHERE seq > 4"], "cut off"),
        (["DELETE FROM receipts WHERE seq = 3", "DELETE FROM leaves WHERE seq = 3"], "missing"),
        (["DELETE FROM leaves WHERE seq = 3"], "missing from the middle"),
        (["DELETE FROM checkpoints WHERE size = 7"], "has no checkpoint over it"),
        (["DELETE FROM checkpoints"], "there is no checkpoint"),
        ([FORGE], "not signed"),
        (["UPDATE checkpoints SET size = 6 WHERE size = 7"], "speaks of another size"),
        (
            ["UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 1)"],
            "speaks of another size",
        ),
    ],
)
def test_every_change_is_found_and_named(registry, statements, problem):
    tamper(registry, *statements)
    found = verdict(registry)
    assert not found.ok
    assert any(problem in text for text in found.problems), found.problems
    with pytest.raises(FindingsError, match="exactly what was recorded"):
        found.require_ok()


def test_a_lost_checkpoint_file_is_found(registry):
    registry._path.with_name("checkpoint.txt").unlink()
    assert verdict(registry).problems == ("the checkpoint beside the registry is missing",)


def test_a_tail_that_no_checkpoint_covers_is_found_by_the_checkpoint_somebody_kept(registry):
    kept = registry.checkpoint()
    tamper(
        registry,
        "DELETE FROM leaves WHERE seq = 7",
        "DELETE FROM checkpoints WHERE size = 8",
    )
    registry._path.with_name("checkpoint.txt").write_text(registry_note(registry, 7))
    assert verdict(registry).ok
    assert "cut off" in verdict(registry, kept).problems[0]


def registry_note(registry, size):
    connection = sqlite3.connect(registry._path)
    row = connection.execute("SELECT note FROM checkpoints WHERE size = ?", (size,)).fetchone()
    connection.close()
    return row[0]


def test_a_fork_signed_with_the_true_key_is_found_by_an_old_checkpoint(tmp_path):
    """Whoever holds the key can rewrite and sign anew; a note kept elsewhere tells."""
    first = make(tmp_path / "first")
    kept = registry_note(first, 7)
    shutil.copytree(tmp_path / "first/vault", tmp_path / "second/vault", copy_function=shutil.copy)
    (tmp_path / "second/vault").chmod(0o700)
    vault = Vault.load(tmp_path / "second/vault", lambda: NOW)
    second = Registry.create(tmp_path / "second/registry.sqlite", vault, lambda: NOW)
    for number in range(9):
        second.event("another history", {"n": number})
    second.checkpoint()
    second.close()
    assert verdict(second).ok
    assert verdict(second, kept).problems == (
        "the old checkpoint was signed over other entries: history was rewritten",
    )


def test_a_checkpoint_of_another_ledger_is_no_proof(registry, tmp_path):
    other = make(tmp_path / "other")
    problems = verdict(registry, other.checkpoint()).problems
    other.close()
    assert problems == ("the old checkpoint is not signed by this ledger's key",)


def test_an_older_registry_put_back_is_found_and_takes_no_new_checkpoint(registry):
    old = registry._path.read_bytes()
    registry.event("later", {})
    registry.checkpoint()
    registry.close()
    registry._path.write_bytes(old)
    assert any("cut off" in problem for problem in verdict(registry).problems)
    with pytest.raises(RefusedError, match="only grows"):
        registry.checkpoint()
    registry.close()


def test_a_ledger_that_is_no_database_is_refused(registry, tmp_path):
    registry._path.write_bytes(b"no database" * 500)
    with pytest.raises(InputError, match="readable database"):
        verdict(registry)
    with pytest.raises(InputError, match="is a file"):
        verify_ledger_file(tmp_path / "nowhere", registry.verifier)


def test_every_kept_checkpoint_stays_valid_as_the_ledger_grows(registry):
    notes = []
    for number in range(6):
        registry.event("more", {"n": number})
        notes.append(registry.checkpoint())
    registry.close()
    sizes = [read_note(note, registry.verifier).size for note in notes]
    assert sizes == [9, 10, 11, 12, 13, 14]
    assert all(verdict(registry, note).ok for note in notes)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_any_covered_entry_is_found(tmp_path_factory, data):
    registry = make(tmp_path_factory.mktemp("ledger"))
    seq = data.draw(st.integers(0, 6))
    connection = sqlite3.connect(registry._path)
    body = connection.execute("SELECT body FROM leaves WHERE seq = ?", (seq,)).fetchone()[0]
    connection.close()
    place = data.draw(st.integers(0, len(body) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = body[:place] + bytes([body[place] ^ mask]) + body[place + 1 :]
    repair = data.draw(st.booleans())
    statement = f"UPDATE leaves SET body = x'{changed.hex()}' WHERE seq = {seq}"  # noqa: S608 - an attack
    tamper(registry, statement, *([FIX] if repair else []))
    assert not verdict(registry).ok
