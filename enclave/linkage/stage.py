"""The linkage of a round, from accepted deliveries to the linked zone."""

import polars as pl

from enclave.custody import Custody, linkage_key
from enclave.errors import RefusedError
from enclave.files import atomic_path, file_digest
from enclave.linkage.cascade import LINKED, REVIEW, UNLINKED, run_passes
from enclave.linkage.gathering import accepted_deliveries, gather
from enclave.linkage.keys import open_hasher
from enclave.linkage.linked import person_keys, write_linked
from enclave.linkage.quality import pass_counts, rates, truth_score
from enclave.linkage.spine import build_spine
from enclave.receipts import LinkageReceipt


def link_round(custody: Custody) -> LinkageReceipt:
    """Links every accepted delivery of the open round; returns the receipt when it was done before.

    Raises:
        RefusedError: nothing was accepted yet.
        InputError: a register or a delivery's file is missing or changed.
        FindingsError: the population spine contradicts itself.
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
    gathered = gather(custody, hasher, receipts)
    links = run_passes(gathered.pupils, pl.scan_parquet(spine))
    zone = custody.site.zone("linkage")
    with atomic_path(zone / "links.parquet") as temporary:
        links.write_parquet(temporary)
    outputs = write_linked(custody, receipts, person_keys(links, hasher))
    statuses = links["status"]
    receipt = LinkageReceipt(
        round_id=round_id,
        reference_date=custody.config.round.reference_date,
        delivered=links.height,
        linked=int((statuses == LINKED).sum()),
        review=int((statuses == REVIEW).sum()),
        unlinked=int((statuses == UNLINKED).sum()),
        passes=pass_counts(links),
        rates=rates(links, gathered.pupils),
        truth=truth_score(links, gathered.truth),
        links=file_digest(custody.site, zone / "links.parquet"),
        outputs=tuple(file_digest(custody.site, path) for path in outputs),
        keys=(linkage_key(round_id),),
        finished_at=custody.clock(),
    )
    custody.registry.record(round_id, receipt)
    return receipt
