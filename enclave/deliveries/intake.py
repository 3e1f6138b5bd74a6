"""Receiving what lies in the inbox: every package is accepted or quarantined, none is lost.

Order of a delivery that survives a kill anywhere: the one-time key, the ciphertext of identifiers,
the results, the receipt, and last the move of the sealed original. A file without a receipt is
made again; a receipt whose original still lies in the inbox only has the move left.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import Custody, transit_key
from enclave.deliveries.manifest import ID_PATTERN, Manifest, Statement, parse_manifest
from enclave.deliveries.objections import check_objections
from enclave.deliveries.problems import DeliveryProblem
from enclave.deliveries.readers import read_delivery
from enclave.deliveries.sealing import MAXIMUM_BYTES, open_package
from enclave.deliveries.senders import Sender, check_signature, read_senders
from enclave.deliveries.splitting import Split, split
from enclave.files import atomic_path, disk_problem, file_digest, sha256_of, write_bytes
from enclave.ids import DeliveryId, Digest, KeyName, SenderId
from enclave.receipts import DeliveryReceipt, FileDigest

ACCEPTED, QUARANTINED = "accepted", "quarantined"


@dataclass(frozen=True)
class Parcel:
    """What lies in the inbox under one name: a sealed package, a manifest, or both."""

    name: str
    package: Path
    manifest: Path

    def paths(self) -> list[Path]:
        """The files that exist."""
        return [path for path in (self.package, self.manifest) if path.is_file()]


def receive_all(custody: Custody) -> list[DeliveryReceipt]:
    """Receives everything in the inbox, in order of name, and returns the receipts of the round.

    Raises:
        InputError: the disk is full or the inbox cannot be read; run again when mended.
    """
    parcels = find_parcels(custody)
    desk = _Desk(custody, read_senders(custody.site), _delivered(custody))
    for number, parcel in enumerate(parcels, start=1):
        try:
            _receive(desk, parcel)
        except OSError as error:
            raise disk_problem(error) from None
        custody.progress.step("deliveries", number, len(parcels))
    return round_receipts(custody)


@dataclass(frozen=True)
class _Desk:
    """What receiving needs: the site, the registered senders, and who has delivered already."""

    custody: Custody
    senders: dict[SenderId, Sender]
    delivered: set[SenderId]


def _delivered(custody: Custody) -> set[SenderId]:
    accepted = (r for r in round_receipts(custody) if r.outcome == ACCEPTED)
    return {receipt.sender for receipt in accepted if receipt.sender is not None}


def round_receipts(custody: Custody) -> list[DeliveryReceipt]:
    """All receipts of the open round, in ledger order."""
    receipts = custody.registry.all(DeliveryReceipt)
    return [receipt for receipt in receipts if receipt.round_id == custody.config.round.id]


def find_parcels(custody: Custody) -> list[Parcel]:
    """The packages in the inbox, in order of name."""
    inbox = custody.site.zone("inbox")
    names = {path.stem for path in inbox.iterdir() if path.suffix in {".age", ".json"}}
    return [Parcel(n, inbox / f"{n}.age", inbox / f"{n}.json") for n in sorted(names)]


def _receive(desk: _Desk, parcel: Parcel) -> None:
    """Receives one parcel; on return it has left the inbox and has a receipt."""
    custody = desk.custody
    known = _receipt_of(custody, parcel)
    if known is None:
        try:
            known = _accept(desk, parcel)
        except DeliveryProblem as problem:
            known = _quarantine(custody, parcel, problem)
    zone = "transit" if known.outcome == ACCEPTED else "quarantine"
    for path in parcel.paths():
        path.replace(_place(custody.site.zone(zone), path))


def _place(zone: Path, path: Path) -> Path:
    """Where an original goes: under its name, or with its digest when another one has the name."""
    target = zone / path.name
    if not target.exists() or sha256_of(target) == sha256_of(path):
        return target
    return zone / f"{path.stem}.{sha256_of(path)[:16]}{path.suffix}"


def _receipt_of(custody: Custody, parcel: Parcel) -> DeliveryReceipt | None:
    """The receipt of exactly these bytes, when a killed run had recorded it already."""
    if not parcel.package.is_file():
        return None
    digest = _digest(parcel)
    for key in (_safe_name(parcel), _second_key(parcel)):
        receipt = custody.registry.find(DeliveryReceipt, key)
        if receipt is not None and receipt.package == digest:
            return receipt
    return None


def _accept(desk: _Desk, parcel: Parcel) -> DeliveryReceipt:
    custody = desk.custody
    manifest = _checked_manifest(desk, parcel)
    sealed = parcel.package.read_bytes()
    transit = transit_key(custody.config.round.id)
    files = open_package(custody.vault, transit, sealed, manifest)
    statement = manifest.statement
    check_objections(statement, custody.config.round.reference_date)
    if statement.sender_id in desk.delivered:
        raise DeliveryProblem("already_delivered", "round and sender")
    rows, school = _read(statement, files)
    registered = desk.senders[statement.sender_id].school_code
    if statement.school_code != registered or school not in {None, registered}:
        raise DeliveryProblem("wrong_school", "school code")
    # Files, data key and receipt go by the id: those of another package would be overwritten.
    if custody.registry.find(DeliveryReceipt, statement.delivery_id) is not None:
        raise DeliveryProblem("delivery_id_taken", "manifest, delivery_id")
    parts = split(rows, statement, custody.config.round.school_years)
    receipt = _store(custody, parcel, manifest, parts, rows.height)
    desk.delivered.add(statement.sender_id)
    return receipt


def _read(statement: Statement, files: dict[str, bytes]) -> tuple[pl.DataFrame, str | None]:
    """The rows of a delivery. Consent does not open a round that has no special-category data."""
    try:
        return read_delivery(statement.format, files)
    except DeliveryProblem as problem:
        if problem.reason == "special_category_without_consent" and (
            statement.special_category_consent
        ):
            raise DeliveryProblem("special_category_not_in_round", problem.where) from None
        raise


def _checked_manifest(desk: _Desk, parcel: Parcel) -> Manifest:
    if not parcel.manifest.is_file():
        raise DeliveryProblem("missing_manifest", "inbox")
    if not parcel.package.is_file():
        raise DeliveryProblem("missing_package", "inbox")
    if parcel.package.stat().st_size > MAXIMUM_BYTES or parcel.manifest.stat().st_size > 1 << 20:
        raise DeliveryProblem("too_large", "sealed package or manifest")
    manifest = parse_manifest(parcel.manifest.read_bytes())
    statement = manifest.statement
    if statement.delivery_id != parcel.name or not re.match(ID_PATTERN, parcel.name):
        raise DeliveryProblem("bad_manifest", "delivery_id and file name")
    sender = desk.senders.get(statement.sender_id)
    if sender is None:
        raise DeliveryProblem("unknown_sender", "manifest, sender_id")
    check_signature(sender, manifest.signed_bytes(), manifest.signature)
    if statement.round_id != desk.custody.config.round.id:
        raise DeliveryProblem("wrong_round", "manifest, round_id")
    return manifest


def _store(
    custody: Custody, parcel: Parcel, manifest: Manifest, parts: Split, delivered: int
) -> DeliveryReceipt:
    statement = manifest.statement
    linkage = custody.site.zone("linkage")
    key = KeyName(f"delivery/{statement.delivery_id}")
    custody.vault.ensure(key, "age")
    identifiers = linkage / f"{statement.delivery_id}.identifiers.age"
    buffer = io.BytesIO()
    parts.identifiers.write_parquet(buffer)
    write_bytes(identifiers, custody.vault.seal(key, buffer.getvalue()))
    results = linkage / f"{statement.delivery_id}.results.parquet"
    with atomic_path(results) as temporary:
        parts.results.write_parquet(temporary)
    receipt = DeliveryReceipt(
        round_id=statement.round_id,
        delivery_id=statement.delivery_id,
        sender=statement.sender_id,
        outcome=ACCEPTED,
        reason=None,
        format=statement.format,
        package=_digest(parcel),
        rows_delivered=delivered,
        rows_accepted=parts.results.height,
        rows_rejected=parts.rejected,
        pupils=parts.identifiers.height,
        identifiers=file_digest(custody.site, identifiers),
        results=file_digest(custody.site, results),
        data_key=key,
        received_at=custody.clock(),
    )
    custody.registry.record(statement.delivery_id, receipt)
    return receipt


def _quarantine(custody: Custody, parcel: Parcel, problem: DeliveryProblem) -> DeliveryReceipt:
    """Records why; the caller moves the sealed original, untouched."""
    taken = custody.registry.find(DeliveryReceipt, _safe_name(parcel)) is not None
    receipt = DeliveryReceipt(
        round_id=custody.config.round.id,
        delivery_id=DeliveryId(_safe_name(parcel)),
        sender=None,
        outcome=QUARANTINED,
        reason=problem.reason,
        format=None,
        package=_digest(parcel),
        rows_delivered=0,
        rows_accepted=0,
        rows_rejected=(),
        pupils=0,
        identifiers=None,
        results=None,
        data_key=None,
        received_at=custody.clock(),
    )
    custody.registry.record(_second_key(parcel) if taken else _safe_name(parcel), receipt)
    return receipt


def _digest(parcel: Parcel) -> FileDigest:
    """Size and SHA-256 of the sealed original (the manifest's when there is no package)."""
    path = next(iter(parcel.paths()))
    data = path.read_bytes()
    return FileDigest(
        path=f"inbox/{_safe_name(parcel)}{path.suffix}",
        size=len(data),
        sha256=Digest(hashlib.sha256(data).hexdigest()),
    )


def _safe_name(parcel: Parcel) -> str:
    """The delivery id, or a digest of it when it could hurt a file system or a reader."""
    if re.match(ID_PATTERN, parcel.name):
        return parcel.name
    return "unnamed-" + hashlib.sha256(parcel.name.encode("utf-8", "replace")).hexdigest()[:16]


def _second_key(parcel: Parcel) -> str:
    """The registry key of a second package under a name that is taken."""
    return f"{_safe_name(parcel)}#{_digest(parcel).sha256[:8]}"
