"""Controlled tabular adjustment: a table close to the true one in which no sensitive cell is true.

Every sensitive cell is moved out of its protection interval: to its value less its lower protection
or below, or to its value and its upper protection or above. The other cells move as little as
possible, weighted, so that all relations and bounds are kept. Nothing is hidden.

What it protects: the figure shown for a sensitive cell is wrong by at least its protection, so
whoever takes the table at its word learns nothing exact. What it does not: no interval is promised.
The method is public, and the closest table puts most sensitive cells right on the border of their
interval; who guesses which cells are sensitive and how wide their intervals are can guess the true
values back. Whether a cell rose or fell, and how far cells moved, must therefore stay secret. How
much is left to an attacker who knows that no cell was changed by more than a stated margin is
measured by ``adjust_audit.audit_adjusted``; suppression remains the method with a guarantee.

Sources: Dandekar and Cox (2002), Synthetic Tabular Data: an Alternative to Complementary Cell
Suppression; Castro (2006), Minimum-distance controlled perturbation methods for large-scale tabular
data protection, European Journal of Operational Research 171, 39-52; Cox, Kelly and Patil (2005),
Computational Aspects of Controlled Tabular Adjustment; on what attackers can do: Castro (2012), On
assessing the disclosure risk of controlled adjustment methods for statistical tabular data,
International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 20, 921-941.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.perturbation.adjust_blocks import mend
from disclosure_control.perturbation.adjust_exact import choose_exactly, whole_changes
from disclosure_control.perturbation.adjust_program import Choice, Distance
from disclosure_control.perturbation.adjust_search import search_sides
from disclosure_control.perturbation.adjust_terms import Terms, terms_of, without_way_out
from disclosure_control.policy import Policy, find_policy
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.names import cell_names, listed
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem
from disclosure_control.table import Table

_ADDITIVE = ("count", "sum")
_CLOSE = 1e-6
_OUTSIDE = 1e-9
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Wish:
    """How an adjustment is looked for.

    Args:
        weights: what changing a cell costs per unit: ``value`` (1 / value), ``sqrt`` (1 / its root)
            or ``equal``.
        keep: one flag per cell, true for cells that keep their true value; null: none need to.
        seconds: how long choices are improved; null: a fixed amount of work.
        seed: of the improvement.
    """

    weights: str = "value"
    keep: Flags | None = None
    seconds: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses what is no effort."""
        timed = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if self.seconds is not None and not (timed and self.seconds >= 0):
            raise InvalidInputError("seconds is a number of at least 0, or nothing.")
        if type(self.seed) is not int or self.seed < 0:
            raise InvalidInputError("A seed is a whole number of at least 0.")


@dataclass(frozen=True, repr=False)
class Adjustment:
    """Adjusted values of a problem.

    Args:
        values: one per cell; not the true ones.
        distance: the weighted sum of absolute changes; the median cell has weight 1.
        exact: whether no adjustment is closer.
    """

    values: Floats
    distance: float
    exact: bool

    def __repr__(self) -> str:
        """How many cells, and whether it is the closest; no values."""
        return f"Adjustment({self.values.size} cells, exact {self.exact})"


@dataclass(frozen=True, repr=False)
class AdjustedTable:
    """An adjusted table. Only ``cells`` and ``margin`` are for release.

    Args:
        cells: one row per cell in the order of the table: the dimension columns (text) and value;
            null where nobody has a value.
        margin: a statement that may be published: no cell was changed by more than this. It is
            wide enough to leave every sensitive cell its interval, and is rounded up.
        problem: what had to be protected; holds the true values.
        loss: the sum of absolute changes over all cells, margins of the table included.
        largest_change: the largest absolute change of a cell; not for release.
        changed: how many cells were changed.
        exact: whether no adjustment has a smaller weighted distance.
        kept: cells that keep their true value, and are known to.
    """

    cells: pl.DataFrame
    margin: float
    problem: SuppressionProblem
    loss: float
    largest_change: float
    changed: int
    exact: bool
    kept: Flags

    @property
    def values(self) -> Floats:
        """The adjusted values, 0 where nobody has a value."""
        return self.cells["value"].cast(pl.Float64).fill_null(0.0).to_numpy()

    def __repr__(self) -> str:
        """Counts only; the figures are in ``cells``."""
        return (
            f"AdjustedTable({self.cells.height} cells, {self.changed} changed, "
            f"{int(self.problem.primary.sum())} sensitive, exact {self.exact})"
        )


