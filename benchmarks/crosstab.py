"""A judged crosstab against the same counts by a plain group-by of polars, in the same run.

The plain count is the limit: a judged table reads the same rows, and then adds margins,
contributors per cell and the rules.

Run: ``python benchmarks/crosstab.py [ROWS]``
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

import disclosure_control as dc

SCHOOLS, ORIGINS, GRADES = 600, 8, 6


def made_up(rows: int) -> pl.DataFrame:
    """``rows`` results: pupil, school, origin, grade and score."""
    random = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "pupil": np.arange(rows) // 4,
            "school": random.integers(0, SCHOOLS, rows),
            "origin": random.integers(0, ORIGINS, rows).astype(str),
            "grade": random.integers(3, 3 + GRADES, rows),
            "score": random.normal(100, 15, rows),
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


def main(rows: int) -> None:
    """Prints both times and their ratio."""
    frame = made_up(rows)
    study = dc.Study(policy="cbs", unit="pupil", entity="school")

    def judged() -> object:
        return study.crosstab(frame, rows=["origin"], columns=["grade"], values="score",
                              statistic="mean")  # fmt: skip

    def plain() -> object:
        return frame.group_by("origin", "grade").agg(pl.col("score").mean(), pl.len())

    ours, limit = seconds(judged), seconds(plain)
    print(f"rows: {rows:,}; cells: {ORIGINS * GRADES} and their margins")
    print(f"judged crosstab: {ours * 1000:8.1f} ms")
    print(f"plain group-by:  {limit * 1000:8.1f} ms")
    print(f"ratio: {ours / limit:.1f} (1 is a table nobody has judged)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
