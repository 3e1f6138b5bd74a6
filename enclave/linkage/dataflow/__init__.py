"""The linkage itself, written once for every engine."""

from enclave.linkage.dataflow.cascade import run_passes
from enclave.linkage.dataflow.doubt import Doubt, find_doubts, withdraw
from enclave.linkage.dataflow.pairs import ROW

__all__ = ["ROW", "Doubt", "find_doubts", "run_passes", "withdraw"]
