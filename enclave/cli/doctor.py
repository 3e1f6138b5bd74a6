"""``enclave doctor``: can this machine keep the promises?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, emit

app = typer.Typer()


@app.command("doctor")
def doctor(
    site: Annotated[
        Path, typer.Option("--site", envvar="ENCLAVE_SITE", help="Folder of the site.")
    ] = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check the sandbox, memory and file modes; exit code 3 when something must be mended."""
    from enclave.site import Site
    from enclave.workspace import examine

    checks = examine(Site(site.resolve()))
    width = max(len(check.name) for check in checks)
    text = "\n".join(
        f"{check.state:<5}{check.name:<{width}}  {check.found}"
        + (f"\n{'':<{width + 7}}{check.advice}" if check.advice else "")
        for check in checks
    )
    emit(checks, as_json=as_json, text=text)
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(3)
