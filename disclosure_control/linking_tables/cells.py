"""Which cells of several tables are the same: those of the same categories of every dimension."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import plain
from disclosure_control.linking_tables.codes import Dimension, Set
from disclosure_control.suppression.problem import Floats, Places
from disclosure_control.table import Table

_ROUNDING = 1e-9
WHOLE = 0
"""The number of the set of everything, in every dimension."""


@dataclass(frozen=True)
class Numbering:
    """Numbers for the sets of one dimension, in order of appearance; everything is 0."""

    sets: list[Set] = field(default_factory=list)
    number: dict[Set, int] = field(default_factory=dict)

    def of(self, which: Set) -> int:
        """The number of a set; a new one where it has none."""
        if which not in self.number:
            self.number[which] = len(self.sets)
            self.sets.append(which)
        return self.number[which]


@dataclass(frozen=True)
class Joined:
    """The cells of all tables together.

    Args:
        keys: one row per cell and one column per dimension: the number of the set it covers.
        places: for each table, the joint cell of each of its cells.
        numbering: for each dimension its sets.
    """

    keys: npt.NDArray[np.int64]
    places: tuple[Places, ...]
    numbering: tuple[Numbering, ...]


def join_cells(tables: Sequence[Table], dimensions: Sequence[Dimension]) -> Joined:
    """The cells of all tables, each once."""
    numbering = tuple(Numbering() for _ in dimensions)
    for one, dimension in zip(numbering, dimensions, strict=True):
        one.of(dimension.whole)
    keys = []
    for number, table in enumerate(tables):
        own = np.zeros((table.cells.height, len(dimensions)), dtype=np.int64)
        lines = np.unravel_index(np.arange(table.cells.height), table.grid.shape)
        line_of = dict(zip(table.dimensions, lines, strict=True))
        for column, dimension in enumerate(dimensions):
            tree = dimension.trees[number]
            if tree is not None:
                codes = np.array([numbering[column].of(one) for one in tree.sets], dtype=np.int64)
                own[:, column] = codes[line_of[dimension.name]]
        keys.append(own)
    every, which = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    ends = np.cumsum([0, *(len(own) for own in keys)])
    places = tuple(
        which.ravel()[first:last].astype(np.int64) for first, last in pairwise(ends.tolist())
    )
    return Joined(every, places, numbering)


def check_same_people(
    tables: Sequence[Table], dimensions: Sequence[Dimension], joined: Joined
) -> None:
    """Raises unless the same cell has the same records and figure in every table.

    Also when one table has somebody in a code of which another, broken down by the same dimension,
    knows nothing: then the two group by codes that nothing connects.
    """
    count = len(joined.keys)
    scale = max(float(np.abs(table.additive().to_numpy()).max()) for table in tables)
    first = np.full(count, -1, dtype=np.int64)
    known = [np.zeros(count), np.zeros(count)]
    for number, (table, places) in enumerate(zip(tables, joined.places, strict=True)):
        figures = _figures(table)
        seen = first[places] >= 0
        apart = seen & (
            (known[0][places] != figures[0])
            | (np.abs(known[1][places] - figures[1]) > _ROUNDING * max(1.0, scale))
        )
        if apart.any():
            cell = int(np.flatnonzero(apart)[0])
            raise InvalidInputError(
                f"Linked tables are of the same records and variable, but {int(apart.sum())} cells "
                f"of table {first[places[cell]] + 1} and table {number + 1} that should be the "
                f"same differ, the first is {name_in(table, cell)}; protect tables of different "
                "populations or variables apart."
            )
        first[places[~seen]] = number
        known[0][places], known[1][places] = figures
    for dimension in dimensions:
        _check_covered(tables, dimension)


def _figures(table: Table) -> tuple[Floats, Floats]:
    records = table.cells["records"].to_numpy().astype(np.float64)
    return records, table.additive().to_numpy().astype(np.float64)


def _check_covered(tables: Sequence[Table], dimension: Dimension) -> None:
    for number, tree in enumerate(dimension.trees):
        for other, second in enumerate(dimension.trees):
            if tree is None or second is None or number == other:
                continue
            records = _margin(tables[number], dimension.name)
            for place, below in enumerate(tree.axis.children):
                if not below and records[place] > 0 and not tree.sets[place] & second.cover:
                    raise InvalidInputError(
                        f"Table {other + 1} has no code of {dimension.name} for "
                        f"{plain(tree.axis.labels[place])} of table {number + 1}, and somebody is "
                        "there; give a hierarchy that says which codes it holds or lies in."
                    )


def _margin(table: Table, name: str) -> Floats:
    """Records by the labels of one dimension."""
    grid = table.cells["records"].to_numpy().reshape(table.grid.shape)
    position = table.dimensions.index(name)
    margin = tuple(slice(None) if n == position else -1 for n in range(grid.ndim))
    return np.asarray(grid[margin], dtype=np.float64)


def name_in(table: Table, cell: int) -> str:
    """A cell of a table as people read it."""
    lines = np.unravel_index(cell, table.grid.shape)
    labels = [axis.labels[place] for axis, place in zip(table.axes, lines, strict=True)]
    return "(" + ", ".join(plain(label) for label in labels) + ")"


def names_of(
    tables: Sequence[Table], dimensions: Sequence[Dimension], joined: Joined
) -> tuple[str, ...]:
    """For each joint cell the first table that has it, and its labels there."""
    names = [""] * len(joined.keys)
    for number, (table, places) in enumerate(zip(tables, joined.places, strict=True), 1):
        for cell, place in enumerate(places.tolist()):
            if not names[place]:
                names[place] = f"{name_in(table, cell)} of table {number}"
    for place, key in enumerate(joined.keys.tolist()):
        if not names[place]:
            parts = [
                dimension.text(numbering.sets[number])
                for dimension, numbering, number in zip(
                    dimensions, joined.numbering, key, strict=True
                )
            ]
            names[place] = f"({', '.join(parts)}) between the tables"
    return tuple(names)
