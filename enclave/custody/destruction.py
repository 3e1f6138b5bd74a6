"""Destroying the identifiers of a round, and proving it.

The order survives a kill at any point: the intent is written to the ledger, then keys go, then
files, then everything is checked, and last the certificate is recorded. Each part can be done
again without harm, so a second run ends where the first would have.

Destruction here is cryptographic erasure: identifiers were only ever on disk as ciphertext, and
the keys to it are destroyed. Source: NIST SP 800-88 rev. 2 (cryptographic erase); the limits that
it names (backups, copies of keys) are listed in the certificate.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from enclave.custody.checking import check_gone, find_samples
from enclave.custody.keyfiles import flush_folder
from enclave.custody.making import linkage_key, transit_key
from enclave.custody.registry import LEDGER_KEY
from enclave.custody.scanning import scan_site
from enclave.errors import RefusedError
from enclave.receipts import (
    DeliveryReceipt,
    DestroyedKey,
    DestructionCertificate,
    LinkageReceipt,
    encode,
)

if TYPE_CHECKING:
    from pathlib import Path

    from enclave.custody.context import Custody
    from enclave.ids import Digest, KeyName, PersonName, RoundId

COLUMNS = (
    "learner_id",
    "bsn",
    "education_number",
    "sex",
    "birth_date",
    "postcode",
    "house_number",
    "house_addition",
)
METHOD = (
    "cryptographic erase: every identifier was stored only under a one-time key; the wrapped keys "
    "were overwritten and removed, then the ciphertexts were removed; media were not sanitised"
)
INTENT = "destruction begun"
_DELIVERY = "delivery/"
_SWEPT = ("transit", "linkage", "linked", "quarantine")


@dataclass(frozen=True)
class Scope:
    """What one destruction covers: all of it is named before the first key goes."""

    round_id: RoundId
    receipts: tuple[DeliveryReceipt, ...]
    keys: tuple[KeyName, ...]
    files: tuple[Path, ...]

    @property
    def accepted(self) -> list[DeliveryReceipt]:
        """The deliveries whose identifiers the site held."""
        return [receipt for receipt in self.receipts if receipt.outcome == "accepted"]

    @property
    def ciphertexts(self) -> tuple[Digest, ...]:
        """Digests of everything that was sealed under the destroyed keys, in ledger order."""
        packages = [receipt.package.sha256 for receipt in self.accepted]
        files = [receipt.identifiers.sha256 for receipt in self.accepted if receipt.identifiers]
        return tuple(dict.fromkeys(packages + files))


def destroy_identifiers(
    custody: Custody, round_id: RoundId, operator: PersonName, witness: PersonName
) -> DestructionCertificate:
    """The certificate that a round's identifiers are gone, after making them so.

    Args:
        custody: the opened site.
        round_id: a round that has been linked.
        operator: who does it; has the role operator.
        witness: who watches; another person, with the role witness.

    Raises:
        RefusedError: the round is not linked, or the two people may not do this.
        FindingsError: keys and files are gone, but an identifier is still somewhere in the site;
            there is no certificate until it is removed and this is run again.
    """
    there = custody.registry.find(DestructionCertificate, round_id)
    if there is not None:
        return there
    _require_four_eyes(custody, operator, witness)
    if custody.registry.find(LinkageReceipt, round_id) is None:
        raise RefusedError(
            "Identifiers are destroyed after linkage, not before.",
            where="no linkage receipt for this round",
            next_step="run: enclave link run",
        )
    scope = find_scope(custody, round_id)
    counted = _declare(custody, scope, operator, witness)
    samples = find_samples(scope.files)
    _destroy_keys(custody, scope.keys)
    _remove_files(custody, scope.files)
    verification = check_gone(custody, scope.keys, scope.files, samples)
    scan = scan_site(custody.site)
    scan.require_clean("keys and ciphertexts are gone, but there is no certificate yet")
    certificate = DestructionCertificate(
        round_id=round_id,
        columns=COLUMNS,
        pupils=sum(receipt.pupils for receipt in scope.accepted),
        deliveries=len(scope.accepted),
        keys=tuple(_destroyed(custody, name) for name in scope.keys),
        ciphertexts=scope.ciphertexts,
        files_removed=counted,
        method=METHOD,
        verification=(*verification, "a scan of every file of the site found no identifier"),
        files_scanned=scan.files,
        identifiers_found=scan.identifiers,
        retained=_retained(custody, scope),
        operator=operator,
        witness=witness,
        destroyed_at=custody.clock(),
        signature="",
    )
    signature = custody.vault.sign(LEDGER_KEY, encode(certificate))
    signed = msgspec.structs.replace(certificate, signature=base64.b64encode(signature).decode())
    custody.registry.record(round_id, signed)
    return signed


def find_scope(custody: Custody, round_id: RoundId) -> Scope:
    """All keys and files of a round that hold or protect identifiers.

    Keys and files of deliveries that have no receipt (intake was killed) are covered too.
    """
    receipts = custody.registry.all(DeliveryReceipt)
    mine = tuple(receipt for receipt in receipts if receipt.round_id == round_id)
    others = {receipt.delivery_id for receipt in receipts if receipt.round_id != round_id}
    keys = [
        info.name
        for info in custody.vault.infos()
        if info.name.startswith(_DELIVERY) and info.name.removeprefix(_DELIVERY) not in others
    ]
    kept = {name for other in others for name in _names_of(other)}
    linkage, transit = custody.site.zone("linkage"), custody.site.zone("transit")
    candidates = {
        *transit.glob("*"),
        *linkage.glob("*.identifiers.age"),
        *linkage.glob("keys-*.parquet"),
        *linkage.glob("*.keys.parquet"),
        *linkage.glob("unfinished/**/*"),
        *(path for zone in _SWEPT for path in custody.site.zone(zone).rglob(".partial-*")),
    }
    files = sorted(path for path in candidates if path.is_file() and path.name not in kept)
    every = (*sorted(keys), transit_key(round_id), linkage_key(round_id))
    return Scope(round_id, mine, every, tuple(files))


def _names_of(delivery_id: str) -> tuple[str, str, str]:
    return f"{delivery_id}.age", f"{delivery_id}.json", f"{delivery_id}.identifiers.age"


def _require_four_eyes(custody: Custody, operator: PersonName, witness: PersonName) -> None:
    roles = {(person.name, person.role) for person in custody.config.people}
    if operator == witness:
        problem = "operator and witness are the same person"
    elif (operator, "operator") not in roles:
        problem = "the first person is not an operator of this site"
    elif (witness, "witness") not in roles:
        problem = "the second person is not a witness of this site"
    else:
        return
    raise RefusedError(
        "Destruction takes an operator and, as witness, somebody else.",
        where=problem,
        next_step="name two people that enclave.toml lists with these roles",
    )


def _declare(custody: Custody, scope: Scope, operator: PersonName, witness: PersonName) -> int:
    """The number of files to remove, as the ledger had it before the first one went."""
    for facts in custody.registry.events(INTENT):
        if facts["round"] == scope.round_id:
            return int(facts["files"])
    custody.registry.event(
        INTENT,
        {
            "round": scope.round_id,
            "keys": len(scope.keys),
            "files": len(scope.files),
            "operator": operator,
            "witness": witness,
        },
    )
    return len(scope.files)


def _destroy_keys(custody: Custody, names: tuple[KeyName, ...]) -> None:
    for number, name in enumerate(names, start=1):
        custody.vault.destroy(name)
        custody.progress.step("destroy keys", number, len(names))


def _remove_files(custody: Custody, files: tuple[Path, ...]) -> None:
    for number, path in enumerate(files, start=1):
        path.unlink()
        custody.progress.step("remove ciphertexts", number, len(files))
    for folder in {path.parent for path in files}:
        flush_folder(folder)


def _destroyed(custody: Custody, name: KeyName) -> DestroyedKey:
    return DestroyedKey(name=name, fingerprint=custody.vault.info(name).fingerprint)


def _retained(custody: Custody, scope: Scope) -> tuple[str, ...]:
    """What is still there and why that is no identifier; in words, with counts."""
    quarantined = sum(receipt.outcome != "accepted" for receipt in scope.receipts)
    waiting = sum(1 for path in custody.site.zone("inbox").glob("*.age") if path.is_file())
    lines = [
        "links between delivery rows and person numbers; linked results without identifiers",
        "doubtful pairs of both for reviewers: what agrees, never what it is, and the S number",
        "S numbers of pupils who were not linked: keyed hashes under the key linkage/s-numbers, "
        "which stays so that they can be found when they enter the population",
        "tombstones of the destroyed keys: name, fingerprint, time",
        "not covered: backups and copies of the vault made elsewhere before this moment",
    ]
    if quarantined:
        lines.append(
            f"{quarantined} refused deliveries, sealed as they came; the key of the round that "
            "could open them is destroyed"
        )
    if waiting:
        lines.append(f"{waiting} sealed deliveries that were never opened, under the same key")
    return tuple(lines)
