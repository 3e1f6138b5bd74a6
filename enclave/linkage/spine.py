"""The population spine as keyed hashes, written once per round beside the deliveries' keys."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError, InputError
from enclave.files import atomic_path
from enclave.linkage.engines.polars_engine import write_blocks
from enclave.linkage.fields import FieldHashes
from enclave.linkage.keying import SpineKeying, TailKeying, delivered_births, delivered_years
from enclave.linkage.period import later, period_of
from enclave.linkage.prepared import Forms
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


@dataclass(frozen=True)
class Spine:
    """The period for which addresses are known, and where the keyed spine goes."""

    folder: Path
    first: date
    last: date

    @property
    def path(self) -> Path:
        """The keyed spine."""
        return self.folder / "keys-spine.parquet"

    @property
    def persons(self) -> Path:
        """The fields of persons whom the pattern table may find."""
        return self.folder / "keys-persons.parquet"

    def covers(self, day: date) -> bool:
        """Whether addresses of that day are known."""
        return self.first <= day <= later(self.last)


def examine_spine(custody: Custody) -> Spine:
    """The period of the register, after its form was checked; nothing is hashed yet.

    Raises:
        InputError: the register is missing, lacks a column or does not cover the reference date.
        FindingsError: values are not in their form.
    """
    register = scan_register(custody.config.registers.population_spine, "population_spine", COLUMNS)
    spine = _examine(register, custody.site.zone("linkage"))
    if not spine.covers(custody.config.round.reference_date):
        raise InputError(
            "The population spine covers the reference date.",
            where="round.reference_date",
            next_step="deliver a newer register, or mend the date in enclave.toml",
        )
    return spine


def key_spine(custody: Custody, spine: Spine, hashes: FieldHashes, births: pl.DataFrame) -> None:
    """Hashes the register into ``spine.path`` and ``spine.persons``, block by block.

    ``path``: one row per person and address spell: person_id, keys (Binary of 16 bytes), fields
    (Int32), valid_from, valid_to (null: still valid). ``persons``: the fields of whom the pattern
    table may find.

    Args:
        custody: the site.
        spine: what was examined.
        hashes: makes keys and fields.
        births: delivered birth dates and how many pupils have each.

    Raises:
        FindingsError: one BSN belongs to two persons.
    """
    register = Path(custody.config.registers.population_spine)
    forms, delivered = Forms(), delivered_births(births["birth"], hashes)
    for target, keying in (
        (spine.path, SpineKeying(hashes, forms, delivered)),
        (spine.persons, TailKeying(hashes, forms, delivered_years(births))),
    ):
        with atomic_path(target) as temporary:
            write_blocks([register], keying, temporary)
    _refuse_shared_numbers(spine.path)


def _examine(register: pl.LazyFrame, folder: Path) -> Spine:
    """The period of the register, after its values were found to be in their form."""
    malformed = [
        (pl.col(name).str.len_bytes() != length).sum().alias(name)
        for name, length in LENGTHS.items()
    ]
    facts = register.select(
        *malformed,
        pl.col("person_id").null_count(),
        pl.col("valid_from").null_count(),
    ).collect(engine="streaming")
    found = facts.row(0, named=True)
    period = period_of(register)
    if period.first is None or period.last is None:
        raise InputError(
            "The population spine holds persons with dated addresses.",
            where="registers.population_spine",
            next_step="deliver the register again",
        )
    found |= {
        "valid_to before valid_from": period.backwards,
        "valid_from more than a year after all others": period.strays,
    }
    wrong = ", ".join(f"{name} {count:,}" for name, count in found.items() if count)
    if wrong:
        raise FindingsError(
            "Values of the population spine are in their documented form, person_id and "
            "valid_from never missing, and no address ends before it begins.",
            where=f"rows by column: {wrong}",
            next_step="let the register's owner mend it, then run the linkage again",
        )
    return Spine(folder, period.first, period.last)


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
