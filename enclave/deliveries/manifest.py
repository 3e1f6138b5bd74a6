"""What a school states about its delivery, and the signed manifest that travels with it."""

from datetime import date
from typing import TypeVar

import msgspec

from enclave.deliveries.problems import DeliveryProblem
from enclave.ids import DeliveryId, Digest, RoundId, SchoolCode, SenderId

FORMAT_VERSION = 1
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``delivery.json``: what the school's software says. Dates are ISO, counts whole numbers."""

    delivery_id: DeliveryId
    sender_id: SenderId
    school_code: SchoolCode
    round_id: RoundId
    format: str
    files: tuple[str, ...]
    school_years: tuple[str, ...]
    reference_date: date
    export_approved_on: date
    objections_registered: bool
    objections: int
    special_category_consent: bool


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The statement with size and SHA-256 of the sealed file, signed by the sender.

    ``signature`` is Ed25519 in hexadecimal over the canonical JSON of all other fields.
    """

    statement: Statement
    size: int
    sha256: Digest
    format_version: int
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """The bytes that the sender signs."""
        plain = msgspec.structs.replace(self, signature="")
        return b"enclave delivery manifest\n" + msgspec.json.encode(plain, order="sorted")


T = TypeVar("T")


def parse_statement(data: bytes) -> Statement:
    """The statement in JSON ``data``; a ``DeliveryProblem`` for anything else."""
    return _parse(data, Statement)


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in JSON ``data``; a ``DeliveryProblem`` for anything else."""
    manifest = _parse(data, Manifest)
    if manifest.format_version != FORMAT_VERSION:
        raise DeliveryProblem("bad_manifest", "format_version")
    return manifest


def _parse(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        raise DeliveryProblem("bad_manifest", f"JSON of a {kind.__name__.lower()}") from None
