"""A site: its zones on disk and its configuration.

Zones hold different secrets and, in production, belong to different operating system users:

===============  ==============================================================================
zone             holds
===============  ==============================================================================
``vault``        keys
``inbox``        sealed deliveries as they arrive
``quarantine``   refused deliveries, still sealed, with the reason beside them
``transit``      accepted deliveries, still sealed, until they are destroyed
``linkage``      encrypted identifiers and keyed hashes
``linked``       content with person numbers, no identifiers
``projects``     each project's view
``workspaces``   each project's work folder and outbox
``release``      content-addressed bundles under review
``released``     files that left, one folder per request
``reports``      school reports
===============  ==============================================================================
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from enclave.errors import InputError, UsageError
from enclave.ids import PersonName, ProjectId, RoundId

CONFIG_NAME = "enclave.toml"
ZONES = (
    "vault",
    "inbox",
    "quarantine",
    "transit",
    "linkage",
    "linked",
    "projects",
    "workspaces",
    "release",
    "released",
    "reports",
)
ROLES = ("steward", "operator", "witness", "researcher", "reviewer", "auditor")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section of the configuration: frozen, and an unknown key is an error."""


class RoundConfig(Section, frozen=True):
    """The collection round. ``school_years`` run from old to new (``2025-2026``)."""

    id: RoundId
    reference_date: date
    school_years: tuple[str, ...]


class RegistersConfig(Section, frozen=True):
    """Where the registers lie that the linkage reads; outside the site, read-only."""

    population_spine: str
    background: str
    enrolments: str
    schools: str
    truth: str | None = None


class ReleaseConfig(Section, frozen=True):
    """How outputs are checked. ``on_unsafe`` is ``protect`` or ``refuse``."""

    policy: str = "cbs"
    on_unsafe: str = "protect"
    minimum_reviewers: int = 2


class ReportsConfig(Section, frozen=True):
    """How school reports are made."""

    policy: str = "nco_report"
    edition: str = "E"


class Person(Section, frozen=True):
    """An account and what it may do."""

    name: PersonName
    role: str


class ProjectGrant(Section, frozen=True):
    """What a project may see. ``columns`` names columns of the linked data."""

    id: ProjectId
    purpose: str
    members: tuple[PersonName, ...]
    columns: tuple[str, ...]


class JourneyConfig(Section, frozen=True):
    """Who does what when the whole journey runs by one command.

    ``decide_as`` lists reviewers whose decisions the journey makes itself, with keys that the
    site holds. That is for demonstrations only: leave it empty and the journey waits for people.
    """

    project: ProjectId | None = None
    author: PersonName | None = None
    jobs: tuple[str, ...] = ()
    operator: PersonName | None = None
    witness: PersonName | None = None
    decide_as: tuple[PersonName, ...] = ()


class Config(Section, frozen=True):
    """All of ``enclave.toml``."""

    round: RoundConfig
    registers: RegistersConfig
    release: ReleaseConfig = ReleaseConfig()
    reports: ReportsConfig = ReportsConfig()
    journey: JourneyConfig = JourneyConfig()
    people: tuple[Person, ...] = ()
    projects: tuple[ProjectGrant, ...] = ()

    def __post_init__(self) -> None:
        """Refuses values that would weaken a guarantee."""
        if self.release.minimum_reviewers < 2:
            raise ValueError("release.minimum_reviewers must be 2 or more")
        if self.release.on_unsafe not in {"protect", "refuse"}:
            raise ValueError("release.on_unsafe must be protect or refuse")
        if any(person.role not in ROLES for person in self.people):
            raise ValueError(f"people.role must be one of {', '.join(ROLES)}")


@dataclass(frozen=True)
class Site:
    """The folder of one enclave. Every path of a zone is made here and nowhere else."""

    root: Path

    @property
    def config_path(self) -> Path:
        """``enclave.toml``."""
        return self.root / CONFIG_NAME

    @property
    def registry_path(self) -> Path:
        """The database of receipts and the ledger."""
        return self.root / "registry.sqlite"

    def zone(self, name: str) -> Path:
        """The folder of a zone; an unknown zone is a programming error."""
        if name not in ZONES:
            raise KeyError(name)
        return self.root / name

    def relative(self, path: Path) -> str:
        """``path`` relative to the site, with forward slashes, for receipts."""
        return path.relative_to(self.root).as_posix()

    def create_zones(self) -> None:
        """Makes every zone, readable by its owner alone."""
        for name in ZONES:
            self.zone(name).mkdir(parents=True, exist_ok=True)
            self.zone(name).chmod(0o700)


def parse_config(text: str) -> Config:
    """The configuration in TOML ``text``; unknown keys and wrong types raise ``UsageError``."""
    try:
        return msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{CONFIG_NAME} must be TOML: {error}", next_step="mend the named line"
        ) from None
    except (msgspec.ValidationError, ValueError) as error:
        raise UsageError(
            f"{CONFIG_NAME} must hold known keys with values of the right type: {error}",
            next_step="compare it with docs/reference/configuration.md",
        ) from None


def read_config(site: Site) -> Config:
    """The configuration of a site."""
    if not site.config_path.is_file():
        raise InputError(
            f"A site has an {CONFIG_NAME}.",
            where=f"folder {site.root.name}",
            next_step="make the site with: enclave site init --site DIR",
        )
    return parse_config(site.config_path.read_text(encoding="utf-8"))


def render_config(config: Config) -> str:
    """The TOML text that ``parse_config`` reads back to an equal configuration."""
    plain = msgspec.to_builtins(config, builtin_types=(date,))
    return tomli_w.dumps(_without_nulls(plain))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value]
    return value
