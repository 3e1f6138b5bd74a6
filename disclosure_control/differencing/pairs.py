"""Two tables: every small group that their cells give away, found in a graph.

Classes of both tables are nodes, and one more node stands for being in no shown cell; the units
that two classes share are the weight of an edge. What an outsider computes from the two tables is a
potential on the nodes; it is zero on an edge when both ends are equal. So a combination that
touches few units, with any coefficients, exists exactly when some cut has a small weight. Cuts are
found by joining nodes: across edges that are heavy, and then as Stoer and Wagner (1997) do.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.cells import Flags, Floats, Ints

MOST_NODES = 250


@dataclass(frozen=True, eq=False)
class Cut:
    """Classes on one side of a small cut, of the new and of the old table; never class 0."""

    new: Flags
    old: Flags


def find_cuts(shared: Floats, most: int) -> tuple[tuple[Cut, ...], bool]:
    """Small cuts, and whether none was left out because the graph was too large.

    Args:
        shared: units by class of the new and of the old table; class 0 is in no shown cell.
        most: cuts of 1 to ``most`` units are small.
    """
    width = shared.shape[0]
    edges, label = _contracted(_edges(shared), width + shared.shape[1] - 1, most)
    count = int(label.max()) + 1
    if count == 1:
        return (), True
    if count > MOST_NODES:
        return (), False
    weights = np.zeros((count, count))
    np.add.at(weights, (edges.ends[0], edges.ends[1]), edges.weight)
    cuts = []
    for inside in _small_sides(weights + weights.T, most):
        side = np.isin(label, inside)
        cuts.append(Cut(side[:width], np.r_[False, side[width:]]))
    return tuple(cuts), True


@dataclass(frozen=True, eq=False)
class _Edges:
    """Pairs of different nodes, each pair once, and their weight."""

    ends: Ints
    weight: Floats


def _edges(shared: Floats) -> _Edges:
    """Edges between new classes (0 is the common node) and old classes, which follow from 1."""
    new, old = np.nonzero(shared)
    node = np.where(old == 0, 0, shared.shape[0] + old - 1)
    return _apart(np.array([new, node]), shared[new, old])


def _apart(ends: Ints, weight: Floats) -> _Edges:
    """Without edges of a node to itself, parallel ones added up."""
    different = ends[0] != ends[1]
    pairs = np.sort(ends[:, different], axis=0).astype(np.int64)
    width = int(pairs.max(initial=0)) + 1
    key, place = np.unique(pairs[0] * width + pairs[1], return_inverse=True)
    summed = np.bincount(place, weights=weight[different], minlength=key.size)
    ends = np.array([key // width, key % width])
    return _Edges(ends, np.asarray(summed, dtype=np.float64))


def _contracted(edges: _Edges, count: int, most: int) -> tuple[_Edges, Ints]:
    """Nodes joined across heavy edges until none is left; and the part that each node is in.

    The common node stays first, because parts are numbered in the order of their nodes.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    label = np.arange(count)
    while (heavy := edges.weight > most).any():
        ones = np.ones(int(heavy.sum()), dtype=np.int8)
        graph = coo_matrix((ones, tuple(edges.ends[:, heavy])), shape=(count, count))
        count, part = connected_components(graph, directed=False)
        label = part[label]
        edges = _apart(part[edges.ends], edges.weight)
    return edges, label


def _small_sides(weights: Floats, most: int) -> list[Ints]:
    """The nodes on the far side of every small cut that is met while nodes are joined."""
    members = [np.array([node]) for node in range(weights.shape[0])]
    sides = []
    while len(members) > 1:
        one, last = _last_two(weights)
        if 0 < weights[last].sum() <= most:
            sides.append(members[last])
        weights[one] += weights[last]
        weights[:, one] += weights[:, last]
        weights[one, one] = 0.0
        weights = np.delete(np.delete(weights, last, axis=0), last, axis=1)
        members[one] = np.concatenate([members[one], members[last]])
        del members[last]
    return sides


def _last_two(weights: Floats) -> tuple[int, int]:
    """The last two nodes in the order of strongest attachment, from the first node on."""
    reached = weights[0].copy()
    open_nodes = np.ones(weights.shape[0], dtype=np.bool_)
    open_nodes[0] = False
    before, last = 0, 0
    for _ in range(weights.shape[0] - 1):
        before, last = last, int(np.where(open_nodes, reached, -1.0).argmax())
        open_nodes[last] = False
        reached += weights[last]
    return before, last
