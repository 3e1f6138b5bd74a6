"""Writing a file so that it is either whole or not there."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enclave.errors import InputError, RefusedError
from enclave.ids import Digest
from enclave.receipts import FileDigest
from enclave.site import Site

_BLOCK = 1 << 20


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target`` that takes its place when the block ends well.

    The file and its folder are flushed to disk before and after the rename. On an error, or when
    the process dies, ``target`` is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=PARTIAL)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        put_in_place(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(whole: Path, target: Path) -> None:
    """Moves a whole file to ``target`` on the same disk in one step that lasts through a crash."""
    _flush(whole)
    whole.replace(target)
    _flush(target.parent)


PARTIAL = ".partial-"
"""How the name of everything unfinished begins."""


def sweep_partials(folder: Path) -> int:
    """Removes what killed runs left unfinished below ``folder``; returns how many entries.

    Only for a caller that knows that nobody else is writing there.
    """
    found = sorted(folder.rglob(f"{PARTIAL}*"))
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def disk_problem(error: OSError) -> InputError:
    """What to tell about a disk that is full or cannot be read or written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return InputError(
        "The site has room for its files." if full else "The site can be read and written.",
        where=errno.errorcode.get(error.errno or 0, "unknown system error"),
        next_step="make room or mend the disk, then run the same command; nothing was lost",
    )


@contextmanager
def only_one(lock: Path, doing: str) -> Iterator[None]:
    """Holds ``lock`` while the block runs; raises when another process holds it.

    Raises:
        RefusedError: another process is ``doing`` the same.
    """
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RefusedError(
                f"One process at a time is {doing}.",
                where="another one is running",
                next_step="wait for it to end, then run the same command",
            ) from None
        yield


def write_bytes(target: Path, data: bytes) -> None:
    """Writes ``data`` to ``target`` in one step; mode 0600."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


def sha256_of(path: Path) -> Digest:
    """The SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return Digest(digest.hexdigest())


def file_digest(site: Site, path: Path) -> FileDigest:
    """Path, size and SHA-256 of a file of the site."""
    return FileDigest(path=site.relative(path), size=path.stat().st_size, sha256=sha256_of(path))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
