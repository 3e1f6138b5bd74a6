"""The certificate for many tables: one new table against everything before it, by least squares.

The Gram matrix of all shown cells consists of contingency tables. With a Cholesky factor of it over
the independent earlier cells, a triangular solve gives what is left of the new cells when all that
the earlier ones explain is taken away. For each new independent cell, ``distance`` is the least sum
of squares of any computable figure in which that cell counts once. A figure of -1, 0 and 1 on w
units has w squares, so when every distance is above the limit, no combination of whole coefficients
gives a small group away that was not given away before.
"""

from dataclasses import dataclass, field

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints
from disclosure_control.differencing.coding import CodedTable, contingencies
from disclosure_control.differencing.factor import Factor
from disclosure_control.differencing.refine import independent, refined

NOTHING = 1e-8
SOMETHING = 1e-3
"""Squared lengths between the two are computed again from the units."""
_MOST_MULTIPLE = 12
_WHOLE = 1e-4


def _nothing() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, eq=False)
class State:
    """All tables so far.

    Args:
        tables: in the order in which they came.
        kept: for each table, the columns of ``basis`` that earlier columns do not explain.
        factor: Cholesky factor of the Gram matrix of all kept columns.
        shadows: rank x hidden cells of all tables: what the kept columns explain of each, solved.
        remains: for each hidden cell the sum of squares that is not explained; 0 is given back.
    """

    tables: tuple[CodedTable, ...] = ()
    kept: tuple[Ints, ...] = ()
    factor: Factor = field(default_factory=Factor)
    shadows: Floats = field(default_factory=_nothing)
    remains: Floats = field(default_factory=lambda: np.zeros(0))

    def columns(self) -> list[Floats]:
        """For each table, classes x kept columns."""
        return [table.basis[:, kept] for table, kept in zip(self.tables, self.kept, strict=True)]

    def after(self, *added: "Added") -> "State":
        """With more tables, each worked out against those before it."""
        factor = Factor.of([*self.factor.blocks, *(one.rows for one in added)])
        hidden = self.remains.size + sum(one.own.shape[1] for one in added)
        shadows = np.zeros((factor.rank, hidden))
        shadows[: self.factor.rank, : self.remains.size] = self.shadows
        for one in added:
            rank, known = one.rows.shape[1], one.remains.size
            shadows[rank - one.kept.size : rank, : one.shadows.shape[1]] = one.shadows
            shadows[:rank, known - one.own.shape[1] : known] = one.own
        return State(
            tables=(*self.tables, *(one.table for one in added)),
            kept=(*self.kept, *(one.kept for one in added)),
            factor=factor,
            shadows=shadows,
            remains=added[-1].remains if added else self.remains,
        )


@dataclass(frozen=True, eq=False)
class Added:
    """What one more table adds to a state.

    Args:
        table: the new table.
        kept: its independent columns.
        rows: new rows of the factor, rank so far + kept.
        shadows: new rows of the shadows of earlier hidden cells.
        own: shadows of the table's own hidden cells.
        remains: what is left of every hidden cell, those of the new table last.
    """

    table: CodedTable
    kept: Ints
    rows: Floats
    shadows: Floats
    own: Floats
    remains: Floats


@dataclass(frozen=True, eq=False)
class Step(Added):
    """What one more table adds, and what is asked about it.

    Args:
        residual: Gram matrix of what the earlier tables leave of all columns of ``table.basis``.
        shared: contingency of each earlier table with the new one.
        doubtful: some length could not be told from zero.
    """

    residual: Floats
    shared: tuple[Floats, ...]
    doubtful: bool

    @property
    def corner(self) -> Floats:
        """The rows' last part: Cholesky factor of what is left of the kept columns."""
        return self.rows[:, self.rows.shape[1] - self.kept.size :]

    def inverse(self) -> Floats:
        """Inverse of the Gram matrix of what is left of the kept columns."""
        from scipy.linalg import solve_triangular

        half = solve_triangular(self.corner, np.eye(self.kept.size), lower=True)
        return np.asarray(half.T @ half)

    def distances(self) -> Floats:
        """For each kept column the least sum of squares; see the module."""
        return np.asarray(1.0 / np.diag(self.inverse()))

    def multiple(self) -> int | None:
        """Coefficients over kept columns are whole after so many times; null when unknown."""
        dropped = np.setdiff1d(np.arange(self.residual.shape[0]), self.kept)
        mixed = self.inverse() @ self.residual[np.ix_(self.kept, dropped)]
        for times in range(1, _MOST_MULTIPLE + 1):
            if np.abs(times * mixed - np.round(times * mixed)).max(initial=0.0) < _WHOLE:
                return times
        return None


