"""The smallest groups that a space of computable figures gives away.

A figure that is zero on all but a few units gives these units away, whatever its coefficients.
Scaled so that its largest coefficient is 1, such a figure has a sum of absolute coefficients of at
most the number of its units. So when, for every atom, the least sum of absolute coefficients over
all figures with 1 on that atom and nothing larger elsewhere is above the limit, no small group is
given away: one linear program per atom proves it. Where a program is not decided by that, one with
yes-or-no variables (is this atom touched?) decides. A bound by squares settles most atoms without
any program.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints
from disclosure_control.differencing.space import (
    CLEAR,
    Derivable,
    components,
    determined,
    is_doubtful,
    null_space,
    without,
)

_TOUCHED = 1e-5
_SLACK = 1e-6
_WORK = 4e7
_TRIES = 40
_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Measure:
    """How large a set of atoms is.

    Args:
        weights: a lower bound of the units of each atom, additive.
        owners: the units of each atom; empty when atoms share no units and weights are exact.
        most: groups of at most so many units are small.
    """

    weights: Floats
    most: int
    owners: tuple[Ints, ...] = field(default=(), repr=False)

    def units(self, atoms: Ints) -> int:
        """How many units some atoms have together."""
        if not self.owners:
            return round(float(self.weights[atoms].sum()))
        return int(np.unique(np.concatenate([self.owners[atom] for atom in atoms])).size)


@dataclass(frozen=True, eq=False)
class Group:
    """A figure that is zero but on a few units: its atoms and its coefficient on each."""

    atoms: Ints
    values: Floats


@dataclass(frozen=True, eq=False)
class Search:
    """Small groups that were not given away before, and whether nothing was left undecided."""

    groups: tuple[Group, ...]
    complete: bool


def find_groups(space: Derivable, measure: Measure) -> Search:
    """Small groups newly given away; every atom that is given away alone is among them.

    For every other atom that has the largest coefficient in a new small group, some such group with
    that atom is found.
    """
    if space.vectors.shape[1] == 0:
        return Search((), complete=not space.doubtful)
    alone = determined(space)
    found = [
        Group(space.atoms[[place]], np.ones(1))
        for place in np.flatnonzero(alone)
        if _is_new(space, space.vectors[place])
    ]
    complete = not is_doubtful(space)
    rest = without(space, alone)
    complete = complete and not rest.doubtful
    if rest.vectors.shape[1]:
        for part in components(rest):
            search = _in_part(part, measure)
            found += search.groups
            complete = complete and search.complete
    return Search(tuple(found), complete)


def _in_part(part: Derivable, measure: Measure) -> Search:
    if not (np.abs(part.news) > _SLACK).any():
        return Search((), complete=True)
    candidates = _candidates(part, measure)
    if candidates.size * part.vectors.size > _WORK:
        return Search((), complete=False)
    covered = np.zeros(part.atoms.size, dtype=np.bool_)
    found, complete = [], not part.doubtful
    problem = _Problem(part, _sparse(part.vectors), measure)
    for atom in candidates:
        if covered[atom]:
            continue
        group, decided = _lightest(problem, int(atom))
        complete = complete and decided
        if group is not None:
            found.append(Group(part.atoms[group.atoms], group.values))
            covered[group.atoms] = True
    return Search(tuple(found), complete)


def _candidates(part: Derivable, measure: Measure) -> Ints:
    """Atoms that may have the largest coefficient in a small group, most likely ones first."""
    from scipy.linalg import qr

    weights = measure.weights[part.atoms]
    scaled = qr(part.vectors * np.sqrt(weights)[:, None], mode="economic")[0]
    # Least weighted sum of squares over all figures with 1 on the atom.
    least = weights / np.maximum(np.square(scaled).sum(axis=1), 1e-300)
    order = np.argsort(least, kind="stable")
    return np.asarray(order[least[order] <= measure.most + _SLACK], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Problem:
    """A part, the same space with columns that have many zeros, and what is small."""

    part: Derivable
    columns: Any
    measure: Measure


def _sparse(vectors: Floats) -> Any:
    """Columns with the same span, each 1 on an atom on which all others are 0."""
    from scipy.linalg import qr
    from scipy.sparse import csr_matrix

    order = qr(vectors.T, mode="r", pivoting=True)[1][: vectors.shape[1]]
    columns = np.linalg.solve(vectors[order].T, vectors.T).T
    return csr_matrix(np.where(np.abs(columns) > _SLACK / 1000, columns, 0.0))


def _lightest(problem: _Problem, atom: int) -> tuple[Group | None, bool]:
    """A small new group with its largest coefficient on ``atom``, and whether that is decided."""
    part, measure = problem.part, problem.measure
    if part.vectors.shape[1] == 1:
        figure = part.vectors[:, 0] / part.vectors[atom, 0]
        return _judge(part, figure, measure), True
    figure, decided = _program(problem, atom, None)
    if figure is None:
        return None, decided
    group = _judge(part, figure, measure)
    cuts: list[Ints] = []
    while group is None and len(cuts) < _TRIES:
        figure, decided = _program(problem, atom, cuts)
        if figure is None:
            return None, decided
        cuts.append(np.flatnonzero(np.abs(figure) > _TOUCHED))
        group = _judge(part, figure, measure)
    return group, group is not None


def _judge(part: Derivable, figure: Floats, measure: Measure) -> Group | None:
    """The group of a figure when it is small and new."""
    touched = np.abs(figure) > _TOUCHED
    if measure.units(part.atoms[touched]) > measure.most:
        return None
    free, _ = null_space(part.vectors[~touched], part.blur)
    mixed = free @ (free.T @ (part.vectors.T @ figure))
    exact = part.vectors @ mixed
    scale = np.abs(exact).max(initial=0.0)
    if scale < CLEAR or not _is_new(part, mixed / scale):
        return None
    atoms = np.flatnonzero(np.abs(exact) > _TOUCHED * scale)
    return Group(atoms, exact[atoms] / exact[atoms[np.abs(exact[atoms]).argmax()]])


def _is_new(space: Derivable, mixed: Floats) -> bool:
    return bool(np.linalg.norm(space.news @ mixed) > _SLACK)


def _program(problem: _Problem, atom: int, cuts: list[Ints] | None) -> tuple[Floats | None, bool]:
    """The figure with the least sum of coefficients, or (with ``cuts``) touching the least units.

    Null when the least is above the limit. A set of atoms in ``cuts`` is not touched whole.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix, eye_array, hstack

    columns, most = problem.columns, problem.measure.most
    count, rank = columns.shape
    weights = problem.measure.weights[problem.part.atoms]
    size = eye_array(count)
    limits = [
        LinearConstraint(hstack([columns, -size], format="csr"), -np.inf, 0.0),
        LinearConstraint(hstack([-columns, -size], format="csr"), -np.inf, 0.0),
        LinearConstraint(hstack([columns[[atom]], csr_matrix((1, count))], format="csr"), 1.0, 1.0),
        LinearConstraint(np.r_[np.zeros(rank), weights][None, :], 0.0, most + _SLACK),
    ]
    for cut in cuts or ():
        row = np.zeros((1, rank + count))
        row[0, rank + cut] = 1.0
        limits.append(LinearConstraint(row, 0.0, cut.size - 1.0))
    solved = milp(
        np.concatenate([np.zeros(rank), weights]),
        constraints=limits,
        bounds=Bounds(np.r_[np.full(rank, -np.inf), np.zeros(count)],
                      np.r_[np.full(rank, np.inf), np.ones(count)]),
        integrality=np.r_[np.zeros(rank), np.full(count, int(cuts is not None))],
        options={"time_limit": _SECONDS, "presolve": cuts is None},
    )  # fmt: skip
    if solved.status == 2:
        return None, True
    if solved.status != 0:
        return None, False
    return np.asarray(columns @ solved.x[:rank]), True
