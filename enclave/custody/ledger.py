"""Proving that nobody rewrote history: the whole ledger against its signed checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from enclave.custody import tables
from enclave.custody.entries import is_receipt_leaf, leaf_body
from enclave.custody.merkle import leaf_hash, root_of
from enclave.custody.notes import Verifier, read_note
from enclave.custody.registry import CHECKPOINT_NAME, SEALED_KINDS
from enclave.errors import FindingsError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from enclave.custody.context import Custody


class LedgerVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found. ``problems`` is empty when the history holds.

    ``size`` counts entries, ``checkpoints`` the signed notes that were checked against them;
    ``root`` is the root hash over all entries in hexadecimal.
    """

    size: int
    receipts: int
    root: str
    checkpoints: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def require_ok(self) -> None:
        """Raises ``FindingsError`` naming what was found."""
        if self.problems:
            raise FindingsError(
                "The ledger holds exactly what was recorded.",
                where="; ".join(self.problems),
                next_step="stop, keep the files as they are, and compare with a backup and with "
                "checkpoints that others hold",
            )


def verify_ledger(custody: Custody, old_checkpoint: str | None = None) -> LedgerVerdict:
    """The verdict on a site's ledger.

    Args:
        custody: the opened site.
        old_checkpoint: the text of a checkpoint that somebody kept; a ledger that was rewritten
            and signed again is found by this alone.
    """
    return verify_ledger_file(custody.site.registry_path, custody.registry.verifier, old_checkpoint)


def verify_ledger_file(
    path: Path, verifier: Verifier, old_checkpoint: str | None = None
) -> LedgerVerdict:
    """The verdict on a ledger from its file and its public key alone, as an auditor has them.

    Raises:
        InputError: there is no readable registry at ``path``.
    """
    if not path.is_file():
        raise InputError(
            "The ledger is a file.", where=f"file {path.name}", next_step="name the site's folder"
        )
    published = path.with_name(CHECKPOINT_NAME)
    beside = published.read_text(encoding="utf-8") if published.is_file() else None
    engine = tables.connect(path)
    try:
        with engine.begin() as connection:
            return _verify(connection, verifier, beside, old_checkpoint)
    except SQLAlchemyError as error:
        raise InputError(
            "The ledger is a readable database.",
            where=f"file {path.name}, {type(error).__name__}",
            next_step="put the original file back",
        ) from None
    finally:
        engine.dispose()


def _verify(
    connection: Connection, verifier: Verifier, beside: str | None, old: str | None
) -> LedgerVerdict:
    entries = connection.execute(select(tables.leaves).order_by(tables.leaves.c.seq)).all()
    receipts = connection.execute(select(tables.receipts)).all()
    notes = connection.execute(select(tables.checkpoints).order_by(tables.checkpoints.c.size)).all()
    hashes = [leaf_hash(entry.body) for entry in entries]
    bodies = {entry.seq: entry.body for entry in entries}
    problems = [
        *_check_entries([(entry.seq, entry.hash) for entry in entries], hashes),
        *_check_receipts(receipts, bodies),
        *_check_notes(notes, hashes, verifier),
        *_check_coverage(receipts, {note.size for note in notes}, len(hashes)),
        *_check_outside("the checkpoint beside the registry", beside, hashes, verifier),
    ]
    if old is not None:
        problems += _check_outside("the old checkpoint", old, hashes, verifier)
    return LedgerVerdict(
        size=len(entries),
        receipts=len(receipts),
        root=root_of(hashes).hex(),
        checkpoints=len(notes),
        problems=tuple(problems),
    )


def _check_entries(stored: Sequence[tuple[int, bytes]], hashes: Sequence[bytes]) -> Iterator[str]:
    if [seq for seq, _ in stored] != list(range(len(stored))):
        yield "entries are missing from the middle of the ledger"
    edited = sum(found != kept for (_, kept), found in zip(stored, hashes, strict=True))
    if edited:
        yield f"{edited} entries were edited: they do not fit their hash"


def _check_receipts(
    receipts: Sequence[Row[tuple[Any, ...]]], bodies: Mapping[int, bytes]
) -> Iterator[str]:
    """What is wrong between the receipts and their entries, both ways."""
    differing = sum(
        bodies.get(row.seq) != leaf_body(row.key, row.body) or _tag(row.body) != row.kind
        for row in receipts
    )
    if differing:
        yield f"{differing} receipts differ from their ledger entry"
    recorded = {seq for seq, body in bodies.items() if is_receipt_leaf(body)}
    lost = len(recorded - {row.seq for row in receipts})
    if lost:
        yield f"{lost} receipts that the ledger recorded are gone from the registry"


def _check_notes(
    notes: Sequence[Row[tuple[Any, ...]]], hashes: Sequence[bytes], verifier: Verifier
) -> Iterator[str]:
    """What is wrong between the kept checkpoints and the entries they cover."""
    if not notes:
        yield "there is no checkpoint; a site is made with one"
    for row in notes:
        yield from _check_note(f"the checkpoint at {row.size} entries", row.note, hashes, verifier)
        if f"\n{row.size}\n" not in row.note:
            yield f"the checkpoint filed at {row.size} entries speaks of another size"


def _check_coverage(
    receipts: Sequence[Row[tuple[Any, ...]]], sizes: set[int], entries: int
) -> Iterator[str]:
    """Receipts whose recording ends in a checkpoint, and none is there that covers them soon."""
    for row in receipts:
        if row.kind in SEALED_KINDS and not any(row.seq < size <= entries for size in sizes):
            yield f"a {row.kind} receipt has no checkpoint over it"


def _check_outside(
    what: str, note: str | None, hashes: Sequence[bytes], verifier: Verifier
) -> Iterator[str]:
    if note is None:
        yield f"{what} is missing"
    else:
        yield from _check_note(what, note, hashes, verifier)


def _check_note(what: str, note: str, hashes: Sequence[bytes], verifier: Verifier) -> Iterator[str]:
    try:
        checkpoint = read_note(note, verifier)
    except InputError:
        yield f"{what} is not signed by this ledger's key"
        return
    if checkpoint.size > len(hashes):
        lost = checkpoint.size - len(hashes)
        yield f"{what} covers {lost} entries more than the ledger has: its end was cut off"
    elif root_of(hashes[: checkpoint.size]) != checkpoint.root:
        yield f"{what} was signed over other entries: history was rewritten"


def _tag(body: bytes) -> str | None:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return found.get("type") if isinstance(found, dict) else None
