"""Regressors that tell some responses for certain: perfect and quasi-perfect separation."""

from disclosure_control.models.fit import SEPARATION
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def separation(model: Model, policy: Policy) -> list[Finding]:
    """Some responses follow from the regressors for certain, or that could not be ruled out."""
    del policy
    if SEPARATION not in model.fit.problems:
        return []
    reason = "the terms tell the response of some units for certain (separation)"
    return [whole("separation", reason, "join levels or leave out the term that separates")]
