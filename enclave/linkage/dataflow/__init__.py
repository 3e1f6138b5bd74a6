"""The linkage itself, written once for every engine."""

from enclave.linkage.dataflow.cascade import Decided, run_passes
from enclave.linkage.dataflow.doubt import Doubt, find_doubts, set_aside, withdraw
from enclave.linkage.dataflow.pairs import ROW

__all__ = ["ROW", "Decided", "Doubt", "find_doubts", "run_passes", "set_aside", "withdraw"]
