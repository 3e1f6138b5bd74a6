"""One-dimensional flows: how figures can be moved along one axis without breaking its sums.

Along a tree every change that keeps all sums is made of changes of leaves. The two simplest: one
leaf rises and another falls, felt on their paths up to just below the first node they share; or
one leaf rises and with it everything up to the total. ``Moves`` lists all of them that lift a
given node by one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import Places

Signs = npt.NDArray[np.int8]

_PAIRS = 4096
_KEPT = 64
_NOBODY = -1


@dataclass(frozen=True)
class Moves:
    """Flows through one node of an axis, one per column.

    ``nodes``: the nodes touched. ``signs``: 1 rises, -1 falls, 0 is padding.
    """

    nodes: Places
    signs: Signs

    @cached_property
    def full(self) -> bool:
        """Whether there is no padding."""
        return bool(self.signs.all())

    def chosen(self, columns: Places) -> "Moves":
        """Only these flows."""
        return Moves(self.nodes[:, columns], self.signs[:, columns])


@dataclass(frozen=True)
class Paths:
    """The tree of an axis by the paths of its leaves.

    Args:
        ancestors: one row per leaf, one column per depth (0: the total); the node of the path at
            that depth, -1 below the leaf.
        depth: of every node.
    """

    ancestors: Places
    depth: Places

    @classmethod
    def of(cls, axis: Axis) -> "Paths":
        """The paths of an axis."""
        leaves = [place for place, below in enumerate(axis.children) if not below]
        paths = []
        for leaf in leaves:
            path = [leaf]
            while axis.parents[path[-1]] >= 0:
                path.append(axis.parents[path[-1]])
            paths.append(path[::-1])
        height = max(len(path) for path in paths)
        ancestors = np.full((len(paths), height), _NOBODY, dtype=np.int64)
        depth = np.zeros(len(axis.labels), dtype=np.int64)
        for row, path in enumerate(paths):
            ancestors[row, : len(path)] = path
            depth[path] = np.arange(len(path))
        return cls(ancestors, depth)

    @cached_property
    def leaf(self) -> Places:
        """The node of each leaf."""
        last = (self.ancestors != _NOBODY).sum(axis=1) - 1
        return np.asarray(self.ancestors[np.arange(len(last)), last])

    def under(self, node: int) -> npt.NDArray[np.bool_]:
        """Which leaves lie at or under a node."""
        return np.asarray(self.ancestors[:, self.depth[node]] == node)

    def is_large(self, node: int) -> bool:
        """Whether there are too many flows through a node to try all."""
        own = int(self.under(node).sum())
        return own * (len(self.ancestors) - own + 1) > _PAIRS

    def moves(self, node: int, within: int | None, prices: npt.NDArray[np.float64]) -> Moves:
        """The flows that lift ``node`` by one.

        Args:
            node: the node to lift.
            within: a node above it that must keep its value, or null.
            prices: per node of the axis, used to choose among leaves when there are too many;
                may be empty when ``is_large`` is false.
        """
        inside = self.under(node)
        outside = ~inside if within is None else ~inside & self.under(within)
        own, other = np.flatnonzero(inside), np.flatnonzero(outside)
        if own.size * other.size > _PAIRS:
            own, other = self._cheapest(own, prices), self._cheapest(other, prices)
        first, second = np.repeat(own, other.size), np.tile(other, own.size)
        one, two = self.ancestors[first], self.ancestors[second]
        shared = np.cumprod((one == two) & (one != _NOBODY), axis=1).astype(np.bool_)
        nodes = np.concatenate([one, two], axis=1)
        signs = np.concatenate([~shared & (one != _NOBODY), ~shared & (two != _NOBODY)], axis=1)
        signs = signs.astype(np.int8)
        signs[:, one.shape[1] :] *= -1
        if within is None:
            whole = np.concatenate([self.ancestors[own]] * 2, axis=1)
            rises = (whole != _NOBODY).astype(np.int8)
            rises[:, one.shape[1] :] = 0
            nodes, signs = np.concatenate([nodes, whole]), np.concatenate([signs, rises])
        return _packed(nodes, signs, node)

    def _cheapest(self, leaves: Places, prices: npt.NDArray[np.float64]) -> Places:
        if leaves.size <= _KEPT:
            return leaves
        order = np.argsort(prices[self.leaf[leaves]], kind="stable")
        return np.sort(leaves[order[:_KEPT]])


def _packed(nodes: Places, signs: Signs, node: int) -> Moves:
    """As few rows as the longest flow needs; padding names the node itself."""
    order = np.argsort(signs == 0, axis=1, kind="stable")
    width = int((signs != 0).sum(axis=1).max(initial=1))
    nodes = np.take_along_axis(nodes, order, axis=1)[:, :width]
    signs = np.take_along_axis(signs, order, axis=1)[:, :width]
    nodes = np.where(signs == 0, node, nodes)
    return Moves(np.ascontiguousarray(nodes.T), np.ascontiguousarray(signs.T))
