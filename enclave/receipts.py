"""What one stage hands to the next: frozen records of counts, digests and key names.

A receipt holds no data value and no personal data, because its bytes become a leaf of the
ledger. Receipts are encoded as canonical JSON (sorted fields, no white space), once; the stored
bytes are never made again from the record.
"""

from datetime import date, datetime

import msgspec

from enclave.ids import (
    DeliveryId,
    Digest,
    KeyName,
    PersonName,
    ProjectId,
    RequestId,
    RoundId,
    SenderId,
)
from enclave.measured import LevelCount, MeasuredLinks, PassCount, TruthScore


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all receipts. The tag of a subclass is its kind in the registry."""


class RuleCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many rows one rule rejected."""

    rule: str
    rows: int


class DoubtedDelivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delivery whose links were withdrawn because its columns contradict each other."""

    delivery_id: DeliveryId
    reason: str


class LinkedContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the linked data holds, and where it disagrees with the education registers.

    ``duplicates``: results left out because the same person had the same test in another
    delivery. ``without_background``: linked persons missing from the background register. The
    rest counts persons by school year, school and grade with results: ``enrolled`` as the register
    says, in ``other_grade`` of that school, at an ``other_school``, or ``not_enrolled`` that year.
    All of it over ``rounds`` rounds. ``became_matched``: S numbers that turned out to be persons of
    the spine; ``contradicted``: those that two persons would have had, so they stay. ``s_keys``:
    the names of the keys that made the S numbers, oldest first.
    """

    results: int
    duplicates: int
    persons: int
    without_background: int
    enrolled: int
    other_grade: int
    other_school: int
    not_enrolled: int
    rounds: int = 1
    became_matched: int = 0
    contradicted: int = 0
    s_keys: tuple[KeyName, ...] = ()


class FileDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a receipt vouches for: path relative to the site, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: Digest


class DeliveryReceipt(Receipt, frozen=True, tag="delivery"):
    """One sealed delivery after intake. Grain: one receipt per delivery.

    ``outcome`` is ``accepted`` or ``quarantined``; a quarantined delivery has a ``reason`` code
    and keeps its original file in quarantine. ``rows_rejected`` lists every rule that rejected
    rows, in the order of the rules. ``identifiers`` and ``results`` are the files that intake
    wrote (ciphertext and content); both are null when quarantined.
    """

    round_id: RoundId
    delivery_id: DeliveryId
    sender: SenderId | None
    outcome: str
    reason: str | None
    format: str | None
    package: FileDigest
    rows_delivered: int
    rows_accepted: int
    rows_rejected: tuple[RuleCount, ...]
    pupils: int
    identifiers: FileDigest | None
    results: FileDigest | None
    data_key: KeyName | None
    received_at: datetime


class LinkageReceipt(Receipt, frozen=True, tag="linkage"):
    """The linkage of one round. Grain: one receipt per round.

    ``delivered`` pupils split into ``linked``, ``review`` and ``unlinked``; the three add up.
    ``doubted`` names deliveries whose links were withdrawn and are in ``review``. ``review_file``
    holds a case for every pupil in review, ``table_file`` the pattern table of that name, and
    ``replayed_file`` the pupils linked again without numbers; all null in earlier receipts.
    """

    round_id: RoundId
    reference_date: date
    delivered: int
    linked: int
    review: int
    unlinked: int
    passes: tuple[PassCount, ...]
    rates: tuple[LevelCount, ...]
    truth: TruthScore | None
    links: FileDigest
    outputs: tuple[FileDigest, ...]
    keys: tuple[KeyName, ...]
    finished_at: datetime
    doubted: tuple[DoubtedDelivery, ...] = ()
    content: LinkedContent | None = None
    measured: MeasuredLinks | None = None
    review_file: FileDigest | None = None
    table_file: FileDigest | None = None
    table_name: str | None = None
    replayed_file: FileDigest | None = None


class CaseReceipt(Receipt, frozen=True, tag="case"):
    """One reviewer's signed decision on one doubtful case of a linkage.

    ``review_file`` is the digest of the file that was shown. ``case`` and ``candidate`` count in
    it, so they tell who it is only beside that file; candidate 0 is none of them. ``turn`` counts
    what this reviewer decided on this case, from 1 on; the last one counts. ``reason`` is a code.
    """

    round_id: RoundId
    review_file: Digest
    case: int
    candidate: int
    reviewer: PersonName
    turn: int
    reason: str
    decided_at: datetime
    signature: str


class SettlementReceipt(Receipt, frozen=True, tag="settlement"):
    """Decisions of reviewers applied to the linked zone. Grain: one per round and ``number``.

    ``cases`` split into ``accepted`` (a person), ``refused`` (none of the candidates), and
    ``waiting``. ``shared`` counts the accepted ones that are not applied, because other pupils have
    the same S number and are not accepted as that person. ``settled`` is the file with what is
    applied, all of it, also from settlements before; ``outputs`` the files of the linked zone.
    ``superseded``: decisions in whose place the same reviewer put another one.
    """

    round_id: RoundId
    number: int
    review_file: Digest
    cases: int
    accepted: int
    refused: int
    waiting: int
    shared: int
    settled: FileDigest
    outputs: tuple[FileDigest, ...]
    content: LinkedContent
    finished_at: datetime
    superseded: int = 0


class RotationReceipt(Receipt, frozen=True, tag="rotation"):
    """A new key for S numbers, under which the linked zone was written anew. One per rotation.

    ``keys``: the names of all S keys since then, oldest first; the last ``added`` of them are new.
    ``wrapped`` counts the persons with an S number. ``before`` and ``files``: what was written
    anew, in the same order; both are empty when a linkage had done so already.
    """

    round_id: RoundId
    keys: tuple[KeyName, ...]
    added: int
    wrapped: int
    before: tuple[FileDigest, ...]
    files: tuple[FileDigest, ...]
    steward: PersonName
    finished_at: datetime


class DestroyedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that no longer exists. The fingerprint was fixed when the key was made."""

    name: KeyName
    fingerprint: str


class DestructionCertificate(Receipt, frozen=True, tag="destruction"):
    """Proof that the identifiers of one round are gone. Grain: one certificate per round.

    ``ciphertexts`` are digests of what was encrypted under the destroyed keys, never of
    identifiers. ``signature`` is Ed25519 over the canonical bytes with ``signature`` empty.
    """

    round_id: RoundId
    columns: tuple[str, ...]
    pupils: int
    deliveries: int
    keys: tuple[DestroyedKey, ...]
    ciphertexts: tuple[Digest, ...]
    files_removed: int
    method: str
    verification: tuple[str, ...]
    files_scanned: int
    identifiers_found: int
    retained: tuple[str, ...]
    operator: PersonName
    witness: PersonName
    destroyed_at: datetime
    signature: str


class ProjectReceipt(Receipt, frozen=True, tag="project"):
    """A view that a project was given. Grain: one receipt per project, round and ``number``.

    ``number`` counts the views of one round: a second one is built when the linked data changed.
    ``linked``: the files of the linked zone that it was made from; empty in the receipts of views
    that were built when a project had one view only.
    """

    project_id: ProjectId
    round_id: RoundId
    columns: tuple[str, ...]
    rows: int
    pupils: int
    schools: int
    files: tuple[FileDigest, ...]
    pseudonym_key: KeyName
    built_at: datetime
    number: int = 1
    linked: tuple[FileDigest, ...] = ()


class JobRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One script or notebook that ran in the jail."""

    name: str
    kind: str
    exit_code: int
    seconds: float


class WorkspaceReceipt(Receipt, frozen=True, tag="workspace"):
    """What ran on a project's view and what it put in the outbox.

    ``outcome`` is ``ran`` or ``skipped`` (the operator chose to go on without a sandbox; then
    there are no jobs and no bundles). ``bundles`` are directories copied out of the outbox.
    ``view``: digest of the view's panel; null means the project's first view.
    """

    project_id: ProjectId
    outcome: str
    reason: str | None
    sandbox: str
    sandbox_sha256: Digest | None
    jobs: tuple[JobRun, ...]
    bundles: tuple[str, ...]
    finished_at: datetime
    view: Digest | None = None


class RequestReceipt(Receipt, frozen=True, tag="request"):
    """A bundle that entered the review desk, with the digest of every file in it.

    ``view``: digest of the panel that its evidence is from; null means the project's first view.
    """

    request_id: RequestId
    project_id: ProjectId
    author: PersonName
    title: str
    purpose: str
    files: tuple[FileDigest, ...]
    submitted_at: datetime
    view: Digest | None = None


class OutputAssessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The desk's own verdict on one output, computed from evidence in another process.

    ``action`` is ``as submitted``, ``protected at the desk`` or ``refused``. ``hidden`` counts
    hidden cells in what would be released, ``cells`` all its cells.
    """

    name: str
    statistic: str
    verdict: str
    action: str
    cells: int
    hidden: int
    findings: tuple[RuleCount, ...]
    reasons: tuple[str, ...]


class AssessmentReceipt(Receipt, frozen=True, tag="assessment"):
    """The desk's assessment of one request; ``released_files`` is what reviewers decide on."""

    request_id: RequestId
    policy: str
    outcome: str
    outputs: tuple[OutputAssessment, ...]
    released_files: tuple[FileDigest, ...]
    package_digest: Digest
    assessed_at: datetime


class DecisionReceipt(Receipt, frozen=True, tag="decision"):
    """One reviewer's signed decision on exactly the bytes under ``package_digest``."""

    request_id: RequestId
    reviewer: PersonName
    decision: str
    comment: str
    package_digest: Digest
    decided_at: datetime
    signature: str


class ReleaseReceipt(Receipt, frozen=True, tag="release"):
    """Files that left the enclave, after two approvals of the same bytes."""

    request_id: RequestId
    project_id: ProjectId
    package_digest: Digest
    files: tuple[FileDigest, ...]
    reviewers: tuple[PersonName, ...]
    hidden_cells: int
    released_at: datetime


class ReportsReceipt(Receipt, frozen=True, tag="reports"):
    """All school reports of one edition, made as one protected release.

    ``figures`` counts every figure that could have been printed, ``hidden`` those withheld.
    """

    round_id: RoundId
    edition: str
    policy: str
    reports: int
    schools_without_report: int
    figures: int
    hidden: int
    manifest: FileDigest
    finished_at: datetime


AnyReceipt = (
    DeliveryReceipt
    | LinkageReceipt
    | CaseReceipt
    | SettlementReceipt
    | RotationReceipt
    | DestructionCertificate
    | ProjectReceipt
    | WorkspaceReceipt
    | RequestReceipt
    | AssessmentReceipt
    | DecisionReceipt
    | ReleaseReceipt
    | ReportsReceipt
)

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(AnyReceipt)


def encode(receipt: Receipt) -> bytes:
    """The canonical bytes of a receipt."""
    return _encoder.encode(receipt)


def decode(data: bytes) -> AnyReceipt:
    """The receipt behind canonical bytes; raises ``msgspec.ValidationError`` on anything else."""
    receipt: AnyReceipt = _decoder.decode(data)
    return receipt


def kind_of(receipt: Receipt | type[Receipt]) -> str:
    """The registry kind of a receipt, for example ``delivery``."""
    return str(receipt.__struct_config__.tag)
