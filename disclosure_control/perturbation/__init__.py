"""Noise, rounding and adjustment: tables that are changed so that single units do not show."""

from disclosure_control.perturbation.adjust import AdjustedTable, adjust, totals
from disclosure_control.perturbation.adjust_audit import (
    PerturbationAudit,
    audit_adjusted,
    audit_rounded,
)
from disclosure_control.perturbation.cell_key import PerturbedTable, cell_key
from disclosure_control.perturbation.ptable import ptable_10_5
from disclosure_control.perturbation.record_keys import record_keys
from disclosure_control.perturbation.rounding import RoundedTable, round_controlled

__all__ = [
    "AdjustedTable",
    "PerturbationAudit",
    "PerturbedTable",
    "RoundedTable",
    "adjust",
    "audit_adjusted",
    "audit_rounded",
    "cell_key",
    "ptable_10_5",
    "record_keys",
    "round_controlled",
    "totals",
]
