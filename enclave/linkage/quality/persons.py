"""What the registers tell of persons that links may depend on: origin, school, moves, twins.

Nothing of it is delivered with a pupil. It is known of persons in the registers, so it counts
those who should have been linked, and those whom their numbers linked without doubt.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from enclave.linkage.registers import BACKGROUND, ENROLMENTS, SCHOOL_TYPE, SCHOOLS, scan_register
from enclave.linkage.spine import COLUMNS
from enclave.site import RegistersConfig

NEWCOMER_MONTHS, MOVER_MONTHS = 24, 12
"""How long before the reference date somebody is new in the population, and has just moved."""

CHARACTERISTICS = ("origin", "school_type", "denomination", "newcomer", "mover", "twin")
YES, NO = "yes", "no"
PLACE = ("school_code", "school_year", "grade")
_HOME = ("birth_date", "postcode", "house_number", "house_addition")


@dataclass(frozen=True)
class Registers:
    """The registers that tell of persons.

    ``spine``: one row per person and address spell. ``background``: one per person.
    ``enrolments``: one per person, year and place. ``schools``: one per school; its school_type
    may be null. ``day``: at which addresses count.
    """

    spine: pl.LazyFrame
    background: pl.LazyFrame
    enrolments: pl.LazyFrame
    schools: pl.LazyFrame
    day: date


def open_registers(places: RegistersConfig, day: date) -> Registers:
    """The registers of a site, lazily.

    Raises:
        InputError: one is missing, is no Parquet file, or lacks a column or its type.
    """
    return Registers(
        scan_register(places.population_spine, "population_spine", COLUMNS),
        scan_register(places.background, "background", BACKGROUND),
        scan_register(places.enrolments, "enrolments", ENROLMENTS),
        scan_register(places.schools, "schools", SCHOOLS, SCHOOL_TYPE),
        day,
    )


def enrolled(registers: Registers, places: pl.LazyFrame, year: str) -> pl.LazyFrame:
    """Persons enrolled in a year where somebody delivered: person_id and one school_code.

    Args:
        registers: of the site.
        places: school_code, school_year, grade of what was delivered.
        year: the school year.
    """
    wanted = places.filter(pl.col("school_year") == year).with_columns(
        pl.col("grade").cast(pl.Int64)
    )
    return (
        registers.enrolments.filter(pl.col("school_year") == year)
        .with_columns(pl.col("grade").cast(pl.Int64))
        .join(wanted.select(PLACE).unique(), on=PLACE, how="semi")
        .group_by("person_id")
        .agg(pl.col("school_code").min())
    )


def characteristics(registers: Registers, persons: pl.DataFrame) -> pl.DataFrame:
    """``CHARACTERISTICS`` as text, null where not known; one row per row of ``persons``.

    newcomer: born before, and first registered, in the last ``NEWCOMER_MONTHS``. mover: came to an
    address in the last ``MOVER_MONTHS``. twin: somebody else has the same birth date and address.

    Args:
        registers: of the site.
        persons: person_id (once each) and school_code (null: not known).
    """
    schools = registers.schools.select("school_code", "school_type", "denomination")
    ids = persons.lazy().select("person_id")
    origin = registers.background.select("person_id", "origin").join(
        ids, on="person_id", how="semi"
    )
    # One scan of the spine at a time: together they would hold it in memory.
    parts = (origin.collect(engine="streaming"), _moves(registers, ids), _twins(registers, ids))
    found = persons.lazy().join(schools, on="school_code", how="left")
    for part in parts:
        found = found.join(part.lazy(), on="person_id", how="left")
    return found.select("person_id", *CHARACTERISTICS).collect(engine="streaming")


def _moves(registers: Registers, ids: pl.LazyFrame) -> pl.DataFrame:
    """person_id, newcomer and mover of those in the spine by the reference date."""
    new, moved = (
        pl.select(pl.lit(registers.day).dt.offset_by(f"-{months}mo")).item()
        for months in (NEWCOMER_MONTHS, MOVER_MONTHS)
    )
    began = registers.spine.select(pl.col("valid_from").min()).collect(engine="streaming").item()
    # As text, because parts of a birth date may be unknown (00).
    elder = pl.col("birth_date") < f"{new:%Y%m%d}"
    # A register that itself begins inside the period cannot tell who is new, or has moved.
    told = [pl.lit(began is not None and began <= start) for start in (new, moved)]
    return (
        registers.spine.select("person_id", "birth_date", "valid_from")
        .filter(pl.col("valid_from") <= registers.day)
        .join(ids, on="person_id", how="semi")
        .group_by("person_id")
        .agg(
            pl.col("birth_date").max(),
            pl.col("valid_from").min().alias("first"),
            pl.col("valid_from").max().alias("last"),
        )
        .select(
            "person_id",
            _yes_or_no((pl.col("first") > new) & elder, told[0], "newcomer"),
            _yes_or_no(pl.col("last") > moved, told[1], "mover"),
        )
        .collect(engine="streaming")
    )


def _twins(registers: Registers, ids: pl.LazyFrame) -> pl.DataFrame:
    """person_id and twin of those whose birth date and address are known at the reference date."""
    day = registers.day
    # Of 64 bits: two homes of a country are one by chance once in a million countries.
    home = pl.struct(_HOME).hash(1).alias("home")
    ended = (pl.col("valid_to") <= day).fill_null(value=False)
    homes = registers.spine.filter(pl.col("valid_from") <= day, ~ended)
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in _HOME[:-1])
    whole = [pl.col("birth_date").str.slice(place, 2) != "00" for place in (4, 6)]
    own = (
        homes.select("person_id", "birth_date", home, known.alias("known"))
        .join(ids, on="person_id", how="semi")
        .filter("known", *whole)
        .select("person_id", "home")
        .collect(engine="streaming")
    )
    shared = (
        homes.select("person_id", home)
        .join(own.lazy().select("home").unique(), on="home", how="semi")
        .group_by("home")
        .agg((pl.col("person_id").min() != pl.col("person_id").max()).alias("shared"))
        .collect(engine="streaming")
    )
    return (
        own.join(shared, on="home")
        .group_by("person_id")
        .agg(pl.col("shared").any())
        .select("person_id", _yes_or_no(pl.col("shared"), pl.lit(value=True), "twin"))
    )


def _yes_or_no(found: pl.Expr, known: pl.Expr, name: str) -> pl.Expr:
    told = pl.when(found).then(pl.lit(YES)).when(found.is_not_null()).then(pl.lit(NO))
    return pl.when(known).then(told).alias(name)
