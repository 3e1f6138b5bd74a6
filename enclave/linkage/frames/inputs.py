"""Reading a delivery and a spine from anywhere: the documented columns, or a clear refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from enclave.errors import FindingsError, InputError
from enclave.linkage.prepared import IDENTIFIERS

DELIVERY, SPINE = "delivery", "spine"
_DATES = {DELIVERY: ("reference_date",), SPINE: ("valid_from", "valid_to")}
_NAMES = {DELIVERY: "row_id", SPINE: "person_id"}
LONG_AGO = date(1, 1, 1)
"""Stands for a missing valid_from: the address was always there."""


@dataclass(frozen=True)
class Source:
    """One file: its role, its path, and the columns that it has."""

    role: str
    path: Path
    columns: Mapping[str, pl.DataType]

    @property
    def name(self) -> str:
        """The column that names a row: row_id or person_id."""
        return _NAMES[self.role]

    def scan(self) -> pl.LazyFrame:
        """The documented columns with their documented types."""
        return pl.scan_parquet(self.path, glob=False).select(
            typed(self.role, self.columns, self.grouped)
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that are read."""
        group = ("delivery_id",) if self.grouped else ()
        return (self.name, *IDENTIFIERS, *_DATES[self.role], *group)

    @property
    def grouped(self) -> bool:
        """Whether it says which delivery each row came with; a person is in each but once."""
        return self.role == DELIVERY and "delivery_id" in self.columns


def typed(role: str, columns: Mapping[str, pl.DataType], grouped: bool) -> list[pl.Expr]:  # noqa: FBT001 - one of two shapes
    """The documented columns in their documented types.

    Args:
        role: delivery or spine.
        columns: the types as they are.
        grouped: whether delivery_id is one of them.
    """
    texts = [pl.col(one).cast(pl.String) for one in (_NAMES[role], *IDENTIFIERS)]
    dates = [_as_date(one, columns[one]) for one in _DATES[role]]
    if role == SPINE:
        dates[0] = dates[0].fill_null(LONG_AGO)
    return [*texts, *dates, *([pl.col("delivery_id").cast(pl.String)] if grouped else [])]


@contextmanager
def reading(role: str) -> Iterator[None]:
    """Says which file cannot be read, and nothing of what is in it."""
    try:
        yield
    except (pl.exceptions.PolarsError, FileNotFoundError, pa.ArrowInvalid):
        raise InputError(
            f"The {role} is a whole Parquet file.",
            where=f"--{role}",
            next_step="give the path of one Parquet file; write it again if it is damaged",
        ) from None


def open_source(role: str, path: Path) -> Source:
    """A file after its columns were checked.

    Raises:
        InputError: it is no Parquet file, or lacks a documented column or its type.
    """
    with reading(role):
        if not path.is_file():
            raise FileNotFoundError
        columns = pl.scan_parquet(path, glob=False).collect_schema()
    source = Source(role, path, columns)
    _require_columns(source)
    return source


def _require_columns(source: Source) -> None:
    wanted = (source.name, *IDENTIFIERS, *_DATES[source.role])
    missing = [one for one in wanted if one not in source.columns]
    if missing:
        raise InputError(
            f"The {source.role} has the columns {', '.join(wanted)}.",
            where=f"--{source.role}, missing {', '.join(missing)}",
            next_step="add them; a column whose values are not known may be all null",
        )
    texts = [one for one in source.needed if one not in _DATES[source.role]]
    numbers = [one for one in texts if not _is_text(source.columns[one])]
    if numbers:
        raise InputError(
            "Identifiers are text: a number loses its zeros in front.",
            where=f"--{source.role}, columns {', '.join(numbers)}",
            next_step="write these columns as text",
        )
    clocks = [one for one in _DATES[source.role] if not _is_date(source.columns[one])]
    if clocks:
        raise InputError(
            "Dates are dates, or text as YYYY-MM-DD. A moment with a clock and a time zone can be "
            "another day elsewhere.",
            where=f"--{source.role}, columns {', '.join(clocks)}",
            next_step="write these columns as dates",
        )


def _is_text(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.String | pl.Null | pl.Categorical | pl.Enum)


def _is_date(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Date | pl.String | pl.Null)


def _as_date(column: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.String):
        text = pl.col(column)
        return pl.coalesce(
            text.str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y%m%d", strict=False)
        ).alias(column)
    return pl.col(column).cast(pl.Date)


def require_rows(source: Source) -> int:
    """How many rows there are, after they were found to have names.

    Raises:
        InputError: there are none.
        FindingsError: rows have no name, row_id is not unique, or a date cannot be read.
    """
    named = pl.col(source.name)
    dates = _DATES[source.role]
    raw = pl.scan_parquet(source.path, glob=False)
    unread = [
        (pl.col(one).is_not_null() & _as_date(one, source.columns[one]).is_null()).sum().alias(one)
        for one in dates
    ]
    repeated = (pl.len() - named.n_unique()) if source.role == DELIVERY else pl.lit(0)
    lonely = pl.col("delivery_id").is_null().sum() if source.grouped else pl.lit(0)
    facts = (
        raw.select(
            pl.len().alias("rows"),
            named.is_null().sum().alias("without"),
            repeated.alias("repeated"),
            lonely.alias("lonely"),
            *unread,
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    if not facts["rows"]:
        raise InputError(
            f"The {source.role} has rows.",
            where=f"--{source.role}",
            next_step="give a file that holds some",
        )
    wrong = {
        f"{source.name} missing": facts["without"],
        f"{source.name} used again": facts["repeated"] if not facts["without"] else 0,
        "delivery_id missing": facts["lonely"],
        **{f"{one} is no date": facts[one] for one in dates},
    }
    found = ", ".join(f"{what}: {count:,} rows" for what, count in wrong.items() if count)
    if found:
        raise FindingsError(
            "Every row has a name, every delivered row its own, and dates can be read.",
            where=f"--{source.role}, {found}",
            next_step="mend the file and link again; nothing was written",
        )
    return int(facts["rows"])
