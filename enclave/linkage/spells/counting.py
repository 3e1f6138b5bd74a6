"""What a build or an update did, as counts of persons and rows."""

from dataclasses import dataclass, fields
from typing import Self

import polars as pl

from enclave.linkage.spells.extract import HOME
from enclave.linkage.spells.merging import open_persons


@dataclass(frozen=True)
class Counts:
    """Counts of one build or update.

    Attributes:
        persons: persons in the spine.
        spells: address spells of persons in the spine.
        rows: rows in the spine: spells times combinations of numbers recorded in them.
        added: persons who were not in the spine.
        moved: persons of the spine with a spell that was not in it.
        first_bsn: persons of the spine who had no BSN and have one now.
        changed_bsn: persons of the spine who had a BSN and have another now.
        education_numbers: education numbers that persons of the spine got.
        corrected: persons of the spine with another birth date or sex.
        missing: persons with an open spell whom a snapshot lacks; 0 with dated spells.
        closed: persons among them whose spells were closed.
        overlapping: persons who are at two addresses on one day.
    """

    persons: int = 0
    spells: int = 0
    rows: int = 0
    added: int = 0
    moved: int = 0
    first_bsn: int = 0
    changed_bsn: int = 0
    education_numbers: int = 0
    corrected: int = 0
    missing: int = 0
    closed: int = 0
    overlapping: int = 0

    def __add__(self, other: Self) -> "Counts":
        return Counts(
            *(getattr(self, field.name) + getattr(other, field.name) for field in fields(self))
        )


def state_of(spine: pl.DataFrame) -> Counts:
    """Persons, spells, rows and overlaps of rows of a spine, all other counts 0."""
    spells = spine.select(*HOME, "valid_from", "valid_to").unique()
    return Counts(
        persons=spine["person_id"].n_unique(),
        spells=spells.height,
        rows=spine.height,
        overlapping=_overlapping(spells),
    )


def changes_between(old: pl.DataFrame, result: pl.DataFrame) -> Counts:
    """What the rows of a newer spine hold that those of the old one did not."""
    known = old.select("person_id").unique()
    stayed = result.join(known, on="person_id", how="semi")
    numbered = old.filter(pl.col("bsn").is_not_null()).select("person_id").unique()
    got = _gained(old, stayed, ("person_id", "bsn"))
    return Counts(
        added=result["person_id"].n_unique() - known.height,
        moved=_persons(_gained(old, stayed, (*HOME, "valid_from"), nulls=True)),
        first_bsn=_persons(got.join(numbered, on="person_id", how="anti")),
        changed_bsn=_persons(got.join(numbered, on="person_id", how="semi")),
        education_numbers=_gained(old, stayed, ("person_id", "education_number")).height,
        corrected=_persons(_gained(old, stayed, ("person_id", "sex", "birth_date"), nulls=True)),
    )


def missing_from(old: pl.DataFrame, snapshot: pl.DataFrame) -> int:
    """How many persons with an open spell the snapshot lacks."""
    return open_persons(old).join(snapshot, on="person_id", how="anti").height


def _gained(
    old: pl.DataFrame, new: pl.DataFrame, names: tuple[str, ...], *, nulls: bool = False
) -> pl.DataFrame:
    found = new.select(names).unique()
    if not nulls:
        found = found.drop_nulls()
    return found.join(old.select(names).unique(), on=list(names), how="anti", nulls_equal=True)


def _persons(frame: pl.DataFrame) -> int:
    return frame["person_id"].n_unique()


def _overlapping(spells: pl.DataFrame) -> int:
    reached = pl.col("valid_to").cum_max().shift(1).over("person_id")
    return _persons(
        spells.with_columns(pl.col("valid_to").fill_null(pl.date(9999, 12, 31)))
        .sort("person_id", "valid_from", "valid_to")
        .filter(pl.col("valid_from") < reached)
    )
