"""``enclave link report``: the quality of the links, as text, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit, open_site

if TYPE_CHECKING:
    from enclave.receipts import LinkageReceipt

INSIDE = "INSIDE THE ENCLAVE ONLY: these counts are not checked and must not leave."


def report(
    site: SiteOption = DEFAULT_SITE,
    html: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder for the checked report, as a page and as JSON."),
    ] = None,
    *,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="All counts, for the steward inside the enclave.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the checked quality of the links: per pass, by group, against the truth if known."""
    from enclave.errors import UsageError
    from enclave.linkage import late_deliveries
    from enclave.linkage.quality.gathered import linked_round, site_quality, write_site_quality
    from enclave.linkage.quality.text import as_text

    if unchecked and html is not None:
        raise UsageError(
            "The page is always checked.",
            where="--unchecked and --html",
            next_step="give one of them",
        )
    with open_site(site) as custody:
        if unchecked:
            receipt = linked_round(custody)
            text = inside_view(receipt, late_deliveries(custody, receipt))
            emit(receipt, as_json=as_json, text=text)
            return
        quality = site_quality(custody) if html is None else write_site_quality(custody, html)
    emit(quality, as_json=as_json, text=as_text(quality))


YARDSTICKS = {
    ("number", "BSN"): "CBS: 99.90 % or more",
    ("number", "no number"): "CBS: 95.00 % or more",
}
"""Statistics Netherlands, for employees: at most 0.1 % not linked with a BSN, 5 % by address."""


def inside_view(receipt: LinkageReceipt, late: Sequence[str] = ()) -> str:
    """All counts of a linkage, small ones too, for the steward; it says so on its first line.

    Args:
        receipt: of the linkage.
        late: deliveries that were accepted after it.
    """
    return "\n".join(
        [
            INSIDE,
            "",
            f"{receipt.delivered:,} pupils delivered: {receipt.linked:,} linked, "
            f"{receipt.review:,} to review, {receipt.unlinked:,} unlinked",
            *_passes(receipt),
            *_groups(receipt),
            *_against_truth(receipt),
            *_content(receipt),
            *_measured(receipt),
            *_doubts(receipt),
            *_late(late),
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


def _measured(receipt: LinkageReceipt) -> list[str]:
    measured = receipt.measured
    if measured is None:
        return []
    heading = f"enrolled in {measured.school_year} where delivered"
    lines = ["", f"{heading:<40}{'persons':>10}{'linked':>10}"]
    for row in measured.coverage:
        name = f"{row.characteristic}: {row.level}"
        lines.append(f"{name:<40}{row.pupils:>10,}{row.linked:>10,}")
    lines += ["", f"{'linked again without numbers':<40}{'pupils':>10}{'right':>10}{'wrong':>10}"]
    for one in measured.replay:
        name = f"{one.characteristic}: {one.level}"
        lines.append(f"{name:<40}{one.pupils:>10,}{one.right:>10,}{one.wrong:>10,}")
    return lines


def _late(late: Sequence[str]) -> list[str]:
    return ["", f"accepted after the linkage, so not in it: {', '.join(late)}"] if late else []
