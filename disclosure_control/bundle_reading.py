"""Reading a bundle with distrust: claims in it are only claims."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from disclosure_control.bundle import BUNDLE_VERSION, HIDDEN_SIGN
from disclosure_control.errors import BundleError, InvalidInputError
from disclosure_control.outputs.custom import CONTENT, STATISTIC
from disclosure_control.outputs.evidence import check_evidence
from disclosure_control.outputs.kinds import kind_of
from disclosure_control.outputs.recipe import Recipe, read_recipe

MAXIMUM_FILE = 64 << 20
_TOP = {
    "bundle_version", "title", "purpose", "population", "variables", "questions", "outputs",
    "files",
}  # fmt: skip
_PER_OUTPUT = {
    "name", "statistic", "verdict", "protect_at_desk", "recipe", "released", "evidence", "chart",
}  # fmt: skip


@dataclass(frozen=True)
class BundledOutput:
    """One output as it lies in a bundle.

    ``chart`` holds x, color and mark of a chart, or is null; ``content`` the bytes of a file made
    elsewhere and its suffix, null for figures.
    """

    name: str
    recipe: Recipe
    released: pl.DataFrame
    evidence: pl.DataFrame
    claimed_verdict: str
    protect_at_desk: bool
    chart: Mapping[str, Any] | None
    content: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are exactly those of its manifest. Claims in it are only claims."""

    path: Path
    digest: str
    title: str
    purpose: str
    population: str
    variables: Mapping[str, str]
    questions: tuple[str, ...]
    outputs: tuple[BundledOutput, ...]
    files: tuple[tuple[str, int, str], ...]


def read_bundle(path: Path) -> Bundle:
    """The bundle in the directory ``path``, its files checked against the manifest.

    Raises:
        BundleError: a file is missing, extra, changed, a link, or not of its kind.
    """
    raw = _read_file(path, "manifest.json")
    manifest = _manifest(raw)
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = {
        item.relative_to(path).as_posix()
        for item in path.rglob("*")
        if item.is_symlink() or not item.is_dir()
    }
    if present != {*listed, "manifest.json"}:
        raise BundleError("A bundle holds exactly the files of its manifest.")
    data = {name: _read_file(path, name) for name in listed}
    for name, entry in listed.items():
        if hashlib.sha256(data[name]).hexdigest() != entry["sha256"]:
            raise BundleError("Every file of a bundle has the digest of its manifest.")
    return Bundle(
        path=path,
        digest=hashlib.sha256(raw).hexdigest(),
        title=manifest["title"],
        purpose=manifest["purpose"],
        population=manifest["population"],
        variables=manifest["variables"],
        questions=tuple(manifest["questions"]),
        outputs=tuple(_bundled(entry, data) for entry in manifest["outputs"]),
        files=tuple((n, len(data[n]), listed[n]["sha256"]) for n in sorted(listed)),
    )


def _read_file(folder: Path, name: str) -> bytes:
    parts = PurePosixPath(name).parts
    target = folder.joinpath(*parts)
    safe = bool(parts) and ".." not in parts and not PurePosixPath(name).is_absolute()
    if not safe or target.is_symlink() or not target.is_file():
        raise BundleError("A bundle holds plain files below its own directory.")
    if target.stat().st_size > MAXIMUM_FILE:
        raise BundleError(f"A file of a bundle has at most {MAXIMUM_FILE >> 20} MiB.")
    return target.read_bytes()


def _manifest(raw: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(raw)
        texts = [manifest[name] for name in ("title", "purpose", "population")]
        good = (
            set(manifest) == _TOP
            and manifest["bundle_version"] == BUNDLE_VERSION
            and all(isinstance(text, str) for text in [*texts, *manifest["questions"]])
            and all(set(entry) == _PER_OUTPUT for entry in manifest["outputs"])
            and all(set(entry) == {"path", "size", "sha256"} for entry in manifest["files"])
            and all(isinstance(text, str) for text in manifest["variables"].values())
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        good = False
    if not good:
        raise BundleError("A manifest is JSON with the documented fields.")
    return dict(manifest)


def _bundled(entry: Mapping[str, Any], data: Mapping[str, bytes]) -> BundledOutput:
    try:
        recipe = read_recipe(data[entry["recipe"]].decode("utf-8"))
        columns = kind_of(recipe).label_columns(recipe)
        evidence = pl.read_parquet(io.BytesIO(data[entry["evidence"]]))
        check_evidence(evidence, recipe)
        released, content = _released(entry, data, evidence, recipe, columns)
    except (KeyError, UnicodeDecodeError, pl.exceptions.PolarsError, OSError, InvalidInputError):
        raise BundleError("An output has a recipe, evidence and a released table.") from None
    return BundledOutput(
        name=str(entry["name"]),
        recipe=recipe,
        released=released,
        evidence=evidence,
        claimed_verdict=str(entry["verdict"]),
        protect_at_desk=entry["protect_at_desk"] is True,
        chart=entry["chart"] if isinstance(entry["chart"], dict) else None,
        content=content,
    )


def _released(
    entry: Mapping[str, Any],
    data: Mapping[str, bytes],
    evidence: pl.DataFrame,
    recipe: Recipe,
    columns: tuple[str, ...],
) -> tuple[pl.DataFrame, tuple[str, bytes] | None]:
    """The released table, and the bytes of a file made elsewhere: those of the evidence."""
    raw = data[entry["released"]]
    if recipe.statistic != STATISTIC:
        return read_released(raw, columns), None
    if evidence.height != 1 or evidence[CONTENT].item() != raw:
        raise BundleError("A file made elsewhere is its own evidence.")
    schema = {**dict.fromkeys(columns, pl.String), "value": pl.Float64, "status": pl.String}
    suffix = PurePosixPath(str(entry["released"])).suffix
    return pl.DataFrame(schema=schema), (suffix, raw)


def read_released(data: bytes, columns: tuple[str, ...]) -> pl.DataFrame:
    """The released table in CSV ``data``; a ``BundleError`` for anything else."""
    try:
        legend, _, text = data.decode("utf-8").partition("\n")
        head = next(csv.reader(io.StringIO(text)), [])
        frame = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False).with_columns(
            pl.all().fill_null("")
        )
    except (UnicodeDecodeError, pl.exceptions.PolarsError, csv.Error):
        raise BundleError("A released table is a CSV in UTF-8.") from None
    if not legend.startswith("#") or head != [*columns, "value", "status"]:
        raise BundleError("A released table has a legend, its labels, value and status.")
    blank = pl.col("value").is_in([HIDDEN_SIGN, ""])
    number = pl.when(~blank).then(pl.col("value")).cast(pl.Float64, strict=False)
    parsed = frame.with_columns(number.alias("number"))
    if parsed.filter(~blank & pl.col("number").is_null()).height:
        raise BundleError("A value is a number, or . when it is hidden.")
    return parsed.with_columns(pl.col("number").alias("value")).drop("number")
