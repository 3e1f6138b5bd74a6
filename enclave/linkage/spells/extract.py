"""Reading a population extract, and refusing one that cannot be what it should be."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from enclave.errors import FindingsError, InputError
from enclave.linkage.spine import LENGTHS

HOME = ("person_id", "postcode", "house_number", "house_addition")
"""A person at an address."""

COMBINATION = ("bsn", "education_number", "sex", "birth_date")
"""What the register says of a person apart from the address."""

TEXTS = (
    "person_id",
    "bsn",
    "education_number",
    "sex",
    "birth_date",
    "postcode",
    "house_number",
    "house_addition",
)
DATES = ("valid_from", "valid_to")
COLUMNS = TEXTS + DATES


@dataclass(frozen=True)
class Extract:
    """An extract that was read and examined.

    Attributes:
        rows: ``COLUMNS``; one row per person, address spell and combination of numbers as
            delivered. ``valid_to`` null: still valid, or not told (see ``ends_told``).
        day: the extract date; the register's state is known up to this day.
        dated: whether it holds spells with dates; otherwise it is a snapshot of ``day``.
        ends_told: whether it says when spells end.
    """

    rows: pl.LazyFrame
    day: date
    dated: bool
    ends_told: bool


def read_extract(path: Path, day: date) -> Extract:
    """The extract in a Parquet file. With a column ``valid_from`` it holds dated spells.

    Raises:
        InputError: no file, no Parquet file, no rows, a missing column or one of another type.
        FindingsError: values are missing, malformed, in the future or in the wrong order.
    """
    rows = scan_rows(path, "the extract")
    found = rows.collect_schema()
    dated, ends_told = "valid_from" in found, "valid_to" in found
    if ends_told and not dated:
        raise _no_such_columns("the extract, column valid_from")
    require_types(found, (*TEXTS, *(name for name in DATES if name in found)), "the extract")
    if not dated:
        rows = rows.with_columns(valid_from=pl.lit(day))
    if not ends_told:
        rows = rows.with_columns(valid_to=pl.lit(None, dtype=pl.Date))
    rows = rows.select(COLUMNS)
    _examine(rows, day)
    return Extract(rows, day, dated=dated, ends_told=ends_told)


def scan_rows(path: Path, role: str) -> pl.LazyFrame:
    """A Parquet file, lazily.

    Raises:
        InputError: it is missing or no Parquet file.
    """
    if not path.is_file():
        raise InputError("The file is there.", where=role, next_step="mend the path")
    try:
        rows = pl.scan_parquet(path, glob=False)
        rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(
            "The file is a whole Parquet file.", where=role, next_step="deliver it again"
        ) from None
    return rows


def require_types(found: pl.Schema, names: tuple[str, ...], role: str) -> None:
    """Refuses columns that are missing or of another type than documented.

    Raises:
        InputError: a column is missing, text is not text, or a date is not a date.
    """
    times = [name for name in names if isinstance(found.get(name), pl.Datetime)]
    if times:
        raise InputError(
            "Dates are of the type date. A time is never cut to a date, because the day then "
            "depends on a time zone.",
            where=f"{role}, columns {', '.join(times)}",
            next_step="let the register's owner deliver dates without a time",
        )
    wrong = [name for name in names if found.get(name) != _type(name)]
    if wrong:
        raise _no_such_columns(f"{role}, columns {', '.join(wrong)}")


def _type(name: str) -> pl.DataType:
    return pl.Date() if name in DATES else pl.String()


def _no_such_columns(where: str) -> InputError:
    return InputError(
        "Every documented column is there: identifiers as text, dates as dates.",
        where=where,
        next_step="deliver the file again; docs/how-to/keep-the-spine.md lists the columns",
    )


def _examine(rows: pl.LazyFrame, day: date) -> None:
    born, start, end = pl.col("birth_date"), pl.col("valid_from"), pl.col("valid_to")
    rules = {
        f"{name} is not of {length} characters": pl.col(name).str.len_bytes() != length
        for name, length in LENGTHS.items()
    } | {
        "birth_date is not of digits": ~born.str.contains(r"^\d*$"),
        "sex is not M or V": ~pl.col("sex").is_in(["M", "V"]),
        "person_id is missing": pl.col("person_id").is_null(),
        "valid_from is missing": start.is_null(),
        "valid_to lies before valid_from": end < start,
        "valid_from lies after the extract date": start > day,
        "valid_to lies after the extract date": end > day,
        "birth_date lies after the extract date": born > day.strftime("%Y%m%d"),
    }
    found = (
        rows.select(
            pl.len().alias("rows"), *[rule.sum().alias(name) for name, rule in rules.items()]
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    if not found.pop("rows"):
        raise InputError("The extract holds rows.", where="0 rows", next_step="deliver it again")
    wrong = "; ".join(f"{name}: {count:,}" for name, count in found.items() if count)
    if wrong:
        raise FindingsError(
            "Values of the extract are in their documented form.",
            where=f"rows by rule: {wrong}",
            next_step="let the register's owner mend it; no spine was written",
        )
