"""The population spine as keyed hashes, written once per round beside the deliveries' keys."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError, InputError
from enclave.files import atomic_path
from enclave.linkage.keys import Hasher
from enclave.linkage.passes import ALL_FIELDS
from enclave.linkage.registers import DATE, TEXT, Columns, scan_register

COLUMNS: Columns = {
    "person_id": TEXT,
    "bsn": TEXT,
    "education_number": TEXT,
    "sex": TEXT,
    "birth_date": TEXT,
    "postcode": TEXT,
    "house_number": TEXT,
    "house_addition": TEXT,
    "valid_from": DATE,
    "valid_to": DATE,
}
LENGTHS = {"bsn": 9, "education_number": 9, "sex": 1, "birth_date": 8, "postcode": 6}
"""Characters of every value. One lost zero or one space, and a column would never match."""

MAXIMUM_AGE = timedelta(days=366)
"""People move every day: without a change in a year before the reference date it is an old copy."""


@dataclass(frozen=True)
class Spine:
    """The keyed spine and the period for which its addresses are known."""

    path: Path
    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Whether addresses of that day are known."""
        return self.first <= day <= self.last + MAXIMUM_AGE


def derived_columns() -> list[pl.Expr]:
    """Parts of keys that are made from other columns.

    ``addition``: the house addition in upper case, letters and digits, empty when there is none.
    ``birth``: the birth date when all of it is known.
    """
    addition = pl.col("house_addition").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    born = pl.col("birth_date")
    whole = (born.str.slice(4, 2) != "00") & (born.str.slice(6, 2) != "00")
    return [addition.fill_null("").alias("addition"), pl.when(whole).then(born).alias("birth")]


def key_columns(hasher: Hasher) -> list[pl.Expr]:
    """Every key and guard of a row with identifiers."""
    return [hasher.key(name, parts).alias(name) for name, parts in ALL_FIELDS.items()]


def build_spine(custody: Custody, hasher: Hasher) -> Spine:
    """Hashes the register into ``linkage/keys-spine.parquet``.

    One row per person and address spell: person_id, keys and guards (Binary of 16 bytes),
    valid_from, valid_to (null: still valid). Streams; memory stays bounded.

    Raises:
        InputError: the register is missing, lacks a column or does not cover the reference date.
        FindingsError: values are not in their form, or one BSN belongs to two persons.
    """
    register = scan_register(custody.config.registers.population_spine, "population_spine", COLUMNS)
    target = custody.site.zone("linkage") / "keys-spine.parquet"
    spine = _examine(register, target)
    if not spine.covers(custody.config.round.reference_date):
        raise InputError(
            "The population spine covers the reference date.",
            where="round.reference_date",
            next_step="deliver a newer register, or mend the date in enclave.toml",
        )
    with atomic_path(target) as temporary:
        register.with_columns(derived_columns()).select(
            "person_id", *key_columns(hasher), "valid_from", "valid_to"
        ).sink_parquet(temporary)
    _refuse_shared_numbers(target)
    return spine


def _examine(register: pl.LazyFrame, target: Path) -> Spine:
    """The period of the register, after its values were found to be in their form."""
    malformed = [
        (pl.col(name).str.len_bytes() != length).sum().alias(name)
        for name, length in LENGTHS.items()
    ]
    facts = register.select(
        *malformed,
        pl.col("person_id").null_count(),
        pl.col("valid_from").null_count(),
        pl.col("valid_from").min().alias("first"),
        pl.max_horizontal(pl.col("valid_from").max(), pl.col("valid_to").max()).alias("last"),
    ).collect(engine="streaming")
    found = facts.row(0, named=True)
    first, last = found.pop("first"), found.pop("last")
    if first is None:
        raise InputError(
            "The population spine holds persons with dated addresses.",
            where="registers.population_spine",
            next_step="deliver the register again",
        )
    wrong = ", ".join(f"{name} {count:,}" for name, count in found.items() if count)
    if wrong:
        raise FindingsError(
            "Values of the population spine are in their documented form, person_id and "
            "valid_from never missing.",
            where=f"rows by column: {wrong}",
            next_step="let the register's owner mend it, then run the linkage again",
        )
    return Spine(target, first, last)


def _refuse_shared_numbers(keyed: Path) -> None:
    person = pl.col("person_id").hash()
    shared = (
        pl.scan_parquet(keyed)
        .filter(pl.col("bsn").is_not_null())
        .group_by(pl.col("bsn").bin.reinterpret(dtype=pl.UInt128, endianness="little"))
        .agg((person.min() != person.max()).alias("shared"))
        .select(pl.col("shared").sum())
        .collect(engine="streaming")
        .item()
    )
    if shared:
        raise FindingsError(
            "A BSN belongs to one person in the population spine.",
            where=f"{shared} numbers belong to two or more",
            next_step="let the register's owner mend it, then run the linkage again",
        )
