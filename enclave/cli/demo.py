"""``enclave demo``: a made-up nation and the whole journey, in one command."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.journey import SkipOption
from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, say

app = typer.Typer()

PupilsOption = Annotated[
    int, typer.Option(min=100, help="About how many pupils the made-up nation has.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Another seed, another nation.")]


@app.command("demo")
def demo(
    site: SiteOption = DEFAULT_SITE,
    pupils: PupilsOption = 13_500,
    seed: SeedOption = 1,
    skip_workspace: SkipOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make up a nation, deliver, link, destroy, analyse, release, report. No network is used."""
    from enclave.clock import system_clock
    from enclave.demo import DemoSpec, prepare
    from enclave.journey import run_journey
    from enclave.site import Site
    from enclave.story import describe, summary_record
    from enclave.summary import write_summary

    started = time.monotonic()
    place = Site(site.resolve())
    say(f"A made-up nation of about {pupils:,} pupils (seed {seed}); nothing in it is real.")
    with DrawnProgress() as progress:
        custody = prepare(place, DemoSpec(pupils=pupils, seed=seed), system_clock, progress)
        outcome = run_journey(custody, skip_workspace=skip_workspace)
        summary = write_summary(custody, place.root.parent / "summary.html")
    seconds = time.monotonic() - started
    record = {
        **summary_record(outcome),
        "site": str(place.root),
        "summary": str(summary),
        "seconds": round(seconds, 1),
    }
    text = "\n".join(
        [
            f"The journey is done in {seconds:.0f} seconds:",
            describe(outcome),
            "",
            _where(place.root, summary),
        ]
    )
    emit(record, as_json=as_json, text=text)


def _where(root: Path, summary: Path) -> str:
    near = _near(root)
    commands = (
        (f"enclave desk user reviewer-1 --site {near}", "set a reviewer's password, then"),
        (f"enclave desk serve --site {near}", "the review desk in a browser"),
        (f"enclave ledger verify --site {near}", "prove the history"),
        (f"enclave link report --site {near}", "link quality against the truth"),
    )
    width = max(len(command) for command, _ in commands)
    return "\n".join(
        [
            "Look at:",
            f"  the run on one page   {_near(summary)}",
            f"  released tables       {_near(root / 'released')}",
            f"  school reports        {_near(root / 'reports')}",
            "",
            "Next:",
            *[f"  .venv/bin/{command:<{width}}  {why}" for command, why in commands],
        ]
    )


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
