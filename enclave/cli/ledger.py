"""``enclave ledger``: what was recorded, and proof that nobody rewrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit, open_site

app = typer.Typer(no_args_is_help=True, help="Read the history of a site and prove it.")

CheckpointOption = Annotated[
    Path | None,
    typer.Option("--checkpoint", help="A checkpoint that you kept; finds a rewritten ledger."),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="The ledger's public key that you kept; no vault is needed then."),
]
LastOption = Annotated[int, typer.Option("--last", min=1, help="How many entries to show.")]


@app.command("verify")
def verify(
    site: SiteOption = DEFAULT_SITE,
    checkpoint: CheckpointOption = None,
    key: KeyOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check every entry against its hash and every checkpoint against the entries.

    Ends with exit code 3 when anything was edited, removed, cut off or signed anew. Only a
    checkpoint kept elsewhere finds what the holder of the ledger's key rewrote.
    """
    from enclave.custody import Verifier, verify_ledger, verify_ledger_file
    from enclave.site import Site

    old = None if checkpoint is None else _text(checkpoint, "checkpoint")
    if key is None:
        with open_site(site) as custody:
            verdict = verify_ledger(custody, old)
    else:
        verifier = Verifier.parse(_text(key, "public key"))
        verdict = verify_ledger_file(Site(site.resolve()).registry_path, verifier, old)
    text = (
        f"The ledger holds: {verdict.size} entries, {verdict.receipts} receipts, "
        f"{verdict.checkpoints} checkpoints.\nRoot {verdict.root}"
    )
    if verdict.ok or as_json:
        emit({"ok": verdict.ok, **_plain(verdict)}, as_json=as_json, text=text)
    verdict.require_ok()


@app.command("show")
def show(
    site: SiteOption = DEFAULT_SITE, last: LastOption = 20, *, as_json: JsonOption = False
) -> None:
    """Print the newest entries and the public key that checks the ledger."""
    with open_site(site) as custody:
        entries = custody.registry.entries(last)
        key = str(custody.registry.verifier)
    lines = [f"{entry.seq:>7}  {entry.kind:<16}  {entry.key or _facts(entry)}" for entry in entries]
    result = {"public_key": key, "entries": entries}
    emit(result, as_json=as_json, text="\n".join([*lines, f"Public key: {key}"]))


@app.command("checkpoint")
def checkpoint(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Sign the ledger as it is and print the checkpoint; give it to somebody else to keep."""
    with open_site(site) as custody:
        note = custody.registry.checkpoint()
        key = str(custody.registry.verifier)
    emit({"checkpoint": note, "public_key": key}, as_json=as_json, text=note)


def _text(path: Path, what: str) -> str:
    from enclave.errors import InputError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"The {what} is a readable text file.",
            where=f"file {path.name}",
            next_step="name the file that you kept",
        ) from None


def _plain(verdict: object) -> dict[str, object]:
    import msgspec

    fields: dict[str, object] = msgspec.to_builtins(verdict)
    return fields


def _facts(entry: object) -> str:
    content: dict[str, object] = getattr(entry, "content", {})
    return ", ".join(f"{name} {value}" for name, value in content.items() if name != "at")
