"""What must be possible in a table: each small cell falls to nobody and rises to the threshold.

Small cells with the same leaves below them stand or fall together: they are one *group*. A group
of several leaves need not be asked to rise: when one of its leaves rises to the threshold, it does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.sparse.cells import Flags, Places, SparseTable

_SEED = 7


@dataclass(frozen=True)
class Demands:
    """One entry per demand; a group of one leaf has two, another group has one.

    Args:
        groups: ``scipy.sparse`` matrix of 0 and 1, one row per group, one column per leaf.
        group: the group of each demand.
        side: 1 it rises, -1 it falls.
        need: by how much.
        cells: the primary cells.
        group_of: the group of each of them.
    """

    groups: Any
    group: Places
    side: npt.NDArray[np.int64]
    need: npt.NDArray[np.int64]
    cells: Places
    group_of: Places


def find_demands(table: SparseTable, minimum_units: int) -> Demands:
    """What the cells below ``minimum_units`` demand."""
    small = table.values < minimum_units
    cells = np.flatnonzero(small)
    entry_cell, entry_leaf = _below(table, small)
    chance = np.random.default_rng(_SEED)
    each = chance.integers(1, 2**63, table.counts.size, dtype=np.uint64)
    mark = np.zeros(table.keys.size, dtype=np.uint64)
    np.add.at(mark, entry_cell, each[entry_leaf])
    _, example, group_of = np.unique(mark[cells], return_index=True, return_inverse=True)
    groups = _incidence(cells[example], entry_cell, entry_leaf, table)
    size, total = np.diff(groups.indptr), table.values[cells[example]]
    every, single = np.arange(example.size), np.flatnonzero(size == 1)
    return Demands(
        groups=groups,
        group=np.concatenate([every, single]),
        side=np.concatenate([np.full(every.size, -1), np.ones(single.size, dtype=np.int64)]),
        need=np.concatenate([total, minimum_units - total[single]]),
        cells=cells,
        group_of=group_of.astype(np.int64),
    )


def _below(table: SparseTable, small: Flags) -> tuple[Places, Places]:
    """Every pair of a small cell and a leaf below it, once."""
    cells, leaves = [], []
    for line in table.members:
        leaf = np.flatnonzero(small[line])
        cells.append(line[leaf].astype(np.int64))
        leaves.append(leaf)
    pair = np.unique(np.concatenate(cells) * table.counts.size + np.concatenate(leaves))
    return np.divmod(pair, table.counts.size)


def _incidence(chosen: Places, cell: Places, leaf: Places, table: SparseTable) -> Any:
    from scipy.sparse import csr_matrix

    row = np.full(table.keys.size, -1)
    row[chosen] = np.arange(chosen.size)
    kept = row[cell] >= 0
    entries = (np.ones(int(kept.sum()), dtype=np.int32), (row[cell[kept]], leaf[kept]))
    return csr_matrix(entries, shape=(chosen.size, table.counts.size))
