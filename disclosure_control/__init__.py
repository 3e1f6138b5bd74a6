"""Disclosure control for research results: judge, hide, audit, submit.

Start here::

    import disclosure_control as dc

    study = dc.Study(policy="cbs", unit="pupil", entity="school")
    table = study.crosstab(frame, rows=["origin"], columns=["grade"])
    table                      # unsafe cells are masked
    safe = table.protect()     # hides what must be hidden, keeps all margins true
    study.submit(outbox, safe, purpose=..., population=..., variables={...})

Tables without a study: :func:`count_table`, :func:`magnitude_table`, :func:`assess`,
:func:`protect`, :func:`audit`. For the desk: :func:`read_bundle`, :func:`recompute`,
:func:`judge`. Every number of a policy has a source: :data:`policies`.
"""

from disclosure_control.assess import assess
from disclosure_control.bundle import Bundle, BundledOutput, Receipt, read_bundle, released_csv
from disclosure_control.errors import (
    BundleError,
    DisclosureControlError,
    InvalidInputError,
    ProtectionError,
    UnsafeOutputError,
)
from disclosure_control.frames import MISSING, TOTAL, plain
from disclosure_control.outputs.chart import specification as chart_specification
from disclosure_control.outputs.crosstab import Output, judge, recompute
from disclosure_control.outputs.evidence import compare_evidence, evidence_of
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy, policies
from disclosure_control.protect import Audit, ProtectedTable, audit, protect
from disclosure_control.render import as_html, explain
from disclosure_control.rules import RULES
from disclosure_control.study import Study
from disclosure_control.suppression import Pattern, SuppressionProblem, suppress
from disclosure_control.table import Table, count_table, magnitude_table
from disclosure_control.verdict import Assessment, Finding, Verdict

__version__ = "0.1.0"

__all__ = [
    "MISSING",
    "RULES",
    "TOTAL",
    "Assessment",
    "Audit",
    "Bundle",
    "BundleError",
    "BundledOutput",
    "DisclosureControlError",
    "Finding",
    "InvalidInputError",
    "Output",
    "Pattern",
    "Policy",
    "ProtectedTable",
    "ProtectionError",
    "Receipt",
    "Recipe",
    "Study",
    "SuppressionProblem",
    "Table",
    "UnsafeOutputError",
    "Verdict",
    "__version__",
    "as_html",
    "assess",
    "audit",
    "chart_specification",
    "compare_evidence",
    "count_table",
    "evidence_of",
    "explain",
    "judge",
    "magnitude_table",
    "plain",
    "policies",
    "protect",
    "read_bundle",
    "recompute",
    "released_csv",
    "suppress",
]
