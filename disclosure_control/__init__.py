"""Disclosure control for research results: judge, hide, audit, submit.

Start here::

    import disclosure_control as dc

    study = dc.Study(policy="cbs", unit="pupil", entity="school")
    table = study.crosstab(frame, rows=["origin"], columns=["grade"])
    table                      # unsafe cells are masked
    safe = table.protect()     # hides what must be hidden, keeps all margins true
    study.check_together()     # what the study's outputs reveal together
    study.submit(outbox, purpose=..., population=..., variables={...})

Tables without a study: :func:`count_table`, :func:`magnitude_table`, :func:`assess`,
:func:`protect`, :func:`protect_linked`, :func:`audit`. Suppression problems of any kind:
:class:`SuppressionProblem`, :func:`read_jj`, :func:`suppress`, :func:`suppress_optimally`,
:func:`audit_pattern`, :func:`attacker_bounds`. Where nearly all cells are empty:
:func:`protect_sparse`. Other methods than hiding: :func:`compare_methods`, :func:`protect_by`.
Microdata: :func:`k_anonymity`, :func:`anonymise`. Noise and rounding: :func:`cell_key`,
:func:`round_controlled`. For the desk: :func:`read_bundle`, :func:`recompute`, :func:`judge`,
:class:`History`. Every number of a policy has a source: :data:`policies`.
"""

from disclosure_control.alternatives import MethodComparison, compare_methods, protect_by
from disclosure_control.assess import assess
from disclosure_control.audit import Bounds, attacker_bounds
from disclosure_control.auditing import Audit, PatternAudit, audit, audit_pattern
from disclosure_control.bundle import Receipt, released_csv
from disclosure_control.bundle_reading import Bundle, BundledOutput, read_bundle
from disclosure_control.differences import History, check_together
from disclosure_control.errors import (
    BundleError,
    DisclosureControlError,
    InvalidInputError,
    ProtectionError,
    UnsafeOutputError,
)
from disclosure_control.explain import explain
from disclosure_control.frames import MISSING, TOTAL, plain
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.linked import LinkedTables, protect_linked
from disclosure_control.markup import Figure, Line, table_markup
from disclosure_control.microdata import anonymise, k_anonymity
from disclosure_control.named_policies import policies
from disclosure_control.outputs.chart import as_svg
from disclosure_control.outputs.chart import specification as chart_specification
from disclosure_control.outputs.custom_files import scan_bytes, scan_file
from disclosure_control.outputs.evidence import compare_evidence, evidence_of
from disclosure_control.outputs.judging import as_released, judge
from disclosure_control.outputs.output import STATISTICS, Output, recompute
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.perturbation import (
    AdjustedTable,
    adjust,
    audit_adjusted,
    audit_rounded,
    cell_key,
    ptable_10_5,
    record_keys,
    round_controlled,
)
from disclosure_control.policy import Policy, find_policy
from disclosure_control.protect import ProtectedTable, protect
from disclosure_control.render import as_html
from disclosure_control.rules import RULES
from disclosure_control.sparse import SparseProtected, SparseRequest, protect_sparse
from disclosure_control.study import Study
from disclosure_control.suppression import Pattern, SuppressionProblem, suppress
from disclosure_control.suppression.apriori import read_hst
from disclosure_control.suppression.exact import lower_bound, suppress_optimally
from disclosure_control.suppression.jj import read_jj
from disclosure_control.suppression.jj_writing import write_jj
from disclosure_control.suppression.loss import Loss
from disclosure_control.table import Table, count_table, magnitude_table
from disclosure_control.verdict import Assessment, Finding, Verdict

__version__ = "0.2.0"

__all__ = [
    "MISSING",
    "RULES",
    "STATISTICS",
    "TOTAL",
    "AdjustedTable",
    "Assessment",
    "Audit",
    "Bounds",
    "Bundle",
    "BundleError",
    "BundledOutput",
    "DisclosureControlError",
    "Figure",
    "Finding",
    "Hierarchy",
    "History",
    "InvalidInputError",
    "Line",
    "LinkedTables",
    "Loss",
    "MethodComparison",
    "Output",
    "Pattern",
    "PatternAudit",
    "Policy",
    "ProtectedTable",
    "ProtectionError",
    "Receipt",
    "Recipe",
    "SparseProtected",
    "SparseRequest",
    "Study",
    "SuppressionProblem",
    "Table",
    "UnsafeOutputError",
    "Verdict",
    "__version__",
    "adjust",
    "anonymise",
    "as_html",
    "as_released",
    "as_svg",
    "assess",
    "attacker_bounds",
    "audit",
    "audit_adjusted",
    "audit_pattern",
    "audit_rounded",
    "cell_key",
    "chart_specification",
    "check_together",
    "compare_evidence",
    "compare_methods",
    "count_table",
    "evidence_of",
    "explain",
    "find_policy",
    "judge",
    "k_anonymity",
    "lower_bound",
    "magnitude_table",
    "plain",
    "policies",
    "protect",
    "protect_by",
    "protect_linked",
    "protect_sparse",
    "ptable_10_5",
    "read_bundle",
    "read_hst",
    "read_jj",
    "recompute",
    "record_keys",
    "released_csv",
    "round_controlled",
    "scan_bytes",
    "scan_file",
    "suppress",
    "suppress_optimally",
    "table_markup",
    "write_jj",
]
