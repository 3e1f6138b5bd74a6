"""How a figure over units follows from the cells of many tables, proven in whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.atoms import atoms_of, over_atoms
from disclosure_control.differencing.cells import Difference, Floats, Ints
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.equations import Arithmetic, Equation
from disclosure_control.differencing.regression import State
from disclosure_control.differencing.system import Derived, System, proven

_MOST_TABLES = 16
_MOST_ATOMS = 4_000
_MOST_CELLS = 3_000
_MOST_MULTIPLE = 12
_NEAR = 1e-4
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Mix:
    """``multiple`` times a figure, as whole factors per class of each table in ``tables``."""

    multiple: int
    tables: tuple[CodedTable, ...]
    factors: tuple[Ints, ...]


def explain(state: State, figure: Ints) -> Mix | None:
    """How ``figure`` (one entry per number) follows from the tables; null when it does not."""
    columns = state.columns()
    mixed = np.zeros(state.factor.rank)
    left = figure.astype(np.float64)
    for _ in range(_ROUNDS):
        mixed += state.factor.solve_transposed(state.factor.solve(_met(state, columns, left)))
        left = figure - _spread(state, columns, mixed, figure.size)
    if np.abs(left).max(initial=0.0) > _NEAR:
        return None
    parts = _split(columns, mixed)
    for multiple in range(1, _MOST_MULTIPLE + 1):
        whole = [np.round(multiple * part) for part in parts]
        near = max(
            (np.abs(multiple * one - two).max(initial=0.0)
             for one, two in zip(parts, whole, strict=True)),
            default=0.0,
        )  # fmt: skip
        if near < _NEAR:
            mix = _mix(state, multiple, [part.astype(np.int64) for part in whole])
            return mix if _holds(mix, figure) else None
    return None


def unexplained(state: State, figure: Ints) -> float:
    """The sum of squares of ``figure`` that the tables do not explain; 0 when it follows."""
    numbers = np.flatnonzero(figure)
    values = figure[numbers].astype(np.float64)
    parts = [
        values @ part[table.of_units(numbers)]
        for table, part in zip(state.tables, state.columns(), strict=True)
    ]
    solved = state.factor.solve(np.concatenate([np.zeros(0), *parts]))
    return float(values @ values - solved @ solved)


def tell(
    system: System, figure: Ints, derived: Derived, tables: Sequence[CodedTable]
) -> Difference | None:
    """The difference in few cells of ``tables``; null when they do not prove it or are too many."""
    if len(tables) > _MOST_TABLES or sum(len(t.shown_cells) for t in tables) > _MOST_CELLS:
        return None
    atoms = atoms_of(tables, system.owners, _MOST_ATOMS)
    if atoms is None:
        return None
    over = over_atoms(atoms, figure)
    equation = None if over is None else Arithmetic(atoms.rows).find(over)
    return None if equation is None else proven(derived, equation, system, tables)


def tell_mix(system: System, figure: Ints, derived: Derived, mix: Mix) -> Difference | None:
    """The difference in few cells of the tables of ``mix``, or else in those that it names."""
    of_table = {id(table): part for table, part in zip(mix.tables, mix.factors, strict=True)}
    tables = [table for table in system.tables if id(table) in of_table]
    told = tell(system, figure, derived, tables)
    if told is not None:
        return told
    factors = []
    for table in tables:
        part = of_table[id(table)]
        equation = Arithmetic(table.shown.tocsr()).find(part)
        if equation is None or equation.multiple != 1:
            return None
        factors.append(equation.factors)
    return proven(derived, Equation(mix.multiple, np.concatenate(factors)), system, tables)


def _mix(state: State, multiple: int, factors: list[Ints]) -> Mix:
    used = [place for place, part in enumerate(factors) if part.any()]
    return Mix(
        multiple,
        tuple(state.tables[place] for place in used),
        tuple(factors[place] for place in used),
    )


def _holds(mix: Mix, figure: Ints) -> bool:
    total = np.zeros(figure.size, dtype=np.int64)
    for table, part in zip(mix.tables, mix.factors, strict=True):
        total[: table.codes.size] += part[table.codes]
    return bool((total == mix.multiple * figure).all())


def _met(state: State, columns: Sequence[Floats], figure: Floats) -> Floats:
    parts = [np.zeros(0)]
    for table, part in zip(state.tables, columns, strict=True):
        inside = figure[: table.codes.size]
        parts.append(part.T @ np.bincount(table.codes, weights=inside, minlength=table.classes))
    return np.concatenate(parts)


def _spread(state: State, columns: Sequence[Floats], mixed: Floats, size: int) -> Floats:
    total = np.zeros(size)
    for table, part in zip(state.tables, _split(columns, mixed), strict=True):
        total[: table.codes.size] += part[table.codes]
    return total


def _split(columns: Sequence[Floats], mixed: Floats) -> list[Floats]:
    """Factors per class of each table."""
    found, start = [], 0
    for part in columns:
        stop = start + part.shape[1]
        found.append(part @ mixed[start:stop])
        start = stop
    return found
