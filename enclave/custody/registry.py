"""The registry: every receipt and event of a site, recorded once and never changed.

A receipt and its leaf of the ledger are written in one transaction, so there is no receipt
without a trace and no trace without a receipt. When the ledger cannot be written, nothing is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from enclave.custody import tables
from enclave.custody.entries import (
    LedgerEntry,
    StoredReceipt,
    append_leaf,
    append_receipt,
    checked,
    described,
    event_body,
    event_facts,
)
from enclave.custody.merkle import root_of
from enclave.custody.notes import Checkpoint, Verifier, read_note, signed_note
from enclave.errors import EnclaveError, InputError, RefusedError
from enclave.files import write_bytes
from enclave.ids import KeyName
from enclave.receipts import Receipt, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from enclave.clock import Clock
    from enclave.custody.vault import Vault

LEDGER_KEY = KeyName("site/ledger")
CHECKPOINT_NAME = "checkpoint.txt"
SEALED_KINDS = frozenset({"destruction", "release", "reports"})
"""Kinds whose recording ends in a checkpoint, in the same transaction."""

R = TypeVar("R", bound=Receipt)


class LedgerUnwritableError(EnclaveError):
    """The ledger could not be written, so the action was not recorded and must not count."""


class Registry:
    """Receipts by kind and key, and the ledger under them. Make it with ``create`` or ``open``.

    Any number of processes and threads may use one file; writers queue.
    """

    def __init__(self, path: Path, vault: Vault, clock: Clock) -> None:
        self._path = path
        self._vault = vault
        self._clock = clock
        self._engine: Engine = tables.connect(path)
        self._verifier = Verifier.of(vault.verify_key(LEDGER_KEY))

    @classmethod
    def create(cls, path: Path, vault: Vault, clock: Clock) -> Self:
        """The registry at ``path``, made if there is none yet.

        Raises:
            InputError: the vault has no ledger key.
            LedgerUnwritableError: the disk is full or closed to us.
        """
        path.touch(mode=0o600)
        registry = cls(path, vault, clock)
        with registry._writing() as connection:
            tables.create_schema(connection)
        return registry

    @classmethod
    def open(cls, path: Path, vault: Vault, clock: Clock) -> Self:
        """The registry that lies at ``path``; ``InputError`` when there is none."""
        if not path.is_file():
            raise InputError(
                "A site has a registry.",
                where=f"file {path.name}",
                next_step="make the site with: enclave site init --site DIR",
            )
        registry = cls(path, vault, clock)
        registry._require_schema()
        return registry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def verifier(self) -> Verifier:
        """The public key that checks this ledger's checkpoints."""
        return self._verifier

    def record(self, key: str, receipt: Receipt) -> int:
        """The position in the ledger of a receipt, which is recorded if it is new.

        Raises:
            RefusedError: another receipt of this kind and key is on record.
            LedgerUnwritableError: nothing was recorded.
        """
        return self.record_many([(key, receipt)])[0]

    def record_many(self, pairs: Iterable[tuple[str, Receipt]]) -> list[int]:
        """The positions of many receipts, recorded in one transaction: all of them or none."""
        pairs = list(pairs)
        with self._writing() as connection:
            positions = [append_receipt(connection, key, receipt) for key, receipt in pairs]
            note = None
            if any(kind_of(receipt) in SEALED_KINDS for _, receipt in pairs):
                note = self._append_checkpoint(connection)
        if note is not None:
            self._publish()
        return positions

    def event(self, name: str, facts: Mapping[str, str | int | bool]) -> int:
        """The position of a new ledger entry that is no receipt.

        ``facts`` are ids, counts and codes: never a data value, because the ledger never forgets.
        """
        with self._writing() as connection:
            return append_leaf(connection, event_body(self._clock(), name, facts))

    def find(self, kind: type[R], key: str) -> R | None:
        """The receipt of a kind and key, or null; ``InputError`` when it was tampered with."""
        rows = self._read(kind, key)
        return checked(rows[0], kind) if rows else None

    def all(self, kind: type[R]) -> list[R]:
        """Every receipt of a kind, in ledger order."""
        return [checked(row, kind) for row in self._read(kind, None)]

    def history(self, kinds: Sequence[type[R]]) -> list[R]:
        """Every receipt of several kinds, in ledger order."""
        rows = [(row.seq, checked(row, kind)) for kind in kinds for row in self._read(kind, None)]
        return [receipt for _, receipt in sorted(rows, key=lambda pair: pair[0])]

    def events(self, name: str) -> list[dict[str, str | int | bool]]:
        """The facts of every event of a name, in ledger order."""
        query = select(tables.leaves.c.body).order_by(tables.leaves.c.seq)
        with self._reading() as connection:
            found = [event_facts(body, name) for body in connection.execute(query).scalars()]
        return [facts for facts in found if facts is not None]

    def entries(self, last: int) -> list[LedgerEntry]:
        """The newest ``last`` entries of the ledger, oldest first."""
        query = select(tables.leaves).order_by(tables.leaves.c.seq.desc()).limit(last)
        with self._reading() as connection:
            found = [described(row.seq, row.body) for row in connection.execute(query)]
        return found[::-1]

    def is_empty(self) -> bool:
        """Whether nothing has been recorded yet."""
        with self._reading() as connection:
            return connection.execute(select(tables.leaves.c.seq).limit(1)).first() is None

    def checkpoint(self) -> str:
        """The signed note over everything recorded so far, also kept beside the registry.

        Raises:
            RefusedError: the note beside the registry knows of more entries than the registry.
        """
        with self._writing() as connection:
            note = self._append_checkpoint(connection)
        self._publish()
        return note

    def close(self) -> None:
        """Lets go of the database. The registry may be used again afterwards."""
        self._engine.dispose()

    def _read(self, kind: type[R], key: str | None) -> list[StoredReceipt]:
        query = (
            select(
                tables.receipts.c.seq,
                tables.receipts.c.key,
                tables.receipts.c.body,
                tables.leaves.c.body,
                tables.leaves.c.hash,
            )
            .outerjoin_from(
                tables.receipts, tables.leaves, tables.receipts.c.seq == tables.leaves.c.seq
            )
            .where(tables.receipts.c.kind == kind_of(kind))
            .order_by(tables.receipts.c.seq)
        )
        if key is not None:
            query = query.where(tables.receipts.c.key == key)
        with self._reading() as connection:
            return [StoredReceipt(*row) for row in connection.execute(query)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _unreadable(error) from None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with (
                self._engine.connect().execution_options(write=True) as connection,
                connection.begin(),
            ):
                yield connection
        except SQLAlchemyError as error:
            raise LedgerUnwritableError(
                "Every step is recorded in the ledger before it counts; this one was not recorded.",
                where=f"file {self._path.name}, {type(error).__name__}",
                next_step="make room on the disk and see that the file may be written, "
                "then run the same command again",
            ) from None

    def _append_checkpoint(self, connection: Connection) -> str:
        """The note over all leaves, made if the newest one covers fewer."""
        hashes = connection.execute(
            select(tables.leaves.c.hash).order_by(tables.leaves.c.seq)
        ).scalars()
        leaves = list(hashes)
        now = Checkpoint(self._verifier.name, len(leaves), root_of(leaves))
        self._refuse_rollback(now)
        there = connection.execute(
            select(tables.checkpoints.c.note).where(tables.checkpoints.c.size == now.size)
        ).scalar_one_or_none()
        if there is not None:
            return str(there)
        signature = self._vault.sign(LEDGER_KEY, now.text.encode())
        note = signed_note(now, self._verifier, signature)
        connection.execute(
            tables.checkpoints.insert().values(
                size=now.size, note=note, made_at=self._clock().isoformat()
            )
        )
        return note

    def _refuse_rollback(self, now: Checkpoint) -> None:
        published = self._path.with_name(CHECKPOINT_NAME)
        if not published.is_file():
            return
        old = read_note(published.read_text(encoding="utf-8"), self._verifier)
        if old.size > now.size or (old.size == now.size and old.root != now.root):
            raise RefusedError(
                "A ledger only grows; the last checkpoint beside it knows of entries it lacks.",
                where=f"{CHECKPOINT_NAME} has {old.size} entries, the registry {now.size}",
                next_step="find out who put back an older registry; see: enclave ledger verify",
            )

    def _publish(self) -> None:
        """Puts the newest note beside the registry, for people to hand to somebody else.

        The write lock is held meanwhile, so that no older note lands on a newer one.
        """
        newest = select(tables.checkpoints.c.note).order_by(tables.checkpoints.c.size.desc())
        with self._writing() as connection:
            note = connection.execute(newest.limit(1)).scalar_one()
            write_bytes(self._path.with_name(CHECKPOINT_NAME), note.encode())

    def _require_schema(self) -> None:
        with self._reading() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version != tables.VERSION:
            raise InputError(
                f"The registry has schema version {tables.VERSION}.",
                where=f"file {self._path.name}, found version {int(version)}",
                next_step="finish making the site with: enclave site init --site DIR",
            )


def _unreadable(error: SQLAlchemyError) -> InputError:
    return InputError(
        "The registry is a readable database of this site.",
        where=f"registry, {type(error).__name__}",
        next_step="put the original file back, then run: enclave ledger verify",
    )
