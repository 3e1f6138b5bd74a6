"""What the codes of a dimension mean: sets of its finest categories, across all tables.

A code with parts in any tree stands for the finest categories below it, also where another table
has it as a leaf. The total stands for everything. Sets are whole numbers with a bit per category.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL, plain
from disclosure_control.hierarchy import ROOT, Axis, Hierarchy

Set = int
Rule = tuple[Set, tuple[Set, ...]]
"""A set and the disjoint sets that it is the sum of."""
Trees = Mapping[str, Hierarchy | Sequence[Hierarchy]]
"""By dimension, trees that connect codes."""


@dataclass(frozen=True)
class Tree:
    """One table's breakdown of a dimension.

    Args:
        axis: the axis.
        sets: for each of its labels the set that it stands for.
    """

    axis: Axis
    sets: tuple[Set, ...]

    @cached_property
    def leaves(self) -> tuple[Set, ...]:
        """The sets of the labels without children."""
        return tuple(
            own for own, below in zip(self.sets, self.axis.children, strict=True) if not below
        )

    @cached_property
    def cover(self) -> Set:
        """Every finest category that some leaf covers."""
        return _union(self.leaves)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Each node is the sum of its children."""
        return tuple(
            (self.sets[node], tuple(self.sets[child] for child in below))
            for node, below in enumerate(self.axis.children)
            if below
        )


@dataclass(frozen=True)
class Dimension:
    """One dimension across tables.

    Args:
        name: its name.
        categories: the finest categories; bit k of a set is the k-th.
        trees: for each table its tree; null where the table is not broken down by it.
    """

    name: str
    categories: tuple[str, ...]
    trees: tuple[Tree | None, ...]

    @property
    def whole(self) -> Set:
        """The set of all categories."""
        return (1 << len(self.categories)) - 1

    @property
    def live(self) -> Set:
        """Categories that every tree covers; in the others there can be nobody."""
        found = self.whole
        for tree in self.trees:
            if tree is not None:
                found &= tree.cover
        return found

    def text(self, which: Set) -> str:
        """A set as people read it."""
        if which == self.whole:
            return plain(TOTAL)
        for tree in self.trees:
            if tree is not None and which in tree.sets:
                return plain(tree.axis.labels[tree.sets.index(which)])
        return " + ".join(plain(self.categories[bit]) for bit in bits_of(which))


def find_dimensions(
    tables: Sequence[tuple[Axis, ...]], hierarchies: Trees
) -> tuple[Dimension, ...]:
    """Every dimension of the tables, in the order of first appearance.

    Args:
        tables: the axes of each table.
        hierarchies: trees by dimension that connect codes of different tables; they need not be
            shown in any.

    Raises:
        InvalidInputError: a code means different sets in two trees, or lies below itself.
    """
    names = dict.fromkeys(axis.name for axes in tables for axis in axes)
    unknown = sorted(set(hierarchies) - set(names))
    if unknown:
        raise InvalidInputError(f"Hierarchies are of dimensions of the tables, not {unknown[0]}.")
    return tuple(_find_dimension(name, tables, hierarchies.get(name, ())) for name in names)


def _find_dimension(
    name: str, tables: Sequence[tuple[Axis, ...]], extra: Hierarchy | Sequence[Hierarchy]
) -> Dimension:
    axes = [next((axis for axis in axes if axis.name == name), None) for axes in tables]
    parts = [_parts(axis.labels, axis.parents) for axis in axes if axis is not None]
    extra = (extra,) if isinstance(extra, Hierarchy) else extra
    parts += [_parts(tree.nodes, tree.parents) for tree in extra]
    below: dict[str, list[tuple[str, ...]]] = {}
    seen: dict[str, None] = {}
    for tree in parts:
        for label, children in tree.items():
            seen.setdefault(label)
            if children:
                below.setdefault(label, []).append(children)
    categories = tuple(label for label in seen if label not in below)
    sets = {label: 1 << bit for bit, label in enumerate(categories)}
    for label in below:
        _expand(name, label, below, sets)
    sets[TOTAL] = (1 << len(categories)) - 1
    trees = [
        None if axis is None else Tree(axis, tuple(sets[label] for label in axis.labels))
        for axis in axes
    ]
    return Dimension(name, categories, tuple(trees))


def _parts(labels: Sequence[str], parents: Sequence[int]) -> dict[str, tuple[str, ...]]:
    """For each label its children; the total is left out."""
    found: dict[str, list[str]] = {label: [] for label in labels if label != TOTAL}
    for label, parent in zip(labels, parents, strict=True):
        if parent != ROOT and labels[parent] != TOTAL:
            found[labels[parent]].append(label)
    return {label: tuple(children) for label, children in found.items()}


def _expand(
    name: str, label: str, below: Mapping[str, list[tuple[str, ...]]], sets: dict[str, Set]
) -> None:
    """Fills in the set of a label and of all below it, without recursion."""
    path, open_labels = [label], {label}
    while path:
        top = path[-1]
        missing = [one for parts in below[top] for one in parts if one not in sets]
        if top in sets or not missing:
            if top not in sets:
                sets[top] = _agreed(name, top, below[top], sets)
            open_labels.discard(path.pop())
        elif missing[0] in open_labels:
            raise InvalidInputError(
                f"The trees of {name} contradict each other: {plain(missing[0])} lies below itself."
            )
        else:
            path.append(missing[0])
            open_labels.add(missing[0])


def _agreed(
    name: str, label: str, definitions: list[tuple[str, ...]], sets: Mapping[str, Set]
) -> Set:
    """The set that all trees give to a label."""
    found = {_union(sets[part] for part in parts) for parts in definitions}
    if len(found) > 1:
        raise InvalidInputError(
            f"The trees of {name} contradict each other: {plain(label)} has different categories "
            "below it; give one of the two another code."
        )
    return found.pop()


def _union(sets: Iterable[Set]) -> Set:
    total = 0
    for one in sets:
        total |= one
    return total


def bits_of(which: Set) -> Iterator[int]:
    """The numbers of the categories in a set."""
    while which:
        lowest = which & -which
        yield lowest.bit_length() - 1
        which ^= lowest
