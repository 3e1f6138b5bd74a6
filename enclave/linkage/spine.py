"""The population spine as keyed hashes, written once per round beside the deliveries' keys."""

from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError, InputError
from enclave.files import atomic_path
from enclave.linkage.keys import Hasher
from enclave.linkage.passes import ALL_FIELDS

COLUMNS = (
    "person_id", "bsn", "education_number", "sex", "birth_date", "postcode", "house_number",
    "house_addition", "valid_from", "valid_to",
)  # fmt: skip


def addition() -> pl.Expr:
    """The house addition for a key: upper case, letters and digits, empty when there is none."""
    text = pl.col("house_addition").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return text.fill_null("").alias("addition")


def key_columns(hasher: Hasher) -> list[pl.Expr]:
    """Every key and guard of a row with identifiers."""
    return [hasher.key(name, parts).alias(name) for name, parts in ALL_FIELDS.items()]


def build_spine(custody: Custody, hasher: Hasher) -> Path:
    """Hashes the register into ``linkage/keys-spine.parquet`` and returns the path.

    One row per person and address spell: person_id, keys and guards (Binary of 16 bytes),
    valid_from, valid_to (null: still valid). Streams; memory stays bounded.

    Raises:
        InputError: the register is missing, lacks a column or ends before the reference date.
        FindingsError: one BSN belongs to two persons.
    """
    source = Path(custody.config.registers.population_spine)
    register = _scan(source)
    target = custody.site.zone("linkage") / "keys-spine.parquet"
    with atomic_path(target) as temporary:
        register.with_columns(addition()).select(
            "person_id", *key_columns(hasher), "valid_from", "valid_to"
        ).sink_parquet(temporary)
    _check(custody, target)
    return target


def _scan(source: Path) -> pl.LazyFrame:
    if not source.is_file():
        raise InputError(
            "The population spine lies where enclave.toml says.",
            where="registers.population_spine",
            next_step="mend the path in enclave.toml",
        )
    register = pl.scan_parquet(source)
    missing = [name for name in COLUMNS if name not in register.collect_schema().names()]
    if missing:
        raise InputError(
            "The population spine has the documented columns.",
            where=f"columns {', '.join(missing)}",
            next_step="deliver the register again",
        )
    return register.select(COLUMNS)


def _check(custody: Custody, keyed: Path) -> None:
    spine = pl.scan_parquet(keyed)
    day = custody.config.round.reference_date
    current = pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
    facts = spine.select(
        ((pl.col("valid_from") <= day) & current).any().alias("covers"),
    ).collect(engine="streaming")
    if facts.is_empty() or not facts["covers"][0]:
        raise InputError(
            "The population spine covers the reference date.",
            where="round.reference_date",
            next_step="deliver a newer register, or mend the date in enclave.toml",
        )
    shared = (
        spine.filter(pl.col("bsn").is_not_null())
        .select("bsn", "person_id")
        .group_by("bsn")
        .agg(pl.col("person_id").min().alias("low"), pl.col("person_id").max().alias("high"))
        .filter(pl.col("low") != pl.col("high"))
        .select(pl.len())
        .collect(engine="streaming")
        .item()
    )
    if shared:
        raise FindingsError(
            "A BSN belongs to one person in the population spine.",
            where=f"{shared} numbers belong to two or more",
            next_step="let the register's owner mend it, then run the linkage again",
        )
