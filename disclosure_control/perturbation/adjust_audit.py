"""What an attacker derives from a changed table: the same attacker as for hidden cells.

Of a hidden cell he knows nothing beforehand but its bounds; of a changed one he knows that it lies
within what is published about the method: for a rounded table a number of bases, for an adjusted
one the stated margin. He knows all relations of the true table, that values are not negative, and
that counts are whole. What he is not given: the algorithm's inner choices. A rounding that loses
least, or an adjustment that is closest, rules out some true tables inside his intervals; that is
not computed. Nor is he a contributor who knows a part of a cell. Source of the intervals of
rounding: Hundepool et al., tau-Argus manual, on the protection provided by controlled rounding.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from disclosure_control.audit import attack, find_unprotected
from disclosure_control.errors import InvalidInputError
from disclosure_control.margins import Grid
from disclosure_control.perturbation.adjust import AdjustedTable
from disclosure_control.perturbation.rounding import RoundedTable
from disclosure_control.suppression.names import cell_names
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_BOUNDED = 3_000
"""Up to so many cells the exact intervals are computed for ``frame``."""
_STEP = 1e-4
_SLACK = 1e-9


@dataclass(frozen=True, repr=False)
class PerturbationAudit:
    """What an attacker derives about the primary cells of a changed table.

    Args:
        frame: one row per primary cell: the dimension columns (or ``cell``), lower, upper (null in
            tables of more than 3,000 cells, where only whether they suffice is decided),
            required_lower, required_upper, holds.
        primaries: how many primary cells there are.
        exact: how many of them have one possible value.
        underprotected: how many have an interval that is too narrow, or leave no doubt about their
            group; those that are not decided count here.
    """

    frame: pl.DataFrame
    primaries: int
    exact: int
    underprotected: int

    @property
    def holds(self) -> bool:
        """Whether every primary cell has its protection."""
        return self.underprotected == 0 and self.exact == 0

    def __repr__(self) -> str:
        """Counts; the bounds are in ``frame``."""
        return (
            f"PerturbationAudit({self.primaries} primary cells, {self.exact} exactly known, "
            f"{self.underprotected} underprotected)"
        )


def audit_shown(problem: SuppressionProblem, lower: Floats, upper: Floats) -> PerturbationAudit:
    """The audit of a publication that tells ``lower`` and ``upper`` bounds of every true value.

    Raises:
        InvalidInputError: a true value lies outside what is told about it.
    """
    known = narrowed(problem, lower, upper)
    open_cells = np.asarray(known.upper_bounds > known.lower_bounds)
    weak, certain = find_unprotected(known, open_cells)
    failed = weak & problem.primary
    failed[[one.cell for one, bad in zip(problem.doubts, certain, strict=True) if bad]] = True
    exact = _exactly_known(known, open_cells, failed)
    return PerturbationAudit(
        frame=_frame(known, open_cells, failed),
        primaries=int(problem.primary.sum()),
        exact=int(exact.sum()),
        underprotected=int(failed.sum()),
    )


def audit_rounded(problem: SuppressionProblem, rounded: RoundedTable) -> PerturbationAudit:
    """The audit of a rounded table: base and number of steps are published with it."""
    shown = rounded.cells["value"].cast(pl.Float64).fill_null(0.0).to_numpy()
    reach = reach_of(rounded.base, steps_of(rounded), integral=problem.integral)
    return audit_shown(problem, shown - reach, shown + reach)


def audit_adjusted(adjusted: AdjustedTable, margin: float | None = None) -> PerturbationAudit:
    """The audit of an adjusted table.

    Args:
        adjusted: the table.
        margin: what is published, or feared to be known, about the largest change of a cell; null:
            ``adjusted.margin``.
    """
    reach = adjusted.margin if margin is None else margin
    shown, true = adjusted.values, adjusted.problem.values
    lower = np.where(adjusted.kept, true, shown - reach)
    return audit_shown(adjusted.problem, lower, np.where(adjusted.kept, true, shown + reach))


def steps_of(rounded: RoundedTable) -> int:
    """By how many multiples beyond the nearest two a cell may have been moved, as published."""
    return int(rounded.largest_change // rounded.base) if rounded.widened else 0


def reach_of(base: int, steps: int, *, integral: bool) -> float:
    """How far a true value can lie from its rounded one."""
    whole = (steps + 1) * base
    return float(whole - 1 if integral else whole)


def narrowed(problem: SuppressionProblem, lower: Floats, upper: Floats) -> SuppressionProblem:
    """The problem with the attacker's bounds narrowed by what is told."""
    slack = _SLACK * np.maximum(1.0, np.abs(problem.values))
    outside = int(((problem.values < lower - slack) | (problem.values > upper + slack)).sum())
    if outside:
        raise InvalidInputError(
            f"A true value lies within what is told about it; {outside} do not. Audit with the "
            "margin that was published."
        )
    low = np.minimum(np.maximum(problem.lower_bounds, lower), problem.values)
    high = np.maximum(np.minimum(problem.upper_bounds, upper), problem.values)
    if problem.integral:
        low, high = np.ceil(low - _SLACK), np.floor(high + _SLACK)
    return replace(problem, lower_bounds=low, upper_bounds=high)


def _exactly_known(problem: SuppressionProblem, open_cells: Flags, failed: Flags) -> Flags:
    """Which failed cells cannot move at all: neither a little up nor a little down."""
    if not failed.any():
        return failed
    step = np.ones(failed.size)
    if not problem.integral:
        step = _STEP * np.maximum(np.abs(problem.values), _STEP)
    little, nothing = np.where(failed, step, 0.0), np.zeros(failed.size)
    found = failed.copy()
    for down, up in ((little, nothing), (nothing, little)):
        asked = replace(
            problem, primary=failed, lower_protection=down, upper_protection=up, doubts=()
        )
        found &= find_unprotected(asked, open_cells)[0]
    return found


def _frame(problem: SuppressionProblem, open_cells: Flags, failed: Flags) -> pl.DataFrame:
    primary = problem.primary
    if problem.axes:
        names = Grid(problem.axes).labels().filter(pl.Series(primary))
    else:
        names = pl.DataFrame({"cell": pl.Series(cell_names(problem, primary), dtype=pl.String)})
    none = pl.Series([None] * int(primary.sum()), dtype=pl.Float64)
    lower, upper = none, none
    if primary.size <= _BOUNDED:
        bounds = attack(
            problem.values, problem.relations, open_cells,
            problem.lower_bounds, problem.upper_bounds, integral=problem.integral,
        )  # fmt: skip
        lower, upper = pl.Series(bounds.lower[primary]), pl.Series(bounds.upper[primary])
    return names.with_columns(
        lower.alias("lower"),
        upper.alias("upper"),
        required_lower=pl.Series((problem.values - problem.lower_protection)[primary]),
        required_upper=pl.Series((problem.values + problem.upper_protection)[primary]),
        holds=pl.Series(~failed[primary]),
    )
