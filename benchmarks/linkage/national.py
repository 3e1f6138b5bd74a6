"""The whole country: three passes beside the same by hand, and a round with hashing.

Run: ``python -m benchmarks.linkage.national FILE WORK [--persons 17500000] [--delivered 4000000]``
"""

import argparse
import json
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.linkage.measured import measure, python
from benchmarks.linkage.ours import Linked, keyed_world, link_frames, link_keyed
from benchmarks.linkage.plans import Plan
from benchmarks.linkage.score import score_world
from benchmarks.linkage.worlds import make_world

PERSONS, DELIVERED, PUPILS = 17_500_000, 4_000_000, 1_370_000
_ROW = ("delivery_id", "pupil_row")
_REPEATS = 3


def passes(plan: Plan, work: Path, repeats: int = _REPEATS) -> dict[str, Any]:
    """Both ways on one keyed world, in turn; least seconds of the processor of each.

    Raises:
        AssertionError: the links differ.
    """
    world = make_world(plan, work / f"world-{plan.persons}-{plan.delivered}")
    keyed, keying = keyed_world(world)
    ours, native = [], []
    for _ in range(repeats):
        ours.append(link_keyed(keyed, world / "ours"))
        native.append(_native(keyed, world / "native"))
    left, right = (decisions(runs[0].folder) for runs in (ours, native))
    assert left.equals(right), "the links of both are the same"
    best = {name: _least(runs) for name, runs in (("ours", ours), ("native", native))}
    counts = left.group_by("pass_name", "status").len().sort("pass_name", "status")
    return {
        "keying": keying.as_record() if keying else None,
        "decided": left.height,
        "passes": counts.rows(),
        "ratio": best["ours"]["cpu"] / best["native"]["cpu"],
        **best,
    }


def whole_round(plan: Plan, work: Path) -> dict[str, Any]:
    """The command line on a national round: hashing, passes and pattern table."""
    world = make_world(plan, work / f"world-{plan.persons}-{plan.delivered}")
    linked = link_frames(world, "polars")
    return {**linked.as_record(), "score": score_world(linked.links, world).as_record()}


def _native(keyed: Path, out: Path) -> Linked:
    took = measure(python("benchmarks.linkage.native", str(keyed), str(out)))
    return Linked(out, took["wall"], took["cpu"], took["peak_mb"])


def decisions(folder: Path) -> pl.DataFrame:
    """The decisions in ``links``, a file or a folder of files, sorted by pupil."""
    file = folder / "links.parquet"
    source = file if file.is_file() else folder / "links" / "*.parquet"
    columns = (*_ROW, "person_id", "status", "pass_name", "candidates")
    rows = pl.scan_parquet(source).select(columns).sort(_ROW)
    return rows.with_columns(pl.col("pupil_row", "candidates").cast(pl.Int64)).collect()


def _least(runs: list[Linked]) -> dict[str, float]:
    return min(runs, key=lambda run: run.cpu).as_record()


def main() -> None:
    """Writes one record, the passes first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--delivered", type=int, default=DELIVERED)
    parser.add_argument("--pupils", type=int, default=PUPILS, help="of the whole round")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    plan = Plan(wanted.persons, wanted.delivered, wanted.seed)
    found: dict[str, Any] = {"plan": plan.as_record(), "passes": passes(plan, wanted.work)}
    wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    found["round_plan"] = Plan(wanted.persons, wanted.pupils, wanted.seed).as_record()
    found["round"] = whole_round(Plan(wanted.persons, wanted.pupils, wanted.seed), wanted.work)
    wanted.file.write_text(json.dumps({**found, "finished": True}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
