"""One world: the linkage on each engine, and Splink on the same hashed columns.

Run: ``python -m benchmarks.linkage.quality FILE WORK PERSONS DELIVERED NUMBERS [--peers DIR]``
"""

import argparse
import json
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common.environments import environment
from benchmarks.linkage.ours import keyed_world, link_frames, link_keyed
from benchmarks.linkage.plans import ALL, HALF, NONE, Plan
from benchmarks.linkage.score import score_world
from benchmarks.linkage.splink_peer import WANTED, run_world
from benchmarks.linkage.worlds import make_world

ENGINES = ("polars", "duckdb", "spark")


def ours(world: Path, engine: str, numbers: str) -> dict[str, Any]:
    """Time and score of the linkage; with half the numbers, the score of the other half."""
    try:
        linked = link_frames(world, engine)
    except (RuntimeError, TimeoutError) as problem:
        return {"ended": str(problem)}
    found = score_world(linked.links, world, left_out_only=numbers == HALF)
    return {**linked.as_record(), "score": found.as_record()}


def keyed_only(world: Path, numbers: str) -> dict[str, Any]:
    """Time and score of the linkage of columns that were hashed before, every person open to it."""
    keyed, out = keyed_world(world)[0], world / "links-keyed"
    linked = link_keyed(keyed, out, "whole")
    row = pl.lit("R") + pl.col("pupil_row").cast(pl.String).str.zfill(8)
    named = pl.scan_parquet(linked.links).with_columns(row.alias("row_id"))
    named.sink_parquet(out / "named.parquet")
    found = score_world(out / "named.parquet", world, left_out_only=numbers == HALF)
    return {**linked.as_record(), "score": found.as_record()}


def main() -> None:
    """Writes one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("persons", type=int)
    parser.add_argument("delivered", type=int)
    parser.add_argument("numbers", choices=(ALL, HALF, NONE))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", default="polars")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--limit", type=float, default=1_800.0, metavar="SECONDS")
    wanted = parser.parse_args()
    plan = Plan(wanted.persons, wanted.delivered, wanted.seed, wanted.numbers)
    name = f"world-{plan.persons}-{plan.delivered}-{plan.numbers}-{plan.seed}"
    world = make_world(plan, wanted.work / name)
    found: dict[str, Any] = {"plan": plan.as_record()}
    for engine in wanted.engines.split(","):
        found[engine] = ours(world, engine, plan.numbers)
        wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    found["keyed"] = keyed_only(world, plan.numbers)
    if wanted.peers is not None:
        python = environment(wanted.peers.resolve(), WANTED)
        found["splink"] = run_world(world, plan.numbers, python, wanted.limit)
    wanted.file.write_text(json.dumps({**found, "finished": True}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
