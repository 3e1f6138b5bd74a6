"""Bundles: what a researcher submits. A directory that appears whole."""

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError, UnsafeOutputError
from disclosure_control.outputs.custom import CONTENT, STATISTIC
from disclosure_control.outputs.output import Output, recompute
from disclosure_control.verdict import Verdict

BUNDLE_VERSION = 2
HIDDEN_SIGN = "."
LEGEND = "# . = not shown (secret, or too unreliable); which of the two is not told"
"""The first line of a released table."""


@dataclass(frozen=True)
class Receipt:
    """What ``submit`` returns.

    Args:
        bundle: the bundle's name.
        outputs: how many outputs it has.
        hidden_cells: how many cells are hidden in them.
        questions: what a reviewer will ask about; empty when nothing is left to people.
    """

    bundle: str
    outputs: int
    hidden_cells: int
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """What a reviewer must be told about the outputs."""

    title: str
    purpose: str
    population: str
    variables: Mapping[str, str]
    protect_at_desk: bool


def write_bundle(
    outbox: Path,
    outputs: Sequence[Output],
    request: Request,
    charts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Receipt:
    """Writes one bundle into ``outbox`` in one step. The same submission again changes nothing.

    Raises:
        InvalidInputError: purpose, population or a variable's description is missing; or a frame
            gives other records each time that it is read.
        UnsafeOutputError: an output is unsafe and the desk was not asked to protect it.
    """
    _check_request(outputs, request)
    files: dict[str, bytes] = {}
    entries = []
    for number, output in enumerate(outputs, start=1):
        name = f"{output.recipe.statistic}-{number}"
        chart = (charts or {}).get(number - 1)
        entries.append(_entry(name, output, request, chart, files))
    questions = _questions(outputs, request)
    manifest = {
        "bundle_version": BUNDLE_VERSION,
        "title": request.title,
        "purpose": request.purpose,
        "population": request.population,
        "variables": dict(request.variables),
        "questions": list(questions),
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
    return Receipt(name, len(outputs), hidden, questions)


def _check_request(outputs: Sequence[Output], request: Request) -> None:
    if not outputs:
        raise InvalidInputError("There is an output to submit.")
    if not request.purpose.strip() or not request.population.strip():
        raise InvalidInputError("A submission states its purpose and its population.")
    used = {name for output in outputs for name in output.recipe.variables}
    missing = sorted(name for name in used if not str(request.variables.get(name, "")).strip())
    if missing:
        raise InvalidInputError(f"Every variable is described; missing: {', '.join(missing)}.")
    for output in outputs:
        if output.verdict is Verdict.UNSAFE and not request.protect_at_desk:
            raise UnsafeOutputError(
                f"Submit safe outputs: {output.findings.height} findings under policy "
                f"{output.policy.name} in '{output.recipe.title}'. Use .protect(), drop it from "
                "the study, or ask with protect_at_desk=True."
            )


def _questions(outputs: Sequence[Output], request: Request) -> tuple[str, ...]:
    """What a reviewer will ask: every reason left to people, and words that are too few."""
    found = []
    for output in outputs:
        decide = pl.col("verdict") == Verdict.REVIEW.name
        reasons = output.findings.filter(decide, pl.col("rule") != "read_by_people")
        for reason, number in reasons.group_by("reason").len().sort("reason").iter_rows():
            where = f" ({number} figures)" if number > 1 else ""
            found.append(f"{output.recipe.title}: {reason}{where}. Why is that harmless?")
        if output.recipe.statistic == STATISTIC:
            found.append(f"{output.recipe.title}: how was this file made, and from which counts?")
    if len(request.purpose.split()) < 3:
        found.append("The purpose has few words: what are the figures for?")
    return tuple(dict.fromkeys(found))


def _entry(
    name: str,
    output: Output,
    request: Request,
    chart: Mapping[str, Any] | None,
    files: dict[str, bytes],
) -> dict[str, Any]:
    """The manifest's entry of one output; its files are added to ``files``."""
    folder = f"outputs/{name}"
    evidence = output.evidence
    _check_same(output, evidence)
    buffer = io.BytesIO()
    evidence.write_parquet(buffer)
    released = f"{folder}/released.csv"
    if output.recipe.statistic == STATISTIC:
        suffix = Path(str(output.recipe.parameters["name"])).suffix.lower()
        released = f"{folder}/file{suffix if re.fullmatch(r'[.][a-z]{1,5}', suffix) else ''}"
        files[released] = bytes(evidence[CONTENT].item())
    else:
        files[released] = released_csv(output.released)
    files[f"{folder}/recipe.json"] = output.recipe.to_json().encode()
    files[f"{folder}/evidence.parquet"] = buffer.getvalue()
    return {
        "name": name,
        "statistic": output.recipe.statistic,
        "verdict": output.verdict.name,
        "protect_at_desk": request.protect_at_desk and output.verdict is not Verdict.SAFE,
        "released": released,
        "recipe": f"{folder}/recipe.json",
        "evidence": f"{folder}/evidence.parquet",
        "chart": dict(chart) if chart is not None else None,
    }


def _check_same(output: Output, evidence: pl.DataFrame) -> None:
    """The evidence gives the very figures that are shown; a frame may differ at each reading."""
    again = recompute(output.recipe, evidence, output.policy)
    same = again.evaluation.figures.select(output.columns).equals(
        output.evaluation.figures.select(output.columns)
    )
    near = same and (again.figures - output.figures).abs().max()
    allowed = 1e-9 * max(1.0, float(output.figures.abs().max() or 0.0))  # type: ignore[arg-type]
    if not same or (near is not None and float(near) > allowed):  # type: ignore[arg-type]
        raise InvalidInputError(
            "The frame gives the same records each time it is read; collect() it before use."
        )


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
    text = table.write_csv(quote_style="necessary", null_value="")
    return f"{LEGEND}\n{text}".encode()


def _place(outbox: Path, name: str, files: Mapping[str, bytes]) -> None:
    """All files at once, under a name that appears only when they are complete."""
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
