"""Columns that are combinations of others, and factors that distinguish nobody."""

from disclosure_control.models.rules.rule import Model, about, whole
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def collinear(model: Model, policy: Policy) -> list[Finding]:
    """Terms to leave out before anything can be fitted, or that contribute nothing."""
    del policy
    design = model.design
    found = [
        about(
            design.names[place],
            "collinear",
            "this term is a combination of the terms before it, or nobody is in its group",
            "leave it out or join levels",
        )
        for place in model.fit.dependent
    ]
    for item, levels in design.levels.items():
        if len(levels) == 1:
            reason = f"{item.text} has one level only"
            found.append(whole("collinear", reason, f"leave {item.text} out"))
    return found
