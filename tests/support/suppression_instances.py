"""The benchmark's tables, for tests: the package lies beside the library, not inside it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.suppression import (  # noqa: E402
    comparing,
    gconfid_peer,
    generators,
    instances,
    least_hidden,
    run_sparse,
    table,
    targets,
    trees,
)

__all__ = [
    "comparing",
    "gconfid_peer",
    "generators",
    "instances",
    "least_hidden",
    "run_sparse",
    "table",
    "targets",
    "trees",
]
