"""From identifiers to keys and fields, one block of rows at a time, in every engine alike."""

from dataclasses import dataclass

import polars as pl

from enclave.linkage.fields import (
    FINE_PARTS,
    PARTS,
    SWAPPED,
    FieldHashes,
    number_fields,
    with_fields,
)
from enclave.linkage.passes import IDENTITY_FIELDS
from enclave.linkage.prepared import Forms, prepared

SPELL = ("valid_from", "valid_to")
NUMBERS, ADDRESSES = ("bsn", "education_number"), ("address", "home")
BIRTH = "f_birth"
MINIMUM_YEAR_SHARE = 0.001
"""Years of birth with a smaller share of the delivery are taken for errors of typing."""


@dataclass(frozen=True)
class DeliveryKeying:
    """Keys and fields of delivered pupils.

    Args:
        hashes: makes them.
        forms: how the identifiers are written.
        kept: columns that stay as they are.
    """

    hashes: FieldHashes
    forms: Forms
    kept: tuple[str, ...]

    def __call__(self, block: pl.DataFrame) -> pl.DataFrame:
        """``kept``, the keys (Binary of 16 bytes) and the fields (Int32) of every row."""
        rows = prepared(block, self.forms)
        keyed = rows.with_columns(_keys(self.hashes, tuple(IDENTITY_FIELDS)))
        field, source, value = SWAPPED[0], SWAPPED[1], SWAPPED[2]
        swapped = self.hashes.of(field, rows.select(value).to_series()).alias(source)
        fields = with_fields(rows, self.hashes, FINE_PARTS)
        numbers = keyed.select(number_fields())
        return keyed.select(*self.kept, *IDENTITY_FIELDS).with_columns(*fields, swapped, *numbers)


@dataclass(frozen=True)
class SpineKeying:
    """Keys and guard fields of the spine.

    Args:
        hashes: makes them.
        forms: how the identifiers are written.
        births: the delivered birth dates as fields (``delivered_births``); with another one no
            address key can agree, and none is made. Null: every row gets its address keys. Dates
            themselves would lie in the closures that Spark writes to its folders.
    """

    hashes: FieldHashes
    forms: Forms
    births: frozenset[int] | None

    def __call__(self, block: pl.DataFrame) -> pl.DataFrame:
        """person_id, keys, guard fields and the dates of the spell."""
        rows = prepared(block, self.forms).with_row_index("place")
        keyed = rows.with_columns(_keys(self.hashes, NUMBERS))
        fields = with_fields(rows, self.hashes, PARTS)
        some = rows if self.births is None else rows.filter(self._delivered(fields))
        address = some.select("place", *_keys(self.hashes, ADDRESSES))
        keyed = keyed.join(address, on="place", how="left", maintain_order="left")
        numbers = keyed.select(number_fields()[:1])
        return keyed.select("person_id", *IDENTITY_FIELDS, *SPELL).with_columns(*fields, *numbers)

    def _delivered(self, fields: list[pl.Series]) -> pl.Series:
        births = pl.Series(sorted(self.births or ()), dtype=pl.Int32)
        birth = next(one for one in fields if one.name == BIRTH)
        return birth.is_in(births.implode())


@dataclass(frozen=True)
class TailKeying:
    """The fields by which the pattern table compares, of persons in the delivered years of birth.

    Args:
        hashes: makes them.
        forms: how the identifiers are written.
        years: years of birth that were delivered.
    """

    hashes: FieldHashes
    forms: Forms
    years: frozenset[str]

    def __call__(self, block: pl.DataFrame) -> pl.DataFrame:
        """person_id, fields and the dates of the spell."""
        years = pl.Series(sorted(self.years), dtype=pl.String).implode()
        wanted = pl.col("birth_date").str.slice(0, 4).is_in(years)
        # What is in its normal form already is not prepared only to be left out.
        some = block.filter(wanted) if self.forms.normalised else block
        rows = prepared(some, self.forms).filter(wanted & pl.col("birth").is_not_null())
        keyed = rows.with_columns(_keys(self.hashes, NUMBERS))
        fields = with_fields(rows, self.hashes, FINE_PARTS)
        return keyed.select("person_id", *SPELL, *number_fields()).with_columns(fields)


def delivered_births(births: pl.Series, hashes: FieldHashes) -> frozenset[int]:
    """The fields of birth dates (YYYYMMDD, no nulls)."""
    return frozenset(hashes.of(BIRTH, births).to_list())


def delivered_years(births: pl.DataFrame) -> frozenset[str]:
    """The years of birth of a delivery, without those that are errors of typing.

    Args:
        births: birth (YYYYMMDD) and len, how many pupils have it.
    """
    years = births.group_by(pl.col("birth").str.slice(0, 4).alias("year")).agg(pl.col("len").sum())
    kept = years.filter(pl.col("len") >= MINIMUM_YEAR_SHARE * float(years["len"].sum()))
    return frozenset(kept["year"].to_list())


def _keys(hashes: FieldHashes, names: tuple[str, ...]) -> list[pl.Expr]:
    return [hashes.hasher.key(name, IDENTITY_FIELDS[name]).alias(name) for name in names]
