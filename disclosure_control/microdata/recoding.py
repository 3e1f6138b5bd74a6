"""Full-domain recoding: the steps by which one quasi-identifier is made coarser along its tree.

Level 0 leaves the column as it was. Level j cuts the tree at its height less j: every code becomes
its ancestor there, and a code that lies nearer to the root stays. At the last level everything is
the total. The loss of a cell is (leaves below its label - 1) / (all leaves - 1), 0 for a leaf and 1
for the total. Source: Iyengar, Transforming data to satisfy privacy constraints, KDD 2002.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from disclosure_control.frames import MISSING, TOTAL
from disclosure_control.hierarchy import ROOT, Hierarchy, check_covers

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NULL = 0
"""The code of a missing (or suppressed) cell at every level."""


@dataclass(frozen=True, eq=False)
class Step:
    """One level of one column. All three are indexed by the column's code at level 0.

    Args:
        codes: the code at this level; NULL where the cell is missing.
        losses: the loss of a cell.
        labels: the label of a cell, null where it is missing; at level 0 the labels of the data.
    """

    codes: Integers
    losses: Floats
    labels: tuple[str | None, ...]


def ladder(name: str, labels: Sequence[str], tree: Hierarchy | None) -> tuple[Step, ...]:
    """The steps of column ``name`` from level 0 up; without a tree there is only level 0.

    Args:
        name: the column.
        labels: the labels of its codes 1, 2, ...; code 0 is null.
        tree: the column's hierarchy. A missing value climbs only if the tree has it as a leaf.

    Raises:
        InvalidInputError: a label is no leaf of the tree.
    """
    own: tuple[str | None, ...] = (None, *labels)
    found = [Step(np.arange(len(own)), np.zeros(len(own)), own)]
    if tree is None:
        return tuple(found)
    check_covers(tree, set(labels) - {MISSING}, name)
    beneath = _leaves_beneath(tree)
    for depth in range(tree.height - 1, 0, -1):
        above = {leaf: leaf for leaf in tree.leaves} | tree.ancestors(depth)
        targets = [above.get(MISSING if label is None else label, MISSING) for label in own]
        found.append(_step(targets, beneath, len(tree.leaves)))
    found.append(Step(np.ones(len(own), np.int64), np.ones(len(own)), (TOTAL,) * len(own)))
    return tuple(found)


def _step(targets: Sequence[str], beneath: Counter[str], leaves: int) -> Step:
    """The step that gives every code its target; a target that is missing becomes null."""
    present = sorted(set(targets) - {MISSING})
    place = {label: code for code, label in enumerate(present, start=1)}
    return Step(
        np.array([place.get(label, NULL) for label in targets], np.int64),
        np.array([max(beneath[label] - 1, 0) / max(leaves - 1, 1) for label in targets]),
        tuple(None if label == MISSING else label for label in targets),
    )


def _leaves_beneath(tree: Hierarchy) -> Counter[str]:
    """How many leaves lie at or below each label."""
    found: Counter[str] = Counter()
    place_of = {label: place for place, label in enumerate(tree.nodes)}
    for leaf in tree.leaves:
        place = place_of[leaf]
        while place != ROOT:
            found[tree.nodes[place]] += 1
            place = tree.parents[place]
    return found
