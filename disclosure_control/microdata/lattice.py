"""The search for the cheapest full-domain recoding.

A node gives every quasi-identifier a level. Going up only merges classes, so that the records in
small classes become fewer and the loss grows. Three prunings follow: a column that alone leaves too
many records in small classes at a level rules that level out; nothing above a node without small
classes is better; nothing that already loses more than the best node found is better. Sources:
Samarati, Protecting respondents' identities in microdata release, TKDE 13(6), 2001; LeFevre, DeWitt
and Ramakrishnan, Incognito: efficient full-domain k-anonymity, SIGMOD 2005.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from disclosure_control.microdata.classes import Classes, ranks, total
from disclosure_control.microdata.local_suppression import suppress
from disclosure_control.microdata.pieces import Pieces
from disclosure_control.microdata.recoding import NULL, Floats, Step

Integers = npt.NDArray[np.int64]
Node = tuple[int, ...]
MOST_NODES, MOST_WORK = 5_000, 100_000_000
"""The search stops after so many nodes, or after nodes times classes of this number."""
SUPPRESSION_WORK = 25
"""Local suppression at a node costs about as much as so many nodes."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Classes, the steps of every quasi-identifier, and how many records may lose cells.

    Args:
        classes: the records by class.
        steps: for each quasi-identifier its levels.
        k: the smallest number of units of a class.
        allowed: how many records may lose cells.
    """

    classes: Classes
    steps: tuple[tuple[Step, ...], ...]
    k: int
    allowed: int

    @cached_property
    def rows(self) -> Integers:
        """The records of each class."""
        members = self.classes.members
        return total(members.groups, members.rows, len(self.classes.codes))

    @cached_property
    def top(self) -> Node:
        """Everything recoded as far as it goes."""
        return tuple(len(steps) - 1 for steps in self.steps)

    @cached_property
    def losses(self) -> tuple[tuple[float, ...], ...]:
        """For each quasi-identifier the mean loss of a cell at each level."""
        found = []
        for column, steps in zip(self.classes.codes.T, self.steps, strict=True):
            sums = [float((step.losses[column] * self.rows).sum()) for step in steps]
            found.append(tuple(loss / float(self.rows.sum()) for loss in sums))
        return tuple(found)

    def loss(self, node: Node) -> float:
        """The mean loss of a cell by recoding alone."""
        pairs = zip(self.losses, node, strict=True)
        return sum(losses[level] for losses, level in pairs) / len(node)

    def recoded(self, node: Node, columns: Sequence[int] | None = None) -> Integers:
        """The codes of the classes at ``node``."""
        places = range(len(node)) if columns is None else columns
        codes = self.classes.codes
        return np.column_stack([self.steps[c][node[c]].codes[codes[:, c]] for c in places])

    def cell_losses(self, node: Node) -> Floats:
        """The loss of the cells of the classes at ``node``."""
        columns = zip(self.steps, node, self.classes.codes.T, strict=True)
        return np.column_stack([steps[level].losses[codes] for steps, level, codes in columns])

    def small(self, node: Node, columns: Sequence[int] | None = None) -> int:
        """How many records stand in classes that are too small at ``node``."""
        key, number = ranks(self.recoded(node, columns))
        few = self.classes.members.sizes(key, number) < self.k
        return int(self.rows[few[key]].sum())


@dataclass(frozen=True, eq=False)
class Solution:
    """A recoding with its local suppression.

    Args:
        node: the level of every quasi-identifier.
        groups: for each class its place among the recoded classes.
        pieces: the recoded classes and which of their cells are emptied.
        rows: how many records lose cells.
        loss: the mean loss of a cell, 1 for an emptied one.
    """

    node: Node
    groups: Integers
    pieces: Pieces
    rows: int
    loss: float


def solve(problem: Problem, node: Node) -> Solution:
    """The recoding ``node``, with the local suppression that it needs."""
    recoded = problem.recoded(node)
    key, number = ranks(recoded)
    first = np.unique(key, return_index=True)[1]
    losses = problem.cell_losses(node)[first]
    pieces = suppress(recoded[first], problem.classes.members.merged(key, number), problem.k)
    counts = pieces.rows
    emptied = pieces.masks & (pieces.codes != NULL)
    added = ((1.0 - losses[pieces.origin]) * emptied).sum(axis=1) * counts
    return Solution(
        node=node,
        groups=key,
        pieces=pieces,
        rows=int(counts[emptied.any(axis=1)].sum()),
        loss=problem.loss(node) + float(added.sum()) / (len(node) * float(counts.sum())),
    )


def search(problem: Problem) -> tuple[Solution, bool]:
    """The best recoding found, and whether the whole lattice was considered.

    Best: the fewest records beyond ``allowed`` that lose cells, then the smallest loss. Where even
    the fullest recoding leaves more records than allowed in small classes, that many are allowed.
    """
    limit = max(problem.allowed, problem.small(problem.top))
    best = _first(problem, limit)
    budget = min(MOST_NODES, MOST_WORK // len(problem.classes.codes))
    start = _floor(problem, limit)
    heap, seen = [(problem.loss(start), start)], {start}
    while heap:
        loss, node = heappop(heap)
        bound = best.loss if best.rows <= limit else float("inf")
        if loss >= bound:
            break
        if budget <= 0:
            return best, False
        budget -= 1
        small = problem.small(node)
        hopeful = small <= limit and loss + _least_added(problem, node, small) < bound
        if hopeful and node != best.node:
            budget -= SUPPRESSION_WORK * (small > 0)
            best = min(best, solve(problem, node), key=lambda found: _rank(found, limit))
        for above in _above(problem, node) if small else ():
            if above not in seen:
                seen.add(above)
                heappush(heap, (problem.loss(above), above))
    return best, True


def _rank(found: Solution, limit: int) -> tuple[int, float]:
    return max(found.rows - limit, 0), found.loss


def _least_added(problem: Problem, node: Node, small: int) -> float:
    """What emptying one cell of every record in a small class adds to the loss at least."""
    least = min(
        1.0 - float(steps[level].losses.max())
        for steps, level in zip(problem.steps, node, strict=True)
    )
    return small * least / (len(node) * float(problem.rows.sum()))


def _above(problem: Problem, node: Node) -> Iterator[Node]:
    """The nodes one level up in one column."""
    for place, (level, most) in enumerate(zip(node, problem.top, strict=True)):
        if level < most:
            yield (*node[:place], level + 1, *node[place + 1 :])


def _floor(problem: Problem, limit: int) -> Node:
    """The lowest level of each column at which it alone leaves few enough small classes."""
    found = []
    for place, most in enumerate(problem.top):
        level = 0
        while level < most and problem.small((level,) * len(problem.top), [place]) > limit:
            level += 1
        found.append(level)
    return tuple(found)


def _first(problem: Problem, limit: int) -> Solution:
    """A good solution to measure others by.

    From the top one column goes down one level at a time, the one that gains most, while few enough
    records stand in small classes. Borrowing may make more records lose cells than that; then the
    way leads back up.
    """
    path = _path(problem, limit)
    best = solve(problem, path.pop())
    while path and best.rows > limit:
        best = min(best, solve(problem, path.pop()), key=lambda found: _rank(found, limit))
    return best


def _path(problem: Problem, limit: int) -> list[Node]:
    """The nodes from the top down, each with few enough records in small classes."""
    path = [problem.top]
    while True:
        node = path[-1]
        below = [
            (*node[:place], level - 1, *node[place + 1 :])
            for place, level in enumerate(node)
            if level
        ]
        ordered = sorted(below, key=problem.loss)
        lower = next((node for node in ordered if problem.small(node) <= limit), None)
        if lower is None:
            return path
        path.append(lower)
