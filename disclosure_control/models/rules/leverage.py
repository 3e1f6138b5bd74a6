"""One unit that determines its own fitted value: its response follows from the coefficients.

The hat values of a unit's rows are added up; weighted hat values for logit, probit and poisson.
"""

import numpy as np

from disclosure_control.models.algebra import Floats, dependent, hats, triangle
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def leverage(model: Model, policy: Policy) -> list[Finding]:
    """Units with a leverage above ``policy.maximum_leverage``, or whose leverage is unknown."""
    design = model.design
    remedy = "leave out the term that isolates it, or join levels"
    of_rows = _leverage_of_rows(model)
    if of_rows is None:
        return [whole("leverage", "the leverage of units could not be worked out", remedy)]
    of_units = np.bincount(design.units, weights=of_rows)
    high = int((~(of_units <= policy.maximum_leverage * (1 + 1e-9))).sum())
    if not high:
        return []
    reason = (
        f"{high} units determine more than {policy.maximum_leverage:.0%} of their own fitted value"
    )
    return [whole("leverage", reason, remedy)]


def _leverage_of_rows(model: Model) -> Floats | None:
    """Weighted hat values; null where the weights do not allow them."""
    weights = model.fit.weights
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        return None
    if (weights == 1).all():
        return model.hats[model.design.groups]
    upper = triangle(model.rows, model.design.sizes * weights)
    if dependent(upper):
        return None
    return hats(model.rows, upper, weights)[model.design.groups]
