"""The schools that may send, and their public keys.

The list lies in the site's root as ``senders.json``; each registration is an event in the ledger.
"""

from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from enclave.custody import Custody
from enclave.deliveries.problems import DeliveryProblem
from enclave.errors import InputError, RefusedError, UsageError
from enclave.files import write_bytes
from enclave.ids import SchoolCode, SenderId
from enclave.site import Site

KEY_SIZE = 32


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered school. ``public_key`` is the raw Ed25519 key in hexadecimal."""

    sender_id: SenderId
    school_code: SchoolCode
    public_key: str


def ensure_signing_key(path: Path) -> bytes:
    """The school's own signing key in ``path`` (64 hexadecimal digits), made when missing."""
    if not path.is_file():
        key = Ed25519PrivateKey.generate().private_bytes_raw()
        write_bytes(path, key.hex().encode())
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) != KEY_SIZE:
        raise InputError(
            "A signing key file holds 64 hexadecimal digits.",
            where="signing key",
            next_step="make a new one by naming a file that does not exist, and register it",
        )
    return key


def public_key_of(signing_key: bytes) -> bytes:
    """The raw public key of a signing key."""
    return Ed25519PrivateKey.from_private_bytes(signing_key).public_key().public_bytes_raw()


def read_senders(site: Site) -> dict[SenderId, Sender]:
    """All registered senders by id."""
    path = site.root / "senders.json"
    if not path.is_file():
        return {}
    senders = msgspec.json.decode(path.read_bytes(), type=tuple[Sender, ...])
    return {sender.sender_id: sender for sender in senders}


def register_sender(
    custody: Custody, sender_id: SenderId, school_code: SchoolCode, public_key: bytes
) -> Sender:
    """Registers one sender; the same registration again changes nothing.

    Raises:
        RefusedError: the sender is registered with another key or school.
    """
    return register_senders(custody, [(sender_id, school_code, public_key)])[0]


def register_senders(
    custody: Custody, wanted: list[tuple[SenderId, SchoolCode, bytes]]
) -> list[Sender]:
    """Registers many senders at once; see ``register_sender``."""
    known = read_senders(custody.site)
    senders = [_sender(*entry) for entry in wanted]
    new = [sender for sender in senders if sender.sender_id not in known]
    if any(known.get(sender.sender_id, sender) != sender for sender in senders):
        raise RefusedError(
            "A sender keeps its school and key.",
            where="senders.json",
            next_step="register a changed key under a new sender id",
        )
    if new:
        everyone = sorted([*known.values(), *new], key=lambda sender: sender.sender_id)
        custody.registry.event("senders registered", {"senders": len(new)})
        write_bytes(custody.site.root / "senders.json", msgspec.json.encode(everyone))
    return senders


def _sender(sender_id: SenderId, school_code: SchoolCode, public_key: bytes) -> Sender:
    if len(public_key) != KEY_SIZE:
        raise UsageError(
            "A public key has 32 bytes.", where="public key", next_step="give 64 hex digits"
        )
    return Sender(sender_id, school_code, public_key.hex())


def check_signature(sender: Sender, message: bytes, signature: str) -> None:
    """Raises unless ``signature`` (hexadecimal) is the sender's over ``message``."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(sender.public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        raise DeliveryProblem("bad_signature", "manifest, signature") from None
