"""The response is the same for everybody, so the model tells it."""

from disclosure_control.models.fit import ALL_EQUAL
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def all_equal(model: Model, policy: Policy) -> list[Finding]:
    """All responses are equal."""
    del policy
    if ALL_EQUAL not in model.fit.problems:
        return []
    reason = "the response is the same for everybody"
    return [whole("all_equal", reason, "explain a response that varies")]
