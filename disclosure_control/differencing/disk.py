"""Files of a history: written whole, by one writer at a time, for their owner only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from disclosure_control.errors import DisclosureControlError

LOCK, PARTIAL = "lock", "partial"


class HistoryError(DisclosureControlError):
    """The history on disk is damaged, incomplete, or not one; nothing may be cleared by it."""


def read_file(path: Path) -> bytes:
    """The content of a file of the history.

    Raises:
        HistoryError: it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise HistoryError(
            f"The file {path.name} of the history can be read; it is missing or closed to us."
        ) from None


def write_file(target: Path, data: bytes) -> None:
    """Puts a file in place in one step; only its owner can read it."""
    partial = target.parent / PARTIAL
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Lets one process at a time add; a killed holder frees the lock."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
