"""The folder for unfinished work on a spine: it holds identifiers, so no run leaves it for long.

It lies beside the file to write and is named after it. A run that was killed leaves it; the next
run for the same file empties it first, and touches nothing that belongs to another.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enclave.errors import RefusedError
from enclave.files import PARTIAL


def scratch_of(out: Path) -> Path:
    """Where unfinished work on a file lies."""
    name = hashlib.sha256(os.fsencode(out.name)).hexdigest()[:16]
    return out.parent / f"{PARTIAL}spine-{name}"


@contextmanager
def scratch(out: Path) -> Iterator[Path]:
    """The folder, empty and for its owner alone; removed at the end, good or bad.

    Raises:
        RefusedError: another process writes the same file, or somebody else made the folder.
    """
    folder = scratch_of(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = _held(folder)
    try:
        for left in folder.iterdir():
            _remove(left)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(out: Path) -> None:
    """Removes what a killed run left after it had written its file.

    Raises:
        RefusedError: as ``scratch``.
    """
    if scratch_of(out).exists():
        with scratch(out):
            pass


def _held(folder: Path) -> int:
    """The folder, opened and locked; it is the one of that name, ours, and no link elsewhere."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise _not_ours() from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine, there = os.fstat(handle), folder.stat(follow_symlinks=False)
    except OSError:
        os.close(handle)
        raise RefusedError(
            "One process at a time writes a spine file.",
            where="the file to write, another run is at work on it",
            next_step="wait for it to end",
        ) from None
    if mine.st_ino != there.st_ino or mine.st_uid != os.geteuid():
        os.close(handle)
        raise _not_ours()
    os.fchmod(handle, 0o700)
    return handle


def _remove(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left)
    else:
        left.unlink()


def _not_ours() -> RefusedError:
    return RefusedError(
        "The folder for unfinished work was made by whoever writes the spine.",
        where="beside the file to write",
        next_step="remove it if nobody is at work on it, or write to another folder",
    )
