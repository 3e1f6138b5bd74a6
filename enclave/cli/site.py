"""``enclave site``: make a site and look at it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from enclave.cli.shell import (
    DEFAULT_SITE,
    DryRunOption,
    JsonOption,
    SiteOption,
    emit,
    open_site,
)

if TYPE_CHECKING:
    from enclave.custody import Custody
    from enclave.site import Config

app = typer.Typer(no_args_is_help=True, help="Make a site and look at it.")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="An enclave.toml to make the site with.")
]
RoundOption = Annotated[
    str | None, typer.Option("--round", help="Collection round, such as 2026-E.")
]
DateOption = Annotated[
    datetime | None,
    typer.Option("--reference-date", formats=["%Y-%m-%d"], help="Day the addresses are of."),
]
YearsOption = Annotated[
    list[str] | None,
    typer.Option("--school-year", help="Such as 2025-2026; once per year, old to new."),
]
RegistersOption = Annotated[
    Path | None, typer.Option("--registers", help="Folder with the four register files.")
]


@app.command("init")
def init(  # noqa: PLR0913 - each argument is an option of the command
    site: SiteOption = DEFAULT_SITE,
    config: ConfigOption = None,
    round_id: RoundOption = None,
    reference_date: DateOption = None,
    school_years: YearsOption = None,
    registers: RegistersOption = None,
    *,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make zones, keys, configuration, database and the first checkpoint.

    Give either --config or all four options. Running it again changes nothing.
    """
    from enclave.clock import system_clock
    from enclave.custody import init_site

    if config is not None:
        wanted = _read(config)
    elif round_id and reference_date and school_years and registers:
        wanted = _config(round_id, reference_date, tuple(school_years), registers.resolve())
    else:
        wanted = _nothing_to_go_by()
    if dry_run:
        text = f"Would make a site for round {wanted.round.id} in {site}."
        emit({"round": wanted.round.id, "people": len(wanted.people)}, as_json=as_json, text=text)
        return
    with init_site(site.resolve(), wanted, system_clock) as custody:
        facts = _facts(custody)
    emit(facts, as_json=as_json, text=_described(facts))


@app.command("show")
def show(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """Print the round, the recipient that schools seal for, and how full each zone is."""
    with open_site(site) as custody:
        facts = _facts(custody)
    emit(facts, as_json=as_json, text=_described(facts))


def _read(path: Path) -> Config:
    from enclave.errors import InputError
    from enclave.site import parse_config

    try:
        return parse_config(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "The configuration is a readable TOML file.",
            where=f"file {path.name}",
            next_step="name an enclave.toml with --config",
        ) from None


def _config(
    round_id: str, reference_date: datetime, school_years: tuple[str, ...], registers: Path
) -> Config:
    from enclave.ids import RoundId
    from enclave.site import Config, RegistersConfig, RoundConfig

    return Config(
        round=RoundConfig(
            id=RoundId(round_id),
            reference_date=reference_date.date(),
            school_years=school_years,
        ),
        registers=RegistersConfig(
            population_spine=str(registers / "population_spine.parquet"),
            background=str(registers / "background.parquet"),
            enrolments=str(registers / "enrolments.parquet"),
            schools=str(registers / "schools.parquet"),
        ),
    )


def _nothing_to_go_by() -> Config:
    from enclave.errors import UsageError

    raise UsageError(
        "A site is made with --config FILE, or with --round, --reference-date, --school-year and "
        "--registers.",
        next_step="see: enclave site init --help",
    )


def _facts(custody: Custody) -> dict[str, Any]:
    from enclave.custody import KeyDestroyedError, transit_key
    from enclave.site import ZONES

    keys = custody.vault.infos()
    round_id = custody.config.round.id
    try:
        recipient = custody.vault.recipient(transit_key(round_id))
    except KeyDestroyedError:
        recipient = None
    return {
        "site": str(custody.site.root),
        "round": round_id,
        "recipient": recipient,
        "ledger_key": str(custody.registry.verifier),
        "keys": sum(key.destroyed_at is None for key in keys),
        "keys_destroyed": sum(key.destroyed_at is not None for key in keys),
        "files": {
            zone: sum(1 for path in custody.site.zone(zone).rglob("*") if path.is_file())
            for zone in ZONES
        },
    }


def _described(facts: dict[str, Any]) -> str:
    closed = "none: the key of this round is destroyed, nothing more can be delivered"
    lines = [
        f"Site        {facts['site']}",
        f"Round       {facts['round']}",
        f"Schools seal for  {facts['recipient'] or closed}",
        f"Ledger key  {facts['ledger_key']}",
        f"Keys        {facts['keys']} living, {facts['keys_destroyed']} destroyed",
    ]
    return "\n".join(
        [*lines, *[f"  {zone:<12}{count} files" for zone, count in facts["files"].items()]]
    )
