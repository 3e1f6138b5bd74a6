"""From released tables to codes: one class per unit and table, and what each cell adds up.

A class holds the units that every published cell of a table treats alike; class 0 is in none of
them. A unit with several records has the class of its combination of cells, so that there is one
class per unit all the same, and a published cell counts a class once, twice, or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.differencing.cells import Cells, Floats, Ints, PublishedCell

Codes = npt.NDArray[np.integer[Any]]
_DEPENDENT = 1e-9


@dataclass(frozen=True, eq=False)
class Numbering:
    """A stable number for everything that contributes: the row number in ``keys``.

    For counts that is a unit. For sums it is a unit with a value, so that two values of one unit
    are told apart.
    """

    keys: pl.DataFrame

    @classmethod
    def empty(cls, *, valued: bool) -> "Numbering":
        """No number given yet."""
        schema: dict[str, Any] = {"unit": pl.String}
        return cls(pl.DataFrame(schema=schema | ({"value": pl.Float64} if valued else {})))

    def extended(self, tables: Iterable[Cells]) -> "Numbering":
        """The numbering with everything of ``tables``; old numbers stay."""
        names = self.keys.columns
        seen = [cells.rows().select(names) for cells in tables]
        fresh = pl.concat([self.keys.clear(), *seen]).unique().join(self.keys, on=names, how="anti")
        return Numbering(pl.concat([self.keys, fresh.sort(names)]))

    def find(self, rows: pl.DataFrame) -> Ints:
        """The number of each row; all rows are known."""
        names = self.keys.columns
        numbered = self.keys.with_columns(number=pl.int_range(pl.len(), dtype=pl.Int64))
        joined = rows.select(names).join(numbered, on=names, how="left", maintain_order="left")
        return np.asarray(joined["number"].to_numpy(), dtype=np.int64)

    @cached_property
    def owners(self) -> Ints:
        """The unit behind each number, counted from 0."""
        if len(self.keys.columns) == 1:
            return np.arange(self.keys.height, dtype=np.int64)
        ranks = self.keys["unit"].rank("dense").cast(pl.Int64) - 1
        return np.asarray(ranks.to_numpy(), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class CodedTable:
    """A table in codes.

    Args:
        name: what people call it.
        codes: class of each number; shorter than the numbering when made before others came.
        shown: classes x shown cells, how often a cell counts a unit of the class.
        hidden: the same for hidden cells.
        shown_cells: the shown cells, in the order of the columns.
        hidden_cells: the hidden ones.
    """

    name: str
    codes: Codes
    shown: Any
    hidden: Any
    shown_cells: tuple[PublishedCell, ...]
    hidden_cells: tuple[PublishedCell, ...]

    @property
    def classes(self) -> int:
        """How many classes, class 0 included."""
        return int(self.shown.shape[0])

    @cached_property
    def sizes(self) -> Ints:
        """How many numbers each class has."""
        return np.bincount(self.codes, minlength=self.classes)

    @cached_property
    def groups(self) -> Ints:
        """For each class the group of classes that all shown cells treat alike; 0 is in none."""
        return _alike(self.shown)

    @cached_property
    def basis(self) -> Floats:
        """Classes x independent columns that span the shown cells.

        Where a shown cell is one group of classes alone, it stands for itself; margins are reduced
        by such cells, so that what is left of them is about hidden cells only.
        """
        groups = self.groups
        first = np.unique(groups, return_index=True)[1]
        rows = np.asarray(self.shown[first].toarray(), dtype=np.float64)
        return _reduced(rows)[groups]

    @cached_property
    def largest_entry(self) -> int:
        """How often a shown cell counts one unit, at most."""
        return int(self.shown.max()) if self.shown.nnz else 1

    def of_units(self, numbers: Ints) -> Ints:
        """The classes of some numbers; 0 for those that came later."""
        known = numbers < self.codes.size
        found = np.zeros(numbers.size, dtype=np.int64)
        found[known] = self.codes[numbers[known]]
        return found


def encode(cells: Cells, numbering: Numbering) -> CodedTable:
    """``cells`` in codes; the numbering knows everything in it."""
    from scipy.sparse import csc_matrix

    rows = cells.rows()
    place = rows["cell"].to_numpy().astype(np.int64)
    last = [place, *(cell.places for cell in cells.published)]
    width = 1 + max((int(part.max()) for part in last if part.size), default=0)
    pattern, counts = _patterns(numbering.find(rows), place, (numbering.keys.height, width))
    # Combinations that no unit has are taken as known to be empty, and left out.
    present = np.union1d(pattern, [0])
    pattern = np.searchsorted(present, pattern)
    sums = csc_matrix(counts[present] @ incidence(cells.published, width))
    kind = _alike(sums)
    first = np.unique(kind, return_index=True)[1]
    shown = np.array([cell.shown for cell in cells.published], dtype=np.bool_)
    return CodedTable(
        name=cells.name,
        codes=kind[pattern].astype(np.min_scalar_type(int(kind.max(initial=0)))),
        shown=sums[first][:, np.flatnonzero(shown)],
        hidden=sums[first][:, np.flatnonzero(~shown)],
        shown_cells=tuple(cell for cell in cells.published if cell.shown),
        hidden_cells=tuple(cell for cell in cells.published if not cell.shown),
    )


def contingencies(tables: Sequence[CodedTable], other: CodedTable) -> tuple[Floats, ...]:
    """For each table, how many numbers lie in each class of it and each of ``other``.

    Numbers that only one of the two knows are left out.
    """
    stride = max((table.classes for table in tables), default=0)
    base = other.codes.astype(np.int64) * stride
    key = np.empty_like(base)
    found = []
    for table in tables:
        size = min(table.codes.size, base.size)
        np.add(base[:size], table.codes[:size], out=key[:size])
        count = np.bincount(key[:size], minlength=other.classes * stride)
        shared = count.reshape(other.classes, stride)[:, : table.classes]
        found.append(shared.T.astype(np.float64))
    return tuple(found)


def incidence(published: tuple[PublishedCell, ...], width: int) -> Any:
    """Finest cells x published cells."""
    from scipy.sparse import csc_matrix

    sizes = [cell.places.size for cell in published]
    places = np.concatenate([np.zeros(0, np.int64), *(cell.places for cell in published)])
    columns = np.repeat(np.arange(len(published)), sizes)
    shape = (width, len(published))
    return csc_matrix((np.ones(places.size, dtype=np.int64), (places, columns)), shape=shape)


def _patterns(numbers: Ints, place: Ints, shape: tuple[int, int]) -> tuple[Ints, Any]:
    """The combination of cells of every number (0: no record), and what each combination counts."""
    from scipy.sparse import csr_matrix, eye_array, vstack

    whole, width = shape
    pattern = np.zeros(whole, dtype=np.int64)
    pattern[numbers] = place + 1
    records = np.bincount(numbers, minlength=whole)
    single = vstack([csr_matrix((1, width), dtype=np.int64), eye_array(width, dtype=np.int64)])
    several = np.flatnonzero(records > 1)
    if several.size == 0:
        return pattern, csr_matrix(single)
    again = records[numbers] > 1
    ones = np.ones(int(again.sum()), dtype=np.int64)
    counts = csr_matrix((ones, (numbers[again], place[again])), shape=shape)[several]
    kind = _alike(counts) - 1
    first = np.unique(kind, return_index=True)[1]
    pattern[several] = width + 1 + kind
    return pattern, csr_matrix(vstack([single, counts[first]]))


def _alike(matrix: Any) -> Ints:
    """A number for each row, the same for equal rows, in order of appearance; 0 for a zero row."""
    rows = matrix.tocsr()
    rows.sum_duplicates()
    rows.eliminate_zeros()
    known: dict[tuple[bytes, bytes], int] = {(b"", b""): 0}
    found = np.zeros(rows.shape[0], dtype=np.int64)
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        key = (rows.indices[part].tobytes(), rows.data[part].tobytes())
        found[row] = known.setdefault(key, len(known))
    return found


def _reduced(rows: Floats) -> Floats:
    """Independent columns with the same span as the columns of ``rows``."""
    from scipy.linalg import qr

    rest, covered = rows.copy(), np.zeros(rows.shape[0], dtype=np.bool_)
    while (alone := (rest != 0).sum(axis=0) == 1).any():
        covered |= (rest[:, alone] != 0).any(axis=1)
        rest[covered] = 0.0
    places = np.flatnonzero(covered)
    single = np.zeros((rows.shape[0], places.size))
    single[places, np.arange(places.size)] = 1.0
    rest = np.unique(rest[:, (rest != 0).any(axis=0)], axis=1)
    if rest.shape[1] == 0:
        return single
    triangle, order = qr(rest, mode="r", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > _DEPENDENT).sum())
    return np.hstack([single, rest[:, np.sort(order[:rank])]])
