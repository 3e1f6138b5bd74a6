"""Tables whose sums do not tell everything: the finest cells beneath them become cells too.

Where tables share dimensions like the links of a chain, any non-negative tables whose shared sums
agree come from some non-negative table of all dimensions (of whole numbers, for whole numbers). In
a circle, a x b, b x c and a x c, they need not, so an attacker who knows that nobody counts
negative can tell more than the sums do. Then the finest cells of all dimensions are added: never
shown, never negative, and every finest cell of a table is the sum of those in it. Source for the
difference: Fienberg (1999) on bounds for decomposable sets of margins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from disclosure_control.linking_tables.cells import Joined
from disclosure_control.linking_tables.codes import Dimension, Set
from disclosure_control.linking_tables.parts import pieces_of
from disclosure_control.linking_tables.rules import distinct
from disclosure_control.suppression.problem import Places
from disclosure_control.table import Table

MAXIMUM_FINEST = 4_000
"""So many finest cells are added at most; programs over more take too long."""


def is_chain(sets: Iterable[Iterable[str]]) -> bool:
    """Whether sets of dimensions hang together without a circle.

    Dimensions of one set only, and sets inside others, are taken away again and again; nothing is
    left exactly when there is no circle. Source: Graham (1979), Yu and Ozsoyoglu (1979).
    """
    left = [set(one) for one in sets]
    while True:
        alone = {name for one in left for name in one if sum(name in two for two in left) == 1}
        inner = [one - alone for one in left]
        kept = [
            one
            for place, one in enumerate(inner)
            if not any(one < two or (one == two and place > n) for n, two in enumerate(inner))
        ]
        if kept == left:
            return len(kept) <= 1
        left = kept


def add_finest(
    joined: Joined, dimensions: Sequence[Dimension], tables: Sequence[Table]
) -> tuple[Joined, Any] | None:
    """The cells together with the finest of all dimensions, and how the tables' cells are sums.

    Null when there would be more than ``MAXIMUM_FINEST``.
    """
    from scipy.sparse import vstack

    pieces = [_finest_sets(dimension) for dimension in dimensions]
    size = prod(len(own) for own in pieces)
    if size > MAXIMUM_FINEST:
        return None
    numbers = [
        np.array([numbering.of(one) for one in own], dtype=np.int64)
        for numbering, own in zip(joined.numbering, pieces, strict=True)
    ]
    keys = np.stack([line.ravel() for line in np.meshgrid(*numbers, indexing="ij")], axis=1)
    first = len(joined.keys)
    count = first + size
    rows = [
        _sums(table, number, (dimensions, pieces), (joined.places[number], first, count))
        for number, table in enumerate(tables)
    ]
    return replace(joined, keys=np.concatenate([joined.keys, keys])), vstack(rows, format="csr")


def _finest_sets(dimension: Dimension) -> list[Set]:
    """The sets into which all trees of a dimension cut the categories that can have anybody."""
    return list(pieces_of(distinct(dimension), dimension.live).values())


def _sums(
    table: Table,
    number: int,
    finest: tuple[Sequence[Dimension], Sequence[Sequence[Set]]],
    numbering: tuple[Places, int, int],
) -> Any:
    """A row for each finest cell of a table: the finest cells of all in it, minus itself."""
    from scipy.sparse import coo_matrix, csr_matrix, hstack, kron

    places, first, count = numbering
    parts, picked = [], {}
    for dimension, pieces in zip(*finest, strict=True):
        tree = dimension.trees[number]
        leaves = [dimension.whole] if tree is None else list(tree.leaves)
        inside = [[float(bool(leaf & piece)) for piece in pieces] for leaf in leaves]
        parts.append(csr_matrix(np.array(inside)))
        if tree is not None:
            below = tree.axis.children
            picked[dimension.name] = [place for place, own in enumerate(below) if not own]
    matrix = reduce(lambda one, two: kron(one, two, format="csr"), parts)
    grid = places.reshape(table.grid.shape)[np.ix_(*(picked[name] for name in table.dimensions))]
    order = [table.dimensions.index(name) for name in picked]
    cells = np.transpose(grid, order).ravel()
    some = np.flatnonzero(np.diff(matrix.indptr))
    itself = coo_matrix(
        (-np.ones(some.size), (np.arange(some.size), cells[some])), shape=(some.size, first)
    )
    return hstack([itself, matrix[some]], format="csr", dtype=np.float64)[:, :count]
