"""At least so many entities in the model and behind every group and number."""

from disclosure_control.models.rules.few import few_behind
from disclosure_control.models.rules.rule import Model
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def minimum_entities(model: Model, policy: Policy) -> list[Finding]:
    """Groups and numbers with fewer than ``policy.minimum_entities`` entities, when known."""
    design, minimum = model.design, policy.minimum_entities
    if minimum is None or design.entities is None:
        return []
    return few_behind(design, design.entities, minimum, ("minimum_entities", "entities"))
