"""``enclave workspace``: research code in the jail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Run research code where nothing can leave.")


@app.command("run")
def run(
    project: Annotated[str, typer.Argument(help="Project id.")],
    jobs: Annotated[list[Path], typer.Argument(help="Scripts, or scripts of # %% cells.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run jobs on a project's view and take the bundles out of its outbox."""
    from enclave.ids import ProjectId
    from enclave.workspace import run_workspace

    with DrawnProgress() as progress:
        receipt = run_workspace(open_site(site, progress), ProjectId(project), jobs)
    text = f"{len(receipt.jobs)} jobs ran, {len(receipt.bundles)} bundles taken"
    emit(receipt, as_json=as_json, text=text)


@app.command("skip")
def skip(
    project: Annotated[str, typer.Argument(help="Project id.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded in the ledger.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Go on without running research code; nothing can be released for the project then."""
    from enclave.ids import ProjectId
    from enclave.workspace import skip_workspace

    with open_site(site) as custody:
        receipt = skip_workspace(custody, ProjectId(project), reason)
    emit(receipt, as_json=as_json, text=f"Recorded: {receipt.outcome}.")