def adjust(
    table: Table,
    policy: Policy | str,
    seconds: float | None = None,
    seed: int = 0,
    weights: str = "value",
    keep: Flags | None = None,
) -> AdjustedTable:
    """``table`` with every unsafe cell moved out of its interval, the closest that was found.

    Tables with at most 300 sensitive and 6,000 cells are solved as whole-number programs with
    bounded work; larger ones by a search over which cells rise and fall. Where all true values are
    multiples of 1, 0.1 or 0.01, so are the adjusted ones, so that odd digits give nobody away.

    Args:
        table: a table of counts or sums.
        policy: a policy or its name.
        seconds: how long the search goes on; null: a fixed amount of work.
        seed: of the search.
        weights: what changing a cell costs per unit: ``value`` (1 / value), ``sqrt`` or ``equal``.
        keep: one flag per cell, true for cells that keep their true value; see ``totals``.

    Raises:
        InvalidInputError: the table is not of counts or sums.
        ProtectionError: some cells cannot be moved out of their interval; they are named.
    """
    if table.statistic not in _ADDITIVE:
        raise InvalidInputError(f"An adjusted table is of {' or '.join(_ADDITIVE)}.")
    chosen = find_policy(policy)
    problem = build_problem(table, find(table, chosen), chosen)
    found = closest(problem, Wish(weights, keep, seconds, seed))
    changes = np.abs(found.values - problem.values)
    present = table.cells["value"].is_not_null()
    shown = pl.Series("value", found.values).set(~present & pl.Series(changes == 0), None)
    return AdjustedTable(
        cells=table.cells.select(table.dimensions).with_columns(shown),
        margin=stated_margin(problem, found.values),
        problem=problem,
        loss=float(changes.sum()),
        largest_change=float(changes.max(initial=0.0)),
        changed=int((changes > 0).sum()),
        exact=found.exact,
        kept=np.zeros(changes.size, dtype=np.bool_) if keep is None else np.asarray(keep),
    )


def totals(table: Table) -> Flags:
    """The cells of a table that are sums of others, for ``adjust(..., keep=totals(table))``."""
    found = np.zeros(table.grid.shape, dtype=np.bool_)
    for place, axis in enumerate(table.axes):
        inner = [number for number, below in enumerate(axis.children) if below]
        np.moveaxis(found, place, 0)[inner] = True
    return found.ravel()


def adjust_problem(problem: SuppressionProblem, wish: Wish | None = None) -> Floats:
    """Adjusted values of a problem; see ``closest``."""
    return closest(problem, wish or Wish()).values


def closest(problem: SuppressionProblem, wish: Wish) -> Adjustment:
    """The closest adjustment found, checked before it is returned.

    Cells whose cost is infinite keep their value, as everybody knows it or it must be shown. A cell
    in doubt about its group is moved below its share of the group.

    Raises:
        ProtectionError: some cells cannot be moved out of their interval; they are named.
    """
    terms = terms_of(problem, wish.weights, wish.keep)
    stuck = without_way_out(problem, terms)
    if stuck.any():
        raise ProtectionError(_cannot(problem, stuck))
    choice = search_sides(terms, wish.seconds, wish.seed)
    if choice is None:
        raise ProtectionError("The program of the adjustment had no answer; nothing is returned.")
    choice, exact = _improved(terms, choice)
    if not choice.moved.meets:
        raise ProtectionError(_cannot(problem, _short(problem, terms, choice)))
    changes, exact = _in_full_units(problem, terms, choice, exact=exact)
    values = _valued(problem, terms, changes)
    kept = np.asarray((terms.rise == 0) & (terms.fall == 0))
    _check(problem, values, kept)
    return Adjustment(values, terms.cost(changes) * terms.unit, exact)


def _improved(terms: Terms, choice: Choice) -> tuple[Choice, bool]:
    """The better of the mended choice and the whole-number program's; whether it is best."""
    choice = mend(terms, choice)
    better = choose_exactly(terms, choice)
    if better is None:
        return choice, False
    sides, proven = better
    moved = Distance(terms).best(sides)
    if moved is None:
        return choice, False
    return min(Choice(sides, moved), choice, key=lambda one: one.moved.loss), proven


