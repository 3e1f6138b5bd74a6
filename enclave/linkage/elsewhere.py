"""Deliveries of another school's pupils: most of those linked are enrolled, but not here."""

from collections.abc import Sequence

import polars as pl

from enclave.custody import Custody
from enclave.linkage.dataflow import ROW, Doubt
from enclave.linkage.gathering import checked_path
from enclave.linkage.passes import LINKED
from enclave.receipts import DeliveryReceipt

MINIMUM_PUPILS = 3
MINIMUM_SHARE = 0.5
"""Pupils change schools, and a merger moves a whole one; half of a delivery elsewhere is neither a
few who left nor a register that runs behind (working value)."""

SCHOOL = "pupils enrolled at another school"
_YEAR = ("person_id", "school_year")
_PLACE = (*_YEAR, "school_code")


def find_elsewhere(
    rows: pl.DataFrame,
    custody: Custody,
    receipts: Sequence[DeliveryReceipt],
    enrolments: pl.LazyFrame,
) -> tuple[Doubt, ...]:
    """Deliveries whose linked pupils were that year at another school by the register.

    Args:
        rows: the links.
        custody: the site, for the results of the deliveries.
        receipts: the accepted deliveries.
        enrolments: person_id, school_code, school_year.
    """
    linked = rows.filter(pl.col("status") == LINKED).select(*ROW, "person_id")
    # File by file: one lazy plan over thousands of files takes minutes to be made.
    delivered = pl.concat(_places(custody, receipt) for receipt in receipts).lazy()
    places = delivered.join(linked.lazy(), on=ROW)
    somewhere = places.join(enrolments.select(_YEAR).unique(), on=_YEAR, how="semi")
    here = enrolments.select(_PLACE).unique().with_columns(pl.lit(value=True).alias("here"))
    counted = (
        somewhere.join(here, on=_PLACE, how="left")
        .group_by(ROW)
        .agg(pl.col("here").any())
        .group_by("delivery_id")
        .agg(pl.len().alias("pupils"), (~pl.col("here").fill_null(value=False)).sum().alias("away"))
        .collect(engine="streaming")
    )
    away = pl.col("away")
    doubted = counted.filter((away >= MINIMUM_PUPILS) & (away / pl.col("pupils") >= MINIMUM_SHARE))
    return tuple(Doubt(name, SCHOOL) for name in sorted(doubted["delivery_id"]))


def _places(custody: Custody, receipt: DeliveryReceipt) -> pl.DataFrame:
    """Where and when the pupils of a delivery were tested: ``ROW``, school_year, school_code."""
    path = checked_path(custody, receipt, "results")
    found = pl.read_parquet(path, columns=["pupil_row", "school_year", "school_code"])
    delivery = pl.lit(str(receipt.delivery_id)).alias("delivery_id")
    return found.unique().select(delivery, "pupil_row", "school_year", "school_code")
