"""Enough residual degrees of freedom, counted in units: more rows of one unit add none."""

from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def degrees_of_freedom(model: Model, policy: Policy) -> list[Finding]:
    """Distinct units less the rank are below ``policy.minimum_degrees_of_freedom``."""
    minimum = policy.minimum_degrees_of_freedom
    units = int(model.design.units.max()) + 1
    if units - model.fit.rank >= minimum:
        return []
    reason = f"units less coefficients are fewer than {minimum}"
    return [whole("degrees_of_freedom", reason, "use more units or fewer terms")]
