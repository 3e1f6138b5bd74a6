"""Rules by example: run by ``tests/spec``, printed into the manual by ``docs/generators``."""

from specifications import (
    cases,
    cases_kinds,
    correlations,
    desk,
    everywhere,
    files,
    models,
    outputs,
    tables,
    together,
    totals,
)
from specifications.forms import FAMILIES, Case, Specification

_MODULES = (tables, totals, outputs, everywhere, models, correlations, files, together, desk)
RULES: tuple[Specification, ...] = tuple(
    item for module in _MODULES for item in module.SPECIFICATIONS
)
"""Every rule, in the order of ``FAMILIES``."""
CASES: tuple[Specification, ...] = (*cases.SPECIFICATIONS, *cases_kinds.SPECIFICATIONS)
"""Cases in which checkers fail."""

__all__ = ["CASES", "FAMILIES", "RULES", "Case", "Specification"]
