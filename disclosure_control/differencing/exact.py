"""The exact route for few tables: every combination of any coefficients, each finding proven."""

from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.atoms import Atoms, atoms_of, over_atoms, units_in
from disclosure_control.differencing.cells import Difference, Floats, Ints
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.empties import Given, find_empty
from disclosure_control.differencing.equations import Arithmetic, as_whole
from disclosure_control.differencing.groups import Group, Measure, find_groups
from disclosure_control.differencing.space import CLEAR, Span, derivable, span
from disclosure_control.differencing.system import (
    Derived,
    System,
    hidden_figures,
    proven,
    suspected,
)

MOST_ATOMS = 6_000
MOST_COLUMNS = 1_000
MOST_NAMED = 100


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was found, hidden cells that can be computed; ``complete``: nothing is undecided."""

    differences: tuple[Difference, ...]
    given: tuple[Given, ...]
    complete: bool


def compare_exactly(system: System, minimum_units: int) -> Outcome | None:
    """All differences of few tables; null when they are too many for it."""
    if sum(table.basis.shape[1] for table in system.tables) > MOST_COLUMNS:
        return None
    atoms = atoms_of(system.tables, system.owners, MOST_ATOMS)
    if atoms is None:
        return None
    whole = span(_columns(system.earlier, atoms), _columns(system.new, atoms))
    hidden, given, sure = _hidden(system, atoms, whole)
    space = derivable(whole, atoms.sizes < minimum_units)
    search = find_groups(space, _measure(atoms, system.owners, minimum_units))
    groups = sorted(
        (_derived(group, atoms, system.owners) for group in search.groups),
        key=lambda derived: derived.units,
    )
    found = _named(system, atoms, _once([*hidden, *groups]))
    found += find_empty(system, given)
    return Outcome(found, tuple(given), complete=search.complete and sure and not whole.doubtful)


def _columns(tables: tuple[CodedTable, ...], atoms: Atoms) -> Floats:
    """Atoms x independent columns of some tables."""
    parts = [table.basis[table.of_units(atoms.representative)] for table in tables]
    return np.hstack([np.zeros((atoms.count, 0)), *parts])


def _measure(atoms: Atoms, owners: Ints, minimum_units: int) -> Measure:
    if np.allclose(atoms.weights, atoms.sizes):
        return Measure(atoms.weights, minimum_units - 1)
    light = np.flatnonzero(atoms.sizes < minimum_units)
    members: list[Ints] = [np.zeros(0, dtype=np.int64)] * atoms.count
    for atom in light.tolist():
        members[atom] = np.unique(owners[atoms.member == atom])
    return Measure(atoms.weights, minimum_units - 1, tuple(members))


def _hidden(system: System, atoms: Atoms, whole: Span) -> tuple[list[Derived], list[Given], bool]:
    """Hidden cells newly given back, all that can be computed, and whether each is decided."""
    found, given, sure = [], [], True
    for table, cell, counts in hidden_figures(system):
        figure = over_atoms(atoms, counts)
        if figure is None:
            continue
        parts = whole.basis.T @ figure
        left = float(np.linalg.norm(figure - whole.basis @ parts))
        fresh = float(np.linalg.norm(parts[whole.earlier :]))
        sure = sure and not (CLEAR / 10 < left < CLEAR * 10)
        if left > CLEAR:
            continue
        given.append(Given(table, cell, before=fresh <= CLEAR))
        if fresh > CLEAR:
            units = units_in(atoms, system.owners, np.flatnonzero(figure))
            found.append(Derived(figure, units, (table.name, cell)))
    return sorted(found, key=lambda derived: derived.units), given, sure


def _derived(group: Group, atoms: Atoms, owners: Ints) -> Derived:
    """A group as a figure in whole numbers; zero when its coefficients are not such."""
    figure = np.zeros(atoms.count, dtype=np.int64)
    whole = as_whole(group.values)
    if whole is not None:
        figure[group.atoms] = whole[1] if whole[1].sum() >= 0 else -whole[1]
    return Derived(figure, units_in(atoms, owners, group.atoms))


def _once(found: list[Derived]) -> list[Derived]:
    """The first of each figure; a figure and its negative are one."""
    seen: dict[bytes, Derived] = {}
    for place, derived in enumerate(found):
        figure = derived.figure
        nonzero = np.flatnonzero(figure)
        sign = -1 if nonzero.size and figure[nonzero[0]] < 0 else 1
        key = (sign * figure).tobytes() if nonzero.size else str(place).encode()
        seen.setdefault(key, derived)
    return list(seen.values())


def _named(system: System, atoms: Atoms, found: list[Derived]) -> tuple[Difference, ...]:
    arithmetic = Arithmetic(atoms.rows)
    names = [table.name for table in system.new]
    differences = []
    for derived in found[:MOST_NAMED]:
        equation = arithmetic.find(derived.figure) if derived.figure.any() else None
        if equation is None:
            text = f"{derived.named} follows from these tables; the arithmetic was not worked out"
            differences.append(suspected(system, text, derived.subject, names))
        else:
            differences.append(proven(derived, equation, system, system.tables))
    if len(found) > MOST_NAMED:
        text = f"{len(found) - MOST_NAMED} more groups and hidden cells follow from these tables"
        differences.append(suspected(system, text, "undecided", names))
    return tuple(differences)
