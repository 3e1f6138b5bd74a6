"""Fields for comparing: keyed hashes of 32 bits of values that many people share.

Birth dates, postcodes and house numbers have few distinct values, so each is hashed once. They are
made anew for every job: whoever holds such a column can count how often each value occurs, and a
count can give a value away.
"""

from dataclasses import dataclass, field
from threading import Lock

import polars as pl

from enclave.errors import EnclaveError
from enclave.linkage.keys import Hasher, KeySource, as_field, open_hasher

PARTS: dict[str, pl.Expr] = {
    "f_birth": pl.col("birth"),
    "f_sex": pl.col("sex"),
    "f_postcode": pl.col("postcode"),
    "f_number": pl.col("house_number"),
}
"""The fields that guards are made of."""

_BIRTH = pl.col("birth")
FINE_PARTS: dict[str, pl.Expr] = PARTS | {
    "f_addition": pl.col("addition"),
    "f_area": pl.col("postcode").str.slice(0, 4),
    "f_year_month": _BIRTH.str.slice(0, 6),
    "f_year_day": _BIRTH.str.slice(0, 4) + _BIRTH.str.slice(6, 2),
    "f_month_day": _BIRTH.str.slice(4, 4),
}
"""The fields that the pattern table compares besides."""

_SWAPPED = _BIRTH.str.slice(0, 4) + _BIRTH.str.slice(6, 2) + _BIRTH.str.slice(4, 2)
SWAPPED = ("f_birth", "f_birth_swapped", _SWAPPED)
"""A date with day and month exchanged is compared with dates as they are."""


@dataclass
class FieldHashes:
    """Hashes the values of fields, each distinct value once. Pickles without what it has hashed.

    Several threads may ask at once; values are numbered by one at a time.
    """

    source: KeySource
    _hasher: Hasher | None = None
    _known: dict[str, "_Values"] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def __repr__(self) -> str:
        """Names no value."""
        return f"FieldHashes({len(self._known)} fields)"

    def __reduce__(self) -> tuple[type["FieldHashes"], tuple[KeySource]]:
        """Only where the key lies travels."""
        return FieldHashes, (self.source,)

    @property
    def hasher(self) -> Hasher:
        """The hasher, opened at first use."""
        if self._hasher is None:
            self._hasher = open_hasher(self.source)
        return self._hasher

    def of(self, name: str, values: pl.Series) -> pl.Series:
        """The field of every value: Int32, null for null."""
        with self._one_at_a_time:
            return self._of(name, values)

    def _of(self, name: str, values: pl.Series) -> pl.Series:
        known = self._known.get(name) or _Values.none()
        coded = values.cast(known.anchor.dtype)
        codes = coded.to_physical()
        new = (
            pl.DataFrame({"value": coded, "code": codes})
            .filter(pl.col("code") >= known.fields.len())
            .unique("code")
            .sort("code")
        )
        fresh = new.select(pl.col("value").cast(pl.String)).select(self.hasher.field(name, "value"))
        self._known[name] = known.with_more(new["code"], fresh.to_series())
        return self._known[name].fields.gather(codes).alias(name)


@dataclass(frozen=True, repr=False)
class _Values:
    """Values met so far, numbered as they came, and the field of each.

    ``anchor`` has the type that numbers them: polars forgets the numbers when no column of the type
    is left.
    """

    anchor: pl.Series
    fields: pl.Series

    @classmethod
    def none(cls) -> "_Values":
        """Nothing met yet."""
        kind = pl.Categorical(pl.Categories.random())
        return cls(pl.Series(dtype=kind), pl.Series(dtype=pl.Int32))

    def with_more(self, codes: pl.Series, fields: pl.Series) -> "_Values":
        """With further values, which are numbered on from those at hand."""
        first = self.fields.len()
        if codes.to_list() != list(range(first, first + fields.len())):
            raise EnclaveError(
                "Values are numbered as they come.",
                where="fields for comparing",
                next_step="report this fault; nothing was linked",
            )
        return _Values(self.anchor, pl.concat([self.fields, fields]))


def with_fields(
    frame: pl.DataFrame, hashes: FieldHashes, parts: dict[str, pl.Expr]
) -> list[pl.Series]:
    """The fields of a block of rows, as columns named like the parts."""
    found = frame.select(**parts)
    return [hashes.of(name, found[name]) for name in parts]


def number_fields() -> list[pl.Expr]:
    """The numbers as fields, from their keys; ``f_bsn`` only where the number can be one."""
    return [
        pl.when("bsn_sound").then(as_field(pl.col("bsn"))).alias("f_bsn"),
        as_field(pl.col("education_number")).alias("f_education"),
    ]
