"""``enclave link``: linking delivered pupils to the population spine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

if TYPE_CHECKING:
    from enclave.receipts import LinkageReceipt

app = typer.Typer(no_args_is_help=True, help="Link pupils, and see how good the links are.")


@app.command("run")
def run(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Link every accepted delivery of the open round."""
    from enclave.linkage import link_round

    with DrawnProgress() as progress:
        receipt = link_round(open_site(site, progress))
    emit(receipt, as_json=as_json, text=_describe(receipt))


@app.command("report")
def report(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Print the quality of the links: per pass, by group, against the truth where there is one."""
    from enclave.errors import RefusedError
    from enclave.receipts import LinkageReceipt

    custody = open_site(site)
    receipt = custody.registry.find(LinkageReceipt, custody.config.round.id)
    if receipt is None:
        raise RefusedError(
            "There is something to report after linkage.",
            where=f"round {custody.config.round.id}",
            next_step="link first: enclave link run",
        )
    emit(receipt, as_json=as_json, text=_describe(receipt))


@app.command("explain")
def explain(*, as_json: JsonOption = False) -> None:
    """Name the passes in order, their fields and what is known about their reach."""
    from enclave.linkage.passes import IDENTITY_FIELDS, PASSES

    rows = [
        {
            "pass": step.name,
            "fields": list(IDENTITY_FIELDS[step.key]),
            "address at reference date": step.at_reference_date,
            "yardstick": step.yardstick,
        }
        for step in PASSES
    ]
    text = "\n".join(
        f"{row['pass']}: {', '.join(IDENTITY_FIELDS[s.key])}. {row['yardstick']}."
        for row, s in zip(rows, PASSES, strict=True)
    )
    emit(rows, as_json=as_json, text=text)


def _describe(receipt: LinkageReceipt) -> str:
    lines = [
        f"{receipt.delivered:,} pupils delivered: {receipt.linked:,} linked, "
        f"{receipt.review:,} to review, {receipt.unlinked:,} unlinked",
        "",
        f"{'pass':<32}{'linked':>9}{'review':>9}",
        *[f"{count.name:<32}{count.linked:>9,}{count.review:>9,}" for count in receipt.passes],
        "",
        f"{'group':<32}{'pupils':>9}{'linked':>9}",
        *[
            f"{row.characteristic + ': ' + row.level:<32}{row.pupils:>9,}"
            f"{row.linked / row.pupils:>9.2%}"
            for row in receipt.rates
        ],
    ]
    if receipt.truth is not None:
        truth = receipt.truth
        lines += [
            "",
            f"against the truth: {truth.correct:,} correct, {truth.wrong:,} wrong, "
            f"{truth.missed:,} missed; precision {truth.precision:.5f}, recall {truth.recall:.5f}",
        ]
    return "\n".join(lines)
