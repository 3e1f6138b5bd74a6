"""What an attacker learns from a pattern of hidden cells: of a protected table, or of any problem.

Subtraction first, with the revealing equation in words; then whether every demand is met; then how
far each hidden cell is narrowed. Nothing here depends on who chose the pattern: it may come from
tau-Argus, from sdcTable or from somebody's hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from disclosure_control.audit import Bounds, Derivation, attacker_bounds, find_unprotected, subtract
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import plain
from disclosure_control.suppression.names import cell_names as names_in
from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem
from disclosure_control.table import Table

if TYPE_CHECKING:
    from disclosure_control.protect import ProtectedTable

_SHARE = 1e-6


@dataclass(frozen=True)
class Audit:
    """What an attacker derives about the hidden cells of a table.

    Args:
        frame: one row per hidden cell: dimension columns, lower, upper, required_lower,
            required_upper (null for cells hidden for others), holds.
        exact: how many primary cells have one possible value, or are shown.
        underprotected: how many primary cells are shown, have an interval that is too narrow, or
            leave no doubt about their group; those counted in ``exact`` included.
        equation: how subtraction reveals a primary cell, in words; null when it does not.
    """

    frame: pl.DataFrame
    exact: int
    underprotected: int
    equation: str | None

    def __repr__(self) -> str:
        """Counts and the equation; the bounds are in ``frame``."""
        return (
            f"Audit({self.frame.height} hidden cells, {self.exact} exactly known, "
            f"{self.underprotected} underprotected, equation {self.equation})"
        )


@dataclass(frozen=True, repr=False)
class PatternAudit:
    """What an attacker derives from a pattern; arrays have one entry per cell of the problem.

    What could not be decided within the effort allowed counts as derived.

    Args:
        underprotected: primary cells that are shown, have an interval that is too narrow, or leave
            no doubt about their group.
        exact: primary cells with one possible value, and those shown.
        subtracted: hidden cells, primary or not, that subtraction alone gives away.
        bounds: what is possible for each cell; shown cells have their value twice.
        certain: one flag per doubt of the problem; the attacker may be certain.
        equation: how subtraction reveals a primary cell, in words, or the first shown primary
            cell; null when neither happens.
    """

    underprotected: Flags
    exact: Flags
    subtracted: Flags
    bounds: Bounds
    certain: Flags
    equation: str | None

    @property
    def holds(self) -> bool:
        """Whether nothing that must be protected is derived."""
        return not (self.underprotected.any() or self.exact.any() or self.certain.any())

    def __repr__(self) -> str:
        """Counts and the equation; never a figure."""
        return (
            f"PatternAudit({int(self.exact.sum())} primary cells exactly known, "
            f"{int(self.underprotected.sum())} underprotected, "
            f"{int(self.subtracted.sum())} hidden cells found by subtraction, "
            f"equation {self.equation})"
        )


def audit_pattern(problem: SuppressionProblem, suppressed: Flags) -> PatternAudit:
    """What an attacker who knows every shown cell and every relation derives.

    Args:
        problem: values, relations, demands, and what the attacker knows beforehand.
        suppressed: one flag per cell: it is hidden. Any pattern, whoever chose it.

    Raises:
        InvalidInputError: the flags do not fit the problem.
    """
    return _audit(problem, suppressed, lambda places: names_in(problem, places))


def _audit(
    problem: SuppressionProblem, suppressed: Flags, names: Callable[[Places], Sequence[str]]
) -> PatternAudit:
    hidden = np.asarray(suppressed)
    if hidden.dtype != np.bool_ or hidden.shape != problem.values.shape:
        raise InvalidInputError("A pattern has one flag per cell of the problem.")
    steps = subtract(problem.relations, hidden)
    weak, certain = _unprotected(problem, hidden)
    bounds = _at_least(problem, hidden & ~weak, attacker_bounds(problem, hidden))
    exact = problem.primary & (~hidden | (bounds.upper - bounds.lower <= _trifle(problem)))
    subtracted = np.zeros_like(hidden)
    subtracted[[step.cell for step in steps]] = True
    equation = _first_equation(problem, steps, names) or _first_shown(problem, hidden, names)
    return PatternAudit(weak, exact, subtracted, bounds, certain, equation)


def _unprotected(problem: SuppressionProblem, hidden: Flags) -> tuple[Flags, Flags]:
    """Primary cells that are not protected, cells without doubt included; and failing doubts."""
    weak, certain = find_unprotected(problem, hidden)
    weak = np.asarray(weak | (problem.primary & ~hidden), dtype=np.bool_)
    for one, bad in zip(problem.doubts, certain, strict=True):
        weak[one.cell] |= bad
    return weak, certain


def _at_least(problem: SuppressionProblem, proven: Flags, bounds: Bounds) -> Bounds:
    """Bounds that reach as far as was proven in another way."""
    own = proven & problem.primary
    low, high = _required(problem)
    return Bounds(
        np.where(own, np.minimum(bounds.lower, low), bounds.lower),
        np.where(own, np.maximum(bounds.upper, high), bounds.upper),
    )


def _required(problem: SuppressionProblem) -> tuple[Floats, Floats]:
    """What the interval of each primary cell must contain."""
    return problem.values - problem.lower_protection, problem.values + problem.upper_protection


def _trifle(problem: SuppressionProblem) -> Floats:
    """The width of an interval that tells the value all the same."""
    need = np.maximum(problem.lower_protection + problem.upper_protection, 0.0)
    return np.asarray(_SHARE * np.maximum(np.abs(problem.values), need))


def audit(protected: "ProtectedTable") -> Audit:
    """What an attacker who knows every shown cell and every relation derives."""
    problem, hidden, table = protected.problem, protected.hidden, protected.table
    found = _audit(problem, hidden, lambda places: _names(table, places))
    low, high = _required(problem)
    frame = (
        table.cells.select(table.dimensions)
        .with_columns(
            lower=found.bounds.lower,
            upper=found.bounds.upper,
            required_lower=np.where(problem.primary, low, np.nan),
            required_upper=np.where(problem.primary, high, np.nan),
            holds=~found.underprotected,
        )
        .with_columns(pl.col("required_lower", "required_upper").fill_nan(None))
        .filter(pl.Series(hidden))
    )
    equation = equation_of(protected)
    return Audit(frame, int(found.exact.sum()), int(found.underprotected.sum()), equation)


def weak_cells(protected: "ProtectedTable") -> Flags:
    """Primary cells that are visible or too narrow, by an attacker of its own code."""
    return _unprotected(protected.problem, protected.hidden)[0]


def equation_of(protected: "ProtectedTable") -> str | None:
    """The first subtraction that reveals a primary cell, in words."""
    problem, table = protected.problem, protected.table
    steps = subtract(problem.relations, protected.hidden)
    return _first_equation(problem, steps, lambda places: _names(table, places))


def _first_equation(
    problem: SuppressionProblem,
    steps: Sequence[Derivation],
    names: Callable[[Places], Sequence[str]],
) -> str | None:
    for step in steps:
        if problem.primary[step.cell]:
            return _in_words(problem.relations.tocsr()[step.relation], step.cell, names)
    return None


def _first_shown(
    problem: SuppressionProblem, hidden: Flags, names: Callable[[Places], Sequence[str]]
) -> str | None:
    shown = np.flatnonzero(problem.primary & ~hidden)
    return f"{names(shown[:1])[0]} is shown" if shown.size else None


def _in_words(row: Any, cell: int, names: Callable[[Places], Sequence[str]]) -> str:
    """A relation solved for one of its cells: what is added first, then what is taken away."""
    row = row.copy()
    row.sum_duplicates()
    row.eliminate_zeros()
    share = -row.data / row.data[row.indices == cell][0]
    places = row.indices.astype(np.int64)
    called = names(places)
    own = called[int(np.flatnonzero(places == cell)[0])]
    terms = [
        (float(part), name)
        for part, name, place in zip(share, called, places, strict=True)
        if place != cell
    ]
    added = " + ".join(_term(part, name) for part, name in terms if part > 0)
    taken = "".join(f" - {_term(-part, name)}" for part, name in terms if part < 0)
    return f"{own} = {added}{taken}" if added else f"{own} = {(taken or ' 0').strip()}"


def _term(share: float, name: str) -> str:
    return name if share == 1 else f"{share:g} {name}"


def cell_names(table: Table) -> list[str]:
    """Every cell by its labels, as people read them."""
    return _names(table, np.arange(table.cells.height))


def _names(table: Table, places: Places) -> list[str]:
    rows = table.cells.select(table.dimensions)[places.tolist()].rows()
    return ["(" + ", ".join(plain(text) for text in row) + ")" for row in rows]
