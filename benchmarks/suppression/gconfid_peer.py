"""gconfid beside the engine on the same tables in the same run, in an environment of its own.

gconfid takes cells and relations. Cells of value zero cannot be given to it and are shown. Its
requirement is one number for both sides and is cut off at the value of the cell, where it says so.

Run: ``python -m benchmarks.suppression.gconfid_peer NAME FILE --folder ENVIRONMENT --limit 120``
"""

import argparse
import json
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common.environments import environment
from benchmarks.suppression.instances import load
from benchmarks.suppression.judged import judge
from disclosure_control.suppression.problem import SuppressionProblem

WANTED = ("gconfid==2.0.4", "duckdb<2", "pulp<4")
_BY_LIMIT = (-signal.SIGXCPU, -signal.SIGKILL)
_BUSY = 10
"""So many times the limit may pass on the clock, where other work takes the processor."""
_RUN = Path(__file__).with_name("gconfid_run.py")


def export(problem: SuppressionProblem, folder: Path) -> None:
    """Writes cells and relations as gconfid wants them: numbers from 1, one total per relation."""
    live = problem.values > 0
    sensitivity = np.maximum(problem.lower_protection, problem.upper_protection)
    number = np.arange(1, live.size + 1)
    frame = pl.DataFrame(
        {
            "CellId": number,
            "Total": problem.values,
            "TotalNoise": problem.values,
            "Sensitivity": np.where(problem.primary, sensitivity, 0.0),
            "Status": np.where(problem.primary, "S", "V"),
            "Type": np.full(live.size, "C"),
        }
    )
    frame.filter(pl.Series(live)).write_csv(folder / "cells.csv")
    entries = problem.relations.tocoo()
    kept = live[entries.col]
    pl.DataFrame(
        {
            "ConstraintId": entries.row[kept].astype(np.int64) + 1,
            "CellId": entries.col[kept].astype(np.int64) + 1,
            "Coefficient": entries.data[kept].astype(np.int64),
        }
    ).write_csv(folder / "relations.csv")


def run(problem: SuppressionProblem, python: Path, phases: int, limit: int) -> dict[str, Any]:
    """Time and loss of gconfid, and what our audit says of its pattern."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(problem, folder)
        try:
            done = subprocess.run(
                [str(python), "-W", "ignore", str(_RUN), name, str(phases), str(limit)],
                cwd=folder, timeout=limit * _BUSY, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"ended": "clock", "limit": limit * _BUSY}
        if done.returncode in _BY_LIMIT:
            return {"ended": "time", "limit": limit}
        if done.returncode or not (folder / "hidden.json").is_file():
            return {"ended": "error"}
        found: dict[str, Any] = json.loads((folder / "hidden.json").read_text(encoding="utf-8"))
    cells = found.pop("hidden")
    if cells is None:
        return {"ended": "no pattern", **found}
    hidden = problem.primary.copy()
    hidden[np.asarray(cells, dtype=np.int64) - 1] = True
    secondary = hidden & ~problem.primary
    cut = problem.primary & (
        np.maximum(problem.lower_protection, problem.upper_protection) > problem.values
    )
    return {
        **found,
        "number": int(secondary.sum()),
        "value": float(problem.values[secondary].sum()),
        "cut_off": int(cut.sum()),
        "audit": judge(problem, hidden).as_record(),
    }


def main() -> None:
    """Both variants on one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=120, metavar="SECONDS")
    wanted = parser.parse_args()
    python, problem = environment(wanted.folder.resolve(), WANTED), load(wanted.name)
    found: dict[str, Any] = {"name": wanted.name, "cells": problem.values.size}
    for phases in (1, 2):
        found[f"phases_{phases}"] = run(problem, python, phases, wanted.limit)
        wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")
        if found[f"phases_{phases}"].get("ended"):
            break
    wanted.file.write_text(json.dumps({**found, "finished": True}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
