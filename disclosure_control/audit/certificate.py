"""Checking a certificate: no solver, time linear in its size.

A certificate holds changes of the table. A change that touches hidden cells only, keeps every
relation and stays inside what the attacker knows beforehand leads from the true table to another
that fits everything shown; no attacker can rule it out. So each entry of the certificate is
checked for exactly that, and whether it goes as far as the demand asks. Whole-number problems are
checked exactly; others up to rounding. Nothing in the certificate is taken on trust.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

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
_EXACT = 2.0**53
_NOTABLE = 1e3


def verify(
    problem: SuppressionProblem, suppressed: Flags, certificate: Certificate
) -> tuple[Flags, Flags]:
    """Which demands a certificate proves.

    Returns:
        One flag per cell: primary, hidden, and proven to have both of its protections. One flag
        per doubt: hidden and proven. A certificate that makes no sense proves nothing.
    """
    count = problem.values.size
    up = problem.primary & suppressed & (problem.upper_protection <= 0)
    down = problem.primary & suppressed & (problem.lower_protection <= 0)
    doubts = _hold_already(problem, suppressed)
    if not _is_well_formed(problem, certificate):
        return up & down, doubts
    flows = certificate.flows.tocsr().copy()
    flows.sum_duplicates()
    sized = np.abs(certificate.scale) < _EXACT
    entry = np.flatnonzero(sized & _touches_hidden(problem, suppressed, flows)[certificate.row])
    row, scale = certificate.row[entry], certificate.scale[entry]
    used, which = np.unique(np.stack([row, scale]), axis=1, return_inverse=True)
    flows.data[~np.isfinite(flows.data)] = 0.0  # such rows were left out above
    asked = (problem, flows, used[0].astype(np.int64), used[1])
    allowed = _allowed(problem, certificate.target[entry], certificate.side[entry])
    good = _missed(*asked, _FLOATS)[which.ravel()] <= allowed
    # However large its numbers, a change misses nothing by a notable part of what it must prove.
    whole = _missed(*asked, 0.0)[which.ravel()] <= _NOTABLE * allowed
    good &= whole | (certificate.side[entry] == 0)
    entry, row, scale = entry[good], row[good], scale[good]
    side, target = certificate.side[entry], certificate.target[entry]
    for sign, need, flags in (
        (1, problem.upper_protection, up),
        (-1, problem.lower_protection, down),
    ):
        own = (side == sign) & (target < count)
        cell = target[own]
        moved = sign * scale[own] * _entries(flows, row[own], cell)
        far = moved >= need[cell] - _slack(problem, need[cell])
        flags[cell[far]] |= (problem.primary & suppressed)[cell[far]]
    own = (side == 0) & (target < len(problem.doubts))
    proven = _doubted(problem, flows, target[own], (row[own], scale[own]))
    doubts[target[own][proven]] |= suppressed[_cells(problem)[target[own][proven]]]
    return up & down, doubts


def _is_well_formed(problem: SuppressionProblem, certificate: Certificate) -> bool:
    flows, row = certificate.flows, certificate.row
    sizes = {row.shape, certificate.target.shape, certificate.side.shape, certificate.scale.shape}
    if len(sizes) != 1 or row.ndim != 1 or flows.shape[1] != problem.values.size:
        return False
    if not all(np.issubdtype(part.dtype, np.integer) for part in (row, certificate.target)):
        return False
    inside = bool(((row >= 0) & (row < flows.shape[0])).all())
    return inside and bool((certificate.target >= 0).all())


def _touches_hidden(problem: SuppressionProblem, suppressed: Flags, flows: Any) -> Flags:
    """Rows that move hidden cells only, by numbers of a size that adds up exactly."""
    number = np.repeat(np.arange(flows.shape[0]), np.diff(flows.indptr))
    bad = ~suppressed[flows.indices] | ~(np.abs(flows.data) < _EXACT)
    if problem.integral:
        bad |= flows.data != np.rint(flows.data)
    sound = np.ones(flows.shape[0], dtype=np.bool_)
    sound[number[bad]] = False
    return sound


def _missed(
    problem: SuppressionProblem, flows: Any, row: Places, scale: Floats, share: float
) -> Floats:
    """By how much the changed table misses a relation or a bound, at worst, per scaled row.

    Infinite where numbers that must be whole are not, or are too large to add up exactly. In
    other problems a ``share`` of the numbers that are added is put down to rounding.
    """
    size = np.diff(flows.indptr)[row]
    owner = np.repeat(np.arange(row.size), size)
    first = np.repeat(flows.indptr[row] - np.r_[0, np.cumsum(size)[:-1]], size)
    place = first + np.arange(owner.size)
    cell = flows.indices[place]
    moved = scale[owner] * flows.data[place]
    table = problem.values[cell] + moved
    slack = 0.0 if problem.integral else share * (np.abs(problem.values[cell]) + np.abs(moved))
    beyond = np.maximum(problem.lower_bounds[cell] - table, table - problem.upper_bounds[cell])
    beyond = np.where(moved == 0, 0.0, beyond - slack)
    if problem.integral:
        whole = (table == np.rint(table)) & (np.abs(table) < _EXACT) & (np.abs(moved) < _EXACT)
        beyond = np.where(whole, beyond, np.inf)
    missed = np.abs(scale) * _unbalanced(problem, flows, share)[row]
    np.maximum.at(missed, owner, np.where(np.isnan(beyond), np.inf, beyond))
    return np.where((scale == np.rint(scale)) | (not problem.integral), missed, np.inf)


def _unbalanced(problem: SuppressionProblem, flows: Any, share: float) -> Floats:
    """By how much each row misses a relation, at worst, beyond what rounding explains."""
    if problem.integral:
        return _unbalanced_whole(problem, flows)
    left = (problem.relations @ flows.T).tocoo()
    size = np.abs(left.data)
    if share > 0:
        moved = (abs(problem.relations) @ abs(flows).T).tocsr()
        size = size - share * _entries(moved, left.row, left.col)
    worst = np.zeros(flows.shape[0])
    np.maximum.at(worst, left.col, np.where(np.isnan(size), np.inf, size))
    return worst


def _unbalanced_whole(problem: SuppressionProblem, flows: Any) -> Floats:
    """The same for whole numbers: infinite where a sum may have been rounded."""
    left = (problem.relations @ flows.T).tocoo()
    moved = (abs(problem.relations) @ abs(flows).T).tocoo()
    worst = np.zeros(flows.shape[0])
    np.maximum.at(worst, left.col, np.where(np.isnan(left.data), np.inf, np.abs(left.data)))
    worst[moved.col[~(moved.data < _EXACT)]] = np.inf
    return worst


def _allowed(problem: SuppressionProblem, target: Places, side: npt.NDArray[np.int8]) -> Floats:
    """By how much an entry may miss: nothing for whole numbers, else a trifle of its need."""
    if problem.integral:
        return np.zeros(target.size)
    cell = np.minimum(target, problem.values.size - 1)
    need = np.where(side > 0, problem.upper_protection[cell], problem.lower_protection[cell])
    if problem.doubts:
        one = np.minimum(target, len(problem.doubts) - 1)
        groups = np.array([entry.group for entry in problem.doubts], dtype=np.int64)
        share = np.array([entry.share for entry in problem.doubts], dtype=np.float64)
        excess = problem.values[_cells(problem)] - share * problem.values[groups]
        need = np.where(side == 0, excess[one], need)
    return _ROUNDING * np.maximum(need, 0.0)


def _slack(problem: SuppressionProblem, size: Floats) -> Floats:
    return np.zeros(size.shape) if problem.integral else _ROUNDING * np.abs(size)


def _entries(flows: Any, row: Places, cell: Places) -> Floats:
    """``flows[row, cell]`` for pairs."""
    if row.size == 0:
        return np.empty(0)
    return np.asarray(flows[row, cell], dtype=np.float64).ravel()


def _cells(problem: SuppressionProblem) -> Places:
    return np.array([doubt.cell for doubt in problem.doubts], dtype=np.int64)


def _hold_already(problem: SuppressionProblem, suppressed: Flags) -> Flags:
    """Doubts that the true table itself raises."""
    none = (np.zeros(len(problem.doubts)), np.zeros(len(problem.doubts)))
    return _in_doubt(problem, np.arange(len(problem.doubts)), *none) & suppressed[_cells(problem)]


def _doubted(
    problem: SuppressionProblem, flows: Any, doubt: Places, used: tuple[Places, Floats]
) -> Flags:
    row, scale = used
    groups = np.array([entry.group for entry in problem.doubts], dtype=np.int64)
    cell = scale * _entries(flows, row, _cells(problem)[doubt])
    return _in_doubt(problem, doubt, cell, scale * _entries(flows, row, groups[doubt]))


def _in_doubt(problem: SuppressionProblem, doubt: Places, cell: Floats, group: Floats) -> Flags:
    """Whether the cell lies strictly below its share of the group after these changes."""
    groups = np.array([entry.group for entry in problem.doubts], dtype=np.int64)[doubt]
    share = np.array([entry.share for entry in problem.doubts], dtype=np.float64)[doubt]
    limit = share * (problem.values[groups] + group)
    strictly = _STRICT * np.maximum(1.0, np.abs(limit))
    return np.asarray(problem.values[_cells(problem)[doubt]] + cell < limit - strictly)
