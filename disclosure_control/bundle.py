"""Bundles: what a researcher submits. A directory that appears whole, and is read with distrust."""

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from disclosure_control.errors import BundleError, InvalidInputError, UnsafeOutputError
from disclosure_control.outputs.crosstab import Output
from disclosure_control.outputs.evidence import check_evidence
from disclosure_control.outputs.recipe import Recipe, read_recipe
from disclosure_control.verdict import Verdict

BUNDLE_VERSION = 1
MAXIMUM_FILE = 64 << 20
HIDDEN_SIGN = "."
_TOP = {"bundle_version", "title", "purpose", "population", "variables", "outputs", "files"}
_PER_OUTPUT = {
    "name", "statistic", "verdict", "protect_at_desk", "recipe", "released", "evidence", "chart",
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What ``submit`` returns: the bundle's name and how many outputs and hidden cells it has."""

    bundle: str
    outputs: int
    hidden_cells: int


@dataclass(frozen=True)
class Request:
    """What a reviewer must be told about the outputs."""

    title: str
    purpose: str
    population: str
    variables: Mapping[str, str]
    protect_at_desk: bool


@dataclass(frozen=True)
class BundledOutput:
    """One output as it lies in a bundle. ``chart`` holds x and color of a chart, or is null."""

    name: str
    recipe: Recipe
    released: pl.DataFrame
    evidence: pl.DataFrame
    claimed_verdict: str
    protect_at_desk: bool
    chart: Mapping[str, Any] | None


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are exactly those of its manifest. Claims in it are only claims."""

    path: Path
    digest: str
    title: str
    purpose: str
    population: str
    variables: Mapping[str, str]
    outputs: tuple[BundledOutput, ...]
    files: tuple[tuple[str, int, str], ...]


def write_bundle(
    outbox: Path,
    outputs: Sequence[Output],
    request: Request,
    charts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Receipt:
    """Writes one bundle into ``outbox`` in one step. The same submission again changes nothing.

    Raises:
        InvalidInputError: purpose, population or a variable's description is missing.
        UnsafeOutputError: an output is unsafe and the desk was not asked to protect it.
    """
    _check_request(outputs, request)
    files: dict[str, bytes] = {}
    entries = []
    for number, output in enumerate(outputs, start=1):
        name = f"{output.recipe.statistic}-{number}"
        chart = (charts or {}).get(number - 1)
        entries.append(_entry(name, output, request, chart, files))
    manifest = {
        "bundle_version": BUNDLE_VERSION,
        "title": request.title,
        "purpose": request.purpose,
        "population": request.population,
        "variables": dict(request.variables),
        "outputs": entries,
        "files": [
            {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for path, data in sorted(files.items())
        ],
    }
    files["manifest.json"] = json.dumps(manifest, sort_keys=True, indent=1).encode()
    name = "bundle-" + hashlib.sha256(files["manifest.json"]).hexdigest()[:12]
    _place(outbox, name, files)
    hidden = sum(int((output.released["status"] != "shown").sum()) for output in outputs)
    return Receipt(name, len(outputs), hidden)


def _check_request(outputs: Sequence[Output], request: Request) -> None:
    if not outputs:
        raise InvalidInputError("There is an output to submit.")
    if not request.purpose.strip() or not request.population.strip():
        raise InvalidInputError("A submission states its purpose and its population.")
    used = {name for output in outputs for name in output.recipe.dimensions}
    used |= {output.recipe.value for output in outputs if output.recipe.value is not None}
    missing = sorted(name for name in used if not request.variables.get(name, "").strip())
    if missing:
        raise InvalidInputError(f"Every variable is described; missing: {', '.join(missing)}.")
    for output in outputs:
        if output.verdict is not Verdict.SAFE and not request.protect_at_desk:
            raise UnsafeOutputError(
                f"Submit safe outputs: {output.findings.height} findings under policy "
                f"{output.policy.name}. Use .protect(), or ask with protect_at_desk=True."
            )


def _entry(
    name: str,
    output: Output,
    request: Request,
    chart: Mapping[str, Any] | None,
    files: dict[str, bytes],
) -> dict[str, Any]:
    """The manifest's entry of one output; its files are added to ``files``."""
    folder = f"outputs/{name}"
    buffer = io.BytesIO()
    output.evidence.write_parquet(buffer)
    files[f"{folder}/released.csv"] = released_csv(output.released)
    files[f"{folder}/recipe.json"] = output.recipe.to_json().encode()
    files[f"{folder}/evidence.parquet"] = buffer.getvalue()
    return {
        "name": name,
        "statistic": output.recipe.statistic,
        "verdict": output.verdict.name,
        "protect_at_desk": request.protect_at_desk and output.verdict is not Verdict.SAFE,
        "released": f"{folder}/released.csv",
        "recipe": f"{folder}/recipe.json",
        "evidence": f"{folder}/evidence.parquet",
        "chart": dict(chart) if chart is not None else None,
    }


def released_csv(released: pl.DataFrame) -> bytes:
    """A released table as CSV; ``.`` stands for hidden."""
    number = pl.col("value")
    whole = (number == number.round()) & (number.abs() < 2**53)
    value = (
        pl.when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(number.cast(pl.String))
    )
    table = released.with_columns(
        pl.when(pl.col("status") == "shown")
        .then(value)
        .otherwise(pl.lit(HIDDEN_SIGN))
        .alias("value")
    )
    return table.write_csv(quote_style="necessary", null_value="").encode()


def read_released(data: bytes, recipe: Recipe) -> pl.DataFrame:
    """The released table in CSV ``data``; a ``BundleError`` for anything else."""
    wanted = [*recipe.dimensions, "value", "status"]
    try:
        text = data.decode("utf-8")
        head = next(csv.reader(io.StringIO(text)), [])
        frame = pl.read_csv(io.BytesIO(data), infer_schema=False).with_columns(
            pl.all().fill_null("")
        )
    except (UnicodeDecodeError, pl.exceptions.PolarsError, csv.Error):
        raise BundleError("A released table is a CSV in UTF-8.") from None
    if head != wanted:
        raise BundleError("A released table has its dimensions, value and status.")
    blank = pl.col("value").is_in([HIDDEN_SIGN, ""])
    number = pl.when(~blank).then(pl.col("value")).cast(pl.Float64, strict=False)
    parsed = frame.with_columns(number.alias("number"))
    if parsed.filter(~blank & pl.col("number").is_null()).height:
        raise BundleError("A value is a number, or . when it is hidden.")
    return parsed.with_columns(pl.col("number").alias("value")).drop("number")


def _place(outbox: Path, name: str, files: Mapping[str, bytes]) -> None:
    outbox.mkdir(parents=True, exist_ok=True)
    if (outbox / name).is_dir():
        return
    aside = Path(tempfile.mkdtemp(dir=outbox, prefix=".partial-"))
    try:
        for path, data in files.items():
            target = aside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        aside.chmod(0o755)
        aside.rename(outbox / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
            and all(isinstance(text, str) for text in texts)
            and all(set(entry) == _PER_OUTPUT for entry in manifest["outputs"])
            and all(set(entry) == {"path", "size", "sha256"} for entry in manifest["files"])
            and all(isinstance(text, str) for text in manifest["variables"].values())
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        good = False
    if not good:
        raise BundleError("A manifest is JSON with the documented fields.")
    return dict(manifest)


def _bundled(entry: Mapping[str, Any], data: Mapping[str, bytes]) -> BundledOutput:
    try:
        recipe = read_recipe(data[entry["recipe"]].decode("utf-8"))
        evidence = pl.read_parquet(io.BytesIO(data[entry["evidence"]]))
        released = read_released(data[entry["released"]], recipe)
    except (KeyError, UnicodeDecodeError, pl.exceptions.PolarsError, OSError):
        raise BundleError("An output has a recipe, evidence and a released table.") from None
    check_evidence(evidence, recipe)
    return BundledOutput(
        name=str(entry["name"]),
        recipe=recipe,
        released=released,
        evidence=evidence,
        claimed_verdict=str(entry["verdict"]),
        protect_at_desk=entry["protect_at_desk"] is True,
        chart=entry["chart"] if isinstance(entry["chart"], dict) else None,
    )
