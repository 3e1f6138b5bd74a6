"""The demonstration: a made-up nation, its schools that seal their files, and the whole journey.

Everything outside the enclave (registers, schools' files, senders' keys, sealed packages on
their way) lies in the *world*, a folder beside the site. The site receives only what a school
would hand over. Every part can be killed and run again.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyrage

from enclave import deliveries
from enclave.custody import init_site, open_custody, transit_key
from enclave.deliveries import SealedPackage
from enclave.errors import InputError
from enclave.files import write_bytes
from enclave.ids import DeliveryId, PersonName, ProjectId, RoundId, SchoolCode, SenderId
from enclave.receipts import DeliveryReceipt
from enclave.site import (
    Config,
    JourneyConfig,
    Person,
    ProjectGrant,
    RegistersConfig,
    RoundConfig,
    Site,
)
from enclave.synthetic import NationSpec, make_nation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enclave.clock import Clock
    from enclave.custody import Custody
    from enclave.progress import Progress

ROUND = RoundId("2026-E")
SCHOOL_YEARS = ("2024-2025", "2025-2026")
REFERENCE_DATE = date(2026, 7, 1)
PROJECT = ProjectId("growth")
GRANTED_COLUMNS = (
    "sex",
    "birth_year",
    "origin",
    "household_income",
    "parental_education",
    "denomination",
    "province",
)
JOBS = ("growth_tables.py", "small_groups.py")


@dataclass(frozen=True)
class DemoSpec:
    """How large the made-up nation is and which one. ``pupils`` is approximate."""

    pupils: int = 13_500
    seed: int = 1


def prepare(site: Site, spec: DemoSpec, clock: Clock, progress: Progress) -> Custody:
    """Makes the nation and the site, lets the schools seal, and puts the packages in the inbox.

    Args:
        site: where the enclave is to be; the world is made beside it.
        spec: size and seed of the nation.
        clock: the time.
        progress: hears how far it is.

    Returns:
        The opened site, ready for the journey.
    """
    world = world_of(site)
    make_nation(
        world,
        NationSpec(
            pupils=spec.pupils,
            seed=spec.seed,
            school_years=SCHOOL_YEARS,
            round_id=ROUND,
            reference_date=REFERENCE_DATE,
        ),
        progress,
    )
    _copy_jobs(world)
    init_site(site.root, demo_config(world), clock).close()
    custody = open_custody(site, clock, progress)
    _register_senders(custody, world)
    _post(custody, _seal_all(custody, world))
    return custody


def world_of(site: Site) -> Path:
    """The folder of everything outside the enclave."""
    return site.root.parent / f"{site.root.name}-world"


def demo_config(world: Path) -> Config:
    """The configuration of the demonstration. Reviewers' decisions are made by the journey."""
    names = ("steward-1", "operator-1", "witness-1", "researcher-1", "reviewer-1", "reviewer-2")
    registers = world / "registers"
    return Config(
        round=RoundConfig(id=ROUND, reference_date=REFERENCE_DATE, school_years=SCHOOL_YEARS),
        registers=RegistersConfig(
            population_spine=str(registers / "population_spine.parquet"),
            background=str(registers / "background.parquet"),
            enrolments=str(registers / "enrolments.parquet"),
            schools=str(registers / "schools.parquet"),
            truth=str(world / "truth" / "links.parquet"),
        ),
        people=tuple(Person(name=PersonName(name), role=name.rpartition("-")[0]) for name in names),
        projects=(
            ProjectGrant(
                id=PROJECT,
                purpose="Learning growth in reading, spelling and arithmetic by background",
                members=(PersonName("researcher-1"),),
                columns=GRANTED_COLUMNS,
            ),
        ),
        journey=JourneyConfig(
            project=PROJECT,
            author=PersonName("researcher-1"),
            jobs=tuple(str(world / "jobs" / job) for job in JOBS),
            operator=PersonName("operator-1"),
            witness=PersonName("witness-1"),
            decide_as=(PersonName("reviewer-1"), PersonName("reviewer-2")),
        ),
    )


