"""The probabilistic tail: a table of patterns, learnt from pupils whom their numbers link."""

from enclave.linkage.tail.assignment import PASS_NAME, Limits
from enclave.linkage.tail.comparisons import PUPILS, Comparison, Level, Spec, plain
from enclave.linkage.tail.patterns import PatternTable
from enclave.linkage.tail.review import column_of
from enclave.linkage.tail.tail import Tail, TailResult, run_tail
from enclave.linkage.tail.written import as_record, from_text, shipped

__all__ = [
    "PASS_NAME",
    "PUPILS",
    "Comparison",
    "Level",
    "Limits",
    "PatternTable",
    "Spec",
    "Tail",
    "TailResult",
    "as_record",
    "column_of",
    "from_text",
    "plain",
    "run_tail",
    "shipped",
]
