"""The linkage of a round, from accepted deliveries to the linked zone."""

import json
import shutil
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import polars as pl

from enclave.custody import Custody, linkage_key
from enclave.errors import EnclaveError, RefusedError
from enclave.files import atomic_path, file_digest, only_one, write_bytes
from enclave.ids import DeliveryId
from enclave.linkage.accepted import accepted_table, table_path
from enclave.linkage.clerical.cases import Found, find_cases
from enclave.linkage.clerical.review_file import with_s_numbers
from enclave.linkage.dataflow import ROW, Doubt, withdraw
from enclave.linkage.education.numbers import BASES
from enclave.linkage.elsewhere import find_elsewhere
from enclave.linkage.engines import Engine, Journal, PolarsEngine, ResumingEngine
from enclave.linkage.fields import FieldHashes
from enclave.linkage.gathering import (
    Gathered,
    Keying,
    accepted_deliveries,
    gather,
    keys_path,
    take_over,
)
from enclave.linkage.keys import VaultKey
from enclave.linkage.linked import open_s_numbers, person_keys, spine_numbers, write_linked
from enclave.linkage.linking import Keyed, link
from enclave.linkage.passes import LINKED, PASSES, REVIEW, UNLINKED
from enclave.linkage.quality import Linked, measure, pass_counts, rates, truth_score
from enclave.linkage.registers import ENROLMENTS, scan_register
from enclave.linkage.replay import replay
from enclave.linkage.resumption import UNFINISHED, open_journal
from enclave.linkage.spine import COLUMNS, Spine, examine_spine, key_spine
from enclave.linkage.tail import PUPILS, Tail, TailResult, as_record
from enclave.receipts import DeliveryReceipt, DoubtedDelivery, LinkageReceipt

BEFORE_PASSES = 2
STEPS = BEFORE_PASSES + len(PASSES) + 2
"""Spine, deliveries, the passes, linked data, receipt."""


def link_round(custody: Custody) -> LinkageReceipt:
    """Links every accepted delivery of the open round; returns the receipt when it was done before.

    Killed at any moment it is run again and goes on from what it had finished: what was hashed and
    every intermediate result that is whole. The receipt comes last.

    Raises:
        RefusedError: nothing was accepted yet, or the linkage is already running.
        InputError: a register or a delivery's file is missing or changed.
        FindingsError: a register contradicts itself.
    """
    with only_one(custody.site.root / "linkage.lock", "linking this site's round"):
        done = custody.registry.find(LinkageReceipt, custody.config.round.id)
        if done is None:
            done = _link_round(custody)
        shutil.rmtree(custody.site.zone("linkage") / UNFINISHED, ignore_errors=True)
    return done


def _link_round(custody: Custody) -> LinkageReceipt:
    round_id, receipts = custody.config.round.id, accepted_deliveries(custody)
    if not receipts:
        raise RefusedError(
            "Linkage needs at least one accepted delivery.",
            where=f"round {round_id}",
            next_step="receive deliveries: enclave delivery receive",
        )
    spine = examine_spine(custody)
    hashes = FieldHashes(VaultKey(custody.vault, linkage_key(round_id)))
    numbers = open_s_numbers(custody, hashes.hasher)
    journal = open_journal(custody, receipts)
    gathered = _keyed(custody, spine, Keying(hashes, numbers), receipts, journal)
    links = _with_places(custody, receipts, _link(custody, spine, gathered, journal))
    target = custody.site.zone("linkage") / "links.parquet"
    with atomic_path(target) as temporary:
        links.rows.write_parquet(temporary)
    with atomic_path(target.with_name("replayed.parquet")) as temporary:
        links.replayed.write_parquet(temporary)
    bases = gathered.scan().select(*ROW, *BASES).collect(engine="streaming")
    named = links.rows.join(bases, on=ROW, how="left", maintain_order="left")
    keys = person_keys(named, numbers, [doubt.delivery_id for doubt in links.doubts])
    _write_review(custody, links, keys.rows)
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
        measured=measure(
            custody,
            receipts,
            Linked(links.rows, links.replayed, links.found.keyed, links.tail.table),
        ),
        **_vouched(custody, links.tail),
    )
    custody.registry.record(round_id, receipt)
    _tell(custody, STEPS)
    return receipt


