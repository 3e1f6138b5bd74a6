"""Results: those of one round as delivered, and of all rounds, one row per person and test."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.linkage.education.blocks import PersonRange, write_blocks
from enclave.linkage.education.history import apply_history
from enclave.linkage.education.numbers import ROW
from enclave.linkage.education.rotation import UNMATCHED
from enclave.linkage.gathering import checked_path
from enclave.receipts import DeliveryReceipt

TEST = ("person_key", "school_year", "grade", "moment", "domain", "scale")
WHO = ("person_key", "person_status")
BLOCK_ROWS = 100_000


def write_round_results(
    target: Path, custody: Custody, receipts: list[DeliveryReceipt], keys: pl.DataFrame
) -> int:
    """Writes every accepted result of a round, in the order of delivery; returns how many.

    Raises:
        InputError: a delivery's results are missing, changed, or of a pupil it does not have.
    """
    own = keys.partition_by("delivery_id", as_dict=True, include_key=False)
    empty = keys.drop("delivery_id").clear()
    frames = (
        _under_keys(pl.read_parquet(checked_path(custody, receipt, "results")),
                    own.get((str(receipt.delivery_id),), empty), receipt)
        for receipt in receipts
    )  # fmt: skip
    return write_blocks(target, _in_blocks(frames))


def write_results(
    target: Path, delivered: pl.LazyFrame, history: pl.DataFrame, ranges: list[PersonRange]
) -> int:
    """Writes one row per person and test, sorted by both; returns how many.

    Two results of one person in the same test (a pupil delivered by two schools or in two rounds)
    become one: the latest date, then the higher score, then school code and provider decide.

    Args:
        target: the file.
        delivered: all results of all rounds, under the numbers that persons had then.
        history: old_key, new_key of S numbers that became R.
        ranges: of persons, by the numbers that they have now.
    """
    unmatched = pl.col("person_status") == UNMATCHED
    blocks = (
        _one_per_test(
            apply_history(delivered.filter(part.holds() | unmatched), history.lazy()).filter(
                part.holds()
            )
        )
        for part in ranges
    )
    return write_blocks(target, blocks)


def _under_keys(
    results: pl.DataFrame, keys: pl.DataFrame, receipt: DeliveryReceipt
) -> pl.DataFrame:
    joined = results.join(keys, on=ROW[1], how="inner", maintain_order="left")
    if not joined.height == results.height == receipt.rows_accepted:
        raise InputError(
            "Every accepted result belongs to a pupil of its delivery.",
            where=f"results of delivery {receipt.delivery_id}",
            next_step="restore the linkage zone from its backup; do not receive again",
        )
    return joined.select(*WHO, pl.all().exclude(*ROW, *WHO))


def _in_blocks(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(item.height for item in waiting) >= BLOCK_ROWS:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)


def _one_per_test(delivered: pl.LazyFrame) -> pl.DataFrame:
    return (
        delivered.collect(engine="streaming")
        .sort(
            *TEST, "test_date", "score", "school_code", "provider",
            descending=[False] * len(TEST) + [True, True, False, False], nulls_last=True,
        )
        .unique(TEST, keep="first", maintain_order=True)
    )  # fmt: skip
