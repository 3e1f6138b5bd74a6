"""Which cells to hide: all at first, then they are shown again, the dearest first.

When everything is hidden every demand has a witness: its leaves move alone. Then cells are shown
in portions, the dearest first. A portion breaks the witnesses that move its cells. For those
demands new witnesses are looked for among the changes that move hidden cells only; where none is
found, cheap cells of the portion above the demand's leaves are hidden again, and at last those
that its old witness moves. So at every moment all demands are met, and the loss only falls.
Source of the order: the elimination in GaussSuppression by Langsrud (2024) shows cells by falling
value; witnesses instead of ranks keep the intervals. Nothing else is taken from there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError
from disclosure_control.sparse.cells import Flags, Places, SparseTable
from disclosure_control.sparse.cycles import find_changes
from disclosure_control.sparse.demands import Demands
from disclosure_control.sparse.witnesses import FEW, MANY, meet

Costs = npt.NDArray[np.float64]
_GROWTH = 2.5
_STEPS = 100
_CHUNK = 100_000


@dataclass(frozen=True)
class Effort:
    """How much work to spend.

    Args:
        portions: in how many portions cells are shown.
        mendings: how often cells of a portion are hidden again one by one.
        searches: how often more changes are looked for before each of these.
        passes: how often hidden cells are tried again.
        seed: of the forests.
    """

    portions: int = 20
    mendings: int = 2
    searches: int = 1
    passes: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses what is no effort."""
        least = {"portions": 1, "mendings": 0, "searches": 0, "passes": 1, "seed": 0}
        for name, lowest in least.items():
            value = getattr(self, name)
            if type(value) is not int or value < lowest:
                raise InvalidInputError(f"{name} is a whole number of at least {lowest}.")


@dataclass(frozen=True, repr=False)
class Work:
    """What stays the same while a pattern is looked for; ``above``: see ``ancestors``."""

    table: SparseTable
    demands: Demands
    costs: Costs
    effort: Effort
    primary: Flags
    above: Any


@dataclass(frozen=True, repr=False)
class SparsePattern:
    """Which cells are hidden, and a witness for each demand: rows of leaf changes."""

    hidden: Flags
    witnesses: Any


def construct(table: SparseTable, demands: Demands, costs: Costs, effort: Effort) -> SparsePattern:
    """A pattern in which every demand has a witness."""
    primary = np.zeros(table.keys.size, dtype=np.bool_)
    primary[demands.cells] = True
    work = Work(table, demands, costs, effort, primary, ancestors(table))
    pattern, step = _everything_hidden(table, demands), 0
    for _ in range(effort.passes):
        for portion in _portions(pattern, primary, costs, effort.portions):
            step += 1
            pattern = _show(work, pattern, portion, step)
        pattern = _unused_shown(work, pattern)
    return pattern


def ancestors(table: SparseTable) -> Any:
    """Which cells lie above each leaf: a sparse matrix of 0 and 1, one row per leaf."""
    from scipy.sparse import csr_matrix

    combinations, leaves = table.members.shape
    start = np.arange(leaves + 1, dtype=np.int64) * combinations
    ones = np.ones(combinations * leaves, dtype=np.int32)
    place = np.ascontiguousarray(table.members.T).ravel()
    matrix = csr_matrix((ones, place, start), shape=(leaves, table.keys.size))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix.tocsc()


def _everything_hidden(table: SparseTable, demands: Demands) -> SparsePattern:
    """The witnesses that need no search: the leaves of a group move alone."""
    witnesses = demands.groups[demands.group].tocsr()
    row = np.repeat(np.arange(demands.group.size), np.diff(witnesses.indptr))
    falls = demands.side[row] < 0
    amount = np.where(falls, -table.counts[witnesses.indices], demands.need[row])
    witnesses.data = amount.astype(np.int32)
    return SparsePattern(np.ones(table.keys.size, dtype=np.bool_), witnesses)


def _portions(pattern: SparsePattern, primary: Flags, costs: Costs, portions: int) -> list[Places]:
    """The hidden cells that may be shown, the dearest first; portions grow."""
    cells = np.flatnonzero(pattern.hidden & ~primary)
    cells = cells[np.argsort(-costs[cells], kind="stable")]
    ends = np.ceil(cells.size * (np.arange(1, portions + 1) / portions) ** _GROWTH)
    ends = np.unique(ends.astype(np.int64))
    return [part for part in np.split(cells, ends[:-1]) if part.size]


def _show(work: Work, pattern: SparsePattern, portion: Places, step: int) -> SparsePattern:
    """The pattern after showing as much of a portion as can be shown."""
    from scipy.sparse import csr_matrix, vstack

    table, demands = work.table, work.demands
    hidden = pattern.hidden.copy()
    hidden[portion] = False
    moved = pattern.witnesses @ work.above[:, portion]
    moved.eliminate_zeros()
    broken = np.flatnonzero(np.diff(moved.indptr))
    kept, place = [pattern.witnesses], np.arange(demands.group.size)
    left, rows = broken, demands.group.size
    for search in range((work.effort.mendings + 1) * (work.effort.searches + 1)):
        if left.size == 0:
            break
        again = search % (work.effort.searches + 1)
        if search and not again:
            hidden[_cheapest_above(work, left, portion, hidden)] = True
        seed = work.effort.seed + step * _STEPS + search
        changes = find_changes(table, hidden, seed, mixed=bool(again))
        found, met = meet(table, demands, left, changes, MANY if search else FEW)
        kept.append(found[np.flatnonzero(met)])
        place[left[met]] = rows + np.arange(int(met.sum()))
        rows, left = rows + int(met.sum()), left[~met]
    hidden[portion[np.unique(moved[left].indices)]] = True
    return SparsePattern(hidden, csr_matrix(vstack(kept, format="csr")[place]))


def _cheapest_above(work: Work, asked: Places, portion: Places, hidden: Flags) -> Places:
    """For each leaf of the demands ``asked`` the cheapest shown cell of the portion above it."""
    leaves = np.unique(work.demands.groups[work.demands.group[asked]].indices)
    price = np.full(work.table.keys.size, np.inf)
    price[portion] = work.costs[portion]
    price[hidden] = np.inf
    below = np.zeros(work.table.keys.size)
    for line in work.table.members:
        below += np.bincount(line[leaves], minlength=below.size)
    price /= np.maximum(below, 1.0)
    best, cell = np.full(leaves.size, np.inf), np.zeros(leaves.size, dtype=np.int64)
    for line in work.table.members:
        above = line[leaves]
        cheaper = price[above] < best
        best[cheaper] = price[above[cheaper]]
        cell[cheaper] = above[cheaper]
    return np.unique(cell[np.isfinite(best)])


def _unused_shown(work: Work, pattern: SparsePattern) -> SparsePattern:
    """The pattern without hidden cells that are neither small nor moved by a witness."""
    hidden = work.primary.copy()
    spare = np.flatnonzero(pattern.hidden & ~hidden)
    for start in range(0, spare.size, _CHUNK):
        part = spare[start : start + _CHUNK]
        moved = (pattern.witnesses @ work.above[:, part]).tocsc()
        moved.eliminate_zeros()
        hidden[part[np.diff(moved.indptr) > 0]] = True
    return SparsePattern(hidden, pattern.witnesses)
