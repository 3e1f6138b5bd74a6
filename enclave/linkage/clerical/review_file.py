"""The review file as cases: numbered pupils, and their candidates from the likeliest on."""

from pathlib import Path

import polars as pl

from enclave.errors import InputError
from enclave.linkage.clerical.cases import WORDS
from enclave.linkage.dataflow.pairs import ROW

S_KEY, HOLDERS = "s_key", "holders"
DELIVERY = "delivery"
NONE = 0
"""The candidate that stands for none of them."""


def with_s_numbers(cases: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The cases with the S number of the pupil, and how many pupils of the round have it.

    Identifiers are destroyed after the linkage; with this the decisions can be applied later.

    Args:
        cases: see ``find_cases``.
        keys: delivery_id, pupil_row, person_key of every delivered pupil.
    """
    numbers = keys.select(
        *ROW, pl.col("person_key").alias(S_KEY), pl.len().over("person_key").alias(HOLDERS)
    )
    return cases.join(numbers, on=ROW, how="left", maintain_order="left")


def as_frames(cases: pl.DataFrame) -> pl.DataFrame:
    """The cases of two files: row_id, and the deliveries numbered, in place of their names."""
    number = pl.col("delivery_id").rank("dense").cast(pl.Int64).alias(DELIVERY)
    named = cases.with_columns(number).drop("delivery_id").rename({"pupil_row": "row_id"})
    return named.sort("row_id", "person_id")


def read_cases(path: Path) -> pl.DataFrame:
    """The pairs of a review file, numbered.

    Grain: one row per pupil and candidate: every column of the file, ``case`` (pupils, from 1) and
    ``candidate`` (persons of a pupil from the likeliest on, from 1; 0 where there is no person).

    Raises:
        InputError: there is no review file, or it is damaged.
    """
    try:
        pairs = pl.read_parquet(path, glob=False)
        named = pairs.rename({"row_id": "pupil_row"}) if "row_id" in pairs.columns else pairs
        keys = [name for name in ROW if name in named.columns]
        order = [*keys, "bits", "person_id"]
        ranked = named.sort(order, descending=[*[False] * len(keys), True, False], nulls_last=True)
        case = pl.struct(keys).rank("dense").cast(pl.Int64)
        place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(keys)
        somebody = pl.col("person_id").is_not_null()
        return ranked.select(
            case.alias("case"),
            pl.when(somebody).then(place).otherwise(NONE).alias("candidate"),
            pl.exclude(WORDS),
            *WORDS,
        )
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(
            "There is a review file, as the linkage writes it.",
            where="review.parquet",
            next_step="link first: enclave link run, or enclave link frames",
        ) from None
