"""Building and updating the spine file. The old file is only read; the new one is whole or absent.

Persons are worked on in shards, the sorting in ranges of BSNs, so memory does not grow with the
population.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from enclave.errors import FindingsError, InputError, RefusedError, UsageError
from enclave.files import put_in_place
from enclave.linkage.spells.counting import Counts, changes_between, missing_from, state_of
from enclave.linkage.spells.extract import COLUMNS, read_extract, require_types, scan_rows
from enclave.linkage.spells.merging import merged, spells_of, united
from enclave.linkage.spells.scratch import scratch, sweep
from enclave.linkage.spells.sorting import (
    AS_OF,
    refuse_shared,
    shared_numbers,
    verify_sorted,
    write_sorted,
)

SHARD_ROWS = 1_500_000
"""Rows that are worked on at once: a few hundred megabytes."""

Work = Callable[[pl.Expr], tuple[pl.DataFrame, Counts]]


@dataclass(frozen=True)
class Update:
    """What to bring up to date, and with what.

    Attributes:
        spine: the present spine file; never changed.
        extract: the newer extract.
        day: the extract date.
        close_missing: whether to close the spells of persons whom a snapshot lacks.
    """

    spine: Path
    extract: Path
    day: date
    close_missing: bool = False


def build_file(extract: Path, day: date, out: Path, *, shard_rows: int = SHARD_ROWS) -> Counts:
    """Writes a spine from one extract; returns its counts.

    Raises:
        RefusedError: ``out`` exists.
        InputError: the extract is missing, damaged or lacks a column.
        FindingsError: its values break a rule; see ``read_extract``.
    """
    _refuse_existing(out)
    source = read_extract(extract, day)

    def work(shard: pl.Expr) -> tuple[pl.DataFrame, Counts]:
        rows = spells_of(_part(source.rows, shard), source)
        result = merged(rows)
        state = state_of(result)
        return result, state + Counts(added=state.persons)

    return _write(work, _height(source.rows) // shard_rows + 1, out, day)


def update_file(update: Update, out: Path, *, shard_rows: int = SHARD_ROWS) -> Counts:
    """Writes a new spine from an old one and a newer extract; returns what changed.

    Raises:
        RefusedError: ``out`` exists, or the extract is older than the spine.
        UsageError: missing persons are to be closed, but the extract is no snapshot.
        InputError: a file is missing, damaged or lacks a column.
        FindingsError: values break a rule; see ``read_extract``.
    """
    _refuse_existing(out)
    spine = _open_spine(update.spine)
    if update.day < as_of(update.spine):
        raise RefusedError(
            "An extract is not older than the spine it updates.",
            where="the extract date",
            next_step="apply extracts in the order of their dates",
        )
    source = read_extract(update.extract, update.day)
    if update.close_missing and source.dated:
        raise UsageError(
            "Missing persons are closed by a snapshot; dated spells say themselves when they end.",
            where="--close-missing",
            next_step="leave it out",
        )

    def work(shard: pl.Expr) -> tuple[pl.DataFrame, Counts]:
        old, new = _part(spine, shard), spells_of(_part(source.rows, shard), source)
        result = united(old, new, update.day if update.close_missing else None)
        missing = 0 if source.dated else missing_from(old, new)
        lost = Counts(missing=missing, closed=missing if update.close_missing else 0)
        return result, state_of(result) + changes_between(old, result) + lost

    rows = _height(spine) + _height(source.rows)
    return _write(work, rows // shard_rows + 1, out, update.day)


def check_file(spine: Path) -> Counts:
    """The counts of a spine file that has its columns, its order and one person per BSN.

    Raises:
        InputError: it is missing, damaged or lacks a column.
        FindingsError: it is not sorted, or a BSN belongs to two persons.
    """
    rows = _open_spine(spine)
    if not verify_sorted(spine):
        raise FindingsError(
            "A spine is sorted by bsn (nulls last), person_id and valid_from.",
            where="the spine",
            next_step="build it again; a linkage on this file could miss persons",
        )
    refuse_shared(shared_numbers(spine))
    shards = _height(rows) // SHARD_ROWS + 1
    return sum((state_of(_part(rows, shard)) for shard in _shards(shards)), Counts())


def as_of(spine: Path) -> date:
    """The day up to which a spine knows the register: as it was written, else its last date."""
    written = pl.read_parquet_metadata(spine).get(AS_OF)
    if written is not None:
        return date.fromisoformat(written)
    last = pl.max_horizontal(pl.col("valid_from").max(), pl.col("valid_to").max())
    found = pl.scan_parquet(spine, glob=False).select(last).collect(engine="streaming").item()
    if not isinstance(found, date):
        raise InputError("A spine holds rows.", where="0 rows", next_step="build it again")
    return found


def _write(work: Work, shards: int, out: Path, day: date) -> Counts:
    counts = Counts()
    with scratch(out) as folder:
        parts, whole = [], folder / "spine.parquet"
        for number, shard in enumerate(_shards(shards)):
            result, found = work(shard)
            counts += found
            parts.append(folder / f"part-{number}.parquet")
            result.write_parquet(parts[-1])
        whole.touch(mode=0o600)
        write_sorted(parts, folder, whole, day.isoformat())
        _refuse_existing(out)
        put_in_place(whole, out)
    return counts


def _shards(number: int) -> Iterator[pl.Expr]:
    place = pl.col("person_id").hash(seed=0) % number
    return (place == shard for shard in range(number))


def _part(rows: pl.LazyFrame, shard: pl.Expr) -> pl.DataFrame:
    return rows.filter(shard).collect(engine="streaming")


def _height(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect(engine="streaming").item())


def _open_spine(path: Path) -> pl.LazyFrame:
    rows = scan_rows(path, "the spine")
    require_types(rows.collect_schema(), COLUMNS, "the spine")
    return rows.select(COLUMNS)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        sweep(out)
        raise RefusedError(
            "A spine is never written over another file.",
            where="the file to write",
            next_step="name a new file",
        )
