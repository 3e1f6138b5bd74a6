"""``enclave delivery``: sealing at the school, receiving at the enclave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.shell import (
    DEFAULT_SITE,
    DrawnProgress,
    DryRunOption,
    JsonOption,
    SiteOption,
    emit,
    open_site,
)

app = typer.Typer(no_args_is_help=True, help="Seal, send and receive deliveries.")


@app.command("seal")
def seal(
    folder: Annotated[Path, typer.Argument(help="Folder with delivery.json and its files.")],
    recipient: Annotated[str, typer.Option(help="The round's public key (age1...).")],
    signing_key: Annotated[Path, typer.Option(help="Your signing key file; made when missing.")],
    out: Annotated[Path, typer.Option(help="Folder for the sealed package.")] = Path("outgoing"),
    *,
    as_json: JsonOption = False,
) -> None:
    """Seal a delivery for the enclave. For schools and their suppliers."""
    from enclave import deliveries

    key = deliveries.ensure_signing_key(signing_key)
    package = deliveries.seal(folder, deliveries.read_statement(folder), recipient, key, out)
    record = {
        "package": str(package.package),
        "manifest": str(package.manifest),
        "public_key": deliveries.public_key_of(key).hex(),
    }
    emit(
        record,
        as_json=as_json,
        text=f"Sealed. Send both files:\n{package.package}\n{package.manifest}\n"
        f"Public key to register once at the enclave: {record['public_key']}",
    )


@app.command("recipient")
def recipient(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Print the open round's public key, for schools to seal with."""
    from enclave.custody import transit_key

    custody = open_site(site)
    text = custody.vault.recipient(transit_key(custody.config.round.id))
    emit({"recipient": text}, as_json=as_json, text=text)


@app.command("register-sender")
def register_sender(
    sender: Annotated[str, typer.Option(help="Opaque id, for example sender-00017.")],
    school: Annotated[str, typer.Option(help="BRIN and location number, six characters.")],
    public_key: Annotated[str, typer.Option(help="Ed25519 public key in 64 hex digits.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Register a school and its public key."""
    from enclave import deliveries
    from enclave.errors import UsageError
    from enclave.ids import SchoolCode, SenderId

    try:
        key = bytes.fromhex(public_key)
    except ValueError:
        raise UsageError("A public key is 64 hex digits.", where="--public-key") from None
    with open_site(site) as custody:
        found = deliveries.register_sender(custody, SenderId(sender), SchoolCode(school), key)
    emit(found, as_json=as_json, text=f"Registered {found.sender_id}.")


@app.command("receive")
def receive(
    site: SiteOption = DEFAULT_SITE, *, dry_run: DryRunOption = False, as_json: JsonOption = False
) -> None:
    """Receive everything in the inbox: accept or quarantine each package."""
    from enclave.deliveries import receive_all
    from enclave.deliveries.intake import find_parcels

    if dry_run:
        names = [parcel.name for parcel in find_parcels(open_site(site))]
        emit(names, as_json=as_json, text="\n".join(names) or "The inbox is empty.")
        return
    with DrawnProgress() as progress:
        receipts = receive_all(open_site(site, progress))
    emit(receipts, as_json=as_json, text=_describe(receipts))


@app.command("list")
def list_deliveries(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """List every delivery with its outcome."""
    from enclave.receipts import DeliveryReceipt

    receipts = open_site(site).registry.all(DeliveryReceipt)
    emit(receipts, as_json=as_json, text=_describe(receipts))


@app.command("show")
def show(
    delivery: Annotated[str, typer.Argument(help="Delivery id.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one delivery: outcome, counts, and what was expected when it was refused."""
    from enclave.deliveries.problems import REASONS
    from enclave.errors import UsageError
    from enclave.receipts import DeliveryReceipt

    receipt = open_site(site).registry.find(DeliveryReceipt, delivery)
    if receipt is None:
        raise UsageError(
            "There is a delivery of that id.", where="delivery", next_step="enclave delivery list"
        )
    lines = [f"{receipt.delivery_id}: {receipt.outcome}"]
    if receipt.reason is not None:
        lines.append(f"reason {receipt.reason}: a delivery needs {REASONS[receipt.reason]}")
    lines.append(
        f"rows {receipt.rows_accepted} of {receipt.rows_delivered}, pupils {receipt.pupils}"
    )
    lines += [f"  left out: {count.rule} {count.rows}" for count in receipt.rows_rejected]
    emit(receipt, as_json=as_json, text="\n".join(lines))


def _describe(receipts: list) -> str:  # type: ignore[type-arg]
    return "\n".join(
        f"{r.delivery_id:<40} {r.outcome:<12} {r.reason or f'{r.rows_accepted} rows'}"
        for r in receipts
    )
