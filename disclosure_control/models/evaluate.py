"""Regressions as outputs: from records and a formula to figures and findings."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import numpy as np
import polars as pl

from disclosure_control.models.design import Design, Roles, design
from disclosure_control.models.evaluation import Evaluation
from disclosure_control.models.fit import Fit, fit
from disclosure_control.models.formula import parse_formula
from disclosure_control.models.rules import MODEL_RULES, Model
from disclosure_control.models.rules.saturated import ALONE
from disclosure_control.policy import Policy

WHOLE = "(model)"
"""The term of figures about the whole model."""


class RoleNames(TypedDict, total=False):
    """The keywords that say who is who; their meaning stands in ``Roles``."""

    unit: str | None
    entity: str | None
    levels: Mapping[str, Sequence[str]] | None


def evaluate(
    data: Any, formula_text: str, family: str, policy: Policy, **roles: Unpack[RoleNames]
) -> Evaluation:
    """The regression ``family`` of ``formula_text`` on ``data``, judged by ``policy``.

    Cells: for every column of the design coefficient, standard_error, statistic and p_value; for
    the term ``(model)`` observations, units, residual_degrees_of_freedom (observations less rank),
    r_squared or pseudo_r_squared (McFadden), and log_likelihood.

    Args:
        data: records; categorical columns hold labels.
        formula_text: as ``parse_formula`` reads it; nothing in it is evaluated.
        family: ``ols``, ``logit``, ``probit`` or ``poisson``.
        policy: the thresholds.
        **roles: ``unit``, ``entity`` and ``levels``, as in ``Roles``.

    Raises:
        InvalidInputError: a formula, family or data that do not fit.
    """
    made = design(data, parse_formula(formula_text), Roles(**roles))
    with np.errstate(all="ignore"):  # what overflows is no number, and that is a finding
        model = Model(made, fit(made, family))
        found = [finding for rule in MODEL_RULES for finding in rule.find(model, policy)]
        notes = _notes(model)
    return Evaluation(_cells(made, model.fit), found, made.left_out, notes)


def _cells(made: Design, fitted: Fit) -> pl.DataFrame:
    rows = [*_terms(made, fitted), *_whole(made, fitted)]
    frame = pl.DataFrame(
        rows, schema={"term": pl.String, "measure": pl.String, "value": pl.Float64}, orient="row"
    )
    return frame.with_columns(pl.when(pl.col("value").is_finite()).then(pl.col("value")))


def _terms(made: Design, fitted: Fit) -> Iterator[tuple[str, str, float]]:
    for place, name in enumerate(made.names):
        for measure, values in fitted.measures.items():
            yield name, measure, float(values[place])


def _whole(made: Design, fitted: Fit) -> Iterator[tuple[str, str, float]]:
    observations = len(made.response)
    yield WHOLE, "observations", float(observations)
    yield WHOLE, "units", float(made.units.max() + 1)
    yield WHOLE, "residual_degrees_of_freedom", float(observations - fitted.rank)
    for measure, value in fitted.summary.items():
        yield WHOLE, measure, value if math.isfinite(value) else math.nan


def _notes(model: Model) -> tuple[str, ...]:
    notes = []
    if model.design.left_out:
        notes.append(f"{model.design.left_out} records lack a value and are left out.")
    alone = int((model.own_shares > ALONE).sum())
    if alone:
        part = "a table" if alone == len(model.design.first) else "in part a table"
        notes.append(f"The model is {part} of means (groups: {alone}); the rules of tables hold.")
    return tuple(notes)
