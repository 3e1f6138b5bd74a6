"""What is in a file: tables of text cells, whatever the file's kind."""

from dataclasses import dataclass
from functools import cached_property

from disclosure_control.outputs.custom_files.faults import Fault
from disclosure_control.outputs.custom_files.figures import is_blank, is_number, whole
from disclosure_control.outputs.custom_files.words import words_of

_MOSTLY = 0.8
_LONGEST_NAME = 40
_MOST_DIGITS = 4


@dataclass(frozen=True, repr=False)
class Column:
    """One column of a table.

    Args:
        place: its number in the table, from 1.
        name: its header; empty when there is none.
        cells: its cells as text, header left out.
        nameable: whether the header may be quoted: it surely is a header and no value.
    """

    place: int
    name: str
    cells: tuple[str, ...]
    nameable: bool = False

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the header."""
        return words_of(self.name)

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The cells that hold something shown, without spaces around."""
        stripped = (cell.strip() for cell in self.cells)
        return tuple(cell for cell in stripped if not is_blank(cell))

    @cached_property
    def different(self) -> frozenset[str]:
        """The different cells."""
        return frozenset(self.filled)

    @cached_property
    def wholes(self) -> tuple[int, ...]:
        """The whole numbers among the cells."""
        known = {cell: whole(cell) for cell in self.different}
        return tuple(n for n in (known[cell] for cell in self.filled) if n is not None)

    @cached_property
    def numbers(self) -> int:
        """How many cells are numbers of any kind."""
        known = {cell: is_number(cell) for cell in self.different}
        return sum(known[cell] for cell in self.filled)

    @property
    def is_numeric(self) -> bool:
        """Whether the column mostly holds numbers."""
        return self.numbers > 0 and self.numbers >= _MOSTLY * len(self.filled)

    @property
    def is_whole(self) -> bool:
        """Whether the column mostly holds numbers, all of them whole and none below 0."""
        return self.is_numeric and len(self.wholes) == self.numbers and min(self.wholes) >= 0

    @property
    def label(self) -> str:
        """How messages call the column; its header only where that is no value."""
        return f"column {self.place}" + (f" ({self.name.strip()})" if self.nameable else "")


@dataclass(frozen=True, repr=False)
class Grid:
    """One table in a file.

    Args:
        where: which table of the file, in words; empty when there is only one.
        columns: its columns.
        height: how many rows it has, header left out.
        words: the words of all headers, and of what stands above a table in a text.
        loose: found in a text or a list of plain values, so it may be no table at all.
    """

    where: str
    columns: tuple[Column, ...]
    height: int
    words: frozenset[str]
    loose: bool = False

    def label(self, column: Column) -> str:
        """How messages call a column of this table."""
        return column.label + (f" of {self.where}" if self.where else "")


@dataclass(frozen=True, repr=False)
class Content:
    """A file as it was read.

    Args:
        name: the file's name.
        data: its bytes.
        kind: csv, text, json or png; ``other`` when it is none of them.
        text: the decoded text; empty for pictures and for what could not be read.
        strings: texts and keys of JSON after decoding.
        grids: the tables in it.
        figures: single values of JSON objects, one column per key.
        faults: what was found while reading.
    """

    name: str
    data: bytes
    kind: str
    text: str = ""
    strings: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    figures: tuple[Column, ...] = ()
    faults: tuple[Fault, ...] = ()

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Everything in the file that can be read, and its name."""
        return (self.name, self.text, "\n".join(self.strings))

    @cached_property
    def places(self) -> tuple[tuple[str, Column], ...]:
        """All columns with what messages call them."""
        inner = ((grid.label(column), column) for grid in self.grids for column in grid.columns)
        single = (("single values under one key", column) for column in self.figures)
        return (*inner, *single)


def grid_of(
    where: str,
    names: tuple[str, ...],
    rows: list[tuple[str, ...]],
    *,
    above: str = "",
    loose: bool = False,
) -> Grid:
    """A table from rows of equal length; headers are quoted only when they surely are headers."""
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    drafts = [Column(place, n, c) for place, (n, c) in enumerate(zip(names, cells, strict=True), 1)]
    sure = _are_headers(drafts)
    columns = tuple(Column(c.place, c.name, c.cells, sure) for c in drafts)
    words = frozenset().union(*(column.words for column in columns), words_of(above))
    return Grid(where, columns, len(rows), words, loose)


def _are_headers(columns: list[Column]) -> bool:
    """Whether no header can be a value: plain words above at least one column of numbers."""
    names = [column.name for column in columns]
    plain = all(_is_plain(column) for column in columns)
    return plain and len(set(names)) == len(names) and any(c.is_numeric for c in columns)


def _is_plain(column: Column) -> bool:
    name = column.name
    return (
        name.isascii()
        and name.isprintable()
        and len(name) <= _LONGEST_NAME
        and name[:1].isalpha()
        and sum(letter.isdigit() for letter in name) <= _MOST_DIGITS
        and "@" not in name
        and not is_blank(name)
        and name not in column.different
    )
