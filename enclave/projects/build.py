"""Building a project's view from the linked zone.

Grain of ``panel.parquet``: one row per pupil x school year x grade x domain x scale. Growth is the
end-of-year score minus the mid-year score on the same scale, null when either is missing.

Every round has a view of its own with the results of all rounds, in a folder of its own: what was
given before stays as it was. A pupil who is linked, and a school, has one pseudonym in all views of
a project; so has a pupil who is not linked, also after a new key for S numbers. A pupil who is
linked in a later round goes under another pseudonym from then on, in all years.
"""

from pathlib import Path

import msgspec
import polars as pl

from enclave.custody import Custody, checked_linked, is_outdated, present_files, views_of
from enclave.errors import FindingsError, RefusedError, UsageError
from enclave.files import atomic_path, file_digest, only_one, write_bytes
from enclave.ids import KeyName, ProjectId
from enclave.projects.catalogue import ALWAYS, FORBIDDEN, GRANTABLE, LEVELS, PUPIL_COLUMNS
from enclave.projects.pseudonyms import lasting_pseudonyms, pseudonyms
from enclave.receipts import DestructionCertificate, FileDigest, ProjectReceipt
from enclave.site import ProjectGrant

LINKED = ("results.parquet", "pupils.parquet", "schools.parquet", "key-history.parquet")
PANEL_KEY = ("person_key", "school_code", "school_year", "grade", "domain", "provider", "scale")


def build_view(custody: Custody, project_id: ProjectId, *, rebuild: bool = False) -> ProjectReceipt:
    """Builds the view of a project in the open round; returns the receipt when it was built before.

    Args:
        custody: the opened site.
        project_id: a project with a grant.
        rebuild: another view in the same round when the linked data or the grant changed since. It
            lies beside the one before, which stays.

    Raises:
        RefusedError: the identifiers of the round are not destroyed yet, or the linked zone is
            being written.
        UsageError: no such project, or its grant names unknown columns.
        InputError: the linked data is not that of its receipts.
    """
    round_id = custody.config.round.id
    earlier = views_of(custody.registry, project_id)
    done = [view for view in earlier if view.round_id == round_id]
    if done and not (rebuild and _has_changed(custody, done[-1])):
        return done[-1]
    grant = find_grant(custody, project_id)
    if custody.registry.find(DestructionCertificate, round_id) is None:
        raise RefusedError(
            "A project gets its view after the identifiers are destroyed.",
            where=f"round {round_id}",
            next_step="destroy them: enclave destruction run",
        )
    key = KeyName(f"project/{project_id}/pseudonyms")
    custody.vault.ensure(key)
    # Nobody may write the linked zone anew between the check of its files and their reading.
    with only_one(custody.site.root / "linkage.lock", "linking this site's round"):
        linked = _linked(custody)
        panel = _panel(custody, grant, key)
    _check(panel, grant)
    number = len(done) + 1
    files = _write(_folder(custody, grant, number, first=not earlier), panel)
    receipt = ProjectReceipt(
        project_id=project_id,
        round_id=round_id,
        columns=tuple(panel.columns),
        rows=panel.height,
        pupils=panel["pupil"].n_unique(),
        schools=panel["school"].n_unique(),
        files=tuple(file_digest(custody.site, path) for path in files),
        pseudonym_key=key,
        built_at=custody.clock(),
        number=number,
        linked=linked,
    )
    custody.registry.record(f"{project_id}/{round_id}/{number}", receipt)
    return receipt


def _has_changed(custody: Custody, view: ProjectReceipt) -> bool:
    """Whether a view built now would be another one."""
    grant = find_grant(custody, view.project_id)
    granted = {*ALWAYS, *grant.columns} == set(view.columns)
    return is_outdated(custody.registry, view) or not granted


def _folder(custody: Custody, grant: ProjectGrant, number: int, *, first: bool) -> Path:
    """The folder of a view: the project's own for its first, one below it for each later one."""
    own = custody.site.zone("projects") / grant.id
    return own if first else own / custody.config.round.id / str(number)


