"""``enclave journey``: all stages of a site, in order."""

from __future__ import annotations

from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Run all stages in order, or see how far they are.")

SkipOption = Annotated[
    str | None,
    typer.Option(
        "--skip-workspace",
        metavar="REASON",
        help="Go on without running research code, because this machine has no sandbox. Recorded.",
    ),
]


@app.command("run")
def run(
    site: SiteOption = DEFAULT_SITE,
    skip_workspace: SkipOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Do every step that has not been done yet."""
    from enclave.journey import run_journey
    from enclave.story import describe, summary_record

    with DrawnProgress() as progress:
        custody = open_site(site, progress)
        outcome = run_journey(custody, skip_workspace=skip_workspace)
    emit(summary_record(outcome), as_json=as_json, text=describe(outcome))


@app.command("show")
def show(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Say what every step has left so far, without doing anything."""
    from enclave.journey import outcome as read_outcome
    from enclave.story import describe, summary_record

    outcome = read_outcome(open_site(site))
    emit(summary_record(outcome), as_json=as_json, text=describe(outcome))


@app.command("steps")
def steps(*, as_json: JsonOption = False) -> None:
    """List the steps."""
    from enclave.journey import steps as journey_steps

    rows = [{"number": step.number, "name": step.name} for step in journey_steps()]
    text = "\n".join(f"{row['number']}  {row['name']}" for row in rows)
    emit(rows, as_json=as_json, text=text)
