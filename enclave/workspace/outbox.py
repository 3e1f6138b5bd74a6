"""Taking bundles out of an outbox that untrusted code has filled.

Every name is opened relative to the outbox with ``openat2``: never through a link, never out of it,
never onto another file system. What is not a plain file with one name, or is too large, is left
behind and counted.
"""

import ctypes
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from enclave.errors import RefusedError

BUNDLE_NAME = re.compile(r"^bundle-[0-9a-f]{12}$")
FILE_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$")
MAXIMUM_FILE = 64 << 20
MAXIMUM_TOTAL = 512 << 20
MAXIMUM_FILES = 400
MAXIMUM_DEPTH = 4
_OPENAT2 = 437
_RESOLVE = 0x01 | 0x02 | 0x04 | 0x08
"""RESOLVE_NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH (linux/openat2.h)."""


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


@dataclass(frozen=True)
class Picked:
    """Names of the bundles that were taken, and how many entries were left behind."""

    bundles: tuple[str, ...]
    refused: int


def pick_up(outbox: Path, target: Path) -> Picked:
    """Copies every sound bundle from ``outbox`` to ``target``; a bundle is taken whole or not."""
    taken, refused = [], 0
    base = os.open(outbox, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for name in sorted(os.listdir(base)):  # noqa: PTH208 - of a descriptor
            if BUNDLE_NAME.match(name) and _take(base, name, target):
                taken.append(name)
            else:
                refused += 1
    finally:
        os.close(base)
    return Picked(tuple(taken), refused)


def open_beneath(base: int, name: str, flags: int) -> int:
    """A descriptor for ``name`` below ``base``; ``OSError`` when a link or a way out is met."""
    libc = ctypes.CDLL(None, use_errno=True)
    how = _How(flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0, _RESOLVE)
    handle = libc.syscall(
        ctypes.c_long(_OPENAT2),
        ctypes.c_int(base),
        ctypes.c_char_p(os.fsencode(name)),
        ctypes.byref(how),
        ctypes.c_size_t(ctypes.sizeof(how)),
    )
    if handle < 0:
        raise OSError(ctypes.get_errno(), "not a plain file below the outbox")
    return int(handle)


def _take(base: int, name: str, target: Path) -> bool:
    aside = target / f".partial-{name}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        files = _read_tree(base, name, 0)
    except (OSError, RefusedError):
        return False
    for path, data in files.items():
        place = aside / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    final = target / name
    shutil.rmtree(final, ignore_errors=True)
    aside.rename(final)
    return True


def _read_tree(base: int, name: str, depth: int) -> dict[str, bytes]:
    """All files below a folder, by relative path."""
    handle = open_beneath(base, name, os.O_RDONLY | os.O_DIRECTORY)
    found: dict[str, bytes] = {}
    try:
        for entry in sorted(os.listdir(handle)):  # noqa: PTH208 - of a descriptor
            if not FILE_NAME.match(entry) or depth > MAXIMUM_DEPTH:
                raise _odd()
            kind = os.stat(entry, dir_fd=handle, follow_symlinks=False).st_mode
            if stat.S_ISDIR(kind):
                inside = _read_tree(handle, entry, depth + 1)
                found |= {f"{entry}/{path}": data for path, data in inside.items()}
            else:
                found[entry] = _read_file(handle, entry)
            if len(found) > MAXIMUM_FILES or sum(map(len, found.values())) > MAXIMUM_TOTAL:
                raise _odd()
    finally:
        os.close(handle)
    return found


def _read_file(base: int, name: str) -> bytes:
    handle = open_beneath(base, name, os.O_RDONLY)
    with os.fdopen(handle, "rb") as stream:
        facts = os.fstat(handle)
        plain = stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1
        if not plain or facts.st_size > MAXIMUM_FILE:
            raise _odd()
        data = stream.read(MAXIMUM_FILE + 1)
    if len(data) > MAXIMUM_FILE:
        raise _odd()
    return data


def _odd() -> RefusedError:
    return RefusedError("A bundle holds plain files of moderate size.", where="outbox")
