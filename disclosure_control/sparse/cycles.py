"""Changes of a table that leave every shown cell as it is: cycles in a graph of leaves.

The shown cells above a leaf are split into two parts, and each part gets a number, its signature:
the sum of random 64-bit numbers of its cells. Leaves are the edges of a bipartite graph between
the signatures of the first and of the second part. Around a cycle, leaves rise and fall by one
in turn, so at every node the rises equal the falls, and no shown cell moves. A part without shown
cells needs no balance: all such parts are one node, the ground, and a leaf with no shown cell
above it is a change of its own. Two parts that differ get the same signature with a chance of
2^-64 each; the proof is checked without signatures, so an accident cannot pass.

Cycles come from spanning forests: every leaf outside the forest closes one. Source of the idea:
moves of network flows, Cox (1995), "Network models for complementary cell suppression".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.sparse.cells import Flags, Places, SparseTable

Signatures = npt.NDArray[np.uint64]
_LONGEST = 12


@dataclass(frozen=True)
class Forest:
    """A spanning forest of the graph; the ground is the root of all trees.

    Args:
        above: the node above each node; the ground's is itself.
        edge: the leaf on the way up; -1 where there is none.
        depth: the number of steps to the ground.
        left: whether the node is a signature of the first part.
    """

    above: Places
    edge: Places
    depth: Places
    left: Flags


def plain_splits(table: SparseTable) -> list[Flags]:
    """For each axis and level: the combinations that are as fine, and the others."""
    highest = table.combinations.max(axis=0)
    return [
        table.combinations[:, axis] >= level
        for axis, height in enumerate(highest.tolist())
        for level in range(1, height + 1)
    ]


def mixed_splits(table: SparseTable, chance: np.random.Generator) -> list[Flags]:
    """As many splits as ``plain_splits``, each by two or more axes at levels drawn at random."""
    highest = table.combinations.max(axis=0)
    found = []
    for _ in range(int(highest.sum())):
        chosen = chance.permutation(highest.size)[: 2 + chance.integers(max(1, highest.size - 2))]
        fine = table.combinations[:, chosen] >= chance.integers(1, highest[chosen] + 1)
        found.append(fine.all(axis=1) if chance.random() < 0.5 else fine.any(axis=1))
    return found


def find_changes(table: SparseTable, hidden: Flags, seed: int, *, mixed: bool = False) -> Any:
    """Changes that move hidden cells only, short ones, several for most leaves that have any.

    Args:
        table: the table.
        hidden: which cells may move.
        seed: of the forests.
        mixed: whether shown cells are split by several axes at once instead of by one.

    Returns:
        A ``scipy.sparse`` matrix in rows: one row per change, one column per leaf, of -1, 0 and 1.
    """
    from scipy.sparse import csr_matrix, vstack

    chance = np.random.default_rng(seed)
    found = [csr_matrix((0, table.counts.size), dtype=np.int32)]
    ways = mixed_splits(table, chance) if mixed else plain_splits(table)
    for first, second in _signatures(table, hidden, ways, chance):
        found.append(_cycles(first, second, chance))
    return distinct(vstack(found, format="csr"), chance)


def distinct(changes: Any, chance: np.random.Generator) -> Any:
    """The rows without those that say the same, also negated; shortest first."""
    if changes.nnz == 0:
        return changes[:0]
    each = chance.integers(1, 2**62, changes.shape[1])
    mark = np.add.reduceat(changes.data * each[changes.indices], changes.indptr[:-1])
    _, first = np.unique(np.maximum(mark, -mark), return_index=True)
    length = np.diff(changes.indptr)[first]
    return changes[first[np.lexsort((first, length))]]


def _signatures(
    table: SparseTable, hidden: Flags, ways: list[Flags], chance: np.random.Generator
) -> Iterator[tuple[Signatures, Signatures]]:
    number = chance.integers(1, 2**63, table.keys.size, dtype=np.uint64)
    number[hidden] = 0
    parts = np.zeros((len(ways), table.counts.size), dtype=np.uint64)
    total = np.zeros(table.counts.size, dtype=np.uint64)
    for combination, cells in enumerate(table.members):
        own = number[cells]
        total += own
        for place, way in enumerate(ways):
            if way[combination]:
                parts[place] += own
    for part in parts:
        yield part, total - part


def _cycles(first: Signatures, second: Signatures, chance: np.random.Generator) -> Any:
    """For every leaf the shortest closed cycle through it, where there is one."""
    from scipy.sparse import csr_matrix

    up, down, count = _nodes(first, second, chance)
    forest = _forest(up, down, count, chance)
    inside = np.zeros(up.size, dtype=np.bool_)
    inside[forest.edge[forest.edge >= 0]] = True
    closing = np.flatnonzero(~inside)
    number, leaf, sign, length = _close(forest, up, down, closing)
    order = np.lexsort((length[number], leaf))
    best = order[np.r_[True, leaf[order][1:] != leaf[order][:-1]]] if order.size else order
    used, place = np.unique(number[best]), np.full(closing.size, -1)
    place[used] = np.arange(used.size)
    kept = place[number] >= 0
    entries = (sign[kept], (place[number[kept]], leaf[kept]))
    return csr_matrix(entries, shape=(used.size, up.size), dtype=np.int32)


def _nodes(
    first: Signatures, second: Signatures, chance: np.random.Generator
) -> tuple[Places, Places, tuple[int, Flags]]:
    """The two nodes of each leaf, randomly numbered; how many, the ground last; which are left."""
    one, left = np.unique(first, return_inverse=True)
    two, right = np.unique(second, return_inverse=True)
    ground = one.size + two.size
    mixed = chance.permutation(ground)
    is_left = np.zeros(ground + 1, dtype=np.bool_)
    is_left[mixed[: one.size]] = True
    up = np.where(first == 0, ground, mixed[left])
    down = np.where(second == 0, ground, mixed[one.size + right])
    return up.astype(np.int64), down.astype(np.int64), (ground + 1, is_left)


def _forest(
    up: Places, down: Places, count: tuple[int, Flags], chance: np.random.Generator
) -> Forest:
    """A forest of shortest ways; of leaves between the same nodes one at random stands for all."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    nodes, left = count
    ground = nodes - 1
    mixed = chance.permutation(up.size)
    keys, first = np.unique((up * nodes + down)[mixed], return_index=True)
    first = mixed[first]
    links = (np.ones(keys.size, dtype=np.int8), (up[first], down[first]))
    graph = csr_matrix(links, shape=(nodes, nodes))
    graph = graph + graph.T
    _, part = connected_components(graph, directed=False)
    order = np.lexsort((-np.diff(graph.indptr), part))
    order = order[part[order] != part[ground]]
    tops = order[np.r_[True, part[order][1:] != part[order][:-1]]] if order.size else order
    lead = (np.ones(tops.size, dtype=np.int8), (np.full(tops.size, ground), tops))
    joined = csr_matrix(lead, shape=(nodes, nodes))
    _, above = breadth_first_order(graph + joined + joined.T, ground, directed=False)
    above = above.astype(np.int64)
    above[ground] = ground
    own = np.arange(nodes)
    key = np.where(left, own * nodes + above, above * nodes + own)
    place = np.minimum(np.searchsorted(keys, key), keys.size - 1)
    real = (keys[place] == key) & (own != ground)
    return Forest(above, np.where(real, first[place], -1), _depth(above), left)


