"""The registry's database: three append-only tables in SQLite.

``leaves``       every entry of the ledger: its exact bytes and its leaf hash
``receipts``     the entries that are receipts, by kind and key
``checkpoints``  signed notes over the first ``size`` leaves

Triggers refuse UPDATE and DELETE. They stop mistakes; a person who owns the file can drop them,
and then the checkpoints tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
_BUSY_MILLISECONDS = 60_000

metadata = MetaData()

leaves = Table(
    "leaves",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("seq >= 0"),
    CheckConstraint("length(hash) = 32"),
    sqlite_strict=True,
)
receipts = Table(
    "receipts",
    metadata,
    Column("seq", ForeignKey("leaves.seq"), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("kind", "key"),
    sqlite_strict=True,
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    sqlite_strict=True,
)


def connect(path: Path) -> Engine:
    """An engine for the database at ``path``; it makes nothing by itself.

    Parameters never appear in its errors. A transaction takes the write lock at its start when
    the connection has the execution option ``write``, so that two writers queue instead of
    meeting half-way.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def create_schema(connection: Connection) -> None:
    """Makes tables and triggers that are not there yet, inside the caller's transaction."""
    metadata.create_all(connection)
    for table in metadata.tables:
        for action in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} "
                f"BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _prepare(connection: Any, _record: object) -> None:
    """WAL so that readers never wait; FULL so that a commit is on disk before it is reported."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
