"""Outputs: a released figure together with its recipe and the evidence beneath it."""

from disclosure_control.outputs.crosstab import STATISTICS, Output, crosstab, recompute
from disclosure_control.outputs.evidence import compare_evidence, evidence_of
from disclosure_control.outputs.recipe import Recipe

__all__ = [
    "STATISTICS",
    "Output",
    "Recipe",
    "compare_evidence",
    "crosstab",
    "evidence_of",
    "recompute",
]
