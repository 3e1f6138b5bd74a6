"""One unit or entity with too large a share of the response, in the model or in a group of it.

The fitted values of a group add up to its responses (for ols and poisson exactly), so a coefficient
of a dominated group follows the one who dominates it. Absolute responses are compared.
"""

import numpy as np

from disclosure_control.models.algebra import Floats
from disclosure_control.models.design import Codes, Design
from disclosure_control.models.rules.few import categorical_parts, combined
from disclosure_control.models.rules.rule import JOIN, Model, about
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def unit_dominance(model: Model, policy: Policy) -> list[Finding]:
    """Groups in which one unit has more than ``policy.maximum_unit_share`` of the response."""
    return _dominated(model.design, model.design.units, policy.maximum_unit_share, "unit")


def entity_dominance(model: Model, policy: Policy) -> list[Finding]:
    """The same for entities and ``policy.maximum_entity_share``."""
    return _dominated(model.design, model.design.entities, policy.maximum_entity_share, "entity")


def _dominated(design: Design, who: Codes | None, share: float | None, word: str) -> list[Finding]:
    if share is None or who is None or design.binary:
        return []
    found: list[Finding] = []
    size = np.abs(design.response)
    for factors in [(), *categorical_parts(design)]:
        codes, groups = combined(design, factors)
        total = np.bincount(codes, weights=size, minlength=len(groups))
        largest = _largest(codes, who, size)
        for place in np.flatnonzero(~(largest <= share * total * (1 + 1e-12))):
            group = groups[int(place)]
            name = design.name_of(frozenset(), group) if group else None
            where = ":".join(item.text for item in group)
            reason = f"one {word} has more than {share:.0%} of the response"
            reason += f" in a group of {where}" if group else ""
            found.append(about(name, f"{word}_dominance", reason, JOIN))
    return found


def _largest(codes: Codes, who: Codes, size: Floats) -> Floats:
    """For every group the largest sum of ``size`` of one of ``who``."""
    pairs, places = np.unique(codes * (int(who.max()) + 1) + who, return_inverse=True)
    parts = np.bincount(places, weights=size)
    level = pairs // (int(who.max()) + 1)
    starts = np.flatnonzero(np.diff(level, prepend=-1))
    return np.asarray(np.maximum.reduceat(parts, starts), dtype=np.float64)
