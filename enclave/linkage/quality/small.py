"""Shares outside the tables, shown such that fewer than ten stay unknown.

Wrong links are few. Their number is not shown when it is below the minimum, zero included: then
the share is an interval for all numbers from 0 to 9, the same whichever of them is true.
"""

from collections.abc import Iterable

from enclave.linkage.quality.estimates import Share, between, wilson
from enclave.linkage.quality.policy import MINIMUM_UNITS, is_small

MOST_HIDDEN = MINIMUM_UNITS - 1


def cautious(part: int, whole: int) -> Share | None:
    """The share; an interval when part or rest is below the minimum; null when both can be."""
    found = possible(part, whole)
    if found is None:
        return None
    low, high = found
    return wilson(part, whole) if low == high else between(low, high, whole)


def possible(part: int, whole: int) -> tuple[int, int] | None:
    """The smallest and the largest part that a reader has to think possible."""
    if whole < 2 * MINIMUM_UNITS:
        return None
    if whole - part < MINIMUM_UNITS:
        return whole - MOST_HIDDEN, whole
    if part < MINIMUM_UNITS:
        return 0, MOST_HIDDEN
    return part, part


def stands_apart(count: int, others: Iterable[int]) -> bool:
    """Whether the difference with none of the other counts is small, nor the count itself."""
    return not any(is_small(abs(count - other)) for other in (0, *others))
