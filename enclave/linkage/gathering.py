"""Opening the deliveries' identifiers in memory and keeping keyed hashes only."""

import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import sha256_of
from enclave.linkage.keys import Hasher
from enclave.linkage.spine import addition, key_columns
from enclave.receipts import DeliveryReceipt

TRUTH_COLUMNS = ("sender_id", "learner_id", "person_id")


@dataclass(frozen=True)
class Gathered:
    """All delivered pupils of a round.

    ``pupils``: one row per pupil of a delivery: delivery_id, pupil_row, keys and guards,
    reference_date, and what the quality report counts by (sex, birth_year, number). ``truth``:
    delivery_id, pupil_row, true_person (null: not in the spine), in memory only; null without a
    known truth.
    """

    pupils: pl.DataFrame
    truth: pl.DataFrame | None


def accepted_deliveries(custody: Custody) -> list[DeliveryReceipt]:
    """The receipts of this round's accepted deliveries, in order of delivery id."""
    receipts = [
        receipt
        for receipt in custody.registry.all(DeliveryReceipt)
        if receipt.round_id == custody.config.round.id and receipt.outcome == "accepted"
    ]
    return sorted(receipts, key=lambda receipt: receipt.delivery_id)


def gather(custody: Custody, hasher: Hasher, receipts: list[DeliveryReceipt]) -> Gathered:
    """Reads every accepted delivery's identifiers and hashes them.

    Raises:
        InputError: a file is missing or is not the one of its receipt.
    """
    known = _read_truth(custody)
    pupils, truths = [], []
    for number, receipt in enumerate(receipts, start=1):
        frame = _open(custody, receipt)
        pupils.append(_keyed(frame, hasher, receipt))
        if known is not None:
            truths.append(_true_persons(frame, known, receipt))
        custody.progress.step("linkage: hashing", number, len(receipts))
    return Gathered(pl.concat(pupils), pl.concat(truths) if truths else None)


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
    return pl.read_parquet(io.BytesIO(plain))


def _keyed(frame: pl.DataFrame, hasher: Hasher, receipt: DeliveryReceipt) -> pl.DataFrame:
    number = (
        pl.when(pl.col("bsn").is_not_null())
        .then(pl.lit("BSN"))
        .when(pl.col("education_number").is_not_null())
        .then(pl.lit("education number only"))
        .otherwise(pl.lit("no number"))
    )
    return frame.with_columns(addition()).select(
        pl.lit(str(receipt.delivery_id)).alias("delivery_id"),
        "pupil_row",
        *key_columns(hasher),
        "reference_date",
        "sex",
        pl.col("birth_date").str.slice(0, 4).alias("birth_year"),
        number.alias("number"),
    )


def _read_truth(custody: Custody) -> pl.DataFrame | None:
    path = custody.config.registers.truth
    return pl.read_parquet(path, columns=list(TRUTH_COLUMNS)) if path else None


def _true_persons(
    frame: pl.DataFrame, known: pl.DataFrame, receipt: DeliveryReceipt
) -> pl.DataFrame:
    own = known.filter(pl.col("sender_id") == str(receipt.sender))
    return frame.join(own, on="learner_id", how="left", maintain_order="left").select(
        pl.lit(str(receipt.delivery_id)).alias("delivery_id"),
        "pupil_row",
        pl.col("person_id").alias("true_person"),
    )
