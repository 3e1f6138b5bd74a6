"""``enclave destruction``: destroy a round's identifiers, and prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import (
    DEFAULT_SITE,
    DrawnProgress,
    DryRunOption,
    JsonOption,
    SiteOption,
    YesOption,
    emit,
    open_site,
)

if TYPE_CHECKING:
    from enclave.custody import Custody, ScanResult
    from enclave.receipts import DestructionCertificate

app = typer.Typer(no_args_is_help=True, help="Destroy identifiers after linkage, and prove it.")

OperatorOption = Annotated[str, typer.Option("--operator", help="Who destroys.")]
WitnessOption = Annotated[str, typer.Option("--witness", help="Who watches: somebody else.")]
ScanOption = Annotated[
    bool, typer.Option("--scan/--no-scan", help="Look for identifiers in every file again.")
]


@app.command("run")
def run(
    operator: OperatorOption,
    witness: WitnessOption,
    site: SiteOption = DEFAULT_SITE,
    *,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Destroy the keys and files of this round's identifiers and issue the certificate."""
    from enclave.custody import destroy_identifiers, find_scope
    from enclave.ids import PersonName

    with DrawnProgress() as progress, open_site(site, progress) as custody:
        round_id = custody.config.round.id
        if dry_run:
            scope = find_scope(custody, round_id)
            counts = {"round": round_id, "keys": len(scope.keys), "files": len(scope.files)}
            text = f"Would destroy {len(scope.keys)} keys and remove {len(scope.files)} files."
            emit(counts, as_json=as_json, text=text)
            return
        if not yes:
            _require_yes()
        certificate = destroy_identifiers(
            custody, round_id, PersonName(operator), PersonName(witness)
        )
    emit(certificate, as_json=as_json, text=_described(certificate))


@app.command("show")
def show(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Print the certificate of this round."""
    with open_site(site) as custody:
        certificate = _certificate(custody)
    emit(certificate, as_json=as_json, text=_described(certificate))


@app.command("verify")
def verify(
    site: SiteOption = DEFAULT_SITE, *, scan: ScanOption = True, as_json: JsonOption = False
) -> None:
    """Check the certificate's signature, ledger entry and keys, and scan the site again."""
    from enclave.custody import scan_site, verify_certificate

    with open_site(site) as custody:
        checked = list(verify_certificate(custody, _certificate(custody)))
        result = scan_site(custody.site) if scan else None
    if result is not None:
        checked.append(f"a scan of {result.files} files found {result.identifiers} identifiers")
    emit({"checked": checked, "scan": result}, as_json=as_json, text="\n".join(checked))
    if result is not None:
        result.require_clean()


@app.command("scan")
def scan(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Look for identifiers in every file of the site; print counts, never values."""
    from enclave.custody import scan_site

    with open_site(site) as custody:
        result = scan_site(custody.site)
    emit(result, as_json=as_json, text=_scanned(result))
    result.require_clean()


def _certificate(custody: Custody) -> DestructionCertificate:
    from enclave.errors import InputError
    from enclave.receipts import DestructionCertificate

    found = custody.registry.find(DestructionCertificate, custody.config.round.id)
    if found is None:
        raise InputError(
            "This round's identifiers were destroyed.",
            where="no certificate in the registry",
            next_step="run: enclave destruction run --operator NAME --witness NAME --yes",
        )
    return found


def _require_yes() -> None:
    from enclave.errors import UsageError

    raise UsageError(
        "Destruction cannot be undone and is done only when --yes is given.",
        next_step="look first with --dry-run, then add --yes",
    )


def _described(certificate: DestructionCertificate) -> str:
    lines = [
        f"Identifiers of round {certificate.round_id}: destroyed",
        f"  pupils      {certificate.pupils} in {certificate.deliveries} deliveries",
        f"  columns     {', '.join(certificate.columns)}",
        f"  keys        {len(certificate.keys)} destroyed",
        f"  files       {certificate.files_removed} removed",
        f"  method      {certificate.method}",
        f"  by          {certificate.operator}, witnessed by {certificate.witness}",
        f"  at          {certificate.destroyed_at.isoformat(timespec='seconds')}",
    ]
    lines += [f"  checked     {item}" for item in certificate.verification]
    lines += [f"  retained    {item}" for item in certificate.retained]
    return "\n".join(lines)


def _scanned(result: ScanResult) -> str:
    lines = [f"{result.files} files, {result.bytes} bytes, {result.identifiers} identifiers"]
    lines += [f"  {count.role}: {count.values} {count.kind}" for count in result.found]
    lines += [f"  {count.role}: {count.values} files {count.kind}" for count in result.unexamined]
    return "\n".join(lines)
