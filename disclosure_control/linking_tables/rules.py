"""How cells of linked tables add up: a set of one dimension is the sum of others.

Each rule holds in every context (the same sets of the other dimensions) in which all its cells
occur, whichever tables they are from. So nodes and children of a table's own tree are covered, the
same in other tables, and sums across trees: a group of one table that codes of another make up.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from disclosure_control.linking_tables.cells import Joined
from disclosure_control.linking_tables.codes import Dimension, Rule, Set, Tree
from disclosure_control.suppression.problem import Places, distinct_rows


def find_rules(dimension: Dimension) -> list[Rule]:
    """The rules of one dimension: of every tree, and of sets of a tree as sums in another."""
    trees = distinct(dimension)
    found = [rule for tree in trees for rule in tree.rules]
    for tree, other in permutations(trees, 2):
        for which in tree.sets:
            parts = sum_in(which, other, dimension.live)
            if parts:
                found.append((which, parts))
    return [rule for rule in dict.fromkeys(found) if rule[1] != (rule[0],)]


def distinct(dimension: Dimension) -> list[Tree]:
    """The trees of a dimension, those with the same sets once."""
    trees = [tree for tree in dimension.trees if tree is not None]
    return list({(tree.sets, tree.axis.parents): tree for tree in trees}.values())


def sum_in(which: Set, tree: Tree, live: Set) -> tuple[Set, ...]:
    """The fewest nodes of a tree that make up a set; none when they do not."""
    found: list[Set] = []
    todo = [len(tree.sets) - 1]
    while todo:
        node = todo.pop()
        own = tree.sets[node] & live
        if not own & which:
            continue
        if not own & ~which:
            found.append(tree.sets[node])
        elif tree.axis.children[node]:
            todo.extend(reversed(tree.axis.children[node]))
        else:
            return ()
    return tuple(found)


def find_relations(joined: Joined, rules: Sequence[Sequence[Rule]]) -> Any:
    """The relations between the joint cells: parts minus their sum, each once.

    Args:
        joined: the cells.
        rules: the rules of each dimension.

    Returns:
        A ``scipy.sparse`` matrix in rows of -1, 0 and 1.
    """
    from scipy.sparse import csr_matrix

    columns, signs, sizes = [np.empty(0, dtype=np.int64)], [np.empty(0)], []
    for dimension, own in enumerate(rules):
        for members in _lines(joined, dimension, own):
            count, size = members.shape
            columns.append(members.ravel())
            signs.append(np.tile(np.r_[-1.0, np.ones(size - 1)], count))
            sizes.append(np.full(count, size))
    ends = np.concatenate([[0], np.cumsum(np.concatenate([*sizes, np.empty(0, dtype=np.int64)]))])
    shape = (ends.size - 1, len(joined.keys))
    return distinct_rows(csr_matrix((np.concatenate(signs), np.concatenate(columns), ends), shape))


def contexts(joined: Joined, dimension: int) -> Places:
    """For each cell the number of its context: of its sets in the other dimensions."""
    others = np.delete(joined.keys, dimension, axis=1)
    if not others.shape[1]:
        return np.zeros(len(others), dtype=np.int64)
    which = np.unique(others, axis=0, return_inverse=True)[1]
    return np.asarray(which.ravel(), dtype=np.int64)


def _lines(joined: Joined, dimension: int, rules: Sequence[Rule]) -> Iterator[Places]:
    """For each rule the cells of its sum and parts, a row for each context that has them all."""
    context = contexts(joined, dimension)
    numbers = joined.numbering[dimension].number
    order = np.lexsort((context, joined.keys[:, dimension]))
    ends = np.searchsorted(joined.keys[order, dimension], np.arange(len(numbers) + 1))
    cells = [order[first:last] for first, last in pairwise(ends.tolist())]
    for whole, parts in rules:
        if not all(part in numbers for part in (whole, *parts)):
            continue
        members = [cells[numbers[one]] for one in (whole, *parts)]
        common = context[min(members, key=len)]
        for one in members:
            common = common[np.isin(common, context[one], assume_unique=True)]
        if common.size:
            yield np.stack([one[np.searchsorted(context[one], common)] for one in members], axis=1)
