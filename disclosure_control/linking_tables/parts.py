"""Parts that overlapping groups have in common: cells that no table shows, but everybody infers.

A table by {a, b} and {c} and one by {a} and {b, c} together tell b, and that it is not negative.
Where trees of a dimension overlap like this, the categories that they cut each other into become
cells of their own: never shown, so free to use, but their figures have to fit. Sums over them link
the trees. Where the tables leave their figures open, any figures that fit do: a change from them
to others that fit proves as much as a change from the true ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.linking_tables.cells import Joined
from disclosure_control.linking_tables.codes import Dimension, Rule, Set, Tree, bits_of
from disclosure_control.linking_tables.rules import contexts, distinct, find_rules, sum_in
from disclosure_control.suppression.problem import Floats

_NODES = 2_000
_INFEASIBLE = 2


def add_parts(
    joined: Joined, dimensions: Sequence[Dimension]
) -> tuple[Joined, list[list[Rule]], bool]:
    """The cells together with the parts, at the end, and the rules of every dimension.

    Also whether these say all there is about the parts: they are of one dimension, and the same in
    every context.
    """
    rules = []
    cuts: set[tuple[int, tuple[Set, ...]]] = set()
    for number, dimension in enumerate(dimensions):
        own = find_rules(dimension)
        trees = distinct(dimension)
        if len(trees) > 1:
            for context_keys, present in _groups(joined, dimension, number, trees):
                new, linking = _cut(present, dimension.live)
                own += linking
                if new:
                    cuts.add((number, tuple(new)))
                joined = _with_parts(joined, number, context_keys, new)
        rules.append(list(dict.fromkeys(own)))
    return joined, rules, len(cuts) <= 1


def _groups(
    joined: Joined, dimension: Dimension, number: int, trees: list[Tree]
) -> list[tuple[npt.NDArray[np.int64], list[Tree]]]:
    """Contexts by which trees they have, those with several: a key for each, and the trees."""
    context = contexts(joined, number)
    have = np.zeros((int(context.max()) + 1, len(trees)), dtype=np.bool_)
    forms = [(tree.sets, tree.axis.parents) for tree in trees]
    for table, tree in enumerate(dimension.trees):
        if tree is not None:
            form = forms.index((tree.sets, tree.axis.parents))
            have[context[joined.places[table]], form] = True
    keys = np.zeros((len(have), joined.keys.shape[1]), dtype=np.int64)
    keys[context] = joined.keys
    found = []
    for pattern in np.unique(have[have.sum(axis=1) > 1], axis=0):
        same = (have == pattern).all(axis=1)
        found.append((keys[same], [tree for tree, on in zip(trees, pattern, strict=True) if on]))
    return found


def _cut(trees: list[Tree], live: Set) -> tuple[list[Set], list[Rule]]:
    """The parts into which trees cut each other and that none of them has; and rules for leaves."""
    known = {one & live: one for tree in trees for one in reversed(tree.sets) if one & live}
    pieces = pieces_of(trees, live)
    new = [piece for piece in pieces.values() if piece not in known]
    rules = []
    for place, tree in enumerate(trees):
        made_of: dict[int, list[Set]] = {}
        for leaves, piece in pieces.items():
            made_of.setdefault(leaves[place], []).append(known.get(piece, piece))
        for number, parts in made_of.items():
            leaf = tree.leaves[number]
            if not any(sum_in(leaf, other, live) for other in trees if other is not tree):
                rules.append((leaf, tuple(parts)))
    return new, rules


def pieces_of(trees: Sequence[Tree], live: Set) -> dict[tuple[int, ...], Set]:
    """The sets into which leaves cut the live categories, by the leaf of each tree."""
    owners: dict[int, list[int]] = {bit: [] for bit in bits_of(live)}
    for tree in trees:
        for number, leaf in enumerate(tree.leaves):
            for bit in bits_of(leaf & live):
                owners[bit].append(number)
    pieces: dict[tuple[int, ...], Set] = {}
    for bit, owner in owners.items():
        pieces[tuple(owner)] = pieces.get(tuple(owner), 0) | 1 << bit
    return pieces


def _with_parts(
    joined: Joined, number: int, context_keys: npt.NDArray[np.int64], new: Iterable[Set]
) -> Joined:
    """The cells together with those of new sets in some contexts."""
    added = []
    for which in new:
        keys = context_keys.copy()
        keys[:, number] = joined.numbering[number].of(which)
        added.append(keys)
    return replace(joined, keys=np.concatenate([joined.keys, *added])) if added else joined


def fill_parts(
    relations: Any, known: Floats, parts: int, *, integral: bool, nonnegative: bool
) -> Floats:
    """``known`` and figures for the parts such that all relations hold.

    Raises:
        InvalidInputError: there are none, so the tables are not of the same records.
        ProtectionError: none were found with the work allowed.
    """
    if not parts:
        return known
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = relations.tocsr()
    free = matrix[:, known.size :]
    rows = np.flatnonzero(np.diff(free.indptr))
    right = -(matrix[rows][:, : known.size] @ known)
    slack = 0.0 if integral else 1e-9 * max(1.0, float(np.abs(known).max()))
    found = milp(
        np.zeros(parts),
        constraints=LinearConstraint(free[rows], right - slack, right + slack),
        bounds=Bounds(0.0 if nonnegative else -np.inf, np.inf),
        integrality=np.full(parts, int(integral)),
        options={"node_limit": _NODES},
    )
    if found.x is None and found.status != _INFEASIBLE:
        raise ProtectionError(
            "What overlapping groups of linked tables have in common could not be worked out; "
            "leave out a table, or make their groups agree."
        )
    if found.x is None:
        raise InvalidInputError(
            "Linked tables are of the same records, but no records give all these tables; their "
            "groups overlap in a way that does not fit."
        )
    return np.concatenate([known, np.rint(found.x) if integral else found.x])
