"""``enclave link review``, ``decide``, ``settle`` and ``frames-settle``: doubtful links."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

if TYPE_CHECKING:
    from enclave.linkage.clerical.files import FilesSettled
    from enclave.receipts import SettlementReceipt


def review(
    site: SiteOption = DEFAULT_SITE,
    file: Annotated[
        Path | None,
        typer.Option(help="review.parquet of enclave link frames."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show doubtful pairs: what agrees between them, never what it is; and how cases stand."""
    from enclave.linkage.casebook import as_text, casebook

    if file is None:
        _review_site(site, as_json=as_json)
        return
    from enclave.files import sha256_of

    cases = casebook(file)
    text = f"{as_text(cases)}\n\nreview file: {sha256_of(file)}"
    emit(cases.to_dicts(), as_json=as_json, text=text)


def _review_site(site: Path, *, as_json: bool) -> None:
    from enclave.linkage.casebook import as_text, casebook, with_standing
    from enclave.linkage.clerical.recording import review_path, standing_if_any

    with open_site(site) as custody:
        cases = casebook(review_path(custody))
        stands = standing_if_any(custody)
    shown = cases if stands is None else with_standing(cases, stands)
    emit(shown.to_dicts(), as_json=as_json, text=as_text(shown))


def decide(  # noqa: PLR0913 - each argument is an option of the command
    case: Annotated[int, typer.Option(help="Number of the case in enclave link review.")],
    reviewer: Annotated[str, typer.Option(help="Your account; has the role reviewer.")],
    reason: Annotated[
        str,
        typer.Option(
            help="typing error, moved, twin or sibling, number of somebody else, "
            "too little agrees, or other."
        ),
    ] = "other",
    candidate: Annotated[
        int | None, typer.Option(min=1, help="Number of the candidate whom the pupil is.")
    ] = None,
    site: SiteOption = DEFAULT_SITE,
    *,
    none: Annotated[bool, typer.Option("--none", help="None of the candidates.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide on a doubtful case. Two reviewers must say the same before it counts."""
    from enclave.errors import UsageError
    from enclave.linkage.clerical.decisions import Decision
    from enclave.linkage.clerical.recording import decide_case, open_review, stands_as

    if (candidate is None) != none:
        raise UsageError(
            "A decision is for one candidate or for none of them.",
            where="--candidate, --none",
            next_step="give one of the two",
        )
    with open_site(site) as custody:
        shown = open_review(custody)
        receipt = decide_case(custody, Decision(case, candidate or 0, reviewer), reason, shown)
        stands = stands_as(custody, shown, case)
    answer = f"candidate {candidate}" if candidate else "none of them"
    emit(receipt, as_json=as_json, text=f"case {case}, {answer}: recorded. It is now: {stands}")


def settle(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Apply the decisions on doubtful cases: write the linked data anew."""
    from enclave.linkage.clerical.settling import settle_round

    with DrawnProgress() as progress, open_site(site, progress) as custody:
        receipt = settle_round(custody)
    emit(receipt, as_json=as_json, text=_describe(receipt))


def frames_settle(
    links: Annotated[Path, typer.Option(help="links.parquet of enclave link frames.")],
    review_file: Annotated[Path, typer.Option("--review", help="review.parquet beside it.")],
    decisions: Annotated[
        Path, typer.Option(help="CSV or JSON: case, candidate, reviewer, review_file.")
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write; must be new.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Apply decisions on doubtful rows of two linked files, without a site."""
    from enclave.linkage.clerical.files import Files, settle_files

    settled = settle_files(Files(links, review_file, decisions), out)
    emit(asdict(settled), as_json=as_json, text=_describe_files(settled))


def _describe(receipt: SettlementReceipt) -> str:
    lines = [
        f"settlement {receipt.number} of round {receipt.round_id}: {receipt.cases:,} cases, "
        f"{receipt.accepted:,} accepted, {receipt.refused:,} none of them, "
        f"{receipt.waiting:,} waiting",
    ]
    if receipt.shared:
        lines.append(
            f"accepted, but not applied: {receipt.shared:,}; other pupils of the round have the "
            "same number and are not accepted as that person"
        )
    if receipt.superseded:
        lines.append(
            f"decisions that the same reviewer changed afterwards: {receipt.superseded:,}; all of "
            "them stay in the ledger"
        )
    lines.append(
        "The linked data was written anew. A project view that was built before does not change: "
        "build a new one with enclave project build ID --rebuild."
    )
    return "\n".join(lines)


def _describe_files(settled: FilesSettled) -> str:
    return (
        f"{settled.cases:,} cases: {settled.accepted:,} accepted, {settled.refused:,} none of "
        f"them, {settled.waiting:,} still to review"
    )
