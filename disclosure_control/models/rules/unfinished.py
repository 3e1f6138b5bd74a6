"""A fit that did not end, or ended in numbers that are none, is not understood."""

from disclosure_control.models.fit import UNFINISHED
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def unfinished(model: Model, policy: Policy) -> list[Finding]:
    """The fit did not converge, or some figure does not exist."""
    del policy
    if UNFINISHED not in model.fit.problems:
        return []
    reason = "the fit did not converge, or some of its figures do not exist"
    return [whole("unfinished", reason, "use fewer terms, more records, or scaled columns")]
