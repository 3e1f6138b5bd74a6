"""``enclave project``: views under pseudonyms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit, open_site, say

if TYPE_CHECKING:
    from enclave.receipts import ProjectReceipt

app = typer.Typer(no_args_is_help=True, help="Build and show what a project may see.")
ProjectArgument = Annotated[str, typer.Argument(help="Project id of enclave.toml.")]


@app.command("build")
def build(
    project: ProjectArgument,
    site: SiteOption = DEFAULT_SITE,
    *,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild", help="Build another view of this round when the linked data changed."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a project's view of this round from the linked data."""
    from enclave.custody import is_outdated
    from enclave.ids import ProjectId
    from enclave.projects import build_view

    with open_site(site) as custody:
        receipt = build_view(custody, ProjectId(project), rebuild=rebuild)
        outdated = is_outdated(custody.registry, receipt)
    text = f"{receipt.rows:,} rows, {receipt.pupils:,} pupils, {receipt.schools} schools"
    emit(receipt, as_json=as_json, text=text)
    if outdated:
        say("The linked data changed since this view was built. Next: build with --rebuild.")


@app.command("show")
def show(
    project: ProjectArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Show what a project was granted and given, and whether that is outdated."""
    from enclave.custody import is_outdated, views_of
    from enclave.ids import ProjectId
    from enclave.projects.build import find_grant

    with open_site(site) as custody:
        grant = find_grant(custody, ProjectId(project))
        views = views_of(custody.registry, ProjectId(project))
        outdated = [is_outdated(custody.registry, view) for view in views]
    states = [_state(view, old=old) for view, old in zip(views, outdated, strict=True)]
    lines = [grant.purpose, f"columns: {', '.join(grant.columns)}", *(states or ["no view yet"])]
    newest = views[-1] if views else None
    record = {"grant": grant, "view": newest, "views": views, "outdated": outdated}
    emit(record, as_json=as_json, text="\n".join(lines))


def _state(view: ProjectReceipt, *, old: bool) -> str:
    facts = f"round {view.round_id}, view {view.number}: {view.rows:,} rows"
    return f"{facts}; outdated, the linked data changed since" if old else facts
