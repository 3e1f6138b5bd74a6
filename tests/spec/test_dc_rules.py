"""Every rule of ``disclosure_control`` does what its page of the manual says.

The examples are data (``tests/support/specifications``): this file runs them, and
``docs/generators/rules.py`` prints them.
"""

import ast
from pathlib import Path

import pytest
from specifications import FAMILIES, RULES
from specifications.running import Ran

import disclosure_control as dc
from disclosure_control.models import CORRELATION_RULES, MODEL_RULES
from disclosure_control.outputs.custom_files import CUSTOM_RULES

PACKAGE = Path(dc.__file__).resolve().parent
EXAMPLES = [
    pytest.param(case, id=f"{item.family}-{item.rule}-{number}")
    for item in RULES
    for number, case in enumerate(item.cases, 1)
]
JUDGES_RELEASES = {"outputs/judging.py": {"cells", "value", "visible"}}
"""Names that stand in a loop, where reading the code does not find them."""


@pytest.mark.parametrize("case", EXAMPLES)
def test_the_example_is_judged_as_the_manual_says(case):
    ran = Ran(case)
    assert [sentence for one in case.expects for sentence in one.broken(ran)] == []


def specified(*families):
    return {item.rule for item in RULES if item.family in families}


@pytest.mark.parametrize(
    ("family", "rules"),
    [
        ("tables", dc.RULES),
        ("models", MODEL_RULES),
        ("correlations", CORRELATION_RULES),
        ("files", CUSTOM_RULES),
    ],
)
def test_every_rule_of_a_registry_has_a_specification(family, rules):
    assert {rule.name for rule in rules} == specified(family)


def names_in(path):
    """The rules that the findings of a file are named after, as far as they stand there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
        place = {"Finding": 1, "about": 1, "whole": 0}.get(called or "")
        if place is None or len(node.args) <= place:
            continue
        name = node.args[place]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value


def test_every_rule_that_a_finding_is_named_after_has_a_specification():
    found = set().union(*JUDGES_RELEASES.values())
    for path in sorted(PACKAGE.rglob("*.py")):
        found |= set(names_in(path))
    assert len(found) > 20
    assert sorted(found - specified(*FAMILIES)) == []


def test_a_specification_stands_once_with_words_and_examples():
    keys = [(item.family, item.rule) for item in RULES]
    assert len(keys) == len(set(keys))
    assert {family for family, _ in keys} == set(FAMILIES)
    for item in RULES:
        assert item.words.strip()
        assert item.cases


@pytest.mark.parametrize("item", RULES, ids=lambda item: f"{item.family}-{item.rule}")
def test_a_specification_shows_what_its_rule_finds(item):
    finds = [one.cells for case in item.cases for one in case.expects if hasattr(one, "cells")]
    assert any(finds)
