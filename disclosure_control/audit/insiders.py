"""Checking that a certificate holds against insiders: no solver, nothing taken on trust.

An insider knows what it contributed. In a table of amounts that are not negative no cell of its
can hold less, and a cell in which it is known to be alone holds that and no more. A change of the
table convinces it only if it respects both. So for every demand and every insider some entry of
the certificate must do so and go far enough; of a cell that it takes part in an insider expects no
fall below its own contribution, and of a cell in which it is alone it expects nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    Places,
    SuppressionProblem,
)

_ROUNDING = 1e-6
_FLOATS = 1e-12
_STRICT = 1e-12

Holdings = dict[tuple[int, int], float]


def verify_insiders(
    problem: SuppressionProblem,
    suppressed: Flags,
    certificate: Certificate,
    kinds: Sequence[Insiders],
) -> tuple[Flags, Flags]:
    """Which demands a certificate proves against every insider.

    Whether it proves them against strangers is for ``verify`` to say. A certificate that makes no
    sense proves nothing.

    Returns:
        One flag per cell: primary, hidden and proven in both directions. One flag per doubt.
    """
    cells = problem.primary & suppressed
    doubts = np.array([bool(suppressed[one.cell]) for one in problem.doubts], dtype=np.bool_)
    if not _is_well_formed(problem, certificate):
        nothing = (problem.upper_protection <= 0) & (problem.lower_protection <= 0)
        return cells & nothing, doubts & False
    book = _Book(problem, suppressed, certificate, kinds)
    for side, needs in ((1, problem.upper_protection), (-1, problem.lower_protection)):
        for cell in np.flatnonzero(cells & (needs > 0)).tolist():
            cells[cell] &= book.holds(cell, side, float(needs[cell]))
    for place in np.flatnonzero(doubts).tolist():
        doubts[place] = book.doubted(place)
    return cells, doubts


def _is_well_formed(problem: SuppressionProblem, certificate: Certificate) -> bool:
    flows, row = certificate.flows, certificate.row
    sizes = {row.shape, certificate.target.shape, certificate.side.shape, certificate.scale.shape}
    if len(sizes) != 1 or row.ndim != 1 or flows.shape[1] != problem.values.size:
        return False
    if not all(np.issubdtype(part.dtype, np.integer) for part in (row, certificate.target)):
        return False
    return bool(((row >= 0) & (row < flows.shape[0]) & np.isfinite(certificate.scale)).all())


class _Book:
    """The sound entries of a certificate by demand, and who objects to each."""

    def __init__(
        self,
        problem: SuppressionProblem,
        suppressed: Flags,
        certificate: Certificate,
        kinds: Sequence[Insiders],
    ) -> None:
        self._problem = problem
        sound = np.flatnonzero(_sound(problem, suppressed, certificate))
        self._moved = _scaled(certificate, sound)
        target = np.minimum(certificate.target[sound], problem.values.size - 1)
        self._at_target = np.asarray(self._moved[np.arange(sound.size), target]).ravel()
        self._need = _needs(problem, certificate.target[sound], certificate.side[sound])
        self._entries: dict[tuple[int, int], list[int]] = defaultdict(list)
        pairs = zip(certificate.target[sound].tolist(), certificate.side[sound].tolist(),
                    strict=True)  # fmt: skip
        for entry, demand in enumerate(pairs):
            self._entries[demand].append(entry)
        self._against: list[set[int]] = [set() for _ in range(sound.size)]
        self._own: Holdings = {}
        self._lone: set[tuple[int, int]] = set()
        first = 0
        for kind in kinds:
            self._read(kind, suppressed, first)
            first += kind.count

    def _read(self, kind: Insiders, hidden: Flags, first: int) -> None:
        """Notes what every insider of a kind contributes to hidden cells, and its objections."""
        columns, problem = self._moved.tocsc(), self._problem
        for cell, who, amount in _holdings(kind, hidden):
            numbers = (who + first).tolist()
            self._own.update(zip(((one, cell) for one in numbers), amount.tolist(), strict=True))
            alone = bool(kind.lone[cell])
            if alone:
                self._lone.update((one, cell) for one in numbers)
            part = slice(columns.indptr[cell], columns.indptr[cell + 1])
            entries, moved = columns.indices[part], columns.data[part]
            slack = self._slack(entries, cell, moved)
            if alone:
                for entry in entries[np.abs(moved) > slack].tolist():
                    self._against[entry].update(numbers)
            elif problem.lower_bounds[cell] >= 0:
                left = problem.values[cell] + moved + slack
                asked = (moved < 0) & (left < amount.max())
                for entry, rest in zip(entries[asked].tolist(), left[asked].tolist(), strict=True):
                    self._against[entry].update((who[amount > rest] + first).tolist())

    def _slack(self, entries: Places, cell: int, moved: Floats) -> Floats:
        if self._problem.integral:
            return np.zeros(moved.size)
        size = abs(float(self._problem.values[cell])) + np.abs(moved)
        return np.asarray(_ROUNDING * self._need[entries] + _FLOATS * size)

    def holds(self, cell: int, side: int, need: float) -> bool:
        """Whether a cell moves far enough in the eyes of every insider."""
        entries = self._entries.get((cell, side), [])
        reach = {entry: side * float(self._at_target[entry]) for entry in entries}
        whole = [entry for entry in entries if reach[entry] >= need - self._rounding(need)]
        if not whole:
            return False
        for who in self._against[whole[0]]:
            least = self._expected(who, cell, side, need)
            far = (one for one in entries if reach[one] >= least - self._rounding(least))
            if least > 0 and all(who in self._against[one] for one in far):
                return False
        return True

    def _expected(self, who: int, cell: int, side: int, need: float) -> float:
        """How far an insider must see the cell move; nothing where it is alone."""
        problem = self._problem
        if (who, cell) in self._lone:
            return 0.0
        if side > 0 or problem.lower_bounds[cell] < 0:
            return need
        value = float(problem.values[cell])
        rest = value - self._own.get((who, cell), 0.0)
        least = 0.0 if problem.integral else _ROUNDING * abs(value)
        return min(need, rest) if rest > least else 0.0

    def _rounding(self, need: float) -> float:
        return 0.0 if self._problem.integral else _ROUNDING * need

    def doubted(self, place: int) -> bool:
        """Whether a doubt is raised in the eyes of every insider who is not alone in the cell."""
        problem, doubt = self._problem, self._problem.doubts[place]
        values = problem.values
        if _below(values[doubt.cell], doubt.share * values[doubt.group]):
            return True
        entries = [
            entry
            for entry in self._entries.get((place, 0), [])
            if _below(
                values[doubt.cell] + float(self._moved[entry, doubt.cell]),
                doubt.share * (values[doubt.group] + float(self._moved[entry, doubt.group])),
            )
        ]
        against = (self._against[entry] for entry in entries)
        left = set.intersection(*against) if entries else {-1}
        return all((who, doubt.cell) in self._lone for who in left)


def _below(value: float, limit: float) -> bool:
    return bool(value < limit - _STRICT * max(1.0, abs(limit)))


def _needs(problem: SuppressionProblem, target: Places, side: npt.NDArray[np.int8]) -> Floats:
    """The protection that an entry is about: what its rounding is measured by; 0 for doubts."""
    cell = np.minimum(target, problem.values.size - 1)
    need = np.where(side > 0, problem.upper_protection[cell], problem.lower_protection[cell])
    return np.where(side == 0, 0.0, need)


def _scaled(certificate: Certificate, entries: Places) -> Any:
    """One row per entry: the change it stands for."""
    from scipy.sparse import diags

    rows = certificate.flows.tocsr()[certificate.row[entries]].copy()
    rows.sum_duplicates()
    return (diags(certificate.scale[entries]) @ rows).tocsr()


def _sound(problem: SuppressionProblem, hidden: Flags, certificate: Certificate) -> Flags:
    """Entries that move hidden cells only, keep every relation and everybody's bounds."""
    moved = _scaled(certificate, np.arange(certificate.row.size)).tocoo()
    size = certificate.target.size
    limit = problem.values.size + (certificate.side == 0) * len(problem.doubts)
    good = (certificate.target >= 0) & (certificate.target < limit)
    if not good.all():
        return np.zeros(size, dtype=np.bool_)
    trifle = _needs(problem, certificate.target, certificate.side) * _ROUNDING
    slack = np.zeros(moved.data.size)
    if not problem.integral:
        slack = trifle[moved.row] + _FLOATS * (np.abs(problem.values[moved.col]) + abs(moved.data))
    after = problem.values[moved.col] + moved.data
    wrong = ~hidden[moved.col] | ~np.isfinite(moved.data)
    wrong |= after < problem.lower_bounds[moved.col] - slack
    wrong |= after > problem.upper_bounds[moved.col] + slack
    if problem.integral:
        wrong |= moved.data != np.rint(moved.data)
    wrong &= moved.data != 0
    good[moved.row[wrong]] = False
    left = (problem.relations @ moved.tocsr().T).tocoo()
    allowed = np.zeros(left.data.size)
    if not problem.integral:
        terms = (abs(problem.relations) @ abs(moved.tocsr()).T).tocsr()
        allowed = trifle[left.col] + _FLOATS * np.asarray(terms[left.row, left.col]).ravel()
    good[left.col[~(np.abs(left.data) <= allowed)]] = False
    return np.asarray(good, dtype=np.bool_)


