"""The linked zone: results and background under person numbers, no identifiers.

A pupil that was not linked keeps its results under an S number (a keyed hash of its place in the
delivery), as Statistics Netherlands keeps unmatched records apart from matched ones (R).
"""

from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import atomic_path
from enclave.linkage.cascade import ROW
from enclave.linkage.gathering import checked_path
from enclave.linkage.keys import Hasher
from enclave.receipts import DeliveryReceipt

BACKGROUND = (
    "sex", "birth_year", "origin", "household_income", "household_form", "parental_education",
)  # fmt: skip
TEST = ("person_key", "school_year", "grade", "moment", "domain", "scale")
S_DIGITS = 16


def person_keys(links: pl.DataFrame, hasher: Hasher) -> pl.DataFrame:
    """delivery_id, pupil_row, person_key and person_status (R or S) of every delivered pupil."""
    with_place = links.with_columns(pl.col("pupil_row").cast(pl.String).alias("place"))
    number = hasher.key("s-number", ("delivery_id", "place")).bin.encode("hex")
    return with_place.with_columns(number.alias("s_number")).select(
        *ROW,
        pl.coalesce("person_id", "S" + pl.col("s_number").str.slice(0, S_DIGITS)).alias(
            "person_key"
        ),
        pl.when(pl.col("person_id").is_not_null())
        .then(pl.lit("R"))
        .otherwise(pl.lit("S"))
        .alias("person_status"),
    )


def write_linked(
    custody: Custody, receipts: list[DeliveryReceipt], keys: pl.DataFrame
) -> tuple[Path, ...]:
    """Writes results, pupils and schools of the linked zone, and returns their paths.

    Two results of one person in the same test (a pupil delivered by two schools) become one: the
    latest date, then the higher score, then the school code decide.
    """
    zone = custody.site.zone("linked")
    results = pl.concat(
        pl.scan_parquet(checked_path(custody, receipt, "results")).with_columns(
            pl.lit(str(receipt.delivery_id)).alias("delivery_id")
        )
        for receipt in receipts
    )
    joined = (
        results.join(keys.lazy(), on=ROW)
        .sort("test_date", "score", "school_code", descending=[True, True, False])
        .unique(TEST, keep="first", maintain_order=True)
        .drop("delivery_id", "pupil_row")
        .select("person_key", "person_status", pl.all().exclude("person_key", "person_status"))
        .sort("person_key", "school_year", "grade", "domain", "moment", "scale")
    )
    targets = (zone / "results.parquet", zone / "pupils.parquet", zone / "schools.parquet")
    _sink(joined, targets[0])
    background = _register(custody.config.registers.background, "background")
    persons = keys.lazy().select("person_key", "person_status").unique()
    pupils = persons.join(
        background.select(pl.col("person_id").alias("person_key"), *BACKGROUND),
        on="person_key",
        how="left",
    )
    _sink(pupils.sort("person_key"), targets[1])
    schools = _register(custody.config.registers.schools, "schools")
    _sink(
        schools.select("school_code", "denomination", "province", "municipality", "pupils").sort(
            "school_code"
        ),
        targets[2],
    )
    return targets


def _register(place: str, name: str) -> pl.LazyFrame:
    if not Path(place).is_file():
        raise InputError(
            "The registers lie where enclave.toml says.",
            where=f"registers.{name}",
            next_step="mend the path in enclave.toml",
        )
    return pl.scan_parquet(place)


def _sink(frame: pl.LazyFrame, target: Path) -> None:
    with atomic_path(target) as temporary:
        frame.collect(engine="streaming").write_parquet(temporary)