def _linked(custody: Custody) -> tuple[FileDigest, ...]:
    """Digests of the linked files that a view is made from, checked against their receipts."""
    known = present_files(custody.registry)
    places = {name: custody.site.zone("linked") / name for name in LINKED}
    there = {n: p for n, p in places.items() if custody.site.relative(p) in known}
    return tuple(known[custody.site.relative(path)] for path in checked_linked(custody, there))


def find_grant(custody: Custody, project_id: ProjectId) -> ProjectGrant:
    """The grant of a project, refused unless it names known columns."""
    grants = [grant for grant in custody.config.projects if grant.id == project_id]
    if not grants:
        raise UsageError(
            "The project has a grant.",
            where=f"enclave.toml, projects, {project_id}",
            next_step="add the project there",
        )
    unknown = [name for name in grants[0].columns if name not in GRANTABLE]
    if unknown:
        raise UsageError(
            f"A grant names columns of {', '.join(GRANTABLE)}.",
            where=f"enclave.toml, projects, {project_id}: {', '.join(unknown)}",
            next_step="mend the grant",
        )
    return grants[0]


def _panel(custody: Custody, grant: ProjectGrant, key: KeyName) -> pl.DataFrame:
    linked = custody.site.zone("linked")
    results = pl.read_parquet(linked / "results.parquet", columns=[*PANEL_KEY, "moment", "score"])
    wide = results.group_by(PANEL_KEY).agg(
        pl.col("score").filter(pl.col("moment") == "M").first().alias("score_m"),
        pl.col("score").filter(pl.col("moment") == "E").first().alias("score_e"),
    )
    wide = wide.with_columns((pl.col("score_e") - pl.col("score_m")).alias("growth"))
    own = [name for name in PUPIL_COLUMNS if name in grant.columns]
    school = [name for name in grant.columns if name not in PUPIL_COLUMNS]
    pupils = pl.read_parquet(linked / "pupils.parquet", columns=["person_key", *own])
    schools = pl.read_parquet(linked / "schools.parquet", columns=["school_code", *school])
    secret = custody.vault.derive(key, "pupils"), custody.vault.derive(key, "schools")
    return (
        wide.join(pupils, on="person_key", how="left")
        .join(schools, on="school_code", how="left")
        .join(
            lasting_pseudonyms(wide["person_key"], _key_history(linked), secret[0]), on="person_key"
        )
        .join(pseudonyms(wide["school_code"], secret[1], "school"), on="school_code")
        .select(*ALWAYS, *own, *school)
        .sort("pupil", "school_year", "grade", "domain", "scale")
    )


def _key_history(linked: Path) -> pl.DataFrame | None:
    """old_key, new_key, chain; null in a zone from before S numbers lasted."""
    path = linked / "key-history.parquet"
    return pl.read_parquet(path) if path.is_file() else None


def _check(panel: pl.DataFrame, grant: ProjectGrant) -> None:
    """Refuses a view with a column that nobody granted."""
    strange = set(panel.columns) - {*ALWAYS, *grant.columns}
    if strange or set(panel.columns) & set(FORBIDDEN):
        raise FindingsError(
            "A view has the granted columns and no other.",
            where=f"{len(strange)} columns beside them",
            next_step="report this; no view was written",
        )


def _write(folder: Path, panel: pl.DataFrame) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    data, schema = folder / "panel.parquet", folder / "schema.json"
    with atomic_path(data) as temporary:
        panel.write_parquet(temporary)
    facts = {
        "unit": "pupil",
        "entity": "school",
        "columns": {name: str(kind) for name, kind in panel.schema.items()},
        "levels": {name: list(LEVELS[name]) for name in panel.columns if name in LEVELS},
    }
    write_bytes(schema, msgspec.json.format(msgspec.json.encode(facts), indent=1))
    return data, schema
