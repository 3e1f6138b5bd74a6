"""Decisions of reviewers in a site: signed receipts that are bound to the review file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from enclave.custody import Custody, is_signed_by, person_key
from enclave.errors import InputError, RefusedError, UsageError
from enclave.files import sha256_of
from enclave.ids import Digest, PersonName
from enclave.linkage.clerical.decisions import Decision, check_choice, stand
from enclave.linkage.clerical.review_file import read_cases
from enclave.receipts import CaseReceipt, LinkageReceipt, encode

REASONS = (
    "typing error",
    "moved",
    "twin or sibling",
    "number of somebody else",
    "too little agrees",
    "other",
)
"""Why somebody decided: codes, because the ledger never forgets what is written in it."""

_DOMAIN = b"enclave case decision\n"


@dataclass(frozen=True)
class Review:
    """The cases of the open round, and the digest of their file."""

    cases: pl.DataFrame
    digest: Digest
    linkage: LinkageReceipt


def open_review(custody: Custody) -> Review:
    """The cases of the open round, from the file that its linkage wrote.

    Raises:
        RefusedError: the round is not linked, or was by a version that made no cases.
        InputError: the review file is missing or changed.
    """
    round_id = custody.config.round.id
    receipt = custody.registry.find(LinkageReceipt, round_id)
    if receipt is None:
        raise RefusedError(
            "Cases are reviewed after the linkage.",
            where=f"round {round_id}",
            next_step="link first: enclave link run",
        )
    known = receipt.review_file
    if known is None:
        raise RefusedError(
            "Decisions are about a review file that the receipt of the linkage names.",
            where=f"round {round_id} was linked by an earlier version",
            next_step="look at its pairs with enclave link review; decide in the next round",
        )
    path = review_path(custody)
    if not path.is_file() or sha256_of(path) != known.sha256:
        raise InputError(
            "The review file is that of the linkage's receipt.",
            where=f"linkage, {path.name}",
            next_step="restore the linkage zone from its backup",
        )
    return Review(read_cases(path), known.sha256, receipt)


def review_path(custody: Custody) -> Path:
    """Where the cases of the round that was linked last lie."""
    return custody.site.zone("linkage") / "review.parquet"


def decide_case(
    custody: Custody, decision: Decision, reason: str, review: Review | None = None
) -> CaseReceipt:
    """Records one reviewer's signed decision on one case.

    The same decision again changes nothing. Another one takes its place; both stay on record.

    Args:
        custody: the opened site.
        decision: by somebody with the role reviewer.
        reason: one of ``REASONS``.
        review: the cases, when they were opened before.

    Raises:
        RefusedError: the person is no reviewer, or the candidate may not be chosen.
        UsageError: no such case, candidate or reason.
        InputError: the review file is not that of the linkage.
    """
    reviewer = PersonName(decision.reviewer)
    if reviewer not in _reviewers(custody):
        raise RefusedError(
            "Only reviewers decide on cases.",
            where="enclave.toml, people",
            next_step="ask the data steward for the role reviewer",
        )
    if reason not in REASONS:
        raise UsageError(
            f"A reason is one of: {', '.join(REASONS)}.",
            where="--reason",
            next_step="give one of them; nothing else belongs in the ledger",
        )
    shown = review or open_review(custody)
    check_choice(shown.cases, decision)
    before = [
        one
        for one in _recorded(custody, shown)
        if (one.case, one.reviewer) == (decision.case, reviewer)
    ]
    if before and (before[-1].candidate, before[-1].reason) == (decision.candidate, reason):
        return before[-1]
    unsigned = CaseReceipt(
        round_id=shown.linkage.round_id,
        review_file=shown.digest,
        case=decision.case,
        candidate=decision.candidate,
        reviewer=reviewer,
        turn=len(before) + 1,
        reason=reason,
        decided_at=custody.clock(),
        signature="",
    )
    signature = custody.vault.sign(person_key(reviewer), _signed_bytes(unsigned)).hex()
    receipt = msgspec.structs.replace(unsigned, signature=signature)
    custody.registry.record(f"{receipt.round_id}/{receipt.case}/{reviewer}/{receipt.turn}", receipt)
    return receipt


def counted(custody: Custody, review: Review) -> list[Decision]:
    """The decisions on this very file that count, in ledger order.

    Those of people who are no reviewers any more do not, nor those that they did not sign.
    """
    allowed = _reviewers(custody)
    return [
        Decision(one.case, one.candidate, one.reviewer)
        for one in _recorded(custody, review)
        if one.reviewer in allowed and _is_signed(custody, one)
    ]


def standing(custody: Custody, review: Review) -> pl.DataFrame:
    """How every case of the open round stands, see ``stand``."""
    return stand(review.cases, counted(custody, review))


def stands_as(custody: Custody, review: Review, case: int) -> str:
    """How one case stands."""
    stands = standing(custody, review)
    return str(stands.filter(pl.col("case") == case)["stands"][0])


def standing_if_any(custody: Custody) -> pl.DataFrame | None:
    """How every case stands; null where nothing can be decided: see ``open_review``.

    Raises:
        InputError: the review file is not that of the linkage.
    """
    receipt = custody.registry.find(LinkageReceipt, custody.config.round.id)
    if receipt is None or receipt.review_file is None:
        return None
    return standing(custody, open_review(custody))


def _recorded(custody: Custody, review: Review) -> Sequence[CaseReceipt]:
    return [
        one
        for one in custody.registry.all(CaseReceipt)
        if one.review_file == review.digest and one.round_id == review.linkage.round_id
    ]


def _reviewers(custody: Custody) -> set[PersonName]:
    return {person.name for person in custody.config.people if person.role == "reviewer"}


def _signed_bytes(receipt: CaseReceipt) -> bytes:
    return _DOMAIN + encode(msgspec.structs.replace(receipt, signature=""))


def _is_signed(custody: Custody, receipt: CaseReceipt) -> bool:
    public = custody.vault.verify_key(person_key(receipt.reviewer))
    try:
        signature = bytes.fromhex(receipt.signature)
    except ValueError:
        return False
    return is_signed_by(public, _signed_bytes(receipt), signature)
