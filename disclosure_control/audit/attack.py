"""Exact bounds on hidden cells: what an attacker knows from all shown cells and all relations.

Fails closed: what is not decided within the effort allowed is reported as the inner box, so an
interval is never wider than what is certain; for a cell about which nothing was decided it is the
value alone, as if the attacker knew everything.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.audit.siege import Siege
from disclosure_control.audit.unknowns import find_unknowns
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem


@dataclass(frozen=True, repr=False)
class Bounds:
    """Lower and upper bounds per cell; shown cells have their value twice.

    Args:
        lower: least possible value, or the least of those that are certain to be possible.
        upper: largest.
    """

    lower: Floats
    upper: Floats

    def __repr__(self) -> str:
        """Counts only; the figures are in the arrays."""
        return f"Bounds({self.lower.size} cells)"


Attack = Bounds


def attacker_bounds(problem: SuppressionProblem, suppressed: Flags) -> Bounds:
    """The tightest bounds that an attacker derives on every cell of a problem.

    Exact in components of up to about a thousand cells and mostly beyond; see the module for what
    happens elsewhere.
    """
    return attack(
        problem.values,
        problem.relations,
        suppressed,
        problem.lower_bounds,
        problem.upper_bounds,
        integral=problem.integral,
    )


def attack(
    values: Floats,
    relations: Any,
    hidden: Flags,
    lower_bounds: Floats,
    upper_bounds: Floats,
    *,
    integral: bool,
) -> Bounds:
    """The tightest bounds on every hidden cell.

    Args:
        values: the true values.
        relations: ``scipy.sparse`` matrix; each row sums to zero over the values.
        hidden: which cells are not shown.
        lower_bounds: what is known beforehand about each cell, at least.
        upper_bounds: and at most.
        integral: whether everybody knows that the values are whole numbers.
    """
    low = np.minimum(lower_bounds - values, 0.0)
    high = np.maximum(upper_bounds - values, 0.0)
    if integral:
        low, high = np.ceil(low), np.floor(high)
    unknowns = find_unknowns(relations, hidden, low, high, integral=integral)
    siege = Siege(unknowns)
    siege.decide()
    fall, rise = siege.reach.of_cells()
    return Bounds(values - fall, values + rise)
