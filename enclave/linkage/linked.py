"""The linked zone: results and background under person numbers, no identifiers.

A pupil that was not linked keeps its results under an S number (a keyed hash of its place in the
delivery), as Statistics Netherlands keeps unmatched records apart from matched ones (R).
"""

from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError, InputError
from enclave.files import atomic_path
from enclave.linkage.cascade import ROW
from enclave.linkage.gathering import checked_path
from enclave.linkage.keys import Hasher
from enclave.linkage.registers import BACKGROUND, ENROLMENTS, SCHOOLS, scan_register
from enclave.receipts import DeliveryReceipt, LinkedContent

MATCHED, UNMATCHED = "R", "S"
TEST = ("person_key", "school_year", "grade", "moment", "domain", "scale")
PLACE = ("person_key", "school_year", "school_code", "grade")
S_DIGITS = 16


def person_keys(links: pl.DataFrame, hasher: Hasher) -> pl.DataFrame:
    """delivery_id, pupil_row, person_key and person_status (R or S) of every delivered pupil.

    Raises:
        FindingsError: two pupils would get one S number, by a collision of 64 bits.
    """
    with_place = links.with_columns(pl.col("pupil_row").cast(pl.String).alias("place"))
    number = hasher.key("s-number", ("delivery_id", "place")).bin.encode("hex")
    matched = pl.col("person_id").is_not_null()
    keys = with_place.with_columns(number.str.slice(0, S_DIGITS).alias("s_number")).select(
        *ROW,
        pl.coalesce("person_id", UNMATCHED + pl.col("s_number")).alias("person_key"),
        pl.when(matched).then(pl.lit(MATCHED)).otherwise(pl.lit(UNMATCHED)).alias("person_status"),
    )
    unmatched = keys.filter(pl.col("person_status") == UNMATCHED)["person_key"]
    if unmatched.n_unique() != unmatched.len():
        raise FindingsError(
            "Every unmatched pupil has a number of its own.",
            where="linked zone, person_key",
            next_step="make the site anew with another linkage key",
        )
    return keys


def write_linked(
    custody: Custody, receipts: list[DeliveryReceipt], keys: pl.DataFrame
) -> tuple[tuple[Path, ...], LinkedContent]:
    """Writes results, pupils and schools of the linked zone; returns their paths and a count.

    Raises:
        InputError: a register or a delivery's results are missing, changed or incomplete.
        FindingsError: a register names a person or a school twice.
    """
    registers, zone = custody.config.registers, custody.site.zone("linked")
    targets = (zone / "results.parquet", zone / "pupils.parquet", zone / "schools.parquet")
    background = scan_register(registers.background, "background", BACKGROUND)
    enrolments = scan_register(registers.enrolments, "enrolments", ENROLMENTS)
    schools = scan_register(registers.schools, "schools", SCHOOLS)
    _refuse_repeats(background, "person_id", "background")
    _refuse_repeats(schools, "school_code", "schools")
    duplicates = _write_results(targets[0], _delivered(custody, receipts), keys, receipts)
    pupils = _pupils(keys, background)
    _write(targets[1], pupils)
    _write(targets[2], schools.collect().sort("school_code"))
    results = pl.scan_parquet(targets[0])
    matched = pupils.filter(pl.col("person_status") == MATCHED)
    content = LinkedContent(
        results=results.select(pl.len()).collect().item(),
        duplicates=duplicates,
        persons=pupils.height,
        without_background=int(matched["birth_year"].is_null().sum()),
        **_against_enrolments(results, enrolments),
    )
    return targets, content


def _delivered(custody: Custody, receipts: list[DeliveryReceipt]) -> pl.LazyFrame:
    """All results of the accepted deliveries, with delivery_id in place of the file."""
    paths = [str(checked_path(custody, receipt, "results")) for receipt in receipts]
    names = pl.LazyFrame({"path": paths, "delivery_id": [str(r.delivery_id) for r in receipts]})
    return pl.scan_parquet(paths, glob=False, include_file_paths="path").join(names, on="path")


def _write_results(
    target: Path, delivered: pl.LazyFrame, keys: pl.DataFrame, receipts: list[DeliveryReceipt]
) -> int:
    """Writes one row per person and test; returns how many others were left out.

    Two results of one person in the same test (a pupil delivered by two schools) become one: the
    latest date, then the higher score, then school code and provider decide.
    """
    joined = (
        delivered.join(keys.lazy(), on=ROW)
        .select("person_key", "person_status", pl.all().exclude("path", *ROW, "person_key",
                                                                "person_status"))
        .collect(engine="streaming")
    )  # fmt: skip
    if joined.height != sum(receipt.rows_accepted for receipt in receipts):
        raise InputError(
            "Every accepted result belongs to a pupil of its delivery.",
            where="results of the accepted deliveries",
            next_step="restore the linkage zone from its backup; do not receive again",
        )
    every = joined.height
    kept = joined.sort(
        *TEST, "test_date", "score", "school_code", "provider",
        descending=[False] * len(TEST) + [True, True, False, False], nulls_last=True,
    ).unique(TEST, keep="first", maintain_order=True)  # fmt: skip
    _write(target, kept)
    return every - kept.height


def _pupils(keys: pl.DataFrame, background: pl.LazyFrame) -> pl.DataFrame:
    """One row per person: what the register knows of the matched ones, null for the others."""
    persons = keys.lazy().select("person_key", "person_status").unique()
    known = background.rename({"person_id": "person_key"}).with_columns(
        pl.lit(MATCHED).alias("person_status")
    )
    return (
        persons.join(known, on=("person_key", "person_status"), how="left")
        .collect(engine="streaming")
        .sort("person_key")
    )


def _against_enrolments(results: pl.LazyFrame, enrolments: pl.LazyFrame) -> dict[str, int]:
    """Where matched persons with results were enrolled, by the register. Four counts."""
    places = results.filter(pl.col("person_status") == MATCHED).select(PLACE).unique()
    register = enrolments.rename({"person_id": "person_key"}).with_columns(
        pl.col("grade").cast(pl.Int8)
    )
    counts = {}
    for name, on in (
        ("enrolled", PLACE),
        ("other_grade", PLACE[:3]),
        ("other_school", PLACE[:2]),
    ):
        found = places.join(register.select(on).unique(), on=on, how="semi").collect()
        counts[name] = found.height
        places = places.join(register.select(on).unique(), on=on, how="anti")
    return counts | {"not_enrolled": places.collect().height}


def _refuse_repeats(register: pl.LazyFrame, key: str, name: str) -> None:
    repeats, missing = (
        register.select(
            (pl.len() - pl.col(key).n_unique()).alias("repeats"),
            pl.col(key).null_count().alias("missing"),
        )
        .collect(engine="streaming")
        .row(0)
    )
    if repeats or missing:
        raise FindingsError(
            f"A register has one row per {key}.",
            where=f"registers.{name}: {repeats:,} repeated rows, {missing:,} without {key}",
            next_step="let the register's owner mend it, then run the linkage again",
        )


def _write(target: Path, frame: pl.DataFrame) -> None:
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
