"""Groups of records on their way into large classes, and the step that merges them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from disclosure_control.microdata.classes import Members, ranks, total
from disclosure_control.microdata.recoding import NULL

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(eq=False)
class Pieces:
    """The work in hand: groups of records, and the parts that were split off from them.

    Args:
        codes: pieces by columns: codes after recoding.
        final: the same as they will be released, with cells emptied.
        masks: pieces by columns: whether the cells are emptied.
        settled: whether a piece stands in a class that is large enough.
        origin: the group from which a piece comes.
        members: the records and units of each piece.
    """

    codes: Integers
    final: Integers
    masks: Booleans
    settled: Booleans
    origin: Integers
    members: Members

    @classmethod
    def of(cls, codes: Integers, members: Members, k: int) -> "Pieces":
        """One piece per group."""
        number = len(codes)
        settled = members.sizes(np.arange(number), number) >= k
        nothing = np.zeros(codes.shape, bool)
        return cls(codes, codes.copy(), nothing, settled, np.arange(number), members)

    @property
    def pending(self) -> Integers:
        """The pieces that still stand in a small class."""
        return np.flatnonzero(~self.settled)

    def sizes(self, pieces: Integers, key: Integers, number: int) -> Integers:
        """Distinct units per key of ``pieces``."""
        lookup = np.full(len(self.codes), -1, np.int64)
        lookup[pieces] = key
        return self.members.sizes(lookup, number)

    @property
    def rows(self) -> Integers:
        """The number of records of each piece."""
        return total(self.members.groups, self.members.rows, len(self.codes))

    def settle(self, pieces: Integers, columns: Integers) -> None:
        """Empties ``columns`` of ``pieces``, which now stand in a large class."""
        self.masks[np.ix_(pieces, columns)] = True
        self.final[np.ix_(pieces, columns)] = NULL
        self.settled[pieces] = True

    @property
    def cells(self) -> Integers:
        """The number of cells of each piece that are emptied and were not empty before."""
        emptied = (self.masks & (self.codes != NULL)).sum(axis=1)
        return np.asarray(emptied * self.rows, np.int64)


@dataclass(frozen=True, eq=False)
class Gathering:
    """What would share a class if some columns of the pending pieces were emptied.

    Args:
        pending: pieces that still stand in a small class.
        there: settled pieces that have these columns empty already.
        others: pieces that would fit if their columns were emptied too.
        keys: the class of each of the three, laid end to end.
        number: how many classes that are.
    """

    pending: Integers
    there: Integers
    others: Integers
    keys: Integers
    number: int

    @property
    def own(self) -> Integers:
        """The classes of the pending pieces."""
        return self.keys[: self.pending.size]


def gather(pieces: Pieces, columns: Integers, others: Integers) -> Gathering:
    """What would share a class with the pending pieces without ``columns``."""
    pending, final = pieces.pending, pieces.final
    there = np.flatnonzero(pieces.settled & (final[:, columns] == NULL).all(axis=1))
    codes = final[np.concatenate([pending, there, others])]
    codes[:, columns] = NULL
    keys, number = ranks(codes)
    return Gathering(pending, there, others, keys, number)


def reached(pieces: Pieces, found: Gathering) -> Integers:
    """How many units each class would have, those of ``others`` left out."""
    concerned = np.concatenate([found.pending, found.there])
    return pieces.sizes(concerned, found.keys[: concerned.size], found.number)


def merge(pieces: Pieces, columns: Integers, k: int, *, dry: bool = False) -> int:
    """Settles the pending pieces that reach k without ``columns``; how many records that are."""
    if not pieces.pending.size:
        return 0
    found = gather(pieces, columns, np.arange(0))
    settling = found.pending[reached(pieces, found)[found.own] >= k]
    if not dry:
        pieces.settle(settling, columns)
    return int(pieces.rows[settling].sum())
