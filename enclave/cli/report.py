"""``enclave report``: school reports."""

from __future__ import annotations

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Make and list school reports.")


@app.command("make")
def make(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Make every school's report of the edition, as one protected release."""
    from enclave.reports import make_reports

    with DrawnProgress() as progress:
        receipt = make_reports(open_site(site, progress))
    text = f"{receipt.reports} reports, {receipt.hidden} of {receipt.figures} figures withheld"
    emit(receipt, as_json=as_json, text=text)


@app.command("list")
def list_reports(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """List the editions."""
    from enclave.receipts import ReportsReceipt

    receipts = open_site(site).registry.all(ReportsReceipt)
    text = "\n".join(f"{r.round_id}-{r.edition}: {r.reports} reports" for r in receipts)
    emit(receipts, as_json=as_json, text=text or "No reports yet.")
