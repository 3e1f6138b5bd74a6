"""Files of the vault: written whole, owned by one writer at a time, destroyed by overwriting."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = "partial"


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Lets one process at a time change the vault; a killed holder frees the lock.

    Whatever lies half-written when the lock is taken belongs to a dead writer. It may hold a
    wrapped key, so it is destroyed like one.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for leftover in (folder / PARTIAL).iterdir():
            overwrite_and_unlink(leftover)
        yield
    finally:
        os.close(handle)


def write_key_file(folder: Path, target: Path, data: bytes) -> None:
    """Writes ``target`` in one step, mode 0600, through the vault's own folder of partial files.

    Call it only inside ``one_writer``.
    """
    temporary = folder / PARTIAL / secrets.token_hex(8)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        if temporary.exists():
            overwrite_and_unlink(temporary)
        raise
    flush_folder(target.parent)


def overwrite_and_unlink(path: Path) -> None:
    """Overwrites a file in place with random bytes, flushes it, and removes its name.

    No promise for media that write elsewhere (flash translation layers, copy-on-write, journals,
    snapshots, backups): there only the loss of the wrapping key helps.
    """
    with path.open("r+b", buffering=0) as stream:
        stream.write(secrets.token_bytes(path.stat().st_size))
        os.fsync(stream.fileno())
    path.unlink()
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Makes what was renamed or removed in a folder last through a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
