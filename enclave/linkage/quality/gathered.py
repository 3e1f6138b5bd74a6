"""What a site knows of its linkage: receipts for good, keyed identifiers until destruction.

Counts by group come from the receipt, before destruction too. Its small groups are joined already.
A report from the finer groups of the keyed identifiers, laid beside a later one from the receipt,
would tell by subtraction what each of them hides.
"""

from pathlib import Path

import msgspec
import polars as pl

from enclave.custody import Custody
from enclave.errors import RefusedError
from enclave.files import sha256_of
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.quality.extras import Routes
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.report import Quality
from enclave.linkage.quality.writing import write_report
from enclave.receipts import LinkageReceipt

BEFORE = "receipts and keyed identifiers"
AFTER = "receipts alone: the identifiers are destroyed"


class _Named(msgspec.Struct):
    """What is read of a pattern table."""

    name: str


def write_site_quality(custody: Custody, folder: Path) -> Quality:
    """Writes the report of the open round to ``folder`` and returns it.

    Raises:
        RefusedError: the round is not linked yet.
        FindingsError: the counts cannot be protected; nothing was written.
    """
    quality = make_quality(gather_inputs(custody))
    write_report(quality, folder)
    return quality


def gather_inputs(custody: Custody) -> Inputs:
    """What the report of the open round is made from.

    Raises:
        RefusedError: the round is not linked yet.
    """
    round_id = custody.config.round.id
    receipt = custody.registry.find(LinkageReceipt, round_id)
    if receipt is None:
        raise RefusedError(
            "There is something to report after linkage.",
            where=f"round {round_id}",
            next_step="link first: enclave link run",
        )
    earlier = [
        one
        for one in custody.registry.all(LinkageReceipt)
        if one.round_id != round_id and one.finished_at < receipt.finished_at
    ]
    zone = custody.site.zone("linkage")
    routes = _site_routes(zone, receipt)
    return Inputs(
        receipt,
        tuple(earlier),
        replay=_site_replay(zone, receipt),
        routes=routes,
        table=_site_table(zone),
        source=AFTER if routes is None else BEFORE,
    )


def _site_replay(zone: Path, receipt: LinkageReceipt) -> pl.DataFrame | None:
    """Null when there is none, or when it is not of the pupils of the receipt."""
    place, links = zone / "replayed.parquet", zone / "links.parquet"
    if not (place.is_file() and links.is_file() and sha256_of(links) == receipt.links.sha256):
        return None
    replay = pl.read_parquet(place, glob=False)
    strangers = replay.lazy().join(pl.scan_parquet(links, glob=False), on=ROW, how="anti")
    return None if strangers.select(pl.len()).collect().item() else replay


def _site_table(zone: Path) -> str | None:
    """The name of the pattern table; null when there is none that can be read."""
    place = zone / "pattern-table.json"
    if not place.is_file():
        return None
    try:
        return msgspec.json.decode(place.read_bytes(), type=_Named).name
    except msgspec.DecodeError:
        return None


def _site_routes(zone: Path, receipt: LinkageReceipt) -> Routes | None:
    """Null when the keyed identifiers are gone, or are not those of the receipt."""
    places = zone / "keys-deliveries.parquet", zone / "keys-spine.parquet"
    if not all(place.is_file() for place in places):
        return None
    pupils, spine = (pl.scan_parquet(place, glob=False) for place in places)
    delivered = pupils.select(pl.len()).collect(engine="streaming").item()
    return count_routes(pupils, spine) if delivered == receipt.delivered else None


def count_routes(pupils: pl.LazyFrame, spine: pl.LazyFrame) -> Routes:
    """How many pupils each number finds, by keys.

    Args:
        pupils: delivery_id, pupil_row, bsn, education_number: one row per delivered pupil.
        spine: person_id, bsn, education_number: one row per person and address spell.
    """
    by_bsn, by_education = (_found(pupils, spine, key) for key in ("bsn", "education_number"))
    both = by_bsn.join(by_education, on=ROW, suffix="_other")
    same = (pl.col("person_id") == pl.col("person_id_other")).sum()
    first, second, pairs = pl.collect_all(
        [by_bsn.select(pl.len()), by_education.select(pl.len()), both.select(pl.len(), same)],
        engine="streaming",
    )
    return Routes(first.item(), second.item(), *pairs.row(0))


def _found(pupils: pl.LazyFrame, spine: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """Pupils whose key is that of exactly one person: ``ROW`` and person_id."""
    owners = (
        spine.select(key, "person_id")
        .drop_nulls()
        .unique()
        .group_by(key)
        .agg(pl.col("person_id").first(), pl.len().alias("owners"))
        .filter(pl.col("owners") == 1)
    )
    return pupils.select(*ROW, key).join(owners, on=key).select(*ROW, "person_id")
