"""Which base a table is rounded to, and which way its sensitive cells go, to be protected."""

from collections.abc import Iterator

import numpy as np

from disclosure_control.errors import ProtectionError
from disclosure_control.perturbation.adjust_audit import reach_of
from disclosure_control.policy import Policy
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_FIRST, _USUAL = (3, 5), (10, 15, 20, 25, 50)
_TENS = 10
_LARGEST = 2**40
_SLACK = 1e-9


def smallest_base(problem: SuppressionProblem, policy: Policy, above: int = 0) -> int:
    """The smallest base at which one multiple next to every primary cell leaves it its interval.

    Taken from the multiples of the policy's own base, else from 3, 5, 10, 15, 20, 25, 50 and so
    on, larger than ``above``. Additivity may still force a cell to its other multiple; the audit
    tells.

    Raises:
        ProtectionError: no base up to 2 to the power of 40 does.
    """
    for base in _bases(policy.rounding_base):
        up, down = good_ways(problem, base)
        if base > above and (up | down)[problem.primary].all():
            return base
    raise ProtectionError("No base of rounding is large enough for the intervals required.")


def good_ways(problem: SuppressionProblem, base: int) -> tuple[Flags, Flags]:
    """Whether the multiple above, and the one below, leaves each primary cell its interval."""
    values = problem.values
    below = np.floor(values / base + _SLACK) * base
    above = np.ceil(values / base - _SLACK) * base
    return _leaves(problem, above, base), _leaves(problem, below, base)


def ways_of(problem: SuppressionProblem, base: int) -> Floats:
    """1 where a primary cell must go up to be protected, -1 where it must go down, else 0."""
    up, down = good_ways(problem, base)
    one = problem.primary & (up != down)
    return np.where(one, np.where(up, 1.0, -1.0), 0.0)


def _leaves(problem: SuppressionProblem, shown: Floats, base: int) -> Flags:
    reach = reach_of(base, 0, integral=problem.integral)
    low = np.maximum(shown - reach, problem.lower_bounds)
    high = np.minimum(shown + reach, problem.upper_bounds)
    slack = _SLACK * np.maximum(1.0, np.abs(problem.values))
    return np.asarray(
        (low <= problem.values - problem.lower_protection + slack)
        & (high >= problem.values + problem.upper_protection - slack)
    )


def _bases(own: int | None) -> Iterator[int]:
    """The policy's base times 1 to 9, 10 to 90 and so on; or the usual bases, 3 and 5 first."""
    if own is None:
        yield from _FIRST
    steps = _USUAL if own is None else tuple(own * step for step in range(1, _TENS))
    power = 1
    while steps[0] * power <= _LARGEST:
        yield from (step * power for step in steps)
        power *= _TENS
