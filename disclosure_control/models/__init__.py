"""Regressions and correlations whose figures are judged for disclosure.

A formula is read by a small closed grammar (:func:`parse_formula`), made into plain arrays
(:func:`design`), fitted (:func:`fit`) and judged by ``MODEL_RULES`` (:func:`evaluate`).
:func:`correlation` judges Pearson correlations by ``CORRELATION_RULES``.
"""

from disclosure_control.models.correlation import correlation
from disclosure_control.models.design import Design, Roles, design
from disclosure_control.models.evaluate import evaluate
from disclosure_control.models.evaluation import Evaluation
from disclosure_control.models.fit import FAMILIES, Fit, fit
from disclosure_control.models.formula import Factor, Formula, Term, parse_formula
from disclosure_control.models.rules import MODEL_RULES, Model, ModelRule
from disclosure_control.models.rules.pairs import CORRELATION_RULES

__all__ = [
    "CORRELATION_RULES",
    "FAMILIES",
    "MODEL_RULES",
    "Design",
    "Evaluation",
    "Factor",
    "Fit",
    "Formula",
    "Model",
    "ModelRule",
    "Roles",
    "Term",
    "correlation",
    "design",
    "evaluate",
    "fit",
    "parse_formula",
]
