"""Deciding on a request, for the command line, the browser and the journey alike."""

import msgspec

from enclave.custody import Custody, is_signed_by, person_key
from enclave.errors import RefusedError, UsageError
from enclave.ids import Digest, PersonName, RequestId
from enclave.receipts import DecisionReceipt, encode
from enclave.release.permissions import check_may_decide
from enclave.release.policies import check_can_decide
from enclave.release.states import APPROVE, DECISIONS, Case, read_case, state_of

_DOMAIN = b"enclave release decision\n"
MAXIMUM_COMMENT = 4000


def decide(
    custody: Custody,
    request_id: RequestId,
    reviewer: PersonName,
    *,
    decision: str,
    comment: str,
    package_digest: Digest,
) -> DecisionReceipt:
    """Records one reviewer's signed decision on exactly the bytes under ``package_digest``.

    The same decision again changes nothing.

    Raises:
        RefusedError: the person may not decide, has decided otherwise before, the request is not
            in review, or what was shown is not what was assessed.
        UsageError: no such decision, or no comment where one is needed.
    """
    if decision not in DECISIONS:
        raise UsageError(f"A decision is one of: {', '.join(DECISIONS)}.")
    if len(comment) > MAXIMUM_COMMENT or (decision != APPROVE and not comment.strip()):
        raise UsageError(
            f"Asking for changes and rejecting need a comment of at most {MAXIMUM_COMMENT} signs.",
            where="comment",
            next_step="say what is wrong, without figures from the data",
        )
    case = find_case(custody, request_id)
    check_may_decide(custody.config, case.request, reviewer)
    key = f"{request_id}/{reviewer}"
    before = custody.registry.find(DecisionReceipt, key)
    if before is not None and _same(before, decision, package_digest):
        return before
    check_can_decide(state_of(case, custody.config.release.minimum_reviewers))
    if case.assessment is None or case.assessment.package_digest != package_digest:
        raise RefusedError(
            "A decision is about the bytes that were assessed.",
            where="package digest",
            next_step="open the request again and decide on what it shows now",
        )
    if before is not None:
        raise RefusedError(
            "A reviewer decides once.",
            where=f"request {request_id}",
            next_step="ask the author for a new request",
        )
    unsigned = DecisionReceipt(
        request_id=request_id,
        reviewer=reviewer,
        decision=decision,
        comment=comment,
        package_digest=package_digest,
        decided_at=custody.clock(),
        signature="",
    )
    signature = custody.vault.sign(person_key(reviewer), signed_bytes(unsigned)).hex()
    receipt = msgspec.structs.replace(unsigned, signature=signature)
    custody.registry.record(key, receipt)
    return receipt


def _same(before: DecisionReceipt, decision: str, package_digest: Digest) -> bool:
    return before.decision == decision and before.package_digest == package_digest


def find_case(custody: Custody, request_id: RequestId) -> Case:
    """The case of a request; ``RefusedError`` when there is none."""
    case = read_case(custody.registry, request_id)
    if case is None:
        raise RefusedError(
            "There is such a request.", where="request id", next_step="enclave release list"
        )
    return case


def signed_bytes(receipt: DecisionReceipt) -> bytes:
    """What the reviewer signs: the whole decision but its signature."""
    return _DOMAIN + encode(msgspec.structs.replace(receipt, signature=""))


def is_signed(custody: Custody, receipt: DecisionReceipt) -> bool:
    """Whether the signature is the reviewer's own, over exactly this decision."""
    public = custody.vault.verify_key(person_key(receipt.reviewer))
    try:
        signature = bytes.fromhex(receipt.signature)
    except ValueError:
        return False
    return is_signed_by(public, signed_bytes(receipt), signature)
