"""A judged and a protected crosstab against one polars group-by and against ACRO, in one run.

The group-by gathers the statistics that the rules need for the finest cells and is the limit. ACRO
runs in an environment of its own, named by ``ACRO_PYTHON``; without it that part is left out and
said so.

Run: ``ACRO_PYTHON=... python benchmarks/crosstab.py [ROWS]``
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

import disclosure_control as dc

ROWS, COLUMNS = ["municipality"], ["level", "origin"]
ACRO = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
import pandas as pd, polars as pl
from acro import ACRO
frame = pl.read_parquet(sys.argv[1]).to_pandas()
found = {}
for name, suppress in (("check", False), ("suppress", True)):
    session = ACRO(suppress=suppress)
    start = time.perf_counter()
    session.crosstab(frame["municipality"], [frame["level"], frame["origin"]])
    found[name] = time.perf_counter() - start
sys.stdout = sys.__stdout__
print("FOUND" + json.dumps(found))
"""


def zipf(number: int, exponent: float) -> np.ndarray:
    """Shares that fall as a power of the rank."""
    weight = 1.0 / np.arange(1, number + 1) ** exponent
    return weight / weight.sum()


def made_up(rows: int) -> pl.DataFrame:
    """``rows`` pupils: municipality (40, Zipf), level (6), origin (5), school and score."""
    random = np.random.default_rng(1)
    level = [0.5, 0.3, 0.1, 0.0997, 0.0002, 0.0001]
    origin = [0.6, 0.2, 0.1, 0.0995, 0.0005]
    return pl.DataFrame(
        {
            "municipality": random.choice([f"m{n:02}" for n in range(40)], rows, p=zipf(40, 1.6)),
            "level": random.choice(list("abcdef"), rows, p=level),
            "origin": random.choice(list("vwxyz"), rows, p=origin),
            "pupil": np.arange(rows),
            "score": random.lognormal(3, 1, rows),
        }
    )


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The least time of ``repeats`` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def limit(frame: pl.DataFrame) -> object:
    """One group-by with every statistic that the rules need."""
    value = pl.col("score")
    return frame.group_by(*ROWS, *COLUMNS).agg(
        pl.len(), value.count().alias("present"), value.sum().alias("sum"),
        value.mean().alias("mean"), value.top_k(2).alias("tops"), (value < 0).sum().alias("below"),
    )  # fmt: skip


def acro(frame: pl.DataFrame) -> dict[str, float] | None:
    """Seconds of ACRO's check and of its check with suppression; null when it is not there."""
    python = os.environ.get("ACRO_PYTHON")
    if python is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        frame.write_parquet(path)
        done = subprocess.run(
            [python, "-W", "ignore", "-c", ACRO, str(path)],
            capture_output=True, text=True, check=True, cwd=folder,
        )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.rpartition("FOUND")[2])
    return found


def main(rows: int) -> None:
    """Prints times and ratios."""
    frame = made_up(rows)
    plain, known = dc.Study(policy="cbs"), dc.Study(policy="cbs", unit="pupil")
    base = seconds(lambda: limit(frame))
    check = seconds(lambda: plain.crosstab(frame, ROWS, COLUMNS))
    whole = seconds(lambda: plain.crosstab(frame, ROWS, COLUMNS).protect())
    units = seconds(lambda: known.crosstab(frame, ROWS, COLUMNS).protect())
    means = seconds(
        lambda: plain.crosstab(frame, ROWS, COLUMNS, values="score", statistic="mean").protect()
    )
    safe = plain.crosstab(frame, ROWS, COLUMNS).protect()
    hidden = int((safe.released["status"] == "hidden").sum())
    print(f"rows: {rows:,}; cells: {safe.released.height:,}, of which {hidden} hidden")
    for name, took in (
        ("one group-by with all statistics", base), ("count, judged", check),
        ("count, judged and protected", whole), ("the same with a unit column", units),
        ("mean, judged and protected", means),
    ):  # fmt: skip
        print(f"{name:34} {took:8.3f} s  {took / base:6.2f} x the group-by")
    theirs = acro(frame)
    if theirs is None:
        print("ACRO was NOT measured: set ACRO_PYTHON to a Python that has acro installed")
        return
    print(f"ACRO check     {theirs['check']:8.2f} s: {theirs['check'] / check:7.1f} times ours")
    print(
        f"ACRO suppress  {theirs['suppress']:8.2f} s: {theirs['suppress'] / whole:7.1f} times ours"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
