"""k, l and t of made-up records: beside pyCANON on the same records, and beside the limit.

The limit is one plain group-by of polars per figure: of the quasi-identifiers for k, of these and
the sensitive column for l and t. pyCANON lives in an environment of its own; name its interpreter
in ``PYCANON_PYTHON`` or as the second argument. Both sides get the same records; handing them over
is not timed.

Run: ``PYCANON_PYTHON=.../bin/python python benchmarks/k_anonymity.py [ROWS] [PYCANON_PYTHON]``
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

QUASI_IDENTIFIERS = ["age", "region", "origin"]
SENSITIVE = {"word": ["diagnosis"], "number": ["income"]}
RATIO_WANTED = 20
PYCANON = """
import json, sys, time
import pandas as pd
from pycanon import anonymity
path, names, sensitive = json.loads(sys.argv[1])
frame = pd.read_csv(path, dtype={"region": str, "origin": str, "diagnosis": str})
def timed(work):
    start = time.perf_counter()
    value = work()
    return [float(value), time.perf_counter() - start]
found = {"k": timed(lambda: anonymity.k_anonymity(frame, names))}
for kind, columns in sensitive.items():
    found[kind] = {
        "l": timed(lambda: anonymity.l_diversity(frame, names, columns)),
        "t": timed(lambda: anonymity.t_closeness(frame, names, columns)),
    }
print(json.dumps(found))
"""


def made_up(rows: int) -> pl.DataFrame:
    """``rows`` records in 20 x 10 x 6 classes, with a diagnosis (text) and an income (number)."""
    random = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "age": random.integers(0, 20, rows),
            "region": [f"r{code}" for code in random.integers(0, 10, rows)],
            "origin": [f"o{code}" for code in random.integers(0, 6, rows)],
            "diagnosis": [f"d{code}" for code in random.integers(0, 12, rows)],
            "income": random.integers(0, 100, rows),
        }
    )


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least time of ``repeats`` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peer(frame: pl.DataFrame, interpreter: str | None) -> dict | None:
    """What pyCANON finds and how long it takes; null when it is not there."""
    if not interpreter:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        frame.write_csv(path)
        given = json.dumps([str(path), QUASI_IDENTIFIERS, SENSITIVE])
        command = [interpreter, "-c", PYCANON, given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"pyCANON failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def plain(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The limit: one group-by."""
    return frame.lazy().group_by(columns).agg(pl.len()).collect(engine="streaming")


def show(name: str, ours: float, limit: float, theirs: float | None) -> None:
    """One line: times and ratios."""
    line = (
        f"{name:<34}{ours * 1000:9.1f} ms   group-by {limit * 1000:8.1f} ms ({ours / limit:4.1f}x)"
    )
    if theirs is not None:
        ratio = theirs / ours
        wanted = f"{RATIO_WANTED} wanted: {'met' if ratio >= RATIO_WANTED else 'NOT MET'}"
        line += f"   pyCANON {theirs:7.2f} s: {ratio:5.0f} times faster ({wanted})"
    print(line)


def main(rows: int, interpreter: str | None) -> None:
    """Prints times, the ratio to pyCANON, and whether both found the same."""
    frame = made_up(rows)
    names = QUASI_IDENTIFIERS
    theirs = peer(frame, interpreter)
    found = dc.k_anonymity(frame, names)
    print(f"rows: {rows:,}; classes: {found.classes:,}")
    if theirs is None:
        print("!! NO PEER: pyCANON was not run. Set PYCANON_PYTHON to an interpreter that has it.")
    ours, limit = (
        seconds(lambda: dc.k_anonymity(frame, names)),
        seconds(lambda: plain(frame, names)),
    )
    show("k", ours, limit, theirs and theirs["k"][1])
    for kind, columns in SENSITIVE.items():
        found = dc.k_anonymity(frame, names, columns)
        ours = seconds(lambda columns=columns: dc.k_anonymity(frame, names, columns))
        limit = seconds(lambda columns=columns: plain(frame, [*names, *columns]))
        total = theirs and theirs["k"][1] + theirs[kind]["l"][1] + theirs[kind]["t"][1]
        show(f"k, l and t of a {kind}", ours, limit, total)
        if theirs is not None:
            same = (found.k, found.l) == (theirs["k"][0], theirs[kind]["l"][0])
            same = same and abs((found.t or 0.0) - theirs[kind]["t"][0]) < 1e-9
            print(f"{'':<34}both find the same k, l and t: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PYCANON_PYTHON"),
    )
