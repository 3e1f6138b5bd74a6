"""The desk's own look at a bundle, in a process of its own: ``python -m enclave.release.judging``.

It gets paths and policy names as JSON on standard input and answers with JSON on standard output.
Nothing that the researcher's process claimed is used but the recipe, the evidence and the figures.
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import polars as pl

import disclosure_control as dc

SAME, AT_DESK, REFUSED = "as submitted", "protected at the desk", "refused"
MADE_ELSEWHERE = ".file"
"""What the name of a file made elsewhere ends in, before its suffix."""


def main() -> None:
    """Reads the task, writes the answer."""
    task = json.loads(sys.stdin.read())
    # Libraries in C may print; the answer is the only thing that leaves on standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write(json.dumps(judge_bundle(task)))
    answers.close()


def judge_bundle(task: dict[str, Any]) -> dict[str, Any]:
    """The verdict on every output of a bundle, and the files that may be decided on."""
    bundle = dc.read_bundle(Path(task["bundle"]))
    panel = pl.scan_parquet(task["view"])
    outputs = [judge_output(entry, panel, task) for entry in bundle.outputs]
    files = {name: data for _, some in outputs for name, data in some.items()}
    return {
        "outputs": [facts for facts, _ in outputs],
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        "population": bundle.population,
        "variables": dict(bundle.variables),
    }


def judge_output(
    entry: dc.BundledOutput, panel: pl.LazyFrame, task: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Facts on one output, and its released files (none when it is refused)."""
    policy = dc.Policy.strictest(dc.find_policy(task["policy"]), entry.recipe.find_policy())
    derived, foreign = compare_with_view(entry, panel, task)
    output = dc.recompute(entry.recipe, entry.evidence, policy)
    judged = dc.judge(output, entry.released)
    reasons = sorted(set(judged.findings["reason"]))
    counts = dict(judged.findings.group_by("rule").len().sort("rule").iter_rows())
    released, action = entry.released, SAME
    if judged.verdict is dc.Verdict.UNSAFE:
        released, action = _at_desk(entry, output, judged, task)
    if foreign:
        action = REFUSED
        reasons.append(f"{foreign} records of the evidence are not in the project's data")
    verdict = judged.verdict.name
    if derived and action == SAME:
        verdict = max(judged.verdict, dc.Verdict.REVIEW).name
        reasons.append(f"derived columns, compared by hand: {', '.join(derived)}")
    if action == AT_DESK:
        reasons = sorted({*reasons, *output.findings["reason"]})
    hidden = int((released["status"] != "shown").sum())
    facts = {
        "name": entry.name,
        "statistic": entry.recipe.statistic,
        "verdict": verdict,
        "action": action,
        "cells": released.height,
        "hidden": hidden,
        "findings": [[rule, number] for rule, number in counts.items()],
        "reasons": reasons,
    }
    return facts, {} if action == REFUSED else released_files(entry, released)


def _at_desk(
    entry: dc.BundledOutput, output: dc.Output, judged: dc.Assessment, task: dict[str, Any]
) -> tuple[pl.DataFrame, str]:
    """The protected table when the author asked for it and the site offers it; else refused."""
    wrong = set(judged.findings["rule"]) & {"value", "cells", "visible"}
    if wrong or not entry.protect_at_desk or task["on_unsafe"] != "protect":
        return entry.released, REFUSED
    try:
        protected = output.protect()
    except dc.ProtectionError:
        return entry.released, REFUSED
    again = dc.judge(output, protected.released)
    if again.verdict is not dc.Verdict.SAFE:
        return entry.released, REFUSED
    return protected.released, AT_DESK


def compare_with_view(
    entry: dc.BundledOutput, panel: pl.LazyFrame, task: dict[str, Any]
) -> tuple[list[str], int]:
    """Columns that the view does not have, and evidence records that are not in the view."""
    recipe = entry.recipe
    if entry.content is not None:
        return [], 0
    columns = panel.collect_schema().names()
    if recipe.unit != task["unit"] or recipe.entity != task["entity"]:
        return [], entry.evidence.height
    names = recipe.variables
    derived = [name for name in names if name not in columns]
    known = panel.with_columns(pl.lit(None, pl.Float64).alias(name) for name in derived)
    data = dc.evidence_of(known, recipe)
    drop = [f"d{place}" for place, name in enumerate(recipe.dimensions) if name in derived]
    drop += [f"x{place}" for place, name in enumerate(recipe.numeric) if name in derived]
    drop += ["value"] if recipe.value in derived else []
    drop += ["weight"] if recipe.weight in derived else []
    return derived, dc.compare_evidence(entry.evidence.drop(drop), data.drop(drop))


def released_files(entry: dc.BundledOutput, released: pl.DataFrame) -> dict[str, bytes]:
    """The files of one output that would leave, by name."""
    if entry.content is not None:
        suffix, data = entry.content
        return {f"{entry.name}{MADE_ELSEWHERE}{suffix}": data}
    labels = [name for name in released.columns if name not in {"value", "status"}]
    readable = released.with_columns(
        pl.col(name).map_elements(_spreadsheet_safe, return_dtype=pl.String) for name in labels
    )
    head = f"# {_line(entry.recipe.title)}\n# statistic: {entry.recipe.statistic}\n"
    files = {f"{entry.name}.csv": head.encode() + dc.released_csv(readable)}
    if entry.chart is not None:
        files |= _chart(entry, released)
    return files


def _spreadsheet_safe(label: str) -> str:
    """A label as people read it; one that a spreadsheet would calculate gets an apostrophe."""
    text = dc.plain(label)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "#")) else text


def _chart(entry: dc.BundledOutput, released: pl.DataFrame) -> dict[str, bytes]:
    """The chart as its specification and drawn; nothing when it does not fit the output."""
    x, color, mark = ((entry.chart or {}).get(name) for name in ("x", "color", "mark"))
    try:
        spec = dc.chart_specification(entry.recipe, released, str(x), color, str(mark or "bar"))
    except dc.InvalidInputError:
        return {}
    return {
        f"{entry.name}.chart.json": json.dumps(spec, indent=1).encode(),
        f"{entry.name}.chart.svg": dc.as_svg(spec).encode(),
    }


def _line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
