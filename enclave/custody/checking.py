"""Checking that a destruction happened: now, and again whenever somebody asks."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from enclave.custody import keys
from enclave.custody.registry import LEDGER_KEY
from enclave.custody.vault import Vault
from enclave.errors import EnclaveError, FindingsError, InputError
from enclave.receipts import DeliveryReceipt, DestructionCertificate, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from enclave.custody.context import Custody
    from enclave.ids import KeyName

_SEALED = b"age-encryption.org/"
_SAMPLES = 3


def find_samples(files: Iterable[Path]) -> list[bytes]:
    """A few sealed files in memory, to be tried after their keys are gone."""
    samples: list[bytes] = []
    for path in files:
        if len(samples) == _SAMPLES:
            break
        data = path.read_bytes()
        if data.startswith(_SEALED):
            samples.append(data)
    return samples


def check_gone(
    custody: Custody, names: Sequence[KeyName], files: Sequence[Path], samples: Sequence[bytes]
) -> tuple[str, ...]:
    """What was checked, in words; the vault is opened afresh so that no memory helps it.

    Raises:
        FindingsError: a key still opens, a sample still decrypts, or a file is still there.
    """
    vault = Vault.load(custody.site.zone("vault"), custody.clock)
    living = [info.name for info in vault.infos() if info.destroyed_at is None]
    opened = sum(_opens(vault, name) for name in names)
    decrypted = sum(_decrypts(vault, living, sample) for sample in samples)
    left = sum(path.exists() for path in files)
    if opened or decrypted or left or set(names) & set(living):
        raise FindingsError(
            "Destroyed keys open nothing and the files under them are removed.",
            where=f"{opened} keys open, {decrypted} samples decrypt, {left} files are left",
            next_step="run the same command again; if it stays, do not use the linked data",
        )
    tried = (
        f"{len(samples)} sealed files kept in memory open with none of the living keys"
        if samples
        else "no sealed file was left to try"
    )
    return (
        f"unwrapping each of the {len(names)} destroyed keys was refused",
        tried,
        "every ciphertext of the round is removed",
    )


def verify_certificate(custody: Custody, certificate: DestructionCertificate) -> tuple[str, ...]:
    """What was checked about a certificate, in words.

    Raises:
        FindingsError: the signature is not this site's, the ledger has another certificate or
            none, or a key that it names is not destroyed.
    """
    problems = [problem for problem, wrong in _doubts(custody, certificate).items() if wrong]
    if problems:
        raise FindingsError(
            "A certificate of destruction is signed, recorded and true.",
            where="; ".join(problems),
            next_step="do not rely on this certificate; run: enclave ledger verify",
        )
    return (
        "the certificate is signed by the ledger's key",
        "the ledger holds this very certificate",
        f"{len(certificate.keys)} keys have a tombstone with the fingerprint of their making",
        "unwrapping each of them is refused",
        "the ciphertexts it names are those of the round's deliveries",
    )


def is_certificate_signed(public: bytes, certificate: DestructionCertificate) -> bool:
    """Whether the holder of ``public`` signed this certificate; needs no site."""
    unsigned = msgspec.structs.replace(certificate, signature="")
    try:
        signature = base64.b64decode(certificate.signature, validate=True)
    except ValueError:
        return False
    return keys.is_signed_by(public, encode(unsigned), signature)


def _doubts(custody: Custody, certificate: DestructionCertificate) -> dict[str, bool]:
    """Each way in which a certificate can be false, and whether it is."""
    vault = Vault.load(custody.site.zone("vault"), custody.clock)
    known = {info.name: info for info in vault.infos()}
    recorded = custody.registry.find(DestructionCertificate, certificate.round_id)
    deliveries = [
        receipt
        for receipt in custody.registry.all(DeliveryReceipt)
        if receipt.round_id == certificate.round_id and receipt.outcome == "accepted"
    ]
    named = {key.name for key in certificate.keys}
    needed = {receipt.data_key for receipt in deliveries if receipt.data_key is not None}
    sealed = {receipt.identifiers.sha256 for receipt in deliveries if receipt.identifiers}
    return {
        "the signature is not this site's": not is_certificate_signed(
            vault.verify_key(LEDGER_KEY), certificate
        ),
        "the ledger does not hold this certificate": recorded != certificate,
        "a key it names is alive, or another than the one it names": any(
            key.name not in known
            or known[key.name].destroyed_at is None
            or known[key.name].fingerprint != key.fingerprint
            for key in certificate.keys
        ),
        "a key it names still opens": any(_opens(vault, name) for name in named),
        "a delivery of the round has a key that it does not name": not needed <= named,
        "a delivery of the round has a ciphertext that it does not name": not (
            sealed <= set(certificate.ciphertexts)
        ),
    }


def _opens(vault: Vault, name: KeyName) -> bool:
    try:
        vault.secret(name)
    except keys.KeyDestroyedError:
        return False
    except EnclaveError:
        return True
    return True


def _decrypts(vault: Vault, names: Sequence[KeyName], sample: bytes) -> bool:
    for name in names:
        if vault.info(name).kind != "age":
            continue
        try:
            vault.open(name, sample)
        except InputError:
            continue
        return True
    return False
