"""Checkpoints of the ledger as signed notes that other tools can read.

A checkpoint is three lines (origin, size, root in base64), a blank line, and a signature line.

Source: C2SP ``signed-note`` (key hash, signature line, verifier key) and ``tlog-checkpoint``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from enclave.custody.keys import is_signed_by
from enclave.errors import InputError

_ED25519 = b"\x01"
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_HASH = 32
_LIMIT = 1 << 16


@dataclass(frozen=True)
class Verifier:
    """The public half of a ledger's signing key and the name it signs under."""

    name: str
    public: bytes

    @classmethod
    def of(cls, public: bytes) -> Verifier:
        """The verifier of a site's ledger; its name is drawn from the key and tells nothing."""
        return cls(f"enclave-ledger/{hashlib.sha256(public).hexdigest()[:16]}", public)

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """The verifier in the form that ``str`` gives; ``InputError`` on anything else."""
        name, _, rest = text.strip().partition("+")
        key_hash, _, encoded = rest.partition("+")
        key = _decoded(encoded)
        if key is None or len(key) != 1 + _HASH or key[:1] != _ED25519:
            raise _bad_verifier()
        verifier = cls(name, key[1:])
        if not name or verifier.key_hash.hex() != key_hash:
            raise _bad_verifier()
        return verifier

    @property
    def key_hash(self) -> bytes:
        """Four bytes that tell which key signed."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{key}"


@dataclass(frozen=True)
class Checkpoint:
    """What a ledger was at one moment: the number of entries and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def signed_note(checkpoint: Checkpoint, verifier: Verifier, signature: bytes) -> str:
    """A checkpoint with its signature line."""
    encoded = base64.b64encode(verifier.key_hash + signature).decode()
    return f"{checkpoint.text}\n— {verifier.name} {encoded}\n"


def read_note(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that ``verifier``'s key signed.

    Signatures of other keys (witnesses) are allowed beside it and not checked.

    Raises:
        InputError: the note is malformed, of another ledger, or not signed by this key.
    """
    text, blank, signatures = note.rpartition("\n\n")
    whole = blank and signatures.endswith("\n") and len(note) <= _LIMIT
    checkpoint = _parsed(text + "\n") if whole else None
    if checkpoint is None or checkpoint.origin != verifier.name:
        raise _bad_note()
    for line in signatures.split("\n"):
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        blob = _decoded(encoded)
        if (
            mark == "—"
            and name == verifier.name
            and blob is not None
            and blob[:4] == verifier.key_hash
            and is_signed_by(verifier.public, checkpoint.text.encode(), blob[4:])
        ):
            return checkpoint
    raise _bad_note()


def _parsed(text: str) -> Checkpoint | None:
    """The checkpoint in exactly three lines, or null; only the canonical form is accepted."""
    lines = text.split("\n")
    if len(lines) != 4 or not _NUMBER.fullmatch(lines[1]):
        return None
    root = _decoded(lines[2])
    if root is None or len(root) != _HASH:
        return None
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    return checkpoint if checkpoint.text == text else None


def _decoded(text: str) -> bytes | None:
    """The bytes in canonical base64, or null: one value has one spelling."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found).decode() == text else None


def _bad_note() -> InputError:
    return InputError(
        "A checkpoint is a note signed by this ledger's key.",
        where="checkpoint",
        next_step="compare the key with the one you were given when the site was made",
    )


def _bad_verifier() -> InputError:
    return InputError(
        "A ledger's public key has the form name+hash+key.",
        where="verifier key",
        next_step="take it from: enclave ledger show",
    )
