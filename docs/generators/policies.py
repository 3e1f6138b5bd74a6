"""The page on rules and policies, printed from the objects that judge."""

from dataclasses import fields

import disclosure_control as dc
from enclave.release.states import mermaid

SKIPPED = {"name", "sources"}


def policies_page() -> str:
    """Every rule, every policy with its numbers and sources, and the life of a request."""
    parts = ["# Rules and policies\n", "## Rules\n"]
    rows = ["| rule | applies to | what must hold | source |", "|---|---|---|---|"]
    rows += [
        f"| `{rule.name}` | {rule.applies_to} | {rule.statement} | {rule.source} |"
        for rule in dc.RULES
    ]
    parts.append("\n".join(rows) + "\n")
    parts.append("## Policies\n")
    for policy in dc.policies.values():
        sources = dict(policy.sources)
        rows = [f"### `{policy.name}`\n", "| number | value | source |", "|---|---|---|"]
        for field in fields(policy):
            value = getattr(policy, field.name)
            if field.name not in SKIPPED and value not in (None, False):
                rows.append(f"| `{field.name}` | {value} | {sources.get(field.name, 'default')} |")
        parts.append("\n".join(rows) + "\n")
    parts.append(
        "`Policy.strictest(a, b)` takes the stricter of two in every number; the desk uses it on "
        "its own policy and the one that the researcher named.\n"
    )
    parts.append("## The life of a request\n")
    parts.append("Drawn from the table of transitions in `enclave/release/states.py`.\n")
    parts.append(f"```mermaid\n{mermaid()}```\n")
    return "\n".join(parts)
