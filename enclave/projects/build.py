"""Building a project's view from the linked zone.

Grain of ``panel.parquet``: one row per pupil x school year x grade x domain x scale. Growth is the
end-of-year score minus the mid-year score on the same scale, null when either is missing.
"""

from pathlib import Path

import msgspec
import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError, RefusedError, UsageError
from enclave.files import atomic_path, file_digest, write_bytes
from enclave.ids import KeyName, ProjectId
from enclave.projects.catalogue import ALWAYS, FORBIDDEN, GRANTABLE, LEVELS, PUPIL_COLUMNS
from enclave.projects.pseudonyms import pseudonyms
from enclave.receipts import DestructionCertificate, ProjectReceipt
from enclave.site import ProjectGrant

PANEL_KEY = ("person_key", "school_code", "school_year", "grade", "domain", "provider", "scale")


def build_view(custody: Custody, project_id: ProjectId) -> ProjectReceipt:
    """Builds the view of a project; returns the receipt when it was built before.

    Raises:
        RefusedError: the identifiers of the round are not destroyed yet.
        UsageError: no such project, or its grant names unknown columns.
    """
    done = custody.registry.find(ProjectReceipt, project_id)
    if done is not None:
        return done
    grant = find_grant(custody, project_id)
    round_id = custody.config.round.id
    if custody.registry.find(DestructionCertificate, round_id) is None:
        raise RefusedError(
            "A project gets its view after the identifiers are destroyed.",
            where=f"round {round_id}",
            next_step="destroy them: enclave destruction run",
        )
    key = KeyName(f"project/{project_id}/pseudonyms")
    custody.vault.ensure(key)
    panel = _panel(custody, grant, key)
    _check(panel, grant)
    folder = custody.site.zone("projects") / project_id
    files = _write(folder, panel)
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
    )
    custody.registry.record(project_id, receipt)
    return receipt


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
        .join(pseudonyms(wide["person_key"], secret[0], "pupil"), on="person_key")
        .join(pseudonyms(wide["school_code"], secret[1], "school"), on="school_code")
        .select(*ALWAYS, *own, *school)
        .sort("pupil", "school_year", "grade", "domain", "scale")
    )


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
