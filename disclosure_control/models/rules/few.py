"""The groups and numbers behind coefficients, and how many people each of them has."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from disclosure_control.models.design import Codes, Design
from disclosure_control.models.formula import Factor
from disclosure_control.models.rules.rule import JOIN, about, whole
from disclosure_control.models.spread import behind, variation
from disclosure_control.verdict import Finding

Levels = tuple[Factor, ...]


def few_behind(design: Design, who: Codes, minimum: int, rule: tuple[str, str]) -> list[Finding]:
    """Findings for every group and number with fewer than ``minimum`` of ``who`` behind it.

    ``rule`` is the name of the rule and the word for ``who``, in the plural.
    """
    found: list[Finding] = []
    if int(who.max()) + 1 < minimum:
        found.append(
            whole(rule[0], f"fewer than {minimum} {rule[1]} in the model", f"use more {rule[1]}")
        )
    for factors in categorical_parts(design):
        found += _few_in_groups(design, who, factors, (minimum, *rule))
    for numeric, factors in _numeric_parts(design):
        found += _few_in_numbers(design, who, (numeric, factors), (minimum, *rule))
    return list(dict.fromkeys(found))


def categorical_parts(design: Design) -> list[Levels]:
    """The sets of categorical factors whose combinations the model tells apart, coarse ones too."""
    found: dict[frozenset[Factor], Levels] = {}
    for term in design.formula.terms:
        held = tuple(item for item in term.factors if item in design.levels)
        for size in range(1, len(held) + 1):
            for chosen in combinations(held, size):
                found.setdefault(frozenset(chosen), chosen)
    return list(found.values())


def _numeric_parts(design: Design) -> list[tuple[Levels, Levels]]:
    """The numeric products of the terms, with the categorical factors beside them."""
    parts: dict[tuple[frozenset[Factor], frozenset[Factor]], tuple[Levels, Levels]] = {}
    for term in design.formula.terms:
        numeric = tuple(item for item in term.factors if item not in design.levels)
        held = tuple(item for item in term.factors if item in design.levels)
        if numeric:
            parts.setdefault((frozenset(numeric), frozenset(held)), (numeric, held))
    return list(parts.values())


def combined(design: Design, factors: Levels) -> tuple[Codes, list[dict[Factor, int]]]:
    """A number per row for its combination of levels, and the combinations that occur."""
    codes = np.zeros(len(design.response), dtype=np.int64)
    for item in factors:
        codes = codes * len(design.levels[item]) + design.factors[item]
    seen, dense = np.unique(codes, return_inverse=True)
    shape = tuple(len(design.levels[item]) for item in factors)
    places = np.unravel_index(seen, shape) if shape else ()
    rows = zip(*(place.tolist() for place in places), strict=True) if shape else iter([()])
    return dense, [dict(zip(factors, row, strict=True)) for row in rows]


def _few_in_groups(
    design: Design, who: Codes, factors: Levels, limit: tuple[int, str, str]
) -> Iterator[Finding]:
    minimum, rule, people = limit
    codes, groups = combined(design, factors)
    inside, outside = behind(codes, who)
    for place, group in enumerate(groups):
        name = design.name_of(frozenset(), group)
        for count, where in ((inside[place], "in"), (outside[place], "outside")):
            if count < minimum and (where == "in" or (name is not None and len(groups) > 1)):
                reason = f"fewer than {minimum} {people} {where} {_group(design, group, name)}"
                yield about(name, rule, reason, JOIN)


def _group(design: Design, group: dict[Factor, int], name: str | None) -> str:
    """The group in words. Without a coefficient it is a baseline or one combination of several."""
    if name is not None:
        return "the group behind this coefficient"
    text = ":".join(item.text for item in group)
    if len(group) == 1 and not any(group.values()) and design.name_of(frozenset(), {}) is not None:
        return f"the baseline of {text}"
    return f"a group of {text}"


def _few_in_numbers(
    design: Design, who: Codes, part: tuple[Levels, Levels], limit: tuple[int, str, str]
) -> Iterator[Finding]:
    """A number that nearly everybody shares: the others alone determine its coefficient."""
    minimum, rule, people = limit
    numeric, factors = part
    values = np.prod([design.factors[item] for item in numeric], axis=0) + 0.0
    codes, groups = combined(design, factors)
    found = variation(codes, values, who)
    text = ":".join(item.text for item in numeric)
    for place, group in enumerate(groups):
        name = design.name_of(frozenset(numeric), group)
        shared = found.distinct[place] > 1 and found.usual[place] >= found.unusual[place]
        if found.nonzero[place] < minimum:
            reason = f"{text} is not zero for fewer than {minimum} {people}"
            yield about(name, rule, reason, "leave the term out")
        elif shared and found.unusual[place] < minimum:
            reason = f"{text} is the same for all but fewer than {minimum} {people}"
            yield about(name, rule, reason, "leave the term out")
        elif found.distinct[place] == 2 and found.usual[place] < minimum:
            reason = f"{text} has two values, one of them for fewer than {minimum} {people}"
            yield about(name, rule, reason, "leave the term out")
