"""Measures the engine on one table, in a process of its own so that its memory is its own.

What is known is written after every step: a run that is ended early leaves what it found.

Run: ``python -m benchmarks.suppression.run_engine NAME FILE --improve 60 --bound 60``
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suppression.instances import COSTS, load
from benchmarks.suppression.judged import judge
from disclosure_control.audit import verify
from disclosure_control.suppression.construct import Pattern, first_pattern, try_suppress
from disclosure_control.suppression.problem import SuppressionProblem

_KIB = 1024


def main() -> None:
    """Measures one table."""
    wanted = _arguments()
    found: dict[str, Any] = {"name": wanted.name, "cost": wanted.cost}

    def note(**more: object) -> None:
        found.update(more)
        wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")

    start = time.perf_counter()
    problem = load(wanted.name, wanted.cost)
    made = time.perf_counter() - start
    cells, primary = problem.values.size, int(problem.primary.sum())
    note(cells=cells, primary=primary, integral=problem.integral, made_seconds=made)
    note(first=_attempt(problem, lambda: first_pattern(problem), note))
    if wanted.improve > 0:
        seconds = wanted.improve
        improved = _attempt(problem, lambda: try_suppress(problem, seconds=seconds), note)
        note(improved={**improved, "asked_seconds": seconds})
    if wanted.bound > 0:
        bound, seconds = _lower_bound(problem, wanted.bound)
        note(bound=bound, bound_seconds=seconds)
    note(finished=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", type=Path)
    parser.add_argument("--improve", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--bound", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--cost", choices=COSTS, default="value")
    return parser.parse_args()


def _attempt(
    problem: SuppressionProblem, work: Callable[[], Pattern], note: Callable[..., None]
) -> dict[str, Any]:
    """A pattern: its time, its loss, whether its certificate and the audit confirm it."""
    wall, cpu = time.perf_counter(), time.process_time()
    pattern = work()
    attempt: dict[str, Any] = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "number": int(pattern.secondary.sum()),
        "empty": int((pattern.secondary & (problem.values == 0)).sum()),
        "value": float(problem.values[pattern.secondary].sum()),
        "loss": float(problem.costs[pattern.secondary].sum()),
        "failed": int(pattern.failed.sum()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB,
    }
    note(latest=attempt)
    start = time.perf_counter()
    proven, _ = verify(problem, pattern.suppressed, pattern.certificate)
    attempt["verify_seconds"] = time.perf_counter() - start
    attempt["unproven"] = int((problem.primary & ~proven).sum())
    note(latest=attempt)
    attempt["audit"] = judge(problem, pattern.suppressed).as_record()
    return attempt


def _lower_bound(problem: SuppressionProblem, limit: float) -> tuple[float | None, float]:
    """What every pattern costs at least, null when nothing is proven; and its seconds."""
    from disclosure_control.suppression.exact import lower_bound

    start = time.perf_counter()
    bound = lower_bound(problem, limit)
    return (bound if np.isfinite(bound) else None), time.perf_counter() - start


if __name__ == "__main__":
    main()