def _keyed(
    custody: Custody,
    spine: Spine,
    keying: Keying,
    receipts: list[DeliveryReceipt],
    journal: Journal,
) -> Gathered:
    """The pupils, after they and the spine were hashed in this run or in the one before."""
    results = [keys_path(custody), spine.path, spine.persons]
    if all(journal.has(result.name, result) for result in results):
        gathered = take_over(custody, receipts)
        _tell(custody, BEFORE_PASSES)
        return gathered
    gathered, births = gather(custody, keying, receipts)
    _tell(custody, 1)
    key_spine(custody, spine, keying.hashes, births)
    for result in results:
        journal.enter(result.name, result)
    _tell(custody, BEFORE_PASSES)
    return gathered


def _write_review(custody: Custody, links: "RoundLinks", keys: pl.DataFrame) -> None:
    """What agrees between doubtful pairs, and the pattern table, for those who review."""
    zone = custody.site.zone("linkage")
    pairs, table = zone / "review.parquet", table_path(custody)
    # That of an earlier round would be taken for this one's.
    pairs.unlink(missing_ok=True)
    cases = find_cases(links.engine, links.found, links.rows)
    with atomic_path(pairs) as temporary:
        with_s_numbers(cases, keys).write_parquet(temporary)
    if links.tail.table is not None:
        record = as_record(links.tail.table, PUPILS) | {"learnt here": links.tail.learnt}
        text = json.dumps(record, indent=1, ensure_ascii=False)
        write_bytes(table, text.encode())


def _vouched(custody: Custody, tail: TailResult) -> dict[str, Any]:
    """Digests of what lies beside the links, and the name of the pattern table."""
    zone = custody.site.zone("linkage")
    table = table_path(custody)
    return {
        "review_file": file_digest(custody.site, zone / "review.parquet"),
        "replayed_file": file_digest(custody.site, zone / "replayed.parquet"),
        "table_file": file_digest(custody.site, table) if tail.table is not None else None,
        "table_name": tail.table.name if tail.table is not None else None,
    }


@dataclass(frozen=True)
class RoundLinks:
    """The decisions of a round, sorted by delivery_id and pupil_row, and how they came about.

    ``replayed``: see ``replay``. ``tail``: what the pattern table did. ``engine`` and ``found``:
    what worked them out, from what.
    """

    rows: pl.DataFrame
    doubts: tuple[Doubt, ...]
    replayed: pl.DataFrame
    tail: TailResult
    engine: Engine
    found: Found


def _link(custody: Custody, spine: Spine, gathered: Gathered, journal: Journal) -> RoundLinks:
    engine = ResumingEngine(PolarsEngine(journal.folder), journal)
    keyed = Keyed(
        engine.scan([gathered.path]), engine.scan([spine.path]), engine.scan([spine.persons])
    )
    links = link(
        engine,
        keyed,
        Tail(accepted_table(custody), name=f"learnt in round {custody.config.round.id}"),
        stray=[name for name, day in gathered.dates.items() if not spine.covers(day)],
        after_pass=lambda number: _tell(custody, BEFORE_PASSES + number),
    )
    rows = engine.fetch(links.rows).with_columns(pl.col("candidates").cast(pl.UInt32))
    tail = links.tail or TailResult(None, None, learnt=False, pairs=None)
    replayed = replay(_apart(journal), keyed, links, tail.table)
    found = Found(keyed, links)
    return RoundLinks(rows.sort(ROW), links.doubts, replayed.sort(ROW), tail, engine, found)


def _apart(journal: Journal) -> ResumingEngine:
    """For the replay, whose results have the names of those of the linkage."""
    again = Journal(journal.folder / "replay", journal.inputs)
    again.open()
    return ResumingEngine(PolarsEngine(again.folder), again)


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
