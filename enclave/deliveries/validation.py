"""The one place that calls pandera.

Pandera's own messages quote values, hold the whole frame, pass a ``LazyFrame`` unchecked and can be
switched off by an environment variable. Here only frames are checked, at full depth whatever the
environment says, and what comes back is column, rule and row positions.
"""

import warnings
from dataclasses import dataclass

import polars as pl

# Pandera loads Spark's pandas where Spark is installed; that one warns of versions we do not use.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    import pandera.polars as pa
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaError, SchemaErrors

from enclave.deliveries.schemas.columns import Column
from enclave.errors import FindingsError


@dataclass(frozen=True)
class Broken:
    """Rows that break one rule: the rule's code and the positions of the rows."""

    rule: str
    rows: tuple[int, ...]


def find_broken(frame: pl.DataFrame, columns: tuple[Column, ...]) -> tuple[Broken, ...]:
    """Which rows break which rule, in the order of the columns.

    Args:
        frame: any frame with the columns' names and types.
        columns: the contract.

    Raises:
        FindingsError: a column is missing or has another type.
        TypeError: ``frame`` is no ``DataFrame``; a lazy one would pass unchecked.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("validation needs a DataFrame: a LazyFrame would pass unchecked")
    _check_types(frame, columns)
    failures = _failures(frame, columns)
    return tuple(
        Broken(column.rule, tuple(sorted(failures[column.name])))
        for column in columns
        if failures.get(column.name)
    )


def check_whole(frame: pl.DataFrame, columns: tuple[Column, ...]) -> None:
    """Raises ``FindingsError`` unless every row keeps every rule."""
    broken = find_broken(frame, columns)
    if broken:
        words = ", ".join(f"{item.rule} ({len(item.rows)} rows)" for item in broken)
        raise FindingsError(
            "Every row keeps the rules of its columns.",
            where=words,
            next_step="this is a fault in reading the format; report the rules named here",
        )


def _check_types(frame: pl.DataFrame, columns: tuple[Column, ...]) -> None:
    for column in columns:
        if column.name not in frame.columns or frame.schema[column.name] != column.dtype:
            raise FindingsError(
                f"Column {column.name} has type {column.dtype.__name__}.",
                where=f"column {column.name}",
                next_step="compare the file with docs/reference/delivery-formats.md",
            )


def _failures(frame: pl.DataFrame, columns: tuple[Column, ...]) -> dict[str, set[int]]:
    schema = pa.DataFrameSchema({column.name: _as_pandera(column) for column in columns})
    found: pl.DataFrame | None = None
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            found = errors.failure_cases
        except SchemaError:
            raise _unreadable() from None
    rows: dict[str, set[int]] = {}
    if found is not None:
        for name, index in found.select("column", "index").iter_rows():
            if index is None:
                raise _unreadable()
            rows.setdefault(str(name), set()).add(int(index))
    return rows


def _unreadable() -> FindingsError:
    return FindingsError(
        "Every finding points at a row.",
        where="validation",
        next_step="report this with the format of the delivery",
    )


def _as_pandera(column: Column) -> pa.Column:
    checks = []
    if column.allowed is not None:
        checks.append(pa.Check.isin(list(column.allowed)))
    if column.between is not None:
        checks.append(pa.Check.in_range(*column.between))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern))
    return pa.Column(column.dtype, checks=checks, nullable=column.nullable)
