"""The pages on rules by example, printed from the examples that the tests run."""

from specifications import CASES, FAMILIES, RULES, Specification

import disclosure_control as dc
from disclosure_control.models import CORRELATION_RULES, MODEL_RULES
from disclosure_control.outputs.custom_files import CUSTOM_RULES
from generators.specified import example

REGISTRIES = {
    "tables": dc.RULES,
    "models": MODEL_RULES,
    "correlations": CORRELATION_RULES,
    "files": CUSTOM_RULES,
}


def rules_page() -> str:
    """Every rule in words and by example."""
    parts = [
        "# Rules by example\n",
        "Each example is small enough to check by hand, and each is run as a test "
        "(`tests/spec/test_dc_rules.py`). A table's margins are written Total; *the whole* is a "
        "finding on the output as such; numbers in bold with ✗ are those that are found. A policy "
        "of an example has only the numbers named, so that one rule is seen at a time.\n",
    ]
    for family, heading in FAMILIES.items():
        parts.append(f"## {heading}\n")
        parts += [_rule(item) for item in RULES if item.family == family]
    return "\n".join(parts)


def _rule(item: Specification) -> str:
    parts = [f"### `{item.rule}`: {item.title}\n", f"{item.words}\n"]
    for rule in REGISTRIES.get(item.family, ()):
        if rule.name == item.rule:
            applies = getattr(rule, "applies_to", "files made elsewhere")
            parts.append(f"Applies to: {applies}. Source: {rule.source}.\n")
    parts += [example(case, str(number)) for number, case in enumerate(item.cases, 1)]
    return "\n".join(parts)


def cases_page() -> str:
    """Cases in which checkers fail."""
    parts = [
        "# Cases in which checkers fail\n",
        "Each case was seen to go wrong in some checker. What is expected here is run as a test "
        "(`tests/spec/test_dc_cases.py`). *Seen elsewhere* is what ACRO 1.0.2 did with its "
        "defaults (threshold 10); policy `cbs` has the same threshold.\n",
    ]
    for item in CASES:
        parts += [f"## {item.rule}: {item.title}\n", f"{item.words}\n"]
        parts += [
            example(case, f"{item.rule}.{number}") for number, case in enumerate(item.cases, 1)
        ]
    return "\n".join(parts).replace("\n#### ", "\n### ")
