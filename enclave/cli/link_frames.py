"""``enclave link frames``: linking two files, without a site."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import DrawnProgress, JsonOption, emit

if TYPE_CHECKING:
    from enclave.linkage.frames import Report


def frames(  # noqa: PLR0913 - each argument is an option of the command
    delivery: Annotated[Path, typer.Option(help="Parquet file of delivered rows.")],
    spine: Annotated[Path, typer.Option(help="Parquet file of persons and their addresses.")],
    key_file: Annotated[
        Path, typer.Option(help="32 random bytes or more; hexadecimal or base64 does.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; replaces earlier ones.")],
    engine: Annotated[str, typer.Option(help="polars, duckdb or spark.")] = "polars",
    table: Annotated[Path | None, typer.Option(help="Pattern table of another linkage.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Link any two files: no site, no registers, the same passes and pattern table."""
    from enclave.custody import harden_process
    from enclave.linkage.frames import Job, link_frames
    from enclave.linkage.keyfile import FileKey

    harden_process()
    with DrawnProgress() as progress:
        report = link_frames(Job(delivery, spine, FileKey(key_file), out, engine, table), progress)
    emit(asdict(report), as_json=as_json, text=_describe(report))


def _describe(report: Report) -> str:
    lines = [
        f"{report.rows:,} rows: {report.linked:,} linked, {report.review:,} to review, "
        f"{report.unlinked:,} unlinked",
        "",
        f"{'pass':<36}{'linked':>10}{'review':>10}",
        *[f"{row['pass']:<36}{row['linked']:>10,}{row['review']:>10,}" for row in report.passes],
    ]
    if report.pattern_table is not None:
        lines += ["", f"pattern table: {report.pattern_table['name']}"]
    return "\n".join([*lines, *[f"finding: {finding}" for finding in report.findings]])
