"""The linkage of a round, from accepted deliveries to the linked zone."""

import json
import shutil
from dataclasses import dataclass, replace

import narwhals as nw
import polars as pl

from enclave.custody import Custody, linkage_key
from enclave.errors import EnclaveError, RefusedError
from enclave.files import PARTIAL, atomic_path, file_digest, write_bytes
from enclave.ids import DeliveryId
from enclave.linkage.dataflow import ROW, Doubt, withdraw
from enclave.linkage.education.numbers import BASES
from enclave.linkage.elsewhere import find_elsewhere
from enclave.linkage.engines import PolarsEngine
from enclave.linkage.fields import FieldHashes
from enclave.linkage.gathering import Gathered, Keying, accepted_deliveries, gather
from enclave.linkage.keys import VaultKey
from enclave.linkage.linked import open_s_numbers, person_keys, spine_numbers, write_linked
from enclave.linkage.linking import Keyed, link
from enclave.linkage.passes import LINKED, PASSES, REVIEW, UNLINKED
from enclave.linkage.quality import pass_counts, rates, truth_score
from enclave.linkage.registers import ENROLMENTS, scan_register
from enclave.linkage.replay import replay
from enclave.linkage.spine import COLUMNS, Spine, examine_spine, key_spine
from enclave.linkage.tail import PUPILS, Tail, TailResult, as_record, shipped
from enclave.receipts import DeliveryReceipt, DoubtedDelivery, LinkageReceipt

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
    spine = examine_spine(custody)
    hashes = FieldHashes(VaultKey(custody.vault, linkage_key(round_id)))
    numbers = open_s_numbers(custody, hashes.hasher)
    gathered = gather(custody, Keying(hashes, numbers), receipts)
    _tell(custody, 1)
    key_spine(custody, spine, hashes, gathered.births)
    _tell(custody, BEFORE_PASSES)
    links = _with_places(custody, receipts, _link(custody, spine, gathered))
    target = custody.site.zone("linkage") / "links.parquet"
    with atomic_path(target) as temporary:
        links.rows.write_parquet(temporary)
    with atomic_path(target.with_name("replayed.parquet")) as temporary:
        links.replayed.write_parquet(temporary)
    _write_review(custody, links)
    bases = gathered.scan().select(*ROW, *BASES).collect(engine="streaming")
    named = links.rows.join(bases, on=ROW, how="left", maintain_order="left")
    keys = person_keys(named, numbers, [doubt.delivery_id for doubt in links.doubts])
    register = scan_register(custody.config.registers.population_spine, "population_spine", COLUMNS)
    outputs, content = write_linked(custody, receipts, keys, spine_numbers(register, numbers))
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


def _write_review(custody: Custody, links: "RoundLinks") -> None:
    """What agrees between doubtful pairs, and the pattern table, for those who review."""
    zone = custody.site.zone("linkage")
    pairs, table = zone / "review.parquet", zone / "pattern-table.json"
    # Those of an earlier round would be taken for this one's.
    pairs.unlink(missing_ok=True)
    table.unlink(missing_ok=True)
    if links.tail.pairs is not None:
        with atomic_path(pairs) as temporary:
            links.tail.pairs.sort(*ROW, "person_id").write_parquet(temporary)
    if links.tail.table is not None:
        record = as_record(links.tail.table, PUPILS) | {"learnt here": links.tail.learnt}
        text = json.dumps(record, indent=1, ensure_ascii=False)
        write_bytes(table, text.encode())


@dataclass(frozen=True)
class RoundLinks:
    """The decisions of a round, sorted by delivery_id and pupil_row, and how they came about.

    ``replayed``: see ``replay``. ``tail``: what the pattern table did.
    """

    rows: pl.DataFrame
    doubts: tuple[Doubt, ...]
    replayed: pl.DataFrame
    tail: TailResult


def _link(custody: Custody, spine: Spine, gathered: Gathered) -> RoundLinks:
    work = custody.site.zone("linkage") / f"{PARTIAL}work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    engine = PolarsEngine(work)
    keyed = Keyed(
        engine.scan([gathered.path]), engine.scan([spine.path]), engine.scan([spine.persons])
    )
    try:
        links = link(
            engine,
            keyed,
            Tail(shipped(PUPILS)),
            stray=[name for name, day in gathered.dates.items() if not spine.covers(day)],
            after_pass=lambda number: _tell(custody, BEFORE_PASSES + number),
        )
        rows = engine.fetch(links.rows).with_columns(pl.col("candidates").cast(pl.UInt32))
        tail = links.tail or TailResult(None, None, learnt=False, pairs=None)
        (work / "replay").mkdir()
        replayed = replay(PolarsEngine(work / "replay"), keyed, links, tail.table)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return RoundLinks(rows.sort(ROW), links.doubts, replayed.sort(ROW), tail)


def _with_places(
    custody: Custody, receipts: list[DeliveryReceipt], links: RoundLinks
) -> RoundLinks:
    """The links without those of deliveries whose pupils sit at another school."""
    enrolments = scan_register(custody.config.registers.enrolments, "enrolments", ENROLMENTS)
    found = find_elsewhere(links.rows, custody, receipts, enrolments)
    known = {doubt.delivery_id for doubt in links.doubts}
    new = tuple(doubt for doubt in found if doubt.delivery_id not in known)
    rows = withdraw(nw.from_native(links.rows.lazy()), new, PASSES).to_native().collect()
    doubts = sorted((*links.doubts, *new), key=lambda doubt: doubt.delivery_id)
    return replace(links, rows=rows, doubts=tuple(doubts))


def _counts(links: RoundLinks, delivered: int) -> dict[str, int]:
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
