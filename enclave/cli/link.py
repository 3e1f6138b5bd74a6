"""``enclave link``: linking delivered pupils to the population spine."""

from __future__ import annotations

import typer

from enclave.cli import link_review, link_spine
from enclave.cli.link_frames import frames
from enclave.cli.link_report import inside_view, report
from enclave.cli.link_rotate import rotate
from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Link pupils, and see how good the links are.")
app.command("frames")(frames)
app.command("report")(report)
app.command("rotate")(rotate)
app.command("review")(link_review.review)
app.command("decide")(link_review.decide)
app.command("settle")(link_review.settle)
app.command("frames-settle")(link_review.frames_settle)
app.add_typer(link_spine.app, name="spine")


@app.command("run")
def run(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Link every accepted delivery of the open round."""
    from enclave.linkage import link_round

    with DrawnProgress() as progress, open_site(site, progress) as custody:
        receipt = link_round(custody)
    emit(receipt, as_json=as_json, text=inside_view(receipt))


@app.command("explain")
def explain(*, as_json: JsonOption = False) -> None:
    """Name the passes in order: fields, guards, where each comes from, and its known reach."""
    from enclave.linkage.passes import PASSES

    rows = [
        {
            "pass": step.name,
            "fields": list(step.fields),
            "guards": list(step.guards),
            "address at reference date": step.at_reference_date,
            "tolerance in days": step.tolerance_days,
            "source": step.source,
            "yardstick": step.yardstick,
        }
        for step in PASSES
    ]
    text = "\n".join(
        f"{number}. {step.name}: {', '.join(step.fields)}; guards {', '.join(step.guards)}.\n"
        f"   From: {step.source}.\n"
        f"   Reach: {step.yardstick}."
        for number, step in enumerate(PASSES, start=1)
    )
    emit(rows, as_json=as_json, text=text)
