"""``enclave synth``: made-up data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.shell import DrawnProgress, JsonOption, emit

app = typer.Typer(no_args_is_help=True, help="Make up a nation to try things on.")


@app.callback()
def main() -> None:
    """Make up a nation to try things on."""


@app.command("nation")
def nation(
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    pupils: Annotated[int, typer.Option(min=100, help="About how many pupils.")] = 13_500,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another nation.")] = 1,
    *,
    force: Annotated[bool, typer.Option(help="Replace another nation in the folder.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write registers, schools' files and the truth."""
    from dataclasses import asdict

    from enclave.synthetic import NationSpec, make_nation

    with DrawnProgress() as progress:
        spec = NationSpec(pupils=pupils, seed=seed)
        summary = make_nation(out, spec, progress, force=force)
    record = {
        key: str(value) if key == "folder" else value for key, value in asdict(summary).items()
    }
    text = "\n".join(f"{key:<12}{value}" for key, value in record.items())
    emit(record, as_json=as_json, text=text)
