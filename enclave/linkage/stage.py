"""The linkage of a round, from accepted deliveries to the linked zone."""

import polars as pl

from enclave.custody import Custody, linkage_key
from enclave.errors import EnclaveError, RefusedError
from enclave.files import atomic_path, file_digest
from enclave.ids import DeliveryId
from enclave.linkage.cascade import Links, run_passes
from enclave.linkage.gathering import Gathered, accepted_deliveries, gather
from enclave.linkage.keys import open_hasher
from enclave.linkage.linked import person_keys, write_linked
from enclave.linkage.passes import LINKED, PASSES, REVIEW, UNLINKED
from enclave.linkage.quality import pass_counts, rates, truth_score
from enclave.linkage.spine import Spine, build_spine
from enclave.receipts import DoubtedDelivery, LinkageReceipt

BEFORE_PASSES = 2
STEPS = BEFORE_PASSES + len(PASSES) + 2
"""Spine, deliveries, the passes, linked data, receipt."""


def link_round(custody: Custody) -> LinkageReceipt:
    """Links every accepted delivery of the open round; returns the receipt when it was done before.

    Killed at any moment it is run again from its start; every file it wrote is written anew with
    the same content. The receipt comes last.

    Raises:
        RefusedError: nothing was accepted yet.
        InputError: a register or a delivery's file is missing or changed.
        FindingsError: a register contradicts itself.
    """
    round_id = custody.config.round.id
    done = custody.registry.find(LinkageReceipt, round_id)
    if done is not None:
        return done
    receipts = accepted_deliveries(custody)
    if not receipts:
        raise RefusedError(
            "Linkage needs at least one accepted delivery.",
            where=f"round {round_id}",
            next_step="receive deliveries: enclave delivery receive",
        )
    hasher = open_hasher(custody.vault, round_id)
    spine = build_spine(custody, hasher)
    _tell(custody, 1)
    gathered = gather(custody, hasher, receipts)
    _tell(custody, BEFORE_PASSES)
    links = _link(custody, spine, gathered)
    target = custody.site.zone("linkage") / "links.parquet"
    with atomic_path(target) as temporary:
        links.rows.write_parquet(temporary)
    outputs, content = write_linked(custody, receipts, person_keys(links.rows, hasher))
    _tell(custody, STEPS - 1)
    counts = _counts(links, sum(receipt.pupils for receipt in receipts))
    receipt = LinkageReceipt(
        round_id=round_id,
        reference_date=custody.config.round.reference_date,
        delivered=links.rows.height,
        linked=counts[LINKED],
        review=counts[REVIEW],
        unlinked=counts[UNLINKED],
        passes=pass_counts(links.rows),
        rates=rates(links.rows, gathered.scan()),
        truth=truth_score(links.rows, gathered.truth, pl.scan_parquet(spine.path)),
        links=file_digest(custody.site, target),
        outputs=tuple(file_digest(custody.site, path) for path in outputs),
        keys=(linkage_key(round_id),),
        finished_at=custody.clock(),
        doubted=tuple(DoubtedDelivery(DeliveryId(d.delivery_id), d.reason) for d in links.doubts),
        content=content,
    )
    custody.registry.record(round_id, receipt)
    _tell(custody, STEPS)
    return receipt


def _link(custody: Custody, spine: Spine, gathered: Gathered) -> Links:
    stray = [name for name, day in gathered.dates.items() if not spine.covers(day)]
    return run_passes(
        gathered.scan(),
        pl.scan_parquet(spine.path),
        stray=stray,
        after_pass=lambda number: _tell(custody, BEFORE_PASSES + number),
    )


def _counts(links: Links, delivered: int) -> dict[str, int]:
    """Pupils by status.

    Raises:
        EnclaveError: they are not the delivered pupils; a fault of this program.
    """
    counts = {s: int((links.rows["status"] == s).sum()) for s in (LINKED, REVIEW, UNLINKED)}
    if not sum(counts.values()) == links.rows.height == delivered:
        raise EnclaveError(
            "Every delivered pupil is linked, in review or unlinked.",
            where=f"{links.rows.height:,} decisions on {delivered:,} pupils",
            next_step="report this fault; nothing was recorded",
        )
    return counts


def _tell(custody: Custody, done: int) -> None:
    custody.progress.step("linkage", done, STEPS)
