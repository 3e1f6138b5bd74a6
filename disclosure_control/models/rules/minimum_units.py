"""At least so many units in the model, behind every group and number, and with each outcome."""

import numpy as np

from disclosure_control.models.rules.few import few_behind
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.models.spread import people
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def minimum_units(model: Model, policy: Policy) -> list[Finding]:
    """Groups, numbers and outcomes with fewer than ``policy.minimum_units`` units."""
    design, minimum = model.design, policy.minimum_units
    found = few_behind(design, design.units, minimum, ("minimum_units", "units"))
    if design.binary and np.ptp(design.response) > 0:
        for outcome in (0.0, 1.0):
            if people(design.units[design.response == outcome]) < minimum:
                reason = f"fewer than {minimum} units have the rarer response"
                found.append(whole("minimum_units", reason, "explain a response that is less rare"))
    return found