def step(state: State, table: CodedTable) -> Step:
    """What ``table`` adds to ``state``."""
    basis, hidden = table.basis, np.asarray(table.hidden.toarray(), dtype=np.float64)
    shared = contingencies(state.tables, table)
    old = state.columns()
    met = [one.T @ count for one, count in zip(old, shared, strict=True)]
    common = np.vstack([np.zeros((0, table.classes)), *met])
    solved = state.factor.solve(common @ np.hstack([basis, hidden]))
    new, own = solved[:, : basis.shape[1]], solved[:, basis.shape[1] :]
    sizes = table.sizes[:, None].astype(np.float64)
    residual = basis.T @ (sizes * basis) - new.T @ new
    kept, rows, doubtful = _kept(state, table, new, residual)
    past = _past_hidden(state, shared, basis) - state.shadows.T @ new
    corner = rows[:, state.factor.rank :]
    shadows = _lower(corner, past[:, kept].T)
    left = (hidden.T @ (sizes * basis) - own.T @ new)[:, kept]
    ours = _lower(corner, left.T)
    remains = np.concatenate(
        [
            state.remains - np.square(shadows).sum(axis=0),
            (sizes * np.square(hidden)).sum(axis=0)
            - np.square(own).sum(axis=0)
            - np.square(ours).sum(axis=0),
        ]
    )
    return Step(
        table=table,
        kept=kept,
        rows=rows,
        residual=residual,
        shadows=shadows,
        own=np.vstack([own, ours]),
        remains=remains,
        shared=shared,
        doubtful=doubtful,
    )


def _kept(
    state: State, table: CodedTable, new: Floats, residual: Floats
) -> tuple[Ints, Floats, bool]:
    """The independent new columns, their rows of the factor, and whether that is doubtful."""
    first, corner, left = pivoted(residual, SOMETHING)
    rows = np.hstack([new[:, first].T, corner])
    again = np.setdiff1d(np.flatnonzero(left > NOTHING), first)
    if again.size == 0:
        return first, rows, False
    factor = Factor.of([*state.factor.blocks, rows])
    cross = _lower(corner, residual[np.ix_(first, again)])
    known = np.vstack([new[:, again], cross])
    figures = refined(
        (*state.tables, table), [*state.columns(), table.basis[:, first]], factor,
        (table, table.basis[:, again], known),
    )  # fmt: skip
    chosen, triangle, doubtful = independent(figures)
    wide = np.hstack([rows, np.zeros((rows.shape[0], chosen.size))])
    more = np.hstack([known[:, chosen].T, triangle])
    return np.concatenate([first, again[chosen]]), np.vstack([wide, more]), doubtful


def pivoted(gram: Floats, least: float) -> tuple[Ints, Floats, Floats]:
    """Largest-first Cholesky: chosen columns, their factor, and what is left of every diagonal."""
    size = gram.shape[0]
    left = np.diag(gram).copy()
    rows = np.zeros((size, size))
    chosen: list[int] = []
    while len(chosen) < size:
        best = int(np.argmax(left))
        if left[best] < least:
            break
        count = len(chosen)
        row = (gram[best] - rows[:count, best] @ rows[:count]) / np.sqrt(left[best])
        row[chosen] = 0.0
        row[best] = np.sqrt(left[best])
        rows[count] = row
        left -= np.square(row)
        chosen.append(best)
        left[chosen] = 0.0
    places = np.array(chosen, dtype=np.int64)
    return places, rows[: places.size, places].T.copy(), left


def _past_hidden(state: State, shared: tuple[Floats, ...], basis: Floats) -> Floats:
    """Common units of every earlier hidden cell with the new columns."""
    parts = [
        np.asarray(table.hidden.T @ (count @ basis))
        for table, count in zip(state.tables, shared, strict=True)
        if table.hidden_cells
    ]
    return np.vstack([np.zeros((0, basis.shape[1])), *parts])


def _lower(corner: Floats, right: Floats) -> Floats:
    from scipy.linalg import solve_triangular

    if min(right.shape) == 0:
        return np.zeros(right.shape)
    return np.asarray(solve_triangular(corner, right, lower=True, check_finite=False))
