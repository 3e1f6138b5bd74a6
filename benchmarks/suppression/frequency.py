"""What intervals cost on a table of counts, against preventing exact disclosure alone.

Preventing exact disclosure alone is asked of the engine in two ways: some other whole count must
be possible for each primary cell, one below or one above. Every pattern is then audited against
the interval from 0 to the minimum.

Run: ``python -m benchmarks.suppression.frequency NAME FILE --improve 60``
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suppression.instances import load
from benchmarks.suppression.judged import judge
from benchmarks.suppression.least_hidden import fewest_hidden
from disclosure_control.suppression.construct import try_suppress
from disclosure_control.suppression.problem import Floats, SuppressionProblem

INTERVAL = "interval from 0 to the minimum"


def main() -> None:
    """Every goal in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", type=Path)
    parser.add_argument("--improve", type=float, default=0.0, metavar="SECONDS")
    wanted = parser.parse_args()
    problem = load(wanted.name, "count")
    one, none = np.where(problem.primary, 1.0, 0.0), np.zeros(problem.values.size)
    goals = [
        (INTERVAL, problem, None),
        ("one less is possible", _asking(problem, one, none), None),
        ("one more is possible", _asking(problem, none, one), None),
    ]
    if wanted.improve > 0:
        goals.append((f"{INTERVAL}, improved", problem, wanted.improve))
    found: dict[str, Any] = {
        "name": wanted.name,
        "cells": problem.values.size,
        "primary": int(problem.primary.sum()),
        "fewest": fewest_hidden(problem),
        "rows": [],
    }
    for goal, asked, seconds in goals:
        found["rows"].append({"goal": goal, **_measured(problem, asked, seconds)})
        wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    wanted.file.write_text(json.dumps({**found, "finished": True}, indent=1), encoding="utf-8")


def _asking(problem: SuppressionProblem, lower: Floats, upper: Floats) -> SuppressionProblem:
    return replace(problem, lower_protection=lower, upper_protection=upper)


def _measured(
    problem: SuppressionProblem, asked: SuppressionProblem, seconds: float | None
) -> dict[str, Any]:
    """A pattern for what is asked, judged by that and by the intervals."""
    wall, cpu = time.perf_counter(), time.process_time()
    pattern = try_suppress(asked, seconds=seconds)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "number": int(pattern.secondary.sum()),
        "empty": int((pattern.secondary & (problem.values == 0)).sum()),
        "value": float(problem.values[pattern.secondary].sum()),
        "missed": judge(asked, pattern.suppressed).under,
        "under": judge(problem, pattern.suppressed).under,
    }


if __name__ == "__main__":
    main()
