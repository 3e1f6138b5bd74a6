"""Two routes to one person, BSN and education number: how many pupils each of them finds."""

import polars as pl

from enclave.linkage.dataflow.pairs import ROW
from enclave.measured import RouteCount

_FIRST, _SECOND = "bsn", "education_number"


def count_routes(pupils: pl.LazyFrame, spine: pl.LazyFrame) -> RouteCount:
    """How many pupils each number finds, by keys.

    Args:
        pupils: delivery_id, pupil_row, bsn, education_number: one row per delivered pupil.
        spine: person_id, bsn, education_number: one row per person and address spell.
    """
    found = pupils.select(*ROW, _FIRST, _SECOND)
    for key in (_FIRST, _SECOND):
        found = found.join(_owners(pupils, spine, key), on=key, how="left")
    by_bsn, by_education = (pl.col(f"owner_{key}") for key in (_FIRST, _SECOND))
    row = found.select(
        by_bsn.is_not_null().sum().alias("by_bsn"),
        by_education.is_not_null().sum().alias("by_education_number"),
        (by_bsn.is_not_null() & by_education.is_not_null()).sum().alias("by_both"),
        (by_bsn == by_education).sum().alias("agree"),
    ).collect(engine="streaming")
    return RouteCount(*row.row(0))


def _owners(pupils: pl.LazyFrame, spine: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """The delivered keys that are those of exactly one person: key and owner."""
    delivered = pupils.select(key).drop_nulls().unique()
    return (
        spine.select(key, "person_id")
        .join(delivered, on=key, how="semi")
        .group_by(key)
        .agg(pl.col("person_id").min().alias(f"owner_{key}"), pl.col("person_id").max().alias("m"))
        .filter(pl.col("m") == pl.col(f"owner_{key}"))
        .drop("m")
    )
