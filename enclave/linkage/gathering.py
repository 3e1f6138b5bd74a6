"""Opening the deliveries' identifiers in memory and keeping keyed hashes only."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import atomic_path, sha256_of
from enclave.ids import DeliveryId
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.education.numbers import BASES, SNumbers
from enclave.linkage.engines.polars_engine import write_keyed
from enclave.linkage.fields import FieldHashes
from enclave.linkage.keying import DeliveryKeying
from enclave.linkage.prepared import Forms, whole_birth
from enclave.linkage.registers import TRUTH, scan_register
from enclave.receipts import DeliveryReceipt, LinkageReceipt

BLOCK_ROWS = 20_000
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
    """

    path: Path
    dates: dict[str, date]
    truth: pl.DataFrame | None

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

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``KEPT``, keys and fields of delivered pupils with a delivery_id."""
        counted = frame.with_columns(*_counted_by(), *self.numbers.columns())
        return DeliveryKeying(self.hashes, Forms(sound_numbers=True), KEPT)(counted)


def gather(
    custody: Custody, keying: Keying, receipts: list[DeliveryReceipt]
) -> tuple[Gathered, pl.DataFrame]:
    """Hashes every accepted delivery's identifiers into ``linkage/keys-deliveries.parquet``.

    Blocks of whole deliveries, ``BLOCK_ROWS`` pupils or a few more, are hashed at once, because
    schools are small and one by one would take many times as long. A few blocks are open at a time.

    Returns:
        What was gathered; and birth and len, the whole birth dates and how many pupils have each,
        in memory only.

    Raises:
        InputError: a file is missing or is not the one of its receipt.
    """
    opened = _Opened(custody, receipts, _known_truth(custody))
    target = keys_path(custody)
    with atomic_path(target) as temporary:
        write_keyed(opened.blocks(), keying, temporary)
    counted = pl.concat(opened.births).group_by("birth").agg(pl.col("len").sum())
    truth = pl.concat(opened.truths) if opened.truths else None
    return Gathered(target, opened.dates, truth), counted


class _Opened:
    """Opens deliveries one after another, and notes what is asked of each."""

    def __init__(
        self, custody: Custody, receipts: list[DeliveryReceipt], known: "_Known | None"
    ) -> None:
        self._custody, self._receipts, self._known = custody, receipts, known
        self.dates: dict[str, date] = {}
        self.births: list[pl.DataFrame] = []
        self.truths: list[pl.DataFrame] = []

    def blocks(self) -> Iterator[pl.DataFrame]:
        """The identifiers of some deliveries at a time, with delivery_id."""
        waiting: list[pl.DataFrame] = []
        for number, receipt in enumerate(self._receipts, start=1):
            waiting.append(self._one(receipt))
            if sum(frame.height for frame in waiting) >= BLOCK_ROWS:
                yield self._together(waiting)
                waiting = []
            self._custody.progress.step("linkage: hashing", number, len(self._receipts))
        if waiting:
            yield self._together(waiting)

    def _one(self, receipt: DeliveryReceipt) -> pl.DataFrame:
        frame, delivery = _open(self._custody, receipt), str(receipt.delivery_id)
        self.dates[delivery] = frame["reference_date"][0]
        if self._known is not None:
            self.truths.append(_true_persons(frame, self._known, receipt))
        return frame.with_columns(pl.lit(delivery).alias("delivery_id"))

    def _together(self, frames: list[pl.DataFrame]) -> pl.DataFrame:
        block = pl.concat(frames, how="vertical_relaxed")
        self.births.append(block.select(whole_birth()).drop_nulls().group_by("birth").len())
        return block


def keys_path(custody: Custody) -> Path:
    """Where the keyed pupils of the open round go."""
    return custody.site.zone("linkage") / "keys-deliveries.parquet"


def take_over(custody: Custody, receipts: list[DeliveryReceipt]) -> Gathered:
    """What a run that was stopped had gathered; identifiers are opened only to learn the truth.

    Raises:
        InputError: a file is missing or is not the one of its receipt.
    """
    known, target = _known_truth(custody), keys_path(custody)
    days = pl.read_parquet(target, columns=["delivery_id", "reference_date"])
    first = days.group_by("delivery_id", maintain_order=True).agg(pl.first("reference_date"))
    dates = dict(first.iter_rows())
    truth = None
    if known is not None:
        truth = pl.concat(
            _true_persons(_open(custody, receipt), known, receipt) for receipt in receipts
        )
    return Gathered(target, dates, truth)


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


def _counted_by() -> list[pl.Expr]:
    """What the quality report counts by."""
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
    return [
        pl.col("birth_date").str.slice(0, 4).alias("birth_year"),
        number.alias("number"),
        pl.when(whole).then(pl.lit("whole")).otherwise(pl.lit("not whole")).alias("address_key"),
    ]


_Known = dict[str, pl.DataFrame]
"""Learner and person by sender."""


def _known_truth(custody: Custody) -> _Known | None:
    place = custody.config.registers.truth
    if not place:
        return None
    known = scan_register(place, "truth", TRUTH).collect()
    by_sender = known.partition_by("sender_id", as_dict=True, include_key=False)
    return {str(sender): rows for (sender,), rows in by_sender.items()}


def _true_persons(frame: pl.DataFrame, known: _Known, receipt: DeliveryReceipt) -> pl.DataFrame:
    nobody = pl.DataFrame(schema={"learner_id": pl.String, "person_id": pl.String})
    own = known.get(str(receipt.sender), nobody)
    return frame.join(own, on="learner_id", how="left", maintain_order="left").select(
        pl.lit(str(receipt.delivery_id)).alias("delivery_id"),
        "pupil_row",
        pl.col("person_id").alias("true_person"),
    )
