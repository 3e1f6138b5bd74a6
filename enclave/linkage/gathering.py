"""Opening the deliveries' identifiers in memory and keeping keyed hashes only."""

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import atomic_path, sha256_of
from enclave.ids import DeliveryId
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.education.numbers import BASES, SNumbers
from enclave.linkage.fields import FieldHashes
from enclave.linkage.keying import DeliveryKeying
from enclave.linkage.prepared import Forms, whole_birth
from enclave.linkage.registers import TRUTH, scan_register
from enclave.receipts import DeliveryReceipt, LinkageReceipt

BLOCK_ROWS = 100_000
COUNTED_BY = ("sex", "birth_year", "number", "address_key")
KEPT = (*ROW, "reference_date", *COUNTED_BY, *BASES)


@dataclass(frozen=True)
class Gathered:
    """All delivered pupils of a round.

    ``path``: one row per pupil of a delivery: delivery_id, pupil_row, keys and fields,
    reference_date, s_bsn and s_education (what S numbers are made of), and what the quality report
    counts by (sex, birth_year, number, address_key). ``dates``: the reference date of every
    delivery. ``truth``: delivery_id, pupil_row, true_person (null: not in the spine), in memory
    only; null without a known truth.
    ``births``: birth and len, the whole birth dates and how many pupils have each, in memory only.
    """

    path: Path
    dates: dict[str, date]
    truth: pl.DataFrame | None
    births: pl.DataFrame

    def scan(self) -> pl.LazyFrame:
        """The pupils, lazily."""
        return pl.scan_parquet(self.path)


def accepted_deliveries(custody: Custody) -> list[DeliveryReceipt]:
    """The receipts of this round's accepted deliveries, in order of delivery id."""
    receipts = [
        receipt
        for receipt in custody.registry.all(DeliveryReceipt)
        if receipt.round_id == custody.config.round.id and receipt.outcome == "accepted"
    ]
    return sorted(receipts, key=lambda receipt: receipt.delivery_id)


def late_deliveries(custody: Custody, receipt: LinkageReceipt) -> list[DeliveryId]:
    """The deliveries that were accepted after the linkage and so are not in it."""
    accepted = accepted_deliveries(custody)
    return [late.delivery_id for late in accepted if late.received_at > receipt.finished_at]


@dataclass(frozen=True)
class Keying:
    """What hashes identifiers: for linking in this round, and for numbers that outlive it."""

    hashes: FieldHashes
    numbers: SNumbers

    def pupils(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Delivered pupils, keyed."""
        return DeliveryKeying(self.hashes, Forms(sound_numbers=True), KEPT)(frame)


def gather(custody: Custody, keying: Keying, receipts: list[DeliveryReceipt]) -> Gathered:
    """Hashes every accepted delivery's identifiers into ``linkage/keys-deliveries.parquet``.

    One delivery's identifiers are open at a time; what was hashed is written block by block.

    Raises:
        InputError: a file is missing or is not the one of its receipt.
    """
    known = _read_truth(custody)
    target = custody.site.zone("linkage") / "keys-deliveries.parquet"
    dates: dict[str, date] = {}
    truths: list[pl.DataFrame] = []
    births: list[pl.DataFrame] = []
    with atomic_path(target) as temporary, _Blocks(temporary) as blocks:
        for number, receipt in enumerate(receipts, start=1):
            frame = _open(custody, receipt)
            dates[receipt.delivery_id] = frame["reference_date"][0]
            births.append(frame.select(whole_birth()).drop_nulls().group_by("birth").len())
            blocks.add(_keyed(frame, keying, receipt))
            if known is not None:
                truths.append(_true_persons(frame, known, receipt))
            custody.progress.step("linkage: hashing", number, len(receipts))
    counted = pl.concat(births).group_by("birth").agg(pl.col("len").sum())
    return Gathered(target, dates, pl.concat(truths) if truths else None, counted)


class _Blocks:
    """Writes frames of one schema to a Parquet file, many in one row group."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pl.DataFrame] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def add(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        if sum(waiting.height for waiting in self._waiting) >= BLOCK_ROWS:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        table = pl.concat(self._waiting).to_arrow()
        self._writer = self._writer or pq.ParquetWriter(
            self._path, table.schema, compression="zstd"
        )
        self._writer.write_table(table)
        self._waiting = []


def checked_path(custody: Custody, receipt: DeliveryReceipt, role: str) -> Path:
    """The file of a receipt after its digest was checked."""
    digest = receipt.identifiers if role == "identifiers" else receipt.results
    path = custody.site.root / (digest.path if digest else "")
    if digest is None or not path.is_file() or sha256_of(path) != digest.sha256:
        raise InputError(
            "The files of an accepted delivery are those of its receipt.",
            where=f"{role} of delivery {receipt.delivery_id}",
            next_step="restore the linkage zone from its backup; do not receive again",
        )
    return path


def _open(custody: Custody, receipt: DeliveryReceipt) -> pl.DataFrame:
    path = checked_path(custody, receipt, "identifiers")
    if receipt.data_key is None:
        raise InputError(
            "An accepted delivery names its data key.",
            where=f"receipt of delivery {receipt.delivery_id}",
            next_step="verify the ledger: enclave ledger verify",
        )
    plain = custody.vault.open(receipt.data_key, path.read_bytes())
    frame = pl.read_parquet(io.BytesIO(plain))
    if frame.height != receipt.pupils or frame["pupil_row"].n_unique() != receipt.pupils:
        raise InputError(
            "A delivery's identifiers have one row per pupil of its receipt.",
            where=f"identifiers of delivery {receipt.delivery_id}",
            next_step="restore the linkage zone from its backup; do not receive again",
        )
    return frame


def _keyed(frame: pl.DataFrame, keying: Keying, receipt: DeliveryReceipt) -> pl.DataFrame:
    number = (
        pl.when(pl.col("bsn").is_not_null())
        .then(pl.lit("BSN"))
        .when(pl.col("education_number").is_not_null())
        .then(pl.lit("education number only"))
        .otherwise(pl.lit("no number"))
    )
    parts = ("sex", "postcode", "house_number")
    whole = pl.all_horizontal(
        whole_birth().is_not_null(), *(pl.col(p).is_not_null() for p in parts)
    )
    return keying.pupils(
        frame.with_columns(
            pl.lit(str(receipt.delivery_id)).alias("delivery_id"),
            pl.col("birth_date").str.slice(0, 4).alias("birth_year"),
            number.alias("number"),
            pl.when(whole)
            .then(pl.lit("whole"))
            .otherwise(pl.lit("not whole"))
            .alias("address_key"),
            *keying.numbers.columns(),
        )
    )


def _read_truth(custody: Custody) -> pl.DataFrame | None:
    place = custody.config.registers.truth
    return scan_register(place, "truth", TRUTH).collect() if place else None


def _true_persons(
    frame: pl.DataFrame, known: pl.DataFrame, receipt: DeliveryReceipt
) -> pl.DataFrame:
    own = known.filter(pl.col("sender_id") == str(receipt.sender))
    return frame.join(own, on="learner_id", how="left", maintain_order="left").select(
        pl.lit(str(receipt.delivery_id)).alias("delivery_id"),
        "pupil_row",
        pl.col("person_id").alias("true_person"),
    )
