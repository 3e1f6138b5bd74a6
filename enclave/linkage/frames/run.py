"""Linking any two files, without a site."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from enclave import __version__
from enclave.errors import RefusedError, UsageError
from enclave.files import PARTIAL, atomic_path, write_bytes
from enclave.linkage.clerical.cases import Found, find_cases
from enclave.linkage.clerical.review_file import as_frames
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.engines import ENGINES, Engine, Frame, Journal, ResumingEngine, inputs_of
from enclave.linkage.fields import FieldHashes
from enclave.linkage.frames.facts import Facts, find_facts
from enclave.linkage.frames.inputs import (
    DELIVERY,
    SPINE,
    Source,
    open_source,
    reading,
    require_rows,
    typed,
)
from enclave.linkage.frames.report import NUMBERS, Report, make_report
from enclave.linkage.keyfile import FileKey, exposure
from enclave.linkage.keying import DeliveryKeying, SpineKeying, TailKeying, delivered_births
from enclave.linkage.keys import check_value
from enclave.linkage.linking import Keyed, Links, link
from enclave.linkage.passes import LINKED, PASSES, REVIEW
from enclave.linkage.tail import PUPILS, PatternTable, Tail, from_text, shipped
from enclave.progress import Progress

ALL = "delivery"
"""The delivery id of a file that has no column of that name."""

STEPS = 4 + len(PASSES)

UNFINISHED = f"{PARTIAL}unfinished"
"""Where intermediate results lie, in the folder of the output."""


@dataclass(frozen=True)
class Job:
    """What to link, with which key, and where the links go.

    ``table``: a pattern table to lean on; null: the one that comes with the program.
    """

    delivery: Path
    spine: Path
    key: FileKey
    out: Path
    engine: str = "polars"
    table: Path | None = None


def link_frames(
    job: Job, progress: Progress, make: Callable[[Path], Engine] | None = None
) -> Report:
    """Links a delivery with a spine; writes links.parquet, review.parquet and report.json.

    Nothing is written before everything was decided. Intermediate results hold keyed hashes; they
    lie in a folder inside ``out`` that is removed at the end. After a kill the next run with the
    same files, key and engine goes on from them; any other removes them.

    Args:
        job: what to link.
        progress: hears how far it is.
        make: makes the engine that works in a folder; null: the ordinary one of that name.

    Raises:
        UsageError: no such engine.
        InputError: a file is missing, damaged or lacks columns; no reference date is covered.
        RefusedError: the key is too short or can be guessed, or another run is at work.
        FindingsError: rows without a name, a name twice, numbers of several persons.
    """
    if job.engine not in ENGINES:
        raise UsageError(
            f"The engines are {', '.join(ENGINES)}.", where="--engine", next_step="give one of them"
        )
    job = replace(job, key=job.key.pinned())
    delivery, spine = open_source(DELIVERY, job.delivery), open_source(SPINE, job.spine)
    with reading(DELIVERY):
        require_rows(delivery)
    with reading(SPINE):
        require_rows(spine)
    with reading("delivery or spine"):
        facts = find_facts(delivery, spine)
    with alone_in(job.out):
        progress.step("link", 1, STEPS)
        journal = _journal(job)
        try:
            engine = ResumingEngine((make or ENGINES[job.engine])(journal.folder), journal)
            report = _linked(job, engine, (delivery, spine), facts, progress)
        except Exception:
            shutil.rmtree(journal.folder, ignore_errors=True)
            raise
        shutil.rmtree(journal.folder, ignore_errors=True)
        return report


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds a folder, made when missing, against other runs.

    Raises:
        UsageError: it is no folder.
        RefusedError: another run is at work in it.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "The output is a folder.", where="--out", next_step="give a folder, or a new name"
        )
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise RefusedError(
            "One run at a time writes into a folder.",
            where="--out, another one is running",
            next_step="wait for it, or give another folder",
        ) from None
    finally:
        os.close(handle)


def _journal(job: Job) -> Journal:
    """What an earlier run of the same job finished; everything else it left is removed."""
    folder = job.out / UNFINISHED
    for left in job.out.glob(f"{PARTIAL}*"):
        if left.is_dir() and left != folder:
            shutil.rmtree(left, ignore_errors=True)
        elif not left.is_dir():
            left.unlink(missing_ok=True)
    files = (job.delivery, job.spine, *([job.table] if job.table else []))
    inputs = inputs_of([__version__, repr(PASSES), job.engine, check_value(job.key)], files)
    journal = Journal(folder, inputs)
    journal.open()
    return journal


def _linked(
    job: Job, engine: Engine, sources: tuple[Source, Source], facts: Facts, progress: Progress
) -> Report:
    delivery, spine = sources
    earlier = shipped(PUPILS) if job.table is None else _read_table(job.table)
    with reading("delivery or spine"):
        keyed = _keyed(job, engine, delivery, spine, facts)
    progress.step("link", 2, STEPS)
    links = link(
        engine, keyed, Tail(earlier), after_pass=lambda n: progress.step("link", 2 + n, STEPS)
    )
    rows = _without_stray(engine, links, keyed.pupils, facts)
    progress.step("link", STEPS - 1, STEPS)
    report = make_report(rows, links, facts, job.engine, exposure(job.key.path))
    out = rows.select(pl.col("pupil_row").alias("row_id"), "person_id", "status", "pass_name",
                      "candidates")  # fmt: skip
    # The report is written last: where there is one, the links beside it are its own.
    for name in ("report.json", "review.parquet"):
        (job.out / name).unlink(missing_ok=True)
    _write(job.out / "links.parquet", out.sort("row_id"))
    cases = find_cases(engine, Found(keyed, links), rows)
    _write(job.out / "review.parquet", as_frames(cases))
    write_bytes(job.out / "report.json", report.as_json().encode())
    progress.step("link", STEPS, STEPS)
    return report


def _keyed(job: Job, engine: Engine, delivery: Source, spine: Source, facts: Facts) -> Keyed:
    hashes = FieldHashes(job.key)
    kept = (*ROW, "reference_date")
    ours = Reading(
        DELIVERY, DeliveryKeying(hashes, facts.delivery, kept), delivery.needed, delivery.grouped
    )
    births = delivered_births(facts.births, hashes)
    theirs = Reading(SPINE, SpineKeying(hashes, facts.spine, births), spine.needed)
    persons = Reading(SPINE, TailKeying(hashes, facts.spine, facts.years), spine.needed)
    return Keyed(
        pupils=engine.keyed([delivery.path], ours, "pupils"),
        spine=engine.keyed([spine.path], theirs, "spine"),
        persons=engine.keyed([spine.path], persons, "persons"),
    )


@dataclass(frozen=True)
class Reading:
    """Brings a block of a file into the documented types, then hashes it."""

    role: str
    keying: Callable[[pl.DataFrame], pl.DataFrame]
    columns: tuple[str, ...]
    grouped: bool = False

    def __call__(self, block: pl.DataFrame) -> pl.DataFrame:
        """The block, hashed."""
        rows = block.select(typed(self.role, block.schema, self.grouped))
        if self.role == DELIVERY:
            group = pl.col("delivery_id") if self.grouped else pl.lit(ALL).alias("delivery_id")
            rows = rows.with_columns(group, pl.col("row_id").alias("pupil_row"))
        return self.keying(rows)


def _without_stray(engine: Engine, links: Links, pupils: Frame, facts: Facts) -> pl.DataFrame:
    """The decisions; a link by address at a day that the spine does not cover goes to review."""
    days = engine.fetch(pupils.select(*ROW, "reference_date", *NUMBERS))
    covered = pl.col("reference_date").is_in(sorted(facts.covered)).fill_null(value=False)
    rows = engine.fetch(links.rows).join(days, on=ROW, how="left")
    by_number = [step.name for step in PASSES if step.by_number]
    stray = ~covered & (pl.col("status") == LINKED) & ~pl.col("pass_name").is_in(by_number)
    return rows.with_columns(
        pl.when(stray).then(pl.lit(REVIEW)).otherwise("status").alias("status"),
        pl.when(~stray).then("person_id").alias("person_id"),
        covered.alias("covered"),
    )


def _read_table(path: Path) -> PatternTable:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return from_text(text, PUPILS)


def _write(target: Path, frame: pl.DataFrame) -> None:
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
