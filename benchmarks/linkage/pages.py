"""The page of results in Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.linkage.targets import Records, variants, verdicts
from benchmarks.suppression.machine import describe

_NONE = "-"
_PACKAGES = ("polars", "polars-hash", "narwhals", "duckdb", "pyarrow")
_HEAD = """# Linkage: results

Made by `python -m benchmarks.linkage --write docs/reference/linkage-results.md`; the worlds are
described in `benchmarks/linkage/plans.py`. All persons are made up. One part, one process. `s` is
time on the clock, `CPU s` what the processor spent, all threads together: where the clock shows
more, other work ran on the machine. Times of ours are of the whole command, reading, hashing and
writing included, but for "hashed before", which begins where Splink does: on columns that were
hashed already. Splink's are of u, EM and prediction, and of one clustering.

Errors in these worlds are independent of each other and numbers are missing at random. Real
deliveries are worse on both counts: read the differences between tools, not the heights.
"""


def page(records: Records) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        "## The machine\n\n" + _grid(("what", "which"), _machine()),
        "## Targets\n\n" + _targets(records),
        "## Quality and time\n\n" + _quality(records),
        "## Steps of Splink\n\n" + _splink(records),
        "## FEBRL4\n\n" + _febrl(records.get("febrl", {})),
        "## The whole country\n\n" + _national(records.get("national", {})),
        "## Three engines\n\n" + _engines(records.get("engines", {})),
        "## Keyed hashing\n\n" + _hashing(records.get("hashing", {})),
    ]
    return "\n".join(parts)


def _machine() -> list[tuple[str, str]]:
    known = dict(describe())
    kept = ("processor", "memory", "system")
    return [
        *((name, known.get(name, "")) for name in kept),
        ("cores", str(os.cpu_count())),
        ("Python", platform.python_version()),
        *((package, version(package)) for package in _PACKAGES),
        ("Splink", "5.0.0"),
    ]


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns of numbers are set to the right."""
    columns = list(zip(*rows, strict=True)) or [()] * len(head)
    rule = ["---:" if all(map(_is_number, column)) else "---" for column in columns]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *rows))


def _is_number(text: str) -> bool:
    return text == _NONE or text.lstrip("+-")[:1].isdigit()


def _targets(records: Records) -> str:
    rows = [(one.target, one.found or _NONE, one.verdict) for one in verdicts(records)]
    return _grid(("target", "found", "verdict"), rows)


def _quality(records: Records) -> str:
    rows = [row for name in sorted(records) for row in _world_rows(name, records[name])]
    head = ("world", "tool", "links", "precision", "recall", "F1", "false", "on twins",
            "to review", "s", "CPU s", "peak MiB")  # fmt: skip
    text = (
        "A false link on a twin chose a person who shares birth date and address with the true "
        "one. Worlds without numbers (`half`) are scored on the rows from which both numbers were "
        "left out. Splink sees the spine's present addresses or every spell; it drops ties or "
        "takes the lowest name; the number is the least weight. Its memory is that of all "
        "variants.\n\n"
    )
    return text + _grid(head, rows) if rows else "Not run.\n"


def _world_rows(name: str, record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for engine in ("polars", "duckdb", "spark"):
        found = record.get(engine, {})
        if "score" in found:
            rows.append((name, f"ours, {engine}", *_scored(found["score"]), *_took(found)))
    if "score" in record.get("keyed", {}):
        keyed = record["keyed"]
        rows.append((name, "ours, hashed before", *_scored(keyed["score"]), *_took(keyed)))
    splink = record.get("splink", {})
    for way, variant, score in variants(splink):
        times = splink[way]["times"][variant]
        took = {kind: splink[way][kind] + times[kind] for kind in ("wall", "cpu")}
        took["peak_mb"] = splink[way]["peak_with_clustering_mb"]
        rows.append((name, f"Splink, {way}, {variant}", *_scored(score), *_took(took)))
    return rows


def _scored(score: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{score['linked']:,}", f"{score['precision']:.5f}", f"{score['recall']:.5f}",
        f"{score['f1']:.5f}", f"{score['false']:,}", f"{score['false_on_twins']:,}",
        f"{score['review']:,}",
    )  # fmt: skip


def _took(found: Mapping[str, Any]) -> tuple[str, ...]:
    return f"{found['wall']:.1f}", f"{found['cpu']:.1f}", f"{found['peak_mb']:,.0f}"


def _splink(records: Records) -> str:
    rows = [
        (name, way, step, f"{times['wall']:.1f}", f"{times['cpu']:.1f}")
        for name in sorted(records)
        for way, found in records[name].get("splink", {}).items()
        for step, times in found.get("times", {}).items()
    ]
    return _grid(("world", "spine", "step", "s", "CPU s"), rows) if rows else "Not run.\n"


def _febrl(record: Mapping[str, Any]) -> str:
    rows = []
    for name in ("six fields", "five fields"):
        found = record.get(name, {})
        if "score" in found.get("ours", {}):
            rows.append((name, "ours", *_scored(found["ours"]["score"]), *_took(found["ours"])))
        splink = found.get("splink", {})
        for variant, score in splink.get("scores", {}).items():
            rows.append((name, f"Splink, {variant}", *_scored(score), *_took(splink)))
    head = ("variant", "tool", "links", "precision", "recall", "F1", "false", "on twins",
            "to review", "s", "CPU s", "peak MiB")  # fmt: skip
    return _grid(head, rows) if rows else "Not run.\n"


def _national(record: Mapping[str, Any]) -> str:
    passes = record.get("passes")
    if passes is None:
        return "Not run.\n"
    rows = [(name, *_took(passes[name])) for name in ("ours", "native")]
    text = _grid(("three passes", "s", "CPU s", "peak MiB"), rows)
    text += f"\nBoth decide {passes['decided']:,} pupils alike; ours takes {passes['ratio']:.2f} "
    text += "times the processor time of `benchmarks/linkage/native.py`.\n\n"
    counts = [(str(name), str(status), f"{count:,}") for name, status, count in passes["passes"]]
    text += _grid(("pass", "decision", "pupils"), counts)
    if "round" in record:
        whole = [(*_scored(record["round"]["score"]), *_took(record["round"]))]
        head = ("links", "precision", "recall", "F1", "false", "on twins", "to review", "s",
                "CPU s", "peak MiB")  # fmt: skip
        text += "\nA round of the whole country, hashing included:\n\n" + _grid(head, whole)
    return text


def _engines(record: Mapping[str, Any]) -> str:
    """What three passes over the same keyed files took on each engine."""
    rows = [
        (name, f"{found['wall']:.1f}", _NONE, _NONE) if name == "spark" else (name, *_took(found))
        for name, found in record.get("engines", {}).items()
    ]
    if not rows:
        return "Not run.\n"
    text = (
        "Three passes over the same keyed files, each engine on this one machine. Spark runs in a "
    )
    text += "Java process of its own, whose processor time and memory are not measured here.\n\n"
    return text + _grid(("engine", "s", "CPU s", "peak MiB"), rows)


def _hashing(record: Mapping[str, Any]) -> str:
    if "compiled" not in record:
        return "Not run.\n"
    names = {
        "compiled": "compiled, to 16 bytes",
        "fallback": "standard library, to 16 bytes",
        "limit": "limit: two blocks of SHA-256 a value",
    }
    rows = [(text, f"{record[key] / 1e6:.2f}") for key, text in names.items()]
    return _grid(("way", "million values per CPU s"), rows)
