"""A linkage key in a file, for linking without a site.

The file is read whenever a subkey is made, in this process and on every worker of a cluster, and
the key is kept nowhere. So it must be a file that stays: a pipe or a terminal is refused before
anything is read from it, and another key in the same place stops the linkage.
"""

import base64
import binascii
import os
import re
import stat
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from enclave.custody import Secret
from enclave.errors import InputError, RefusedError

MINIMUM_BYTES = 32
MINIMUM_DISTINCT = 16
"""Of 32 random bytes fewer than 22 are distinct in less than one of a billion keys; the same holds
for the differences between neighbours."""

MOST_PRINTABLE, MOST_ZERO = 0.85, 0.25
"""Of random bytes 37 % are printable and 0.4 % zero; 28 of 32 are printable in one of 1e8 keys."""

_MOST = 4096


@dataclass(frozen=True)
class FileKey:
    """A key that is read from its file whenever a subkey is made, and kept nowhere.

    ``vintage`` sets deliveries of different years apart under one key. ``mark`` tells one key from
    another and helps nobody to find it; null: whatever key lies there is used.
    """

    path: Path
    vintage: str = "1"
    mark: str | None = field(default=None, repr=False)

    def pinned(self) -> "FileKey":
        """The same key by its full path; from now on another key in that place is refused.

        Raises:
            InputError, RefusedError: as ``read_key``.
        """
        return replace(self, path=self.path.absolute(), mark=_mark(read_key(self.path)))

    def subkey(self, purpose: str) -> Secret:
        """32 bytes for one purpose and this vintage.

        Raises:
            InputError, RefusedError: as ``read_key``; and another key lies there than was pinned.
        """
        key = read_key(self.path)
        if self.mark is not None and self.mark != _mark(key):
            raise InputError(
                "The key file holds the same key from the start of a linkage to its end.",
                where="--key-file, changed while it was used",
                next_step="put the key back and link again; nothing was written",
            )
        return _derived(key, f"linkage/{self.vintage}/{purpose}")


def exposure(path: Path) -> tuple[str, ...]:
    """A finding when others than its owner may read or change the key file; else nothing."""
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return (
            "the key file is open to others than its owner, and whoever has the key can work out "
            "every identifier: close it with chmod 600",
        )
    return ()


def _mark(key: Secret) -> str:
    return _derived(key, "linkage/mark").reveal()[:8].hex()


def _derived(key: Secret, info: str) -> Secret:
    hkdf = HKDF(algorithm=SHA256(), length=MINIMUM_BYTES, salt=None, info=info.encode())
    return Secret(hkdf.derive(key.reveal()))


def read_key(path: Path) -> Secret:
    """The key in a file: at least 32 random bytes, as they are or as hexadecimal or base64 text.

    Raises:
        InputError: there is no such file, it is a pipe or a device, or far too long for a key.
        RefusedError: the key is too short or can be guessed.
    """
    try:
        content = _content(path)
    except OSError:
        raise InputError(
            "The key file is there and can be read.",
            where="--key-file",
            next_step="give the file that holds the key",
        ) from None
    if len(content) > _MOST:
        raise InputError(
            "A key file holds one key and nothing else.",
            where=f"--key-file, more than {_MOST} bytes",
            next_step="give the file that holds the key",
        )
    key = _decoded(content)
    if len(key) < MINIMUM_BYTES:
        _refuse(f"{len(key)} bytes")
    if _can_be_guessed(key):
        _refuse("bytes that follow a pattern, or text that somebody typed")
    return Secret(key)


def _content(path: Path) -> bytes:
    """The first bytes of a regular file; opening a pipe does not wait for somebody to write."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        kind = os.fstat(handle).st_mode
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
            return stream.read(_MOST + 1)
    raise InputError(
        "A key is read more than once, so it lies in a regular file.",
        where="--key-file, a pipe, a terminal or another device",
        next_step="write the key to a file that only you can read (umask 077) and give that",
    )


def _refuse(problem: str) -> None:
    raise RefusedError(
        f"A linkage key has at least {MINIMUM_BYTES} random bytes: whoever guesses it can work out "
        "every identifier.",
        where=f"--key-file: {problem}",
        next_step="make one with: (umask 077; head -c 32 /dev/urandom > key)",
    )


def _decoded(content: bytes) -> bytes:
    text = content.strip()
    if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", text):
        # Of random digits some are letters; without any in 64, somebody typed a number.
        return b"" if text.isdigit() else bytes.fromhex(text.decode())
    if re.fullmatch(rb"[A-Za-z0-9+/_-]{42,}={0,2}", text) and _is_mixed(text):
        plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
        except binascii.Error:
            return content
    return content


def _is_mixed(text: bytes) -> bool:
    """Whether there are large and small letters, as in random base64."""
    return text != text.lower() and text != text.upper()


def _can_be_guessed(key: bytes) -> bool:
    steps = {(right - left) % 256 for left, right in pairwise(key)}
    few = len(set(key)) < MINIMUM_DISTINCT or len(steps) < MINIMUM_DISTINCT
    return few or _is_typed(key)


def _is_typed(key: bytes) -> bool:
    """Text in some encoding: whole UTF-8, mostly printable, or every second byte zero."""
    try:
        key.decode("utf-8")
    except UnicodeDecodeError:
        printable = sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in key)
        return printable > MOST_PRINTABLE * len(key) or key.count(0) > MOST_ZERO * len(key)
    return True
