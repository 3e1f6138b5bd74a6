"""The fit is (nearly) perfect, so coefficients and regressors give every response."""

from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding

MINIMUM_UNEXPLAINED = 1e-6
"""Residuals of a thousandth of the spread of the response; own choice."""


def perfect_fit(model: Model, policy: Policy) -> list[Finding]:
    """Next to nothing of the response is left unexplained."""
    del policy
    if model.fit.problems or model.fit.unexplained >= MINIMUM_UNEXPLAINED:
        return []
    reason = "the residuals are practically zero: the model tells every response"
    return [whole("perfect_fit", reason, "leave out the term that repeats the response")]
