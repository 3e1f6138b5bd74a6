"""The engines by name."""

from collections.abc import Callable
from pathlib import Path

from enclave.linkage.engines.base import Engine, Frame, Keying, take
from enclave.linkage.engines.duckdb_engine import DuckdbEngine
from enclave.linkage.engines.polars_engine import PolarsEngine
from enclave.linkage.engines.resuming import Journal, ResumingEngine, inputs_of
from enclave.linkage.engines.spark_engine import SparkEngine

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "polars": PolarsEngine,
    "duckdb": DuckdbEngine,
    "spark": SparkEngine,
}
"""What makes an engine that works in a folder."""

__all__ = [
    "ENGINES",
    "DuckdbEngine",
    "Engine",
    "Frame",
    "Journal",
    "Keying",
    "PolarsEngine",
    "ResumingEngine",
    "SparkEngine",
    "inputs_of",
    "take",
]