def _holdings(kind: Insiders, hidden: Flags) -> Iterator[tuple[int, Places, Floats]]:
    """For every hidden cell somebody is in: the cell, who is in it, and with how much."""
    from scipy.sparse import csr_matrix, hstack

    shape = (max(1, kind.count), kind.top.size - len(kind.unions))
    # Who is in a cell is counted apart: a sum of amounts may be zero, and is then not stored.
    own = csr_matrix((np.ones(kind.cell.size), (kind.who, kind.cell)), shape=shape)
    amounts = csr_matrix((kind.amount, (kind.who, kind.cell)), shape=shape)
    if kind.axes:
        above = _above(kind.axes)
        own, amounts = own @ above, amounts @ above
    if kind.unions:
        parts = [(cell, at) for at, union in enumerate(kind.unions) for cell in union]
        rows, columns = zip(*parts, strict=True)
        whole = csr_matrix(
            (np.ones(len(parts)), (rows, columns)), shape=(shape[1], columns[-1] + 1)
        )
        own, amounts = hstack([own, own @ whole]), hstack([amounts, amounts @ whole])
    part, amount = own.tocsc(), np.zeros(own.nnz)
    part.sort_indices()
    cells = np.repeat(np.arange(part.shape[1]), np.diff(part.indptr))
    size = amounts.tocoo()
    at = np.searchsorted(
        cells * shape[0] + part.indices, size.col.astype(np.int64) * shape[0] + size.row
    )
    np.add.at(amount, at, size.data)
    for cell in np.flatnonzero(hidden & (np.diff(part.indptr) > 0)).tolist():
        entries = slice(part.indptr[cell], part.indptr[cell + 1])
        yield cell, part.indices[entries].astype(np.int64), amount[entries]


def _above(axes: tuple[Axis, ...]) -> Any:
    """A matrix with 1 where the column's cell is the row's cell or lies above it."""
    from scipy.sparse import csr_matrix, kron

    found: Any = csr_matrix(np.ones((1, 1)))
    for axis in axes:
        rows, columns = [], []
        for place in range(len(axis.labels)):
            node = place
            while node >= 0:
                rows.append(place)
                columns.append(node)
                node = axis.parents[node]
        ones = np.ones(len(rows))
        line = csr_matrix((ones, (rows, columns)), shape=(len(axis.labels), len(axis.labels)))
        found = kron(found, line, format="csr")
    return found
