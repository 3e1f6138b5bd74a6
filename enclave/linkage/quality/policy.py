"""By which policy the counts of the quality report are judged."""

from dataclasses import replace

import disclosure_control as dc

_BASE = dc.policies["cbs"]
_NO_ATTRIBUTE = (
    "own choice: that somebody was linked is a state of our work and no attribute of a person, so "
    "a group that is linked as a whole has told nothing about its members"
)

POLICY = replace(
    _BASE,
    name="linkage quality",
    maximum_group_share=None,
    zeros_are_unsafe=False,
    sources=(
        *(pair for pair in _BASE.sources if pair[0] != "maximum_group_share"),
        ("maximum_group_share", _NO_ATTRIBUTE),
        ("zeros_are_unsafe", "own choice: a zero counts nobody, so it points at nobody"),
    ),
)
"""Policy ``cbs`` without its rule on group disclosure: at least 10 linked, and 10 not linked."""

MINIMUM_UNITS = POLICY.minimum_units


def is_small(count: int) -> bool:
    """Whether a count may not be shown: somebody, but fewer than the minimum."""
    return 0 < count < MINIMUM_UNITS
