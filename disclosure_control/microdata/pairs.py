"""Records counted by class and sensitive value: all that l and t need to know."""

from collections.abc import Sequence

import polars as pl

from disclosure_control.frames import collect

VALUE, RECORDS = "__value", "__records"


def class_keys(number: int) -> list[str]:
    """The names under which raw quasi-identifiers are grouped, whatever they are called."""
    return [f"__key_{place}" for place in range(number)]


def count_pairs(lazy: pl.LazyFrame, names: Sequence[str], sensitive: str) -> pl.DataFrame:
    """One row per class and sensitive value: the keys of the class, VALUE, RECORDS.

    A missing sensitive value (null, NaN) is a value.
    """
    keys = class_keys(len(names))
    value = pl.col(sensitive)
    if lazy.collect_schema()[sensitive].is_float():
        value = value.fill_nan(None)
    picked = [pl.col(name).alias(key) for name, key in zip(names, keys, strict=True)]
    rows = lazy.select(*picked, value.alias(VALUE))
    return collect(rows.group_by(*keys, VALUE).agg(pl.len().cast(pl.Int64).alias(RECORDS)))
