"""The desk's own look at a bundle, in a process of its own: ``python -m enclave.release.judging``.

It gets paths and policy names as JSON on standard input and answers with JSON on standard output.
Nothing that the researcher's process claimed is used but the recipe, the evidence and the figures.
"""

import base64
import json
import os
import sys
from dataclasses import dataclass
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
    judged = [judge_output(entry, panel, task) for entry in bundle.outputs]
    judged = _together(judged, task)
    return {
        "outputs": [one.facts for one in judged],
        "files": {
            name: base64.b64encode(data).decode()
            for one in judged
            for name, data in one.files.items()
        },
        "population": bundle.population,
        "variables": dict(bundle.variables),
    }


@dataclass(frozen=True)
class Judged:
    """Facts on one output, its released files (none when refused), and the output as released."""

    facts: dict[str, Any]
    files: dict[str, bytes]
    output: dc.Output


def judge_output(entry: dc.BundledOutput, panel: pl.LazyFrame, task: dict[str, Any]) -> Judged:
    """One output judged alone."""
    policy = dc.Policy.strictest(dc.find_policy(task["policy"]), entry.recipe.find_policy())
    derived, foreign = compare_with_view(entry, panel, task)
    recipe = entry.recipe.with_levels(_schema_levels(task))
    output = dc.recompute(recipe, entry.evidence, policy)
    judged = dc.judge(output, entry.released)
    reasons = sorted(set(judged.findings["reason"]))
    counts = dict(judged.findings.group_by("rule").len().sort("rule").iter_rows())
    released, action = entry.released, SAME
    if judged.verdict is dc.Verdict.UNSAFE:
        released, action = _at_desk(entry, output, judged, task)
    if foreign:
        action = REFUSED
        reasons.append(f"{foreign} records of the evidence are not in the project's data")
    if _names_people(entry, panel, task, policy):
        action = REFUSED
        reasons.append("the file holds pseudonyms of the project's data")
    verdict = judged.verdict
    if derived and action == SAME:
        verdict = max(verdict, dc.Verdict.REVIEW)
        reasons.append(f"derived columns, compared by hand: {', '.join(derived)}")
    if recipe.impossible and action == SAME:
        verdict = max(verdict, dc.Verdict.REVIEW)
        reasons.append(f"the author calls {len(recipe.impossible)} combinations impossible")
    if action == AT_DESK:
        reasons = sorted({*reasons, *output.findings["reason"]})
    facts = {
        "name": entry.name,
        "statistic": entry.recipe.statistic,
        "verdict": verdict.name,
        "action": action,
        "cells": released.height,
        "hidden": int((released["status"] != "shown").sum()),
        "findings": [[rule, number] for rule, number in counts.items()],
        "reasons": reasons,
    }
    files = {} if action == REFUSED else released_files(entry, released)
    return Judged(facts, files, dc.as_released(output, released))


def _names_people(
    entry: dc.BundledOutput, panel: pl.LazyFrame, task: dict[str, Any], policy: dc.Policy
) -> bool:
    """Whether a file made elsewhere holds a pupil or a school of the project's data."""
    if entry.content is None:
        return False
    who = [pl.col(task[name]).cast(pl.String).unique().implode() for name in ("unit", "entity")]
    known = frozenset(
        text for group in panel.select(who).collect().row(0) for text in group if text
    )
    suffix, data = entry.content
    scan = dc.scan_bytes(data, f"file{suffix}", policy, known_identifiers=known)
    return any(item.rule == "known_identifiers" for item in scan.findings)


def _together(judged: list[Judged], task: dict[str, Any]) -> list[Judged]:
    """The outputs judged against each other: what they reveal together refuses all of them."""
    if len(judged) < 2 or any(one.facts["action"] == REFUSED for one in judged):
        return judged
    found = dc.check_together([one.output for one in judged], task["policy"])
    if found.verdict is dc.Verdict.SAFE:
        return judged
    unsafe = found.verdict is dc.Verdict.UNSAFE
    rows = found.findings.select("reason", "equation").iter_rows()
    told = sorted({f"{reason}: {equation}" if equation else reason for reason, equation in rows})
    changed = []
    for one in judged:
        verdict = max(dc.Verdict[one.facts["verdict"]], found.verdict)
        facts = {**one.facts, "verdict": verdict.name, "reasons": [*one.facts["reasons"], *told]}
        facts |= {"action": REFUSED} if unsafe else {}
        changed.append(Judged(facts, {} if unsafe else one.files, one.output))
    return changed


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


def _schema_levels(task: dict[str, Any]) -> dict[str, list[object]]:
    """The levels that the project's schema names; none when there is no schema."""
    path = Path(task["view"]).with_name("schema.json")
    if not path.is_file():
        return {}
    levels: dict[str, list[object]] = json.loads(path.read_text(encoding="utf-8"))["levels"]
    return levels


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
