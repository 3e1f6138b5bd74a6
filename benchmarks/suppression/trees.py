"""Uneven trees drawn at random, and figures carried from their leaves up to all nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from disclosure_control.hierarchy import ROOT, Axis, Hierarchy
from disclosure_control.suppression.problem import Floats

_EVEN = 3.0
_LEAST = 2


@dataclass(frozen=True)
class Growth:
    """How a tree is drawn: the seed, about how many nodes each level has, and a name."""

    seed: int
    levels: tuple[int, ...]
    name: str


def grow(growth: Growth) -> Axis:
    """The axis of a drawn tree: each level is shared out unevenly over the nodes above it.

    Every node above the last level has two children or more, so all leaves are equally deep.
    """
    random = np.random.default_rng(growth.seed)
    labels: list[str] = []
    parents: list[int] = []
    open_nodes = [ROOT]
    for depth, wanted in enumerate(growth.levels, start=1):
        shares = random.dirichlet(np.full(len(open_nodes), _EVEN))
        counts = np.maximum(_LEAST, np.round(shares * wanted)).astype(int)
        first = len(labels)
        for node, count in zip(open_nodes, counts.tolist(), strict=True):
            parents += [node] * count
        labels += [f"{growth.name}{depth}.{place}" for place in range(first, len(parents))]
        open_nodes = list(range(first, len(parents)))
    return Axis.of(growth.name, Hierarchy(tuple(labels), tuple(parents)))


def leaves(axis: Axis) -> list[int]:
    """The places of the labels without children, in their order."""
    return [place for place, children in enumerate(axis.children) if not children]


def leaf_shape(axes: Sequence[Axis]) -> tuple[int, ...]:
    """How many leaves each axis has."""
    return tuple(len(leaves(axis)) for axis in axes)


def carried(
    inner: Sequence[Floats],
    axes: Sequence[Axis],
    join: Callable[[tuple[Floats, ...]], tuple[Floats, ...]],
) -> tuple[Floats, ...]:
    """Figures of the leaf cells carried to all cells of the grid, in its order, flat.

    Args:
        inner: the figures, each an array of the shape of the leaves.
        axes: the dimensions.
        join: figures of several cells, stacked in front, to the figures of the cell above them.
    """
    figures = tuple(inner)
    for position, axis in enumerate(axes):
        figures = tuple(np.moveaxis(one, position, 0) for one in figures)
        whole = tuple(np.empty((len(axis.labels), *one.shape[1:])) for one in figures)
        for one, full in zip(figures, whole, strict=True):
            full[leaves(axis)] = one
        for node in _upwards(axis):
            below = list(axis.children[node])
            above = join(tuple(full[below] for full in whole))
            for one, full in zip(above, whole, strict=True):
                full[node] = one
        figures = tuple(np.moveaxis(full, 0, position) for full in whole)
    return tuple(np.ascontiguousarray(one).ravel() for one in figures)


def _upwards(axis: Axis) -> list[int]:
    """The nodes with children, each after all of its children: the total is last of all."""
    inner = [place for place in range(len(axis.labels) - 1) if axis.children[place]]
    return [*reversed(inner), len(axis.labels) - 1]


def sums(figures: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """What adds up."""
    return tuple(one.sum(axis=0) for one in figures)


def two_largest(figures: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """Largest and second contribution of a cell from those of the cells below it."""
    first, second = figures
    tops = np.partition(first, -2, axis=0)
    return tops[-1], np.maximum(tops[-2], second.max(axis=0))
