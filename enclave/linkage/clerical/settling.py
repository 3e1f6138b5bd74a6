"""Decisions applied: pupils whom two reviewers accepted as a person go under its number.

The files of the round stay as they are, and so does the receipt of its linkage. What is settled
lies in a file of its own beside them, a new one for every settlement; the files of all rounds are
written anew. Identifiers are not needed, so it can be done after they were destroyed.

An S number of a pupil in review comes from a number that was contradicted, so another pupil may
have it too: in another delivery, or in a later round. What is settled therefore counts for the
pupils of this round alone, and only when all of them who have the number are accepted as that
person.

Killed at any moment it is run again: before the receipt nothing vouches for the new files, so
nobody reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from enclave.custody import Custody, present_files
from enclave.errors import RefusedError
from enclave.files import atomic_path, file_digest, only_one, sha256_of
from enclave.linkage.clerical.decisions import (
    ACCEPTED,
    REFUSED,
    accepted_pairs,
    stand,
    superseded,
)
from enclave.linkage.clerical.recording import Review, counted, open_review
from enclave.linkage.clerical.review_file import HOLDERS, S_KEY
from enclave.linkage.education.numbers import lasting_numbers
from enclave.linkage.education.rounds import Rounds, linked_rounds
from enclave.linkage.linked import open_registers, write_unions
from enclave.receipts import SettlementReceipt


@dataclass(frozen=True)
class Settled:
    """What is applied: s_key and person_id, and the cases by how they stand.

    ``shared``: accepted cases that are not applied, because other pupils have their S number.
    """

    rows: pl.DataFrame
    cases: int
    accepted: int
    refused: int
    shared: int


def settle_round(custody: Custody) -> SettlementReceipt:
    """Applies the decisions on the open round, all that there are; the newest receipt.

    Called again without new decisions it changes nothing.

    Raises:
        RefusedError: the round is not linked, nothing was decided, or another process runs the
            journey.
        InputError: the review file, a register or a file of a round is missing or changed.
        FindingsError: two accepted cases of a delivery would be one person; nothing was written.
    """
    root = custody.site.root
    with (
        only_one(root / "journey.lock", "running this site's journey"),
        only_one(root / "linkage.lock", "linking this site's round"),
    ):
        review = open_review(custody)
        decisions = counted(custody, review)
        settled = applied(review.cases, stand(review.cases, decisions))
        before = _before(custody, review)
        if before and _is_done(custody, before[-1], settled):
            return before[-1]
        if not (before or settled.accepted or settled.refused):
            raise RefusedError(
                "A settlement applies decisions on which two reviewers agree.",
                where=f"round {review.linkage.round_id}: {settled.cases:,} cases, none decided",
                next_step="decide: enclave link decide; see how cases stand: enclave link review",
            )
        return _apply(custody, review, settled, (len(before) + 1, superseded(decisions)))


def applied(cases: pl.DataFrame, stands: pl.DataFrame) -> Settled:
    """What is applied of decisions.

    Args:
        cases: of a site, see ``read_cases``.
        stands: see ``stand``.

    Raises:
        FindingsError: two accepted cases of a delivery would be one person.
    """
    pairs = accepted_pairs(cases, stands, "delivery_id")
    together = pairs.group_by(S_KEY).agg(
        pl.col("person_id").first(),
        pl.col("person_id").n_unique().alias("persons"),
        pl.len().alias("pupils"),
        pl.col(HOLDERS).max(),
    )
    whole = (pl.col("persons") == 1) & (pl.col("pupils") == pl.col(HOLDERS))
    rows = together.filter(whole)
    count = {name: stands.filter(pl.col("stands") == name).height for name in (ACCEPTED, REFUSED)}
    return Settled(
        rows.select(S_KEY, "person_id").sort(S_KEY),
        cases=stands.height,
        accepted=count[ACCEPTED],
        refused=count[REFUSED],
        shared=count[ACCEPTED] - int(rows["pupils"].sum()),
    )


def _before(custody: Custody, review: Review) -> Sequence[SettlementReceipt]:
    every = custody.registry.all(SettlementReceipt)
    return [one for one in every if one.round_id == review.linkage.round_id]


def _is_done(custody: Custody, receipt: SettlementReceipt, settled: Settled) -> bool:
    """Whether a settlement applied just this, and the linked zone is whole."""
    same = [
        getattr(receipt, name) == getattr(settled, name)
        for name in ("accepted", "refused", "shared")
    ]
    if not all(same):
        return False
    files = [*present_files(custody.registry).values(), receipt.settled]
    places = [(custody.site.root / file.path, file.sha256) for file in files]
    if not all(path.is_file() and sha256_of(path) == digest for path, digest in places):
        return False
    return pl.read_parquet(places[-1][0], glob=False).equals(settled.rows)


def _apply(
    custody: Custody, review: Review, settled: Settled, turn: tuple[int, int]
) -> SettlementReceipt:
    """Writes everything. ``turn``: the number of the settlement, and how many were superseded."""
    round_id, (number, changed) = review.linkage.round_id, turn
    registers = open_registers(custody)
    rounds = linked_rounds(custody, lasting_numbers(custody))
    target = custody.site.zone("linked") / "rounds" / f"{round_id}.settled-{number}.parquet"
    with atomic_path(target) as temporary:
        settled.rows.write_parquet(temporary)
    outputs, content = write_unions(custody, _with(rounds, round_id, target), registers)
    receipt = SettlementReceipt(
        round_id=round_id,
        number=number,
        review_file=review.digest,
        cases=settled.cases,
        accepted=settled.accepted,
        refused=settled.refused,
        waiting=settled.cases - settled.accepted - settled.refused,
        shared=settled.shared,
        settled=file_digest(custody.site, target),
        outputs=tuple(file_digest(custody.site, path) for path in outputs),
        content=content,
        finished_at=custody.clock(),
        superseded=changed,
    )
    custody.registry.record(f"{round_id}/{number}", receipt)
    return receipt


def _with(rounds: Rounds, round_id: str, settled: Path) -> Rounds:
    """The rounds with another settlement of one of them."""
    every = (
        replace(item, settled=settled) if item.round_id == round_id else item
        for item in rounds.every
    )
    return replace(rounds, every=tuple(every))
