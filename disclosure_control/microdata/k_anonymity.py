"""How well records hide among their likes: k-anonymity, l-diversity and t-closeness.

Records with equal quasi-identifiers form a class. k is the size of the smallest class.

Sources: Samarati and Sweeney, Protecting privacy when disclosing information, SRI-CSL-98-04 (1998);
Sweeney, k-anonymity, IJUFKS 10(5), 2002. For l and t see their own modules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect, labels
from disclosure_control.microdata.arguments import (
    as_plain_lazy,
    check_k,
    check_names,
    check_quasi_identifiers,
)
from disclosure_control.microdata.l_diversity import diversity
from disclosure_control.microdata.pairs import RECORDS, class_keys, count_pairs
from disclosure_control.microdata.t_closeness import closeness
from disclosure_control.verdict import Verdict

UNITS = "units"
SIZE = "__size"


@dataclass(frozen=True, eq=False, repr=False)
class KAnonymity:
    """How well the records of a frame hide among their likes. The repr holds no data values.

    Args:
        k: size of the smallest class, in distinct units (in rows without a unit).
        l: smallest number of distinct sensitive values in a class; null without sensitive columns.
        l_entropy: the same as an effective number: the exponential of the smallest entropy.
        t: largest distance, 0 to 1, between a class's distribution and the whole's.
        classes: how many classes there are.
        minimum_k: below which size a class counts as small.
        small_classes: one row per small class, sorted: the quasi-identifiers (labels) and units.
    """

    k: int
    l: int | None  # noqa: E741 - the literature's own letter
    l_entropy: float | None
    t: float | None
    classes: int
    minimum_k: int
    small_classes: pl.DataFrame

    @property
    def verdict(self) -> Verdict:
        """UNSAFE with a small class; REVIEW where all of a class share a sensitive value."""
        if self.k < self.minimum_k:
            return Verdict.UNSAFE
        return Verdict.REVIEW if self.l == 1 else Verdict.SAFE

    def __repr__(self) -> str:
        found = f"k={self.k}"
        if self.t is not None:
            found += f", l={self.l}, l_entropy={self.l_entropy:.3f}, t={self.t:.4f}"
        return (
            f"KAnonymity({found}, classes={self.classes}, "
            f"small_classes={self.small_classes.height}, minimum_k={self.minimum_k})"
        )


def k_anonymity(
    frame: Any,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    minimum_k: int = 10,
    unit: str | None = None,
) -> KAnonymity:
    """k, l and t of ``frame``, and the classes that are too small.

    A missing value is a category of its own, in quasi-identifiers and in sensitive columns. Where a
    float column holds both null and NaN, they are two quasi-identifying categories, because whoever
    sees the records can tell them apart; in a sensitive column both mean that the value is missing.

    Args:
        frame: records; polars (eager or lazy), Arrow or pandas.
        quasi_identifiers: columns by which somebody could recognise a person.
        sensitive: columns that nobody should learn; l is the smallest and t the largest over them.
        minimum_k: a class with fewer units is small.
        unit: column that identifies the protected person. k then counts distinct units, and a
            missing unit counts as nobody; l and t stay about records. Null: every row is a unit.

    Raises:
        InvalidInputError: columns that do not exist, are nested or have two roles; no records.
    """
    names = check_quasi_identifiers(quasi_identifiers, unit)
    hidden = check_names("sensitive", sensitive)
    if set(names) & set(hidden):
        raise InvalidInputError("A sensitive column is not a quasi-identifier at the same time.")
    if UNITS in names:
        raise InvalidInputError(f"A quasi-identifier has another name than {UNITS}; rename it.")
    check_k("minimum_k", minimum_k)
    lazy = as_plain_lazy(frame, (*names, *hidden, *([] if unit is None else [unit])))
    pairs = {name: count_pairs(lazy, names, name) for name in hidden}
    diversities = [diversity(counts, len(names)) for counts in pairs.values()]
    distances = [closeness(counts, len(names)) for counts in pairs.values()]
    if unit is None and pairs:
        by_class = pairs[hidden[0]].group_by(class_keys(len(names)))
        sizes = by_class.agg(pl.col(RECORDS).sum().alias(SIZE))
    else:
        sizes = class_sizes(lazy, names, unit)
    if sizes.is_empty():
        raise InvalidInputError("Microdata has records; the frame has none.")
    return KAnonymity(
        k=smallest(sizes),
        l=min((found.distinct for found in diversities), default=None),
        l_entropy=min((found.effective for found in diversities), default=None),
        t=max(distances, default=None),
        classes=sizes.height,
        minimum_k=minimum_k,
        small_classes=_small_classes(sizes, names, minimum_k),
    )


def class_sizes(lazy: pl.LazyFrame, names: Sequence[str], unit: str | None) -> pl.DataFrame:
    """One row per class, in any order: the raw quasi-identifiers as ``class_keys``, and SIZE."""
    keys = class_keys(len(names))
    picked = [pl.col(name).alias(key) for name, key in zip(names, keys, strict=True)]
    number = pl.len()
    if unit is not None:
        person = pl.col(unit)
        if lazy.collect_schema()[unit].is_float():
            person = person.fill_nan(None)
        picked.append(person.alias(SIZE))
        number = pl.col(SIZE).drop_nulls().n_unique()
    return collect(lazy.select(picked).group_by(keys).agg(number.cast(pl.Int64).alias(SIZE)))


def smallest(sizes: pl.DataFrame) -> int:
    """The size of the smallest class of ``class_sizes``."""
    return int(sizes.select(pl.col(SIZE).min()).item())


def _small_classes(sizes: pl.DataFrame, names: Sequence[str], minimum_k: int) -> pl.DataFrame:
    own = dict(zip(class_keys(len(names)), names, strict=True)) | {SIZE: UNITS}
    few = sizes.lazy().filter(pl.col(SIZE) < minimum_k).rename(own)
    return collect(few.select(*labels(few, names), pl.col(UNITS))).sort(*names, UNITS)
