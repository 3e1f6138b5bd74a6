"""What an adjustment may do, in units of its grain: room, requirements, weights, relations."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    SuppressionProblem,
    distinct_rows,
)

Sides = npt.NDArray[np.int8]
UP, DOWN, NEITHER = 1, -1, 0
WEIGHTS = ("value", "sqrt", "equal")
_GRAINS = (1.0, 0.1, 0.01)
_LARGEST = 2.0**48
_CLOSE = 1e-9
_BEYOND = 1e-7
"""By which share of a requirement a cell goes further where values are not whole, so that it lies
outside its interval after rounding."""
_LEAST_DOUBT = 1e-6


@dataclass(frozen=True)
class Terms:
    """The terms of an adjustment; all amounts are in ``unit``.

    Args:
        unit: what amounts are counted in: the grain of the values where they are all multiples of
            one, else a typical requirement.
        whole: whether only whole amounts may be added.
        relations: sparse matrix; every row sums to zero over the changes.
        doubts: sparse matrix; every row of it stays at or below ``limits`` over the changes.
        limits: one per row of ``doubts``.
        rise: how far each cell may go up.
        fall: how far it may go down.
        up: how far a sensitive cell goes up at least when it goes up; 0 for other cells.
        down: the same downwards.
        may_rise: whether a sensitive cell can be moved out of its interval upwards.
        may_fall: or downwards.
        weights: what one unit of change costs, 1 for the median cell.
    """

    unit: float
    whole: bool
    relations: Any
    doubts: Any
    limits: Floats
    rise: Floats
    fall: Floats
    up: Floats
    down: Floats
    may_rise: Flags
    may_fall: Flags
    weights: Floats

    @cached_property
    def sensitive(self) -> Flags:
        """Cells that must leave their interval."""
        return np.asarray((self.up > 0) | (self.down > 0))

    def cost(self, changes: Floats) -> float:
        """The weighted distance of ``changes``."""
        return float(self.weights @ np.abs(changes))


def terms_of(problem: SuppressionProblem, weights: str, keep: Flags | None = None) -> Terms:
    """The terms of a problem.

    A side on which nothing is required is no way out: there the cell would show its true value.

    Args:
        problem: what must be protected. Cells whose cost is infinite may not be changed.
        weights: ``value``, ``sqrt`` or ``equal``.
        keep: further cells that must not change; null: none.
    """
    still = ~np.isfinite(problem.costs)
    if keep is not None:
        still = still | _flags(keep, problem.values.size)
    grain = 1.0 if problem.integral else _grain(problem.values)
    unit = grain or _typical(problem)
    rise = np.where(still, 0.0, np.maximum(problem.upper_bounds - problem.values, 0.0)) / unit
    fall = np.where(still, 0.0, np.maximum(problem.values - problem.lower_bounds, 0.0)) / unit
    up = np.where(problem.primary, np.maximum(problem.upper_protection, 0.0), 0.0) / unit
    down = np.where(problem.primary, np.maximum(problem.lower_protection, 0.0), 0.0) / unit
    if grain:
        rise, fall = np.floor(rise + _CLOSE), np.floor(fall + _CLOSE)
        up, down = np.ceil(up * (1 - _CLOSE)), np.ceil(down * (1 - _CLOSE))
    else:
        # A cell may fall to its bound exactly, so only what has room goes beyond.
        up = np.where(up * (1 + _BEYOND) <= rise, up * (1 + _BEYOND), up)
        down = np.where(down * (1 + _BEYOND) <= fall, down * (1 + _BEYOND), down)
    doubts, limits = _doubts(problem, unit)
    return Terms(
        unit, bool(grain), distinct_rows(problem.relations), doubts, limits, rise, fall, up, down,
        may_rise=np.asarray((up > 0) & (up <= rise)),
        may_fall=np.asarray((down > 0) & (down <= fall)),
        weights=_weights(problem.values, weights),
    )  # fmt: skip


def without_way_out(problem: SuppressionProblem, terms: Terms) -> Flags:
    """Sensitive cells that can leave their interval on neither side, or of which nothing is asked.

    A cell of which only doubt about its group is asked has a way out by that.
    """
    doubted = np.zeros(terms.up.size, dtype=np.bool_)
    doubted[[one.cell for one in problem.doubts]] = True
    asked = terms.sensitive
    stuck = asked & ~terms.may_rise & ~terms.may_fall
    return np.asarray(stuck | (problem.primary & ~asked & ~doubted))


def _flags(keep: Flags, size: int) -> Flags:
    flags = np.asarray(keep)
    if flags.dtype != np.bool_ or flags.shape != (size,):
        raise InvalidInputError("Cells to keep are one flag (True or False) per cell of the table.")
    return flags


def _grain(values: Floats) -> float | None:
    """The largest power of ten up to 1 of which all values are multiples; null when none is."""
    if np.abs(values).max(initial=0.0) > _LARGEST:
        return None
    for grain in _GRAINS:
        steps = values / grain
        if (np.abs(steps - np.round(steps)) <= _CLOSE * np.maximum(1.0, np.abs(steps))).all():
            return grain
    return None


def _typical(problem: SuppressionProblem) -> float:
    needed = np.maximum(problem.upper_protection, problem.lower_protection)[problem.primary]
    needed = needed[needed > 0]
    return float(np.median(needed)) if needed.size else 1.0


def _weights(values: Floats, kind: str) -> Floats:
    if kind not in WEIGHTS:
        raise InvalidInputError(f"Weights of an adjustment are one of {', '.join(WEIGHTS)}.")
    size = np.abs(values)
    present = size[size > 0]
    # Cells near zero count as a thousandth of the median, or one change would cost without end.
    size = np.maximum(size, 1e-3 * float(np.median(present)) if present.size else 1.0)
    if (values == np.round(values)).all():
        size = np.maximum(size, 1.0)
    power = {"value": 1.0, "sqrt": 0.5, "equal": 0.0}[kind]
    found = size**-power
    return np.asarray(found / np.median(found), dtype=np.float64)


def _doubts(problem: SuppressionProblem, unit: float) -> tuple[Any, Floats]:
    """Per doubt: the shown cell lies below its share of the shown group."""
    from scipy.sparse import csr_matrix

    count = len(problem.doubts)
    cells = np.array([one.cell for one in problem.doubts], dtype=np.int64)
    groups = np.array([one.group for one in problem.doubts], dtype=np.int64)
    shares = np.array([one.share for one in problem.doubts])
    rows = np.arange(count)
    data = (np.r_[np.ones(count), -shares], (np.r_[rows, rows], np.r_[cells, groups]))
    values = problem.values
    limits = shares * values[groups] - values[cells]
    least = _LEAST_DOUBT * np.maximum(1.0, np.abs(values[groups]))
    return csr_matrix(data, shape=(count, values.size)), np.asarray((limits - least) / unit)