def _in_full_units(
    problem: SuppressionProblem, terms: Terms, choice: Choice, *, exact: bool
) -> tuple[Floats, bool]:
    """Whole changes where values have a grain. Where there are none counts are not adjusted."""
    changes = choice.moved.changes
    if not terms.whole:
        return changes, exact
    whole = whole_changes(terms, choice)
    if whole is None and problem.integral:
        raise ProtectionError(
            "No table of whole numbers was found in which the sensitive cells are outside their "
            "intervals; suppress cells or join categories."
        )
    if whole is None:
        return changes, exact
    return whole, exact and bool(terms.cost(whole) <= choice.moved.loss * (1 + _CLOSE))


def _valued(problem: SuppressionProblem, terms: Terms, changes: Floats) -> Floats:
    """The values with their changes; unchanged cells keep theirs to the last digit."""
    still = np.abs(changes) <= _OUTSIDE
    moved = problem.values + changes * terms.unit
    whole = np.array_equal(changes, np.round(changes))
    if terms.whole and whole:
        moved = np.round(np.round(moved / terms.unit) * terms.unit, 2)
    return np.asarray(np.where(still, problem.values, moved), dtype=np.float64)


def _short(problem: SuppressionProblem, terms: Terms, choice: Choice) -> Flags:
    cells = np.flatnonzero(terms.sensitive)
    lacking = choice.moved.short > _CLOSE
    failed = np.zeros(terms.up.size, dtype=np.bool_)
    failed[cells[lacking[: cells.size]]] = True
    doubts = zip(problem.doubts, lacking[cells.size :], strict=True)
    failed[[one.cell for one, bad in doubts if bad]] = True
    return failed


def _cannot(problem: SuppressionProblem, failed: Flags) -> str:
    return (
        "These cells cannot be moved out of their interval as long as the others keep their "
        "bounds; keep fewer cells, or join categories: " + listed(cell_names(problem, failed))
    )


def _check(problem: SuppressionProblem, values: Floats, kept: Flags) -> None:
    """The post-condition: relations and bounds hold, sensitive cells are out, kept ones true."""
    moved = values - problem.values
    scale = max(1.0, float(np.abs(values).max(initial=0.0)))
    slack = 0.0 if problem.integral else _CLOSE * scale
    own = _OUTSIDE * np.maximum(1.0, np.abs(values))
    uneven = np.abs(problem.relations @ moved).max(initial=0.0) > slack
    bounded = (values >= problem.lower_bounds - own) & (values <= problem.upper_bounds + own)
    up, down = problem.upper_protection, problem.lower_protection
    out = ((up > 0) & (moved >= up - own)) | ((down > 0) & (moved <= own - down))
    asked = problem.primary & ((up > 0) | (down > 0))
    part = problem.integral and not np.array_equal(values, np.round(values))
    certain = [values[one.cell] >= one.share * values[one.group] for one in problem.doubts]
    if (
        uneven or part or not bounded.all() or not out[asked].all() or any(certain)
        or not np.array_equal(values[kept], problem.values[kept])
    ):  # fmt: skip
        raise ProtectionError(
            "The adjusted table was checked and does not hold; it is not returned. Suppress cells "
            "instead."
        )


def stated_margin(problem: SuppressionProblem, values: Floats) -> float:
    """The least round margin (1, 2 or 5 times a power of ten) that leaves cells their intervals.

    An attacker who knows it and sees ``values`` knows each cell to within it, so it must reach from
    the adjusted value over the whole interval on the other side.
    """
    moved = values - problem.values
    up = np.where(problem.primary, problem.upper_protection, 0.0)
    down = np.where(problem.primary, problem.lower_protection, 0.0)
    reach = np.maximum(np.maximum(up - moved, down + moved), np.abs(moved))
    largest = float(reach.max(initial=0.0))
    margin = _round_up(largest) if largest > 0 else 0.0
    return max(margin, 1.0) if problem.integral and margin > 0 else margin


def next_margin(margin: float) -> float:
    """The next round margin above ``margin``."""
    return _round_up(margin * 1.5)


def _round_up(amount: float) -> float:
    power = float(10.0 ** np.floor(np.log10(amount)))
    return next(step * power for step in _STEPS if step * power >= amount * (1 - _OUTSIDE))
