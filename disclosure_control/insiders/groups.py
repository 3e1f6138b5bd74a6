"""Insiders who can be faced together: what they know leaves room for what each must not learn.

A problem that respects what several insiders know yields changes that none of them can rule out.
Insiders conflict when one knows a cell that must stay open for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.insiders.knowledge import Knowledge, knowledge_of, offsets
from disclosure_control.insiders.pairs import Pairs
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem

_ROUNDING = 1e-9
_TOGETHER = 16
_GROUPS = 40
"""At most so many insiders in a group, or so many groups: what one insider knows keeps cells from
helping all others of its group. Groups of any size hid a tenth more cells on tables of 900."""


@dataclass(frozen=True)
class Group:
    """Some pairs, and what their insiders know together.

    Args:
        demand: demands, each once.
        need: how far each must be met.
        pairs: which pairs these are.
        cell: cells that the insiders know something about, each once.
        amount: what is in them at least, infinite where a cell is known.
    """

    demand: Places
    need: Floats
    pairs: Places
    cell: Places
    amount: Floats


def grouped(
    problem: SuppressionProblem,
    kinds: Sequence[Insiders],
    pairs: Pairs,
    cells: Places,
    *,
    alone: bool,
) -> list[Group]:
    """The pairs in groups without conflicts, or every insider in a group of its own (``alone``).

    ``cells``: the cell of each pair's demand.
    """
    members = np.zeros(offsets(kinds)[-1], dtype=np.bool_)
    members[pairs.who] = True
    known = knowledge_of(kinds, np.ones(problem.values.size, dtype=np.bool_), members)
    order = np.argsort(known.who, kind="stable")
    known = Knowledge(known.who[order], known.cell[order], known.amount[order])
    drafts: list[_Draft] = []
    insiders = np.unique(pairs.who)
    most = 1 if alone else max(_TOGETHER, insiders.size // _GROUPS)
    for who in insiders.tolist():
        own = slice(*np.searchsorted(known.who, [who, who + 1]))
        asked = np.flatnonzero(pairs.who == who)
        one = _Draft(problem, cells, pairs)
        one.take(asked, known.cell[own], known.amount[own])
        fitting = (draft for draft in drafts if draft.members < most and draft.suits(one))
        home = next(fitting, None)
        if home is None:
            drafts.append(one)
        else:
            home.take(asked, known.cell[own], known.amount[own])
    return [draft.group() for draft in drafts]


class _Draft:
    """A group in the making."""

    def __init__(self, problem: SuppressionProblem, cells: Places, pairs: Pairs) -> None:
        self._problem, self._cells, self._all = problem, cells, pairs
        self.pairs: list[int] = []
        self.members = 0
        self.known: dict[int, float] = {}
        self.falls: dict[int, float] = {}
        self.needs: dict[int, float] = {}

    def take(self, pairs: Places, cell: Places, amount: Floats) -> None:
        """Adds an insider with its pairs and what it knows."""
        self.pairs += pairs.tolist()
        self.members += 1
        for one, size in zip(cell.tolist(), amount.tolist(), strict=True):
            self.known[one] = max(self.known.get(one, 0.0), size)
        needs = self._all.need[pairs].tolist()
        for demand, one, need in zip(
            self._all.demand[pairs].tolist(), self._cells[pairs].tolist(), needs, strict=True
        ):
            self.needs[demand] = max(self.needs.get(demand, 0.0), need)
            self.falls[one] = max(self.falls.get(one, 0.0), need)

    def suits(self, other: "_Draft") -> bool:
        """Whether both together still leave every demand possible."""
        return self._leaves_room(other) and other._leaves_room(self)  # noqa: SLF001 - own class

    def _leaves_room(self, other: "_Draft") -> bool:
        """Whether what is known here leaves open what the other must see move."""
        values = self._problem.values
        small, large = (
            (other.falls, self.known)
            if len(other.falls) < len(self.known)
            else (self.known, other.falls)
        )
        for cell in small:
            if cell in large:
                rest = values[cell] - self.known[cell]
                if rest < other.falls[cell] * (1 - _ROUNDING):
                    return False
        return True

    def group(self) -> Group:
        demand = np.array(sorted(self.needs), dtype=np.int64)
        cell = np.array(sorted(self.known), dtype=np.int64)
        return Group(
            demand,
            np.array([self.needs[one] for one in demand.tolist()]),
            np.array(self.pairs, dtype=np.int64),
            cell,
            np.array([self.known[one] for one in cell.tolist()]),
        )


def confined(problem: SuppressionProblem, hidden: Flags, group: Group) -> SuppressionProblem:
    """The problem of an attacker who also knows what a group knows; nothing demanded.

    Everything hidden counts as primary, so that it costs nothing.
    """
    lower, upper = problem.lower_bounds.copy(), problem.upper_bounds.copy()
    exact = group.cell[np.isinf(group.amount)]
    lower[exact] = upper[exact] = problem.values[exact]
    part = np.isfinite(group.amount) & (problem.lower_bounds[group.cell] >= 0)
    cell = group.cell[part]
    lower[cell] = np.maximum(lower[cell], group.amount[part])
    none = np.zeros(hidden.size)
    return replace(
        problem, primary=hidden, lower_bounds=lower, upper_bounds=upper, doubts=(),
        lower_protection=none, upper_protection=none,
    )  # fmt: skip
