"""The three kinds of key: how each is made, committed to and used."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation at run time
from typing import Literal

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from enclave.custody.secret import Secret
from enclave.errors import InputError, RefusedError
from enclave.ids import KeyName  # noqa: TC001 - msgspec reads the annotation at run time

Kind = Literal["random", "age", "ed25519"]
KEY_BYTES = 32
_FINGERPRINT_DOMAIN = b"enclave key fingerprint v1\x00"


class KeyMissingError(InputError):
    """There never was a key of this name in this vault, or its file is damaged."""


class KeyDestroyedError(RefusedError):
    """The key was destroyed. It cannot be had back, and its name is not used again."""


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be known about a key. Grain: one per key name, the destroyed ones included.

    ``fingerprint`` was fixed when the key was made; ``destroyed_at`` is null while it lives.
    """

    name: KeyName
    key_id: str
    kind: Kind
    fingerprint: str
    created_at: datetime
    destroyed_at: datetime | None = None


def new_secret(kind: Kind) -> Secret:
    """A fresh key: 32 random bytes, an age identity, or a raw Ed25519 private key."""
    if kind == "age":
        return Secret(str(pyrage.x25519.Identity.generate()).encode())
    return Secret(secrets.token_bytes(KEY_BYTES))


def fingerprint(kind: Kind, secret: Secret) -> str:
    """A commitment to a key that does not help to find it, in 64 hexadecimal digits.

    For key pairs it is the SHA-256 of the public part, so that anybody who ever saw the public
    key can check it. For a random key it is the SHA-256 of the key itself behind a domain
    separator: with 256 bits of entropy there is nothing to guess, and no derived key shares it.
    """
    if kind == "age":
        public = recipient_of(secret).encode()
    elif kind == "ed25519":
        public = public_of(secret)
    else:
        public = secret.reveal()
    return hashlib.sha256(_FINGERPRINT_DOMAIN + kind.encode() + b"\x00" + public).hexdigest()


def derive(secret: Secret, purpose: str) -> Secret:
    """32 bytes for one purpose: HKDF-SHA256 of a random key, with the purpose as ``info``."""
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return Secret(hkdf.derive(secret.reveal()))


def recipient_of(secret: Secret) -> str:
    """The public age recipient of an age identity, for example ``age1...``."""
    return str(pyrage.x25519.Identity.from_str(secret.reveal().decode()).to_public())


def age_encrypt(recipient: str, data: bytes) -> bytes:
    """``data`` in age format for one recipient."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))


def age_decrypt(secret: Secret, data: bytes) -> bytes:
    """What ``age_encrypt`` was given; ``InputError`` when the key or the bytes are wrong."""
    identity = pyrage.x25519.Identity.from_str(secret.reveal().decode())
    try:
        return bytes(pyrage.decrypt(data, [identity]))
    except pyrage.DecryptError:
        raise InputError(
            "A sealed file opens with the key it was sealed for and is whole.",
            where="age envelope",
            next_step="ask the sender to seal the file again for this round's recipient",
        ) from None


def public_of(secret: Secret) -> bytes:
    """The 32 public bytes of an Ed25519 private key."""
    return _private(secret).public_key().public_bytes_raw()


def ed25519_sign(secret: Secret, message: bytes) -> bytes:
    """The 64 bytes of an Ed25519 signature."""
    return _private(secret).sign(message)


def is_signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is the Ed25519 signature of ``message`` by the holder of ``public``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(secret: Secret) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret.reveal())
