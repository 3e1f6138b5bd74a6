"""Files with columns: Parquet, separated text, SQLite. Read in batches, never whole."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from enclave.custody.scanning.needles import Needles
from enclave.custody.scanning.shapes import is_identifier_name, shape_findings
from enclave.custody.scanning.text import scan_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BATCH = 65_536
_DELIMITERS = ";,\t|"

Found = tuple[str, int]


class UnreadableError(Exception):
    """A file says that it has columns, and they cannot be read."""


def scan_parquet(path: Path, needles: Needles, oldest_year: int) -> Iterator[Found]:
    """Kinds of identifier in the columns of a Parquet file, nested ones included."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                frame = pl.from_arrow(pa.Table.from_batches([batch]))
                if isinstance(frame, pl.DataFrame):
                    for column in frame:
                        yield from _scan_nested(column, needles, oldest_year)
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError):
        raise UnreadableError from None


def scan_separated(path: Path, oldest_year: int) -> Iterator[Found]:
    """Kinds of identifier in the columns of separated text; nothing for text without columns.

    The first row is taken for names. Exact needles are found when the file is read as text.
    """
    with path.open("rb") as stream:
        start = stream.read(1 << 16)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    delimiter = _delimiter(start.decode(encoding, errors="ignore"))
    if delimiter is None and path.suffix not in {".csv", ".tsv"}:
        return
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter or ",")
        try:
            yield from _scan_rows(rows, oldest_year)
        except csv.Error:
            raise UnreadableError from None


def scan_sqlite(path: Path, needles: Needles, oldest_year: int) -> Iterator[Found]:
    """Kinds of identifier in every table of a SQLite database, and in the text of its cells."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.text_factory = bytes
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in names.fetchall():
                table = name.decode().replace('"', '""')
                cursor = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - quoted name
                columns = [item[0] for item in cursor.description]
                while rows := cursor.fetchmany(BATCH):
                    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                        yield from _scan_cells(column, values, needles, oldest_year)
    except (sqlite3.Error, UnicodeDecodeError):
        raise UnreadableError from None


def _scan_rows(rows: Iterator[list[str]], oldest_year: int) -> Iterator[Found]:
    header = [name.strip("\ufeff\xef\xbb\xbf ") for name in next(rows, [])]
    while batch := list(islice(rows, BATCH)):
        for place in range(max(len(row) for row in batch)):
            values = [row[place] for row in batch if len(row) > place]
            name = header[place] if place < len(header) else ""
            yield from _scan_column(pl.Series(name, values), Needles(()), oldest_year)


def _scan_cells(
    column: str, values: Iterable[Any], needles: Needles, oldest_year: int
) -> Iterator[Found]:
    cells = [
        value if isinstance(value, bytes) else str(value).encode()
        for value in values
        if value is not None
    ]
    text = pl.Series(column, [cell.decode("latin-1") for cell in cells], dtype=pl.String)
    yield from _scan_column(text, needles, oldest_year)
    yield from scan_text((cell + b"\n" for cell in cells if len(cell) > 16), needles)


def _scan_nested(column: pl.Series, needles: Needles, oldest_year: int) -> Iterator[Found]:
    """Findings in a column, with lists taken apart and fields of structures one by one."""
    while isinstance(column.dtype, pl.List | pl.Array):
        column = column.explode()
    if isinstance(column.dtype, pl.Struct):
        for field in column.struct.unnest():
            yield from _scan_nested(field, needles, oldest_year)
    elif not isinstance(column.dtype, pl.Null | pl.Object):
        yield from _scan_column(column, needles, oldest_year)


def _scan_column(column: pl.Series, needles: Needles, oldest_year: int) -> Iterator[Found]:
    if is_identifier_name(column.name):
        present = column.drop_nulls()
        if present.dtype == pl.String:
            present = present.filter(present.str.strip_chars() != "")
        if len(present):
            yield "identifier columns", len(present)
    yield from shape_findings(column, oldest_year)
    if count := needles.count_in_column(column):
        yield "needles", count


def _delimiter(start: str) -> str | None:
    """What separates the columns, or null when the first lines do not agree on any."""
    lines = io.StringIO(start).read().splitlines()[:5]
    for delimiter in _DELIMITERS:
        counts = {line.count(delimiter) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts != {0}:
            return delimiter
    return None
