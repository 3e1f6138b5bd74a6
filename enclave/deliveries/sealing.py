"""Sealing at the school and opening at the enclave. Plain bytes exist in memory only.

A sealed package is an age file; inside is a zip, stored without compression, of exactly the files
that the manifest names.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec
import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enclave.custody import Vault
from enclave.deliveries.manifest import (
    FORMAT_VERSION,
    Manifest,
    Statement,
    parse_statement,
)
from enclave.deliveries.problems import DeliveryProblem
from enclave.errors import InputError, UsageError
from enclave.files import write_bytes
from enclave.ids import Digest, KeyName

MAXIMUM_BYTES = 512 << 20
MAXIMUM_FILES = 8
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class SealedPackage:
    """Both files of a sealed delivery."""

    package: Path
    manifest: Path


def read_statement(folder: Path) -> Statement:
    """The school's statement in ``folder/delivery.json``."""
    path = folder / "delivery.json"
    if not path.is_file():
        raise InputError(
            "A delivery folder holds delivery.json.",
            where="delivery folder",
            next_step="export again, or write it as docs/reference/delivery-formats.md says",
        )
    return parse_statement(path.read_bytes())


def seal(
    folder: Path, statement: Statement, recipient: str, signing_key: bytes, out: Path
) -> SealedPackage:
    """Seals the statement's files for ``recipient`` and signs the manifest.

    The manifest is written last: a package without one is not complete.

    Raises:
        UsageError: the recipient is no age public key.
        InputError: a file is missing.
    """
    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except (ValueError, pyrage.RecipientError):
        raise UsageError(
            "The recipient is an age public key.",
            where="recipient",
            next_step="ask the enclave for the round's public key (age1...)",
        ) from None
    sealed = pyrage.encrypt(_pack(folder, statement), [to])
    manifest = Manifest(
        statement=statement,
        size=len(sealed),
        sha256=Digest(hashlib.sha256(sealed).hexdigest()),
        format_version=FORMAT_VERSION,
    )
    key = Ed25519PrivateKey.from_private_bytes(signing_key)
    signed = msgspec.structs.replace(manifest, signature=key.sign(manifest.signed_bytes()).hex())
    package = SealedPackage(
        out / f"{statement.delivery_id}.age", out / f"{statement.delivery_id}.json"
    )
    write_bytes(package.package, sealed)
    write_bytes(package.manifest, msgspec.json.encode(signed))
    return package


def _pack(folder: Path, statement: Statement) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in statement.files:
            path = folder / name
            if not _is_plain(name) or not path.is_file():
                raise InputError(
                    "Every file that delivery.json names lies beside it.",
                    where=f"file {statement.files.index(name) + 1} of {len(statement.files)}",
                    next_step="export again",
                )
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), path.read_bytes())
    return buffer.getvalue()


def open_package(vault: Vault, key: KeyName, sealed: bytes, manifest: Manifest) -> dict[str, bytes]:
    """The plain files of a package, in memory.

    Raises:
        DeliveryProblem: the bytes are not those of the manifest, do not open, or hold other files
            than the manifest names.
    """
    if len(sealed) != manifest.size or hashlib.sha256(sealed).hexdigest() != manifest.sha256:
        whole = sealed.startswith(b"age-encryption.org/") and len(sealed) >= manifest.size
        raise DeliveryProblem("digest_mismatch" if whole else "damaged", "sealed package")
    try:
        plain = vault.open(key, sealed)
    except InputError:
        raise DeliveryProblem("not_sealed_for_this_site", "sealed package") from None
    return _unpack(plain, manifest.statement.files)


def _unpack(plain: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            entries = archive.infolist()
            _check_entries(entries, names)
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError):
        raise DeliveryProblem("damaged", "archive inside the package") from None


def _check_entries(entries: list[zipfile.ZipInfo], names: tuple[str, ...]) -> None:
    if sum(entry.file_size for entry in entries) > MAXIMUM_BYTES or len(entries) > MAXIMUM_FILES:
        raise DeliveryProblem("too_large", "archive inside the package")
    plain = all(
        _is_plain(entry.filename) and entry.compress_type == zipfile.ZIP_STORED for entry in entries
    )
    if not plain or sorted(entry.filename for entry in entries) != sorted(names):
        raise DeliveryProblem("wrong_file_type", "archive inside the package")


def _is_plain(name: str) -> bool:
    return bool(name) and PurePosixPath(name).name == name and not name.startswith(".")
