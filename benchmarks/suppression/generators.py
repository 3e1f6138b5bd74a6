"""Made-up tables: totals of unevenly sized contributors under p %, and counts below a threshold.

Each is fixed by its plan: the same plan gives the same table wherever numpy draws the same.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.suppression.trees import Growth, carried, grow, leaf_shape, sums, two_largest
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import (
    Floats,
    Places,
    SuppressionProblem,
    grid_relations,
)

PERCENT = 10.0
MINIMUM_UNITS = 3
_TRIFLE = 1e-9
_SPREAD, _SPREAD_OF_FIRST = 1.0, 0.7


@dataclass(frozen=True)
class Plan:
    """What is drawn: a tree per axis, how many contributors or persons, and the seed."""

    axes: tuple[Growth, ...]
    records: int
    seed: int


@dataclass(frozen=True)
class Contributors:
    """One entry per contributor: its leaf cell in the grid of leaves, and what it contributes."""

    cell: Places
    amount: Floats


def axes_of(plan: Plan) -> tuple[Axis, ...]:
    """The dimensions of a plan."""
    return tuple(grow(growth) for growth in plan.axes)


def draw_contributors(plan: Plan, axes: tuple[Axis, ...]) -> Contributors:
    """Contributors with lognormal amounts and a heavy tail, in cells of uneven density."""
    random = np.random.default_rng(plan.seed)
    cells = int(np.prod(leaf_shape(axes)))
    density = random.lognormal(0, 1.0, cells)
    density /= density.sum()
    cell = random.choice(cells, size=plan.records, p=density)
    body = np.exp(random.normal(5, 1.3, plan.records))
    tail = 1 + random.pareto(1.2, plan.records) * 0.3
    return Contributors(cell, np.ceil(body * tail))


def totals(plan: Plan) -> SuppressionProblem:
    """A table of totals under the p % rule: the second contributor must not guess the first.

    Primary: all others together add up to less than p % of the largest contribution.
    Requirement: upwards what the rule lacks, rounded up; downwards the same, at most the total.
    Cost: the total. Empty cells are shown and everybody knows that they are empty.

    Source: p % rule, Handbook on Statistical Disclosure Control, section 4.2.
    """
    axes = axes_of(plan)
    given = draw_contributors(plan, axes)
    shape = leaf_shape(axes)
    total, count = carried(_added(given, shape), axes, sums)
    first, second = carried(_tops(given, shape), axes, two_largest)
    lacking = PERCENT / 100 * first - (total - first - second)
    primary = (count > 0) & (lacking > _TRIFLE)
    upper = np.where(primary, np.ceil(lacking), 0.0)
    return SuppressionProblem(
        values=total,
        costs=np.where(count > 0, total, np.inf),
        relations=grid_relations(axes),
        primary=primary,
        lower_protection=np.minimum(upper, total),
        upper_protection=upper,
        lower_bounds=np.zeros(total.size),
        upper_bounds=np.where(count > 0, np.inf, 0.0),
        axes=axes,
    )


def counts(plan: Plan) -> SuppressionProblem:
    """A table of counts: primary is what lies between 1 and below the minimum.

    Requirement: the interval reaches from 0 to the minimum. Cost: the count and 1 more, so that
    empty cells may hide others too.
    """
    axes = axes_of(plan)
    random = np.random.default_rng(plan.seed)
    shape = leaf_shape(axes)
    chances = []
    for place, size in enumerate(shape):
        weight = random.lognormal(0, _SPREAD if place else _SPREAD_OF_FIRST, size)
        chances.append(weight / weight.sum())
    cell = np.zeros(plan.records, dtype=np.int64)
    for size, chance in zip(shape, chances, strict=True):
        cell = cell * size + random.choice(size, size=plan.records, p=chance)
    inner = np.bincount(cell, minlength=int(np.prod(shape))).astype(np.float64)
    (values,) = carried((inner.reshape(shape),), axes, sums)
    primary = (values > 0) & (values < MINIMUM_UNITS)
    return SuppressionProblem(
        values=values,
        costs=values + 1.0,
        relations=grid_relations(axes),
        primary=primary,
        lower_protection=np.where(primary, values, 0.0),
        upper_protection=np.where(primary, MINIMUM_UNITS - values, 0.0),
        lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf),
        integral=True,
        axes=axes,
    )


def _added(given: Contributors, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Total and number of contributors per leaf cell."""
    size = int(np.prod(shape))
    total = np.bincount(given.cell, weights=given.amount, minlength=size).astype(np.float64)
    count = np.bincount(given.cell, minlength=size).astype(np.float64)
    return total.reshape(shape), count.reshape(shape)


def _tops(given: Contributors, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Largest and second contribution per leaf cell, 0 when there is none."""
    order = np.lexsort((-given.amount, given.cell))
    cell, amount = given.cell[order], given.amount[order]
    start = np.r_[True, cell[1:] != cell[:-1]]
    after = np.r_[False, start[:-1] & ~start[1:]]
    tops = []
    for chosen in (start, after):
        largest = np.zeros(int(np.prod(shape)))
        largest[cell[chosen]] = amount[chosen]
        tops.append(largest.reshape(shape))
    return tops[0], tops[1]
