"""Measures the engine for mostly empty tables on a drawn table of counts, by its full cells alone.

The audit here is the certificate, which covers every requirement without a solver, and the attack
by subtraction; a small count without proof counts as under-protected.

Run: ``python -m benchmarks.suppression.run_sparse NAME FILE``
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suppression.generators import MINIMUM_UNITS
from benchmarks.suppression.instances import load
from disclosure_control.sparse.cells import SparseTable, table_of
from disclosure_control.sparse.construct import Effort
from disclosure_control.sparse.protect import SparseRequest, failed_cells, try_protect
from disclosure_control.sparse.verify import subtract_sparse, verify_sparse
from disclosure_control.suppression.problem import SuppressionProblem

_KIB = 1024
_PORTIONS = 10


def main(name: str, file: Path) -> None:
    """Measures one table and writes what was found."""
    start = time.perf_counter()
    problem = load(name)
    table = sparse_table(problem)
    record: dict[str, Any] = {
        "name": name, "cost": "value", "cells": problem.values.size,
        "primary": int(problem.primary.sum()), "integral": True, "by_sparse_engine": True,
        "made_seconds": time.perf_counter() - start,
    }  # fmt: skip
    del problem
    file.write_text(json.dumps(record, indent=1), encoding="utf-8")
    record |= {"first": attempt(table), "finished": True}
    file.write_text(json.dumps(record, indent=1), encoding="utf-8")


def sparse_table(problem: SuppressionProblem) -> SparseTable:
    """The full cells of a grid: its finest cells that are not zero, and every margin of them."""
    shape = tuple(len(axis.labels) for axis in problem.axes)
    finest = np.ones(shape, dtype=np.bool_)
    for place, axis in enumerate(problem.axes):
        leaves = np.array([not children for children in axis.children])
        finest &= leaves.reshape([-1 if at == place else 1 for at in range(len(shape))])
    cells = np.flatnonzero(finest.ravel() & (problem.values > 0))
    places = np.stack(np.unravel_index(cells, shape), axis=1).astype(np.int64)
    return table_of(problem.axes, places, problem.values[cells].astype(np.int64))


def attempt(table: SparseTable) -> dict[str, Any]:
    """A pattern: its time, its loss, whether its proof and an attack by subtraction confirm it."""
    wall, cpu = time.perf_counter(), time.process_time()
    protected = try_protect(
        table, SparseRequest(MINIMUM_UNITS, "value", Effort(portions=_PORTIONS))
    )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    secondary = protected.hidden & ~protected.primary
    start = time.perf_counter()
    proven = verify_sparse(table, protected.hidden, MINIMUM_UNITS, protected.certificate)
    verified = time.perf_counter()
    exact = subtract_sparse(table, protected.hidden) & protected.primary
    weak = protected.primary & (~proven | exact)
    lost = float(table.values[secondary].sum())
    return {
        "wall": wall, "cpu": cpu, "number": int(secondary.sum()), "empty": 0,
        "value": lost, "loss": lost, "failed": int(failed_cells(protected).sum()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB,
        "verify_seconds": verified - start, "unproven": int((protected.primary & ~proven).sum()),
        "audit": {
            "exact": int(exact.sum()), "under": int(weak.sum()),
            "seconds": time.perf_counter() - start,
        },
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
