"""The schools' files: one folder per school, and a few that break the rules on purpose."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from enclave.files import write_bytes
from enclave.progress import Progress
from enclave.synthetic.schools import Schools
from enclave.synthetic.spec import NationSpec
from enclave.synthetic.writers import FORMAT_SHARES, FORMATS, WRITERS, write_csv_toets

Ints = npt.NDArray[np.int64]
Book = tuple[Schools, pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""Schools, learners, results, objections (the last three sorted by school)."""


@dataclass(frozen=True)
class Export:
    """One school's export before it is written. ``rows``: one row per learner and test."""

    school: int
    code: str
    rows: pl.DataFrame
    objections: int


def write_deliveries(
    out: Path, spec: NationSpec, book: Book, without: Ints, progress: Progress
) -> None:
    """Writes a folder per school, the schools ``without`` left out."""
    schools = book[0]
    left_out = {int(number) for number in without}
    formats = _formats(spec, [n for n in range(schools.count) if n not in left_out])
    for export in _exports(book, spec):
        if export.school not in left_out:
            folder = out / "deliveries" / sender(export.school)
            folder.mkdir(parents=True, exist_ok=True)
            kind = formats[export.school]
            files = WRITERS[kind](folder, export.rows, export.code)
            facts = statement(spec, export, kind, files)
            write_bytes(folder / "delivery.json", json.dumps(facts, indent=1).encode())
        progress.step("schools export", export.school + 1, schools.count)


def sender(school: int) -> str:
    """The opaque id of a school as a sender."""
    return f"sender-{school + 1:05d}"


def statement(spec: NationSpec, export: Export, kind: str, files: list[str]) -> dict[str, object]:
    """What the school's software says about the export."""
    year = spec.reference_date.year
    return {
        "delivery_id": f"{spec.round_id}-{sender(export.school)}",
        "sender_id": sender(export.school),
        "school_code": export.code,
        "round_id": spec.round_id,
        "format": kind,
        "files": files,
        "school_years": list(spec.school_years),
        "reference_date": spec.reference_date.isoformat(),
        "export_approved_on": f"{year}-02-{export.school % 27 + 1:02d}",
        "objections_registered": True,
        "objections": export.objections,
        "special_category_consent": False,
    }


def _formats(spec: NationSpec, schools: list[int]) -> dict[int, str]:
    """A format per school in the documented shares; each occurs among the first four."""
    random = np.random.default_rng([spec.seed, 5])
    cycle = np.searchsorted(np.cumsum(FORMAT_SHARES)[:-1], (np.arange(20) + 0.5) / 20, "right")
    places = np.concatenate(
        [np.arange(4), random.permutation(np.tile(cycle, len(schools) // 20 + 1))]
    )
    return {school: FORMATS[int(place)] for school, place in zip(schools, places, strict=False)}


def _exports(book: Book, spec: NationSpec) -> Iterator[Export]:
    schools, learners, results, objecting = book
    numbers = range(schools.count)
    random = np.random.default_rng([spec.seed, 6])
    bounds = [
        np.asarray(np.searchsorted(frame["school"].to_numpy(), np.arange(schools.count + 1)))
        for frame in (learners, results, objecting)
    ]
    for school in numbers:
        own, taken, left = (
            frame[int(edge[school]) : int(edge[school + 1])]
            for frame, edge in zip((learners, results, objecting), bounds, strict=True)
        )
        rows = taken.join(own.drop("school"), on="pupil", how="inner", maintain_order="left")
        if rows.height:
            again = rows.filter(
                pl.Series(random.uniform(size=rows.height) < spec.errors.duplicate_rows)
            )
            yield Export(school, str(schools.code[school]), pl.concat([rows, again]), left.height)


def write_broken_deliveries(out: Path, spec: NationSpec, book: Book, schools: Ints) -> None:
    """Writes one folder per way of breaking the rules, each from a school of its own."""
    chosen = {int(number) for number in schools}
    exports = [export for export in _exports(book, spec) if export.school in chosen]
    for export, (case, (reason, spoil)) in zip(exports, CASES.items(), strict=False):
        folder = out / "deliveries-broken" / case
        folder.mkdir(parents=True, exist_ok=True)
        files = write_csv_toets(folder, export.rows, export.code)
        facts = statement(spec, export, "csv-toets", files)
        spoil(folder, facts)
        write_bytes(folder / "delivery.json", json.dumps(facts, indent=1).encode())
        write_bytes(folder / "expected.json", json.dumps({"reason": reason}).encode())


def _change_header(folder: Path, old: str, new: str, cell: str) -> None:
    file = folder / "results.csv"
    head, _, body = file.read_bytes().decode("utf-8-sig").partition("\r\n")
    lines = [line + cell for line in body.split("\r\n") if line]
    text = "\r\n".join([head.replace(old, new), *lines, ""])
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())


def _add_column(name: str) -> Callable[[Path, dict[str, object]], None]:
    def spoil(folder: Path, facts: dict[str, object]) -> None:
        del facts
        _change_header(folder, '"score"', f'"score","{name}"', ',"nee"')

    return spoil


def _rename_column(folder: Path, facts: dict[str, object]) -> None:
    del facts
    file = folder / "results.csv"
    table = pl.read_csv(file, infer_schema=False).drop("birth_date")
    file.write_bytes(b"\xef\xbb\xbf" + table.write_csv(quote_style="always").encode())


def _other_type(folder: Path, facts: dict[str, object]) -> None:
    del facts
    (folder / "results.csv").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 40)


def _no_statement(folder: Path, facts: dict[str, object]) -> None:
    del folder
    facts["objections_registered"] = False


def _other_school(folder: Path, facts: dict[str, object]) -> None:
    del folder
    facts["school_code"] = "00XX00"


CASES: dict[str, tuple[str, Callable[[Path, dict[str, object]], None]]] = {
    "unknown-column": ("unknown_column", _add_column("opmerking")),
    "special-category": ("special_category_without_consent", _add_column("dyslexie")),
    "missing-column": ("missing_column", _rename_column),
    "wrong-file-type": ("wrong_file_type", _other_type),
    "no-objection-statement": ("objections_not_registered", _no_statement),
    "wrong-school": ("wrong_school", _other_school),
}
"""Case, the reason for which it must be refused, and how the files are spoilt."""
