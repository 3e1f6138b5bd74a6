"""All changes of a table that are at hand as proofs, and which demands they meet how far.

A pool is a certificate in which a demand may have several entries: some go less far, because an
insider who contributes to a cell expects it to fall less; others avoid what an insider knows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.insiders.knowledge import Moves
from disclosure_control.suppression.demands import Demands
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    Places,
    SuppressionProblem,
)

Sides = npt.NDArray[np.int8]
_NONE = -1
_TRIED = 12
_TRIFLE = 1e-8
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Pool:
    """Changes (rows of ``flows``) and entries: each scales a row to meet a demand."""

    problem: SuppressionProblem
    demands: Demands
    flows: Any
    demand: Places
    row: Places
    scale: Floats

    @classmethod
    def of(cls, problem: SuppressionProblem, demands: Demands, proof: Certificate) -> "Pool":
        """The pool of a certificate; entries that answer no demand are left out."""
        demand = numbers(demands, proof.target, proof.side)
        kept = demand != _NONE
        return cls(problem, demands, proof.flows.tocsr(), demand[kept], proof.row[kept],
                   proof.scale[kept])  # fmt: skip

    def joined(self, flows: Any, entries: tuple[Places, Places, Floats]) -> "Pool":
        """With more rows, and entries on them: demand, row among the new ones, scale."""
        from scipy.sparse import vstack

        demand, row, scale = entries
        return Pool(
            self.problem, self.demands, vstack([self.flows, flows], format="csr"),
            np.concatenate([self.demand, demand]),
            np.concatenate([self.row, row + self.flows.shape[0]]),
            np.concatenate([self.scale, scale]),
        )  # fmt: skip

    def with_entries(self, demand: Places, row: Places, scale: Floats) -> "Pool":
        """With more entries on the rows it has."""
        return Pool(
            self.problem, self.demands, self.flows, np.concatenate([self.demand, demand]),
            np.concatenate([self.row, row]), np.concatenate([self.scale, scale]),
        )  # fmt: skip

    def chosen(self, entries: Places) -> "Pool":
        """With some of its entries only, in that order."""
        return Pool(self.problem, self.demands, self.flows, self.demand[entries],
                    self.row[entries], self.scale[entries])  # fmt: skip

    def certificate(self) -> Certificate:
        """The pool as a certificate, without rows that no entry uses."""
        rows, row = np.unique(self.row, return_inverse=True)
        side = self.demands.side[self.demand]
        return Certificate(self.flows[rows], self.demands.target[self.demand], side, row,
                           self.scale)  # fmt: skip

    def moves(self) -> Moves:
        """Every entry taken apart into the cells that it moves."""
        size = np.diff(self.flows.indptr)[self.row]
        change = np.repeat(np.arange(self.row.size), size)
        first = np.repeat(self.flows.indptr[self.row] - np.cumsum(size) + size, size)
        place = first + np.arange(change.size)
        return Moves(
            change, self.flows.indices[place].astype(np.int64),
            np.repeat(self.scale, size) * self.flows.data[place],
            np.repeat(self.demands.need[self.demand], size),
        )  # fmt: skip

    def reach(self) -> Floats:
        """How far each entry goes towards what its demand asks."""
        wanted = self.demands
        moved = wanted.weight[self.demand] * self._at(wanted.cell[self.demand])
        group = wanted.group[self.demand]
        return moved + wanted.share[self.demand] * np.where(group >= 0, self._at(group), 0.0)

    def _at(self, cell: Places) -> Floats:
        if cell.size == 0:
            return np.empty(0)
        return self.scale * np.asarray(self.flows[self.row, cell], dtype=np.float64).ravel()

    def multiples(self, demand: Places, need: Floats) -> "Pool":
        """Multiples of rows that move the cell of a demand by just the need, if they may.

        Demands about intervals only.
        """
        columns, wanted = self.flows.tocsc(), self.demands
        cell = wanted.cell[demand]
        size = np.diff(columns.indptr)[cell]
        which = np.repeat(np.arange(demand.size), size)
        place = np.repeat(columns.indptr[cell] - np.cumsum(size) + size, size)
        place += np.arange(which.size)
        row = columns.indices[place].astype(np.int64)
        moved = wanted.weight[demand][which] * columns.data[place]
        factor = need[which] / np.abs(moved)
        if self.problem.integral:
            factor = np.ceil(factor * (1 - _ROUNDING))
        forward, backward = self._limits()
        trifle = 0.0 if self.problem.integral else _TRIFLE
        limit = np.where(moved > 0, forward[row], backward[row])
        able = factor <= limit * (1 + trifle)
        able &= _among_shortest(which, np.diff(self.flows.indptr)[row], able)
        scale = np.copysign(factor, moved)[able]
        return Pool(self.problem, wanted, self.flows, demand[which][able], row[able], scale)

    def _limits(self) -> tuple[Floats, Floats]:
        """How often each row can be used forward and backward."""
        problem, cells = self.problem, self.flows.indices
        up = (problem.upper_bounds - problem.values)[cells]
        down = (problem.values - problem.lower_bounds)[cells]
        rises, size = self.flows.data > 0, np.abs(self.flows.data)
        owner = np.repeat(np.arange(self.flows.shape[0]), np.diff(self.flows.indptr))
        forward = np.full(self.flows.shape[0], np.inf)
        backward = forward.copy()
        np.minimum.at(forward, owner, np.where(rises, up, down) / size)
        np.minimum.at(backward, owner, np.where(rises, down, up) / size)
        return forward, backward


def _among_shortest(owner: Places, length: Places, able: Flags) -> Flags:
    """The few shortest of what each owner can use: they give least reason to object."""
    order = np.lexsort((length, ~able, owner))
    rank = np.arange(owner.size) - np.searchsorted(owner[order], owner[order])
    found = np.zeros(owner.size, dtype=np.bool_)
    found[order[rank < _TRIED]] = True
    return found


def numbers(demands: Demands, target: Places, side: Sides) -> Places:
    """Which demand each target and side names; -1 for none."""
    keys = _key(demands.target, demands.side)
    order = np.argsort(keys)
    if keys.size == 0:
        return np.full(target.size, _NONE)
    wanted = _key(target, side)
    place = np.minimum(np.searchsorted(keys[order], wanted), keys.size - 1)
    return np.where(keys[order][place] == wanted, order[place], _NONE)


def _key(target: Places, side: Sides) -> Places:
    return np.asarray(target * 3 + side.astype(np.int64) + 1)
