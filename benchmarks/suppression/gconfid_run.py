"""Runs gconfid on one table; executed by the Python of gconfid's own environment, not by ours.

Reads ``cells.csv`` and ``relations.csv`` in a folder; writes ``hidden.json`` there: seconds of
gconfid's constructor, its checks of the input included, and the hidden cells, null when it failed.
It is ended when the processor has spent so many seconds on it.
"""

import json
import resource
import sys
import time
from pathlib import Path


def main(folder: Path, phases: int, limit: int) -> None:
    """One run."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    import pandas as pd
    from gconfid import Suppression  # type: ignore[import-not-found]

    cells = pd.read_csv(folder / "cells.csv")
    relations = pd.read_csv(folder / "relations.csv")
    second = {"cost_function2": "Information"} if phases == 2 else {}
    wall, cpu = time.perf_counter(), time.process_time()
    done = Suppression(
        incell=cells, inconstraint=relations, cost_function1="Size", constraint_scale=1, **second
    )
    found = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "hidden": None}
    result = done.outsuppress
    if result is not None and len(result):
        rows = result if isinstance(result, pd.DataFrame) else result.to_pandas()
        found["hidden"] = rows.loc[rows["OutStatus"] == "X", "CellId"].astype(int).tolist()
    (folder / "hidden.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
