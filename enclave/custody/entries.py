"""Entries of the ledger: what their bytes are, and appending them inside a transaction.

A receipt's entry is ``{"key":K,"receipt":...}`` with the receipt's own bytes unchanged inside; an
event's entry is ``{"at":T,"event":N,"facts":{...}}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, func, select

from enclave.custody import tables
from enclave.custody.merkle import leaf_hash
from enclave.errors import InputError, RefusedError
from enclave.receipts import Receipt, decode, encode, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

R = TypeVar("R", bound=Receipt)
_encode_entry = msgspec.json.Encoder(order="sorted").encode


class StoredReceipt(NamedTuple):
    """A receipt as it lies in the registry, with its ledger entry: null when that is gone."""

    seq: int
    key: str
    body: bytes
    leaf: bytes | None
    hash: bytes | None


class LedgerEntry(msgspec.Struct, frozen=True):
    """One entry for people to read. ``key`` is null for an event; ``kind`` is then its name."""

    seq: int
    kind: str
    key: str | None
    content: dict[str, Any]


def leaf_body(key: str, body: bytes) -> bytes:
    """The ledger entry of a receipt: its bytes, unchanged, bound to its key."""
    return _encode_entry({"key": key, "receipt": msgspec.Raw(body)})


def event_body(at: datetime, name: str, facts: Mapping[str, str | int | bool]) -> bytes:
    """The ledger entry of an event."""
    return _encode_entry({"at": at, "event": name, "facts": dict(facts)})


def event_facts(body: bytes, name: str) -> dict[str, str | int | bool] | None:
    """The facts of an event of this name; null for any other entry."""
    entry = msgspec.json.decode(body)
    return dict(entry["facts"]) if entry.get("event") == name else None


def described(seq: int, body: bytes) -> LedgerEntry:
    """The entry at a position, taken apart."""
    entry = msgspec.json.decode(body)
    if is_receipt_leaf(body):
        return LedgerEntry(seq, entry["receipt"]["type"], entry["key"], entry["receipt"])
    return LedgerEntry(seq, entry["event"], None, {"at": entry["at"], **entry["facts"]})


def is_receipt_leaf(body: bytes) -> bool:
    """Whether a ledger entry is that of a receipt; events have no key."""
    return body.startswith(b'{"key":')


def append_receipt(connection: Connection, key: str, receipt: Receipt) -> int:
    """The position of a receipt, appended unless the same bytes are on record already.

    Raises:
        RefusedError: other bytes are on record under this kind and key.
    """
    kind, body = kind_of(receipt), encode(receipt)
    there = connection.execute(
        select(tables.receipts.c.seq, tables.receipts.c.body).where(
            tables.receipts.c.kind == kind, tables.receipts.c.key == key
        )
    ).one_or_none()
    if there is not None:
        if there.body != body:
            raise RefusedError(
                "What is recorded is never changed.",
                where=f"a {kind} receipt of this key is already in the ledger",
                next_step="use the receipt on record",
            )
        return int(there.seq)
    position = append_leaf(connection, leaf_body(key, body))
    connection.execute(tables.receipts.insert().values(seq=position, kind=kind, key=key, body=body))
    return position


def append_leaf(connection: Connection, body: bytes) -> int:
    """The position of a new entry: the next number, since the caller holds the write lock."""
    position = connection.execute(
        select(func.coalesce(func.max(tables.leaves.c.seq) + 1, 0))
    ).scalar_one()
    connection.execute(tables.leaves.insert().values(seq=position, body=body, hash=leaf_hash(body)))
    return int(position)


def checked(row: StoredReceipt, kind: type[R]) -> R:
    """The receipt whose ledger entry fits it; ``InputError`` when it was tampered with."""
    expected = leaf_body(row.key, row.body)
    if row.leaf == expected and row.hash == leaf_hash(expected):
        try:
            receipt = decode(row.body)
        except msgspec.DecodeError:
            receipt = None
        if isinstance(receipt, kind):
            return receipt
    raise InputError(
        "A receipt is what the ledger recorded.",
        where=f"registry, a {kind_of(kind)} receipt differs from its leaf",
        next_step="stop and run: enclave ledger verify",
    )
