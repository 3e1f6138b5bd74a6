"""``enclave link spine``: the population spine as a file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import JsonOption, emit

if TYPE_CHECKING:
    from enclave.linkage.spells import Counts

app = typer.Typer(no_args_is_help=True, help="Build, update and check the population spine.")

ExtractOption = Annotated[Path, typer.Option("--extract", help="Parquet file of the register.")]
DateOption = Annotated[
    datetime,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Day up to which the extract knows."),
]
OutOption = Annotated[Path, typer.Option("--out", help="Spine file to write; must be new.")]
SpineOption = Annotated[Path, typer.Option("--spine", help="Spine file; never changed.")]

STATE = ("persons", "spells", "rows", "overlapping")


@app.command("build")
def build(
    extract: ExtractOption, day: DateOption, out: OutOption, *, as_json: JsonOption = False
) -> None:
    """Write a spine from one extract of the population register."""
    from enclave.linkage.spells import build_file

    _show(build_file(extract, _date(day), out), as_json=as_json)


@app.command("update")
def update(
    spine: SpineOption,
    extract: ExtractOption,
    day: DateOption,
    out: OutOption,
    *,
    close_missing: Annotated[
        bool, typer.Option(help="Close the spells of persons whom a snapshot lacks.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a new spine from a spine and a newer extract."""
    from enclave.linkage.spells import Update, update_file

    change = Update(spine, extract, _date(day), close_missing=close_missing)
    _show(update_file(change, out), as_json=as_json)


@app.command("check")
def check(spine: SpineOption, *, as_json: JsonOption = False) -> None:
    """Check columns, order and numbers of a spine, and count what is in it."""
    from enclave.linkage.spells import check_file

    _show(check_file(spine), as_json=as_json, names=STATE)


def _date(moment: datetime) -> date:
    return moment.date()


def _show(counts: Counts, *, as_json: bool, names: tuple[str, ...] | None = None) -> None:
    from dataclasses import asdict

    found = asdict(counts)
    record = {name: found[name] for name in names or found}
    text = "\n".join(f"{name.replace('_', ' '):<20}{count:>14,}" for name, count in record.items())
    emit(record, as_json=as_json, text=text)
