"""Code trees: the levels of a dimension and how they add up.

A tree has a root (the total), inner nodes and leaves; the records carry leaves. Labels are unique
in a tree. Source of the term: hierarchical tables in the Handbook on Statistical Disclosure
Control, chapter 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL, as_lazy, label_of, labels

ROOT = -1


@dataclass(frozen=True)
class Hierarchy:
    """A tree of codes.

    Args:
        nodes: the label of every node but the root, parents before their children.
        parents: for each node the place of its parent in ``nodes``, ``-1`` below the root.
    """

    nodes: tuple[str, ...]
    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuses what is not a tree."""
        if not self.nodes or len(self.nodes) != len(self.parents):
            raise InvalidInputError("A hierarchy has nodes, and one parent for each.")
        if len(set(self.nodes)) != len(self.nodes) or TOTAL in self.nodes:
            raise InvalidInputError("The labels of a hierarchy differ from each other.")
        if any(not ROOT <= parent < place for place, parent in enumerate(self.parents)):
            raise InvalidInputError("In a hierarchy, parents come before their children.")

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The labels without children, in their order: what records carry."""
        inner = set(self.parents)
        return tuple(label for place, label in enumerate(self.nodes) if place not in inner)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """For each node its distance to the root, 1 directly below it."""
        found: list[int] = []
        for parent in self.parents:
            found.append(1 if parent == ROOT else found[parent] + 1)
        return tuple(found)

    @cached_property
    def height(self) -> int:
        """The largest distance of a node to the root."""
        return max(self.depths)

    def ancestors(self, depth: int) -> dict[str, str]:
        """For each leaf at or below ``depth`` its ancestor (or itself) at that depth."""
        place_of = {label: place for place, label in enumerate(self.nodes)}
        found = {}
        for leaf in self.leaves:
            place = place_of[leaf]
            while self.depths[place] > depth:
                place = self.parents[place]
            if self.depths[place] == depth:
                found[leaf] = self.nodes[place]
        return found

    @classmethod
    def flat(cls, leaves: Sequence[str]) -> "Hierarchy":
        """The tree in which every label lies directly below the root."""
        return cls(tuple(leaves), (ROOT,) * len(leaves))

    def with_leaves(self, extra: Sequence[str]) -> "Hierarchy":
        """The same tree with more labels directly below the root, at the end."""
        return Hierarchy((*self.nodes, *extra), (*self.parents, *(ROOT,) * len(extra)))

    @classmethod
    def from_parents(cls, parents: Mapping[Any, Any], root: object = "Total") -> "Hierarchy":
        """A tree from child and parent; ``root`` is how the mapping names the total.

        Raises:
            InvalidInputError: a parent is unknown, or children go round in a circle.
        """
        links = {label_of(child): parent for child, parent in parents.items()}
        above = {
            child: None if parent == root else label_of(parent) for child, parent in links.items()
        }
        unknown = {up for up in above.values() if up is not None and up not in above}
        if unknown:
            raise InvalidInputError(
                "Every parent of a hierarchy is the root or has a parent; "
                f"{len(unknown)} have none."
            )
        return _from_links(above)

    @classmethod
    def from_levels(cls, frame: Any, levels: Sequence[str]) -> "Hierarchy":
        """A tree from columns, coarse to fine; the last column holds the leaves.

        A null in a coarser column means that this branch skips the level; rows without a leaf are
        left out. A coarser label that also occurs at a finer level gets its column's name added.

        Raises:
            InvalidInputError: a code lies below two parents.
        """
        if not levels or len(set(levels)) != len(levels):
            raise InvalidInputError("A hierarchy has one or more levels, each once.")
        lazy = as_lazy(frame, levels)
        rows = (
            lazy.filter(pl.col(levels[-1]).is_not_null())
            .select(
                pl.when(pl.col(name).is_null()).then(None).otherwise(text).alias(name)
                for name, text in zip(levels, labels(lazy, levels), strict=True)
            )
            .unique()
            .sort(list(levels))
            .collect()
        )
        return _from_links(_links(_qualified(rows, levels), levels))


def _qualified(rows: pl.DataFrame, levels: Sequence[str]) -> pl.DataFrame:
    """Coarser labels made different from finer ones; leaves keep their labels."""
    taken: set[str] = set()
    for name in reversed(levels):
        own = [text for text in rows[name].unique() if text is not None]
        changed = {text: f"{text} ({name})" for text in own if text in taken}
        if changed:
            rows = rows.with_columns(pl.col(name).replace(changed))
        taken |= {changed.get(text, text) for text in own}
    return rows


def _links(rows: pl.DataFrame, levels: Sequence[str]) -> dict[str, str | None]:
    above: dict[str, str | None] = {}
    for row in rows.select(levels).iter_rows():
        parent: str | None = None
        for label in row:
            if label is None:
                continue
            if above.setdefault(label, parent) != parent:
                raise InvalidInputError(
                    "In a hierarchy every code lies below one parent; a code of "
                    f"{', '.join(levels[1:])} lies below two."
                )
            parent = label
    return above


def _from_links(above: Mapping[str, str | None]) -> Hierarchy:
    """Nodes in depth-first order, children in the order in which they were given."""
    children: dict[str | None, list[str]] = {}
    for child, parent in above.items():
        children.setdefault(parent, []).append(child)
    nodes: list[str] = []
    parents: list[int] = []
    open_nodes = [(child, ROOT) for child in reversed(children.get(None, []))]
    while open_nodes:
        label, parent_place = open_nodes.pop()
        nodes.append(label)
        parents.append(parent_place)
        place = len(nodes) - 1
        open_nodes += [(child, place) for child in reversed(children.get(label, []))]
    if len(nodes) != len(above):
        raise InvalidInputError("A hierarchy has no circles: every code leads to the root.")
    return Hierarchy(tuple(nodes), tuple(parents))


@dataclass(frozen=True)
class Axis:
    """One dimension of a table: its tree with the total as the last label.

    Args:
        name: the dimension's name.
        labels: every node, and ``TOTAL`` last.
        parents: place of each label's parent in ``labels``; ``-1`` for the total.
    """

    name: str
    labels: tuple[str, ...]
    parents: tuple[int, ...]

    @classmethod
    def of(cls, name: str, tree: Hierarchy) -> "Axis":
        """The axis of a tree."""
        top = len(tree.nodes)
        above = (*(top if parent == ROOT else parent for parent in tree.parents), ROOT)
        return cls(name, (*tree.nodes, TOTAL), above)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each label the places of its children."""
        found: list[list[int]] = [[] for _ in self.labels]
        for place, parent in enumerate(self.parents):
            if parent != ROOT:
                found[parent].append(place)
        return tuple(tuple(places) for places in found)

    @property
    def levels(self) -> tuple[str, ...]:
        """The labels without the total."""
        return self.labels[:-1]


def check_covers(tree: Hierarchy, seen: Iterable[str], name: str) -> None:
    """Raises unless every label in the data is a leaf of the tree."""
    outside = set(seen) - set(tree.leaves)
    if outside:
        raise InvalidInputError(
            f"The hierarchy of {name} covers the data; {len(outside)} codes of the data are not "
            "among its leaves."
        )


def leaves_below(children: tuple[tuple[int, ...], ...]) -> list[npt.NDArray[np.int64]]:
    """For every label of an axis the places of the leaves below it (itself, for a leaf)."""
    found = [np.array([place], dtype=np.int64) for place in range(len(children))]
    # The total stands last and above all; other parents stand before their children.
    for place in [*range(len(children) - 2, -1, -1), len(children) - 1]:
        if children[place]:
            found[place] = np.concatenate([found[child] for child in children[place]])
    return found