def notebooks_folder() -> Path:
    """Where the example jobs lie: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parent
    for folder in (package.parent / "notebooks", package / "notebooks"):
        if (folder / JOBS[0]).is_file():
            return folder
    raise InputError(
        "The example jobs belong to the installation.",
        where="folder notebooks",
        next_step="install the project again",
    )


def _copy_jobs(world: Path) -> None:
    for job in JOBS:
        write_bytes(world / "jobs" / job, (notebooks_folder() / job).read_bytes())


@dataclass(frozen=True)
class _Parcel:
    """One package as it left a school: what was sealed, under which id, and what went wrong."""

    source: Path
    delivery_id: str
    fault: str | None = None


def _parcels(world: Path) -> list[_Parcel]:
    """Every package that is sent, with the accidents that happen on the way.

    Ids of first attempts sort before the good ones, as they arrive earlier.
    """
    good = sorted(path for path in (world / "deliveries").iterdir() if path.is_dir())
    broken = sorted(path for path in (world / "deliveries-broken").iterdir() if path.is_dir())
    parcels = [_Parcel(path, _facts(path)["delivery_id"]) for path in [*good, *broken]]
    accidents = (("truncated", "attempt"), ("wrong key", "attempt"), ("sent twice", "repeat"))
    for school, (fault, word) in zip(good, accidents, strict=False):
        suffix = _facts(school)["sender_id"]
        name = f"{ROUND}-{'a-' if word == 'attempt' else 'z-'}{word}-{suffix}"
        parcels.append(_Parcel(school, name, fault))
    return parcels


def _facts(folder: Path) -> dict[str, str]:
    facts: dict[str, str] = json.loads((folder / "delivery.json").read_text(encoding="utf-8"))
    return facts


def _register_senders(custody: Custody, world: Path) -> None:
    senders = json.loads((world / "senders.json").read_text(encoding="utf-8"))
    wanted = []
    for number, sender in enumerate(senders, start=1):
        key = deliveries.ensure_signing_key(_key_file(world, sender["sender_id"]))
        entry = (SenderId(sender["sender_id"]), SchoolCode(sender["school_code"]))
        wanted.append((*entry, deliveries.public_key_of(key)))
        custody.progress.step("register senders", number, len(senders))
    deliveries.register_senders(custody, wanted)


def _key_file(world: Path, sender: str) -> Path:
    return world / "senders" / f"{sender}.key"


def _seal_all(custody: Custody, world: Path) -> list[SealedPackage]:
    """All sealed packages in the world's outgoing mail, sealed once."""
    outgoing = world / "outgoing"
    parcels = _parcels(world)
    sealed = []
    for number, parcel in enumerate(parcels, start=1):
        package = SealedPackage(
            outgoing / f"{parcel.delivery_id}.age", outgoing / f"{parcel.delivery_id}.json"
        )
        if not package.manifest.is_file():
            _seal(custody, world, parcel, outgoing)
        sealed.append(package)
        custody.progress.step("schools seal", number, len(parcels))
    return sealed


def _seal(custody: Custody, world: Path, parcel: _Parcel, outgoing: Path) -> None:
    """Seals one parcel, with its accident on the way. The manifest comes last."""
    statement = msgspec.structs.replace(
        deliveries.read_statement(parcel.source), delivery_id=DeliveryId(parcel.delivery_id)
    )
    recipient = custody.vault.recipient(transit_key(ROUND))
    if parcel.fault == "wrong key":
        recipient = str(pyrage.x25519.Identity.generate().to_public())
    key = deliveries.ensure_signing_key(_key_file(world, statement.sender_id))
    aside = world / "sealing"
    shutil.rmtree(aside, ignore_errors=True)
    made = deliveries.seal(parcel.source, statement, recipient, key, aside)
    data = made.package.read_bytes()
    if parcel.fault == "truncated":
        data = data[: len(data) * 2 // 3]
    write_bytes(outgoing / made.package.name, data)
    write_bytes(outgoing / made.manifest.name, made.manifest.read_bytes())
    shutil.rmtree(aside)


def _post(custody: Custody, packages: Sequence[SealedPackage]) -> None:
    """Puts every package that has not been received yet into the inbox."""
    received = {receipt.delivery_id for receipt in custody.registry.all(DeliveryReceipt)}
    inbox = custody.site.zone("inbox")
    for package in packages:
        if package.manifest.stem not in received:
            for path in (package.package, package.manifest):
                write_bytes(inbox / path.name, path.read_bytes())
