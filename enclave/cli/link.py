"""``enclave link``: linking delivered pupils to the population spine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli import link_spine
from enclave.cli.link_frames import frames
from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

if TYPE_CHECKING:
    from enclave.receipts import LinkageReceipt

app = typer.Typer(no_args_is_help=True, help="Link pupils, and see how good the links are.")
app.command("frames")(frames)
app.add_typer(link_spine.app, name="spine")


@app.command("run")
def run(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Link every accepted delivery of the open round."""
    from enclave.linkage import link_round

    with DrawnProgress() as progress, open_site(site, progress) as custody:
        receipt = link_round(custody)
    emit(receipt, as_json=as_json, text=_describe(receipt))


@app.command("report")
def report(
    site: SiteOption = DEFAULT_SITE,
    html: Annotated[
        Path | None, typer.Option(help="Folder for the checked report, as a page and as JSON.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print the quality of the links: per pass, by group, against the truth where there is one."""
    from enclave.cli.link_report import write_quality
    from enclave.errors import RefusedError
    from enclave.linkage import late_deliveries
    from enclave.receipts import LinkageReceipt

    with open_site(site) as custody:
        receipt = custody.registry.find(LinkageReceipt, custody.config.round.id)
        if receipt is None:
            raise RefusedError(
                "There is something to report after linkage.",
                where=f"round {custody.config.round.id}",
                next_step="link first: enclave link run",
            )
        late = late_deliveries(custody, receipt)
        if html is not None:
            write_quality(custody, html)
    text = _describe(receipt)
    if late:
        text += f"\n\naccepted after the linkage, so not in it: {', '.join(late)}"
    emit(receipt, as_json=as_json, text=text)


@app.command("review")
def review(
    site: SiteOption = DEFAULT_SITE,
    file: Annotated[Path | None, typer.Option(help="A review file of enclave link frames.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show doubtful pairs: what agrees between them, never what it is."""
    from enclave.linkage.casebook import as_text, casebook
    from enclave.site import Site

    place = file or Site(site).zone("linkage") / "review.parquet"
    cases = casebook(place)
    emit(cases.to_dicts(), as_json=as_json, text=as_text(cases))


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


YARDSTICKS = {
    ("number", "BSN"): "CBS: 99.90 % or more",
    ("number", "no number"): "CBS: 95.00 % or more",
}
"""Statistics Netherlands, for employees: at most 0.1 % not linked with a BSN, 5 % by address."""


def _describe(receipt: LinkageReceipt) -> str:
    return "\n".join(
        [
            f"{receipt.delivered:,} pupils delivered: {receipt.linked:,} linked, "
            f"{receipt.review:,} to review, {receipt.unlinked:,} unlinked",
            *_passes(receipt),
            *_groups(receipt),
            *_against_truth(receipt),
            *_content(receipt),
            *_doubts(receipt),
        ]
    )


def _passes(receipt: LinkageReceipt) -> list[str]:
    return [
        "",
        f"{'pass':<36}{'linked':>10}{'review':>10}",
        *[f"{count.name:<36}{count.linked:>10,}{count.review:>10,}" for count in receipt.passes],
    ]


def _groups(receipt: LinkageReceipt) -> list[str]:
    lines = ["", f"{'group':<36}{'pupils':>10}{'linked':>10}  yardstick"]
    for row in receipt.rates:
        name = f"{row.characteristic}: {row.level}"
        yardstick = YARDSTICKS.get((row.characteristic, row.level), "")
        share = row.linked / row.pupils
        lines.append(f"{name:<36}{row.pupils:>10,}{share:>10.2%}  {yardstick}".rstrip())
    return lines


def _against_truth(receipt: LinkageReceipt) -> list[str]:
    truth = receipt.truth
    if truth is None:
        return []
    return [
        "",
        f"against the truth: {truth.correct:,} of {truth.linkable:,} correct, "
        f"{truth.wrong:,} wrong (twins: {truth.wrong_same_home:,}), {truth.missed:,} missed; "
        f"precision {truth.precision:.5f}, recall {truth.recall:.5f}",
    ]


def _content(receipt: LinkageReceipt) -> list[str]:
    content = receipt.content
    if content is None:
        return []
    return [
        "",
        f"linked data: {content.results:,} results of {content.persons:,} persons; "
        f"{content.duplicates:,} results delivered twice left out; "
        f"{content.without_background:,} linked persons without background",
        f"rounds: {content.rounds}; numbers of unlinked pupils that became persons: "
        f"{content.became_matched:,}, contradicted: {content.contradicted:,}",
        f"places in the results: {content.enrolled:,} as enrolled, {content.other_grade:,} in "
        f"another grade, {content.other_school:,} at another school, "
        f"{content.not_enrolled:,} not enrolled that year",
    ]


def _doubts(receipt: LinkageReceipt) -> list[str]:
    if not receipt.doubted:
        return []
    return [
        "",
        "deliveries in doubt, links sent to review:",
        *[f"  {doubt.delivery_id}: {doubt.reason}" for doubt in receipt.doubted],
    ]
