"""``enclave project``: views under pseudonyms."""

from __future__ import annotations

from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Build and show what a project may see.")
ProjectArgument = Annotated[str, typer.Argument(help="Project id of enclave.toml.")]


@app.command("build")
def build(
    project: ProjectArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Build a project's view from the linked data."""
    from enclave.ids import ProjectId
    from enclave.projects import build_view

    with open_site(site) as custody:
        receipt = build_view(custody, ProjectId(project))
    text = f"{receipt.rows:,} rows, {receipt.pupils:,} pupils, {receipt.schools} schools"
    emit(receipt, as_json=as_json, text=text)


@app.command("show")
def show(
    project: ProjectArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Show what a project was granted and given."""
    from enclave.ids import ProjectId
    from enclave.projects.build import find_grant
    from enclave.receipts import ProjectReceipt

    with open_site(site) as custody:
        grant = find_grant(custody, ProjectId(project))
        receipt = custody.registry.find(ProjectReceipt, project)
    state = "no view yet" if receipt is None else f"{receipt.rows:,} rows in its view"
    text = f"{grant.purpose}\ncolumns: {', '.join(grant.columns)}\n{state}"
    emit({"grant": grant, "view": receipt}, as_json=as_json, text=text)
