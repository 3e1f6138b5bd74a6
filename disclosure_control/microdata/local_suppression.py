"""Local suppression: which cells to empty so that no class stays too small.

Small classes that differ only in some columns become one when these columns are emptied. Sets of
columns are tried from small to large; whatever reaches k is settled. A group that stays too small
may borrow records from large classes, which lose the same cells. Finding the fewest cells is
NP-hard (Meyerson and Williams, On the complexity of optimal k-anonymity, PODS 2004); this is a
greedy search whose end always holds. Source of the method: Samarati, Protecting respondents'
identities in microdata release, TKDE 13(6), 2001, and Sweeney, Achieving k-anonymity privacy
protection using generalization and suppression, IJUFKS 10(5), 2002.
"""

from itertools import chain, combinations, groupby

import numpy as np
import numpy.typing as npt

from disclosure_control.microdata.borrowing import absorb, borrow
from disclosure_control.microdata.classes import Members
from disclosure_control.microdata.pieces import Pieces, merge

Integers = npt.NDArray[np.int64]
ALL_SETS, ALL_PAIRS = 6, 20
"""Up to so many columns every set (every pair) of columns is tried."""


def suppress(codes: Integers, members: Members, k: int) -> Pieces:
    """Pieces that all stand in classes of at least ``k`` units.

    Borrowing is tried never, when it is cheaper than one column more, and when it is cheaper than
    emptying all columns; the fewest cells win.

    Args:
        codes: groups by columns, NULL for a missing cell; every group is there once.
        members: the records and units of the groups, at least ``k`` units in all.
        k: the smallest number of units of a class.
    """
    sets = column_sets(codes)
    widest = max((columns.size for columns in sets), default=0)
    attempts = [_attempt(Pieces.of(codes, members, k), sets, k, more) for more in (0, 1, widest)]
    return min(attempts, key=lambda pieces: int(pieces.cells.sum()))


def _attempt(pieces: Pieces, sets: list[Integers], k: int, more: int) -> Pieces:
    """Settles all pieces; borrowing may cost as much as emptying ``more`` columns more."""
    widest = max((columns.size for columns in sets), default=0)
    for size, group in groupby(sets, key=len):
        merge(pieces, np.arange(0), k)
        same_size = list(group)
        gains = [-merge(pieces, columns, k, dry=True) for columns in same_size]
        ordered = [same_size[place] for place in np.argsort(gains, kind="stable")]
        for columns in ordered:
            merge(pieces, columns, k)
        for columns in ordered if more else ():
            borrow(pieces, columns, k, min(size + more, widest))
    for columns in sets:
        merge(pieces, columns, k)
        borrow(pieces, columns, k, columns.size * (k + 1))
    for columns in sets:
        merge(pieces, columns, k)
        absorb(pieces, columns)
    return pieces


def column_sets(codes: Integers) -> list[Integers]:
    """Sets of columns worth emptying, small before large; the last is all that differ at all."""
    spread = [len(np.unique(column)) for column in codes.T]
    useful = [place for place, number in enumerate(spread) if number > 1]
    most = sorted(useful, key=lambda place: (-spread[place], place))
    if len(useful) <= ALL_SETS:
        sizes = range(1, len(useful) + 1)
        found = list(chain.from_iterable(combinations(useful, size) for size in sizes))
    else:
        pairs = combinations(useful, 2) if len(useful) <= ALL_PAIRS else ()
        nested = (tuple(sorted(most[:size])) for size in range(2, len(most) + 1))
        distinct = dict.fromkeys([*((place,) for place in useful), *pairs, *nested])
        found = sorted(distinct, key=len)
    return [np.array(columns, np.int64) for columns in found]