def _depth(above: Places) -> Places:
    depth = np.zeros(above.size, dtype=np.int64)
    node = above.copy()
    moving = np.flatnonzero(node != np.arange(above.size))
    while moving.size:
        depth[moving] += 1
        here = node[moving]
        node[moving] = above[here]
        moving = moving[node[moving] != here]
    return depth


def _close(
    forest: Forest, up: Places, down: Places, closing: Places
) -> tuple[Places, Places, npt.NDArray[np.int64], Places]:
    """The cycles that the leaves ``closing`` close: entries as number, leaf and sign; lengths."""
    one, two = up[closing].copy(), down[closing].copy()
    live = np.arange(closing.size)
    length = np.ones(closing.size, dtype=np.int64)
    entries = [(live, closing, np.ones(closing.size, dtype=np.int64))]
    for _ in range(_LONGEST):
        live = live[one[live] != two[live]]
        if live.size == 0:
            break
        deeper = forest.depth[one[live]] >= forest.depth[two[live]]
        for ends, chosen, turn in ((one, live[deeper], -1), (two, live[~deeper], 1)):
            node = ends[chosen]
            sign = np.where(forest.left[node], turn, -turn).astype(np.int64)
            entries.append((chosen, forest.edge[node], sign))
            ends[chosen] = forest.above[node]
        length[live] += 1
    number, leaf, signs = (np.concatenate(column) for column in zip(*entries, strict=True))
    open_ones = np.zeros(closing.size, dtype=np.bool_)
    open_ones[live[one[live] != two[live]]] = True
    kept = ~open_ones[number]
    return number[kept], leaf[kept], signs[kept], length
