"""A table in multiples of a base: what every cell may be rounded to, and how cells add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError
from disclosure_control.hierarchy import Axis
from disclosure_control.margins import roll_up

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
_LARGEST = 2.0**48
_CLOSE = 1e-9


@dataclass(frozen=True)
class Multiples:
    """The cells of an additive table, counted in a base.

    Args:
        axes: the dimensions of the table.
        base: what is rounded to.
        values: the true value of every cell, first axis slowest; margins are exact sums.
        ways: which way a cell must go: 1 to the multiple above, -1 to the one below, 0 either;
            null: all either.
    """

    axes: tuple[Axis, ...]
    base: int
    values: Floats
    ways: Floats | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many labels each axis has, the total included."""
        return tuple(len(axis.labels) for axis in self.axes)

    @cached_property
    def leaves(self) -> Places:
        """The cells that are no sum of other cells."""
        index = np.arange(self.values.size).reshape(self.shape)
        finest = [[p for p, below in enumerate(axis.children) if not below] for axis in self.axes]
        return np.asarray(index[np.ix_(*finest)].ravel(), dtype=np.int64)

    @cached_property
    def floor(self) -> Floats:
        """The multiple at or below every value, in bases; close to a multiple counts as on it."""
        steps = self.values / self.base
        nearest = np.round(steps)
        on = np.abs(steps - nearest) <= _CLOSE * np.maximum(1.0, np.abs(steps))
        return np.where(on, nearest, np.floor(steps))

    @cached_property
    def rest(self) -> Floats:
        """What every value has above ``floor``, in its own unit; 0 for multiples."""
        rest = self.values - self.base * self.floor
        return np.where(rest > _CLOSE * np.maximum(1.0, np.abs(self.values)), rest, 0.0)

    @cached_property
    def ceiling(self) -> Floats:
        """The multiple at or above every value, in bases."""
        return self.floor + (self.rest > 0)

    @cached_property
    def summing(self) -> Any:
        """A sparse matrix of 0 and 1 that makes all cells from the leaves."""
        from scipy.sparse import csr_matrix, kron

        whole = csr_matrix(np.ones((1, 1)))
        for axis in self.axes:
            whole = kron(whole, _closure(axis), format="csr")
        return whole

    @cached_property
    def balances(self) -> Any:
        """A sparse matrix: for every sum one row, its parts minus itself.

        A cell that is a sum on several axes has the row of the first; the others follow.
        """
        from scipy.sparse import csr_matrix

        index = np.arange(self.values.size).reshape(self.shape)
        rows, columns, signs, number = [], [], [], 0
        for place, axis in enumerate(self.axes):
            block = index
            for before, other in enumerate(self.axes[:place]):
                finest = [p for p, below in enumerate(other.children) if not below]
                block = np.take(block, finest, axis=before)
            lines = np.moveaxis(block, place, 0).reshape(len(axis.labels), -1)
            for parent, children in enumerate(axis.children):
                if not children:
                    continue
                members = lines[[*children, parent]]
                count = members.shape[1]
                rows.append(np.tile(np.arange(number, number + count), members.shape[0]))
                columns.append(members.ravel())
                signs.append(np.repeat([*([1.0] * len(children)), -1.0], count))
                number += count
        data = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
        return csr_matrix(data, shape=(number, index.size))

    @property
    def least(self) -> Floats:
        """How many steps every cell goes up from ``floor`` at least: 1 where it must, else 0."""
        up = self.rest > 0
        return np.zeros(up.size) if self.ways is None else (up & (self.ways > 0)).astype(np.float64)

    @property
    def most(self) -> Floats:
        """How many steps it goes up at most: 0 where it must not, or lies on a multiple; else 1."""
        up = self.rest > 0
        free = up if self.ways is None else up & (self.ways >= 0)
        return free.astype(np.float64)

    def widening(self, steps: Floats) -> Floats:
        """How many multiples each cell lies beyond the two next to its value; 0 mostly."""
        return np.maximum(self.floor - steps, 0.0) + np.maximum(steps - self.ceiling, 0.0)

    def loss(self, steps: Floats) -> float:
        """The sum of absolute changes over all cells."""
        return float(np.abs(self.base * steps - self.values).sum())


def multiples(axes: Sequence[Axis], values: Floats, base: int) -> Multiples:
    """The table of ``values`` in multiples of ``base``; margins are summed anew.

    Raises:
        InvalidInputError: the values do not add up along the axes, or are too large.
    """
    shape = tuple(len(axis.labels) for axis in axes)
    if not np.isfinite(values).all() or float(np.abs(values).max(initial=0.0)) > _LARGEST:
        raise InvalidInputError(f"A table to be rounded has finite values up to {_LARGEST:.0f}.")
    leaf = values.reshape(shape).copy()
    for place, axis in enumerate(axes):
        inner = [number for number, below in enumerate(axis.children) if below]
        np.moveaxis(leaf, place, 0)[inner] = 0.0
    summed = roll_up(leaf, tuple(axes), np.add).ravel()
    size = roll_up(np.abs(leaf), tuple(axes), np.add).ravel()
    wrong = int((np.abs(summed - values) > 1e-6 * np.maximum(1.0, size)).sum())
    if wrong:
        raise InvalidInputError(
            f"A table to be rounded adds up; {wrong} margins are not the sum of their parts. Round "
            "counts and sums, not means or tables with hidden cells."
        )
    return Multiples(tuple(axes), base, summed)


def _closure(axis: Axis) -> Any:
    """Labels by leaves: 1 where the leaf lies at or below the label."""
    from scipy.sparse import csr_matrix

    leaves = [place for place, below in enumerate(axis.children) if not below]
    rows, columns = [], []
    for column, leaf in enumerate(leaves):
        place = leaf
        while place >= 0:
            rows.append(place)
            columns.append(column)
            place = axis.parents[place]
    ones = np.ones(len(rows))
    return csr_matrix((ones, (rows, columns)), shape=(len(axis.labels), len(leaves)))
