"""Problems from and to the ``.jj`` files of tau-Argus, CSPLIB and sdcTable.

A file has a line ``0``; the number of cells; a line for each cell: index, value, cost, status,
lower and upper bound, lower, upper and sliding protection, and maybe a name; the number of
relations; a line for each: right-hand side, number of cells, a colon, and cell (coefficient)
repeated. Statuses: ``s`` may be hidden, ``u`` must be hidden and protected, ``z`` must be shown,
``m`` and ``b`` were hidden before (they count as ``u``). Source: tau-Argus, the files of its
optimal method; CSPLIB of Fischetti and Salazar (2001).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.jj_writing import write_jj
from disclosure_control.suppression.problem import Floats, Places, SuppressionProblem

__all__ = ["read_jj", "write_jj"]

_SHOWN, _PRIMARY, _STATUSES = "z", "umb", "suzmb"
_FIELDS = 9
_ADDITIVE = 1e-6
_EXACT = 2.0**53
_Lines = Iterator[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A line of a cell; ``numbers`` are value, cost, bounds and levels, ``unit`` the last digit."""

    index: int
    status: str
    numbers: tuple[float, ...]
    unit: float
    name: str


@dataclass(frozen=True, slots=True)
class _Relation:
    """A line of a relation: its number, right-hand side, indices of cells and their signs."""

    line: int
    rhs: float
    cells: tuple[int, ...]
    signs: tuple[float, ...]


def read_jj(source: Path | str | TextIO, *, integral: bool = False) -> SuppressionProblem:
    """The problem in a ``.jj`` file; its cells in the order of their indices.

    A cell that must be shown gets an infinite cost. A sliding protection level (a width that the
    interval must have) that the other two do not imply widens the upper one. A lower protection
    that reaches below the lower bound is cut off there: nobody believes less. A relation with a
    right-hand side other than 0 gets a cell of its own at the end, which is known to everybody.
    Values that miss a relation by no more than the rounding of their last digit are shifted by
    the least amounts (relative to their size) that make all relations fit.

    Args:
        source: a path (UTF-8 or Latin-1) or an open text file.
        integral: whether everybody knows that the values are whole numbers.

    Raises:
        InvalidInputError: not such a file; the message names the line, never a value.
    """
    rows = ((n, row) for n, row in enumerate(_text(source).split("\n"), 1) if row.strip())
    number, first = _next(rows, "0 in its first line")
    if first.split() != ["0"]:
        raise _expected(number, "0 in the first line")
    cells = _read_cells(rows)
    places = {cell.index: place for place, cell in enumerate(cells)}
    count = _count(rows, "the number of relations")
    relations = [_read_relation(rows, places) for _ in range(count)]
    for number, _ in rows:
        raise _expected(number, "no line after the last relation")
    return _as_problem(cells, relations, integral=integral)


def _text(source: Path | str | TextIO) -> str:
    if not isinstance(source, str | Path):
        raw = source.read()
    else:
        try:
            data = Path(source).read_bytes()
        except OSError:
            raise InvalidInputError("A .jj file can be read; this path cannot.") from None
        try:
            raw = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raw = data.decode("latin-1")
    return raw.replace("\r\n", "\n").replace("\r", "\n")


def _expected(number: int, what: str) -> InvalidInputError:
    return InvalidInputError(f"Line {number} of the .jj file: expected {what}.")


def _count(lines: _Lines, what: str) -> int:
    number, text = _next(lines, what)
    parts = text.split()
    if len(parts) != 1 or not parts[0].isascii() or not parts[0].isdigit():
        raise _expected(number, what)
    return int(parts[0])


def _next(lines: _Lines, what: str) -> tuple[int, str]:
    for line in lines:
        return line
    raise InvalidInputError(f"A .jj file goes on with {what}; this one ends.")


def _read_cells(lines: _Lines) -> list[_Cell]:
    """The cells by their indices."""
    cells: list[_Cell] = []
    seen: set[int] = set()
    for _ in range(_count(lines, "the number of cells")):
        number, text = _next(lines, "a line for every cell")
        cell = _read_cell(number, text.split(maxsplit=_FIELDS))
        if cell.index in seen:
            raise _expected(number, "an index that no line before has")
        seen.add(cell.index)
        cells.append(cell)
    return sorted(cells, key=lambda cell: cell.index)


def _read_cell(number: int, parts: list[str]) -> _Cell:
    if len(parts) < _FIELDS:
        raise _expected(
            number,
            "a cell: index, value, cost, status, lower and upper bound, lower, upper and sliding "
            "protection",
        )
    status = parts[3].lower()
    if len(status) != 1 or status not in _STATUSES:
        raise _expected(number, f"a status, one of {', '.join(_STATUSES)}, in fourth place")
    numbers = tuple(_number(number, part) for part in (*parts[1:3], *parts[4:_FIELDS]))
    value, cost, lower, upper, *levels = numbers
    if not np.isfinite(value) or not lower <= value <= upper:
        raise _expected(number, "a finite value between its bounds")
    if not (cost >= 0 and all(0 <= level < np.inf for level in levels)):
        raise _expected(number, "costs and protection levels of at least 0")
    index = _number(number, parts[0])
    if not 0 <= index < _EXACT or index != np.rint(index):
        raise _expected(number, "a whole number as index")
    name = parts[_FIELDS].strip().strip('"') if len(parts) > _FIELDS else ""
    return _Cell(int(index), status, numbers, _last_digit(parts[1]), name)


def _number(number: int, part: str) -> float:
    try:
        found = float(part)
    except ValueError:
        found = np.nan
    if np.isnan(found):
        raise _expected(number, "numbers, with a point before decimals")
    return found


def _last_digit(part: str) -> float:
    """What one step of the last digit of a number is worth."""
    try:
        exponent = Decimal(part).as_tuple().exponent
    except InvalidOperation:
        return 0.0
    return 10.0**exponent if isinstance(exponent, int) else 0.0


def _read_relation(lines: _Lines, places: dict[int, int]) -> _Relation:
    number, text = _next(lines, "a line for every relation")
    head, colon, rest = text.partition(":")
    parts = head.split()
    if not colon or len(parts) != 2 or not parts[1].isdigit():
        raise _expected(
            number, "a relation: right-hand side, number of cells, a colon, cell (1 or -1) repeated"
        )
    rhs = _number(number, parts[0])
    members = _members(rest)
    while len(members) < 2 * int(parts[1]):
        members += _members(_next(lines, "the rest of a relation")[1])
    if len(members) != 2 * int(parts[1]) or not np.isfinite(rhs):
        raise _expected(number, "as many cells in the relation as it says, each with 1 or -1")
    cells = tuple(places.get(int(part), -1) if part.isdigit() else -1 for part in members[::2])
    if -1 in cells or len(set(cells)) < len(cells):
        raise _expected(number, "indices of cells, each once in a relation")
    signs = tuple(_number(number, part) for part in members[1::2])
    if not set(signs) <= {-1.0, 1.0}:
        raise _expected(number, "1 or -1 as coefficient of a cell")
    return _Relation(number, rhs, cells, signs)


def _members(text: str) -> list[str]:
    return text.replace("(", " ").replace(")", " ").split()


def _as_problem(
    cells: list[_Cell], relations: list[_Relation], *, integral: bool
) -> SuppressionProblem:
    status = np.array([cell.status for cell in cells], dtype="<U1")
    table = np.array([cell.numbers for cell in cells], dtype=np.float64).reshape(-1, 7)
    value, cost, lower, upper, down, up, width = table.T
    primary = np.isin(status, list(_PRIMARY))
    rhs = np.array([relation.rhs for relation in relations], dtype=np.float64)
    constant = np.flatnonzero(rhs)
    count, extra = status.size, constant.size
    matrix = _matrix(relations, constant, count)
    unit = np.zeros(count + extra)
    if not integral:
        unit[:count] = [cell.unit for cell in cells]
    value = _fitting(np.r_[value, rhs[constant]], matrix, unit, relations)
    lower = np.minimum(np.r_[lower, rhs[constant]], value)
    upper = np.maximum(np.r_[upper, rhs[constant]], value)
    down = np.minimum(down, (value - lower)[:count])
    up = np.maximum(up, width - down)
    return SuppressionProblem(
        values=value,
        costs=np.r_[np.where(status == _SHOWN, np.inf, cost), np.full(extra, np.inf)],
        relations=matrix,
        primary=np.r_[primary, np.zeros(extra, dtype=np.bool_)],
        lower_protection=np.r_[np.where(primary, down, 0.0), np.zeros(extra)],
        upper_protection=np.r_[np.where(primary, up, 0.0), np.zeros(extra)],
        lower_bounds=lower,
        upper_bounds=upper,
        integral=integral,
        labels=_labels(cells, [relations[row].line for row in constant.tolist()]),
    )


def _matrix(relations: list[_Relation], constant: Places, count: int) -> Any:
    from scipy.sparse import csr_matrix

    size = np.array([len(relation.cells) for relation in relations], dtype=np.int64)
    row = np.r_[np.repeat(np.arange(size.size), size), constant]
    cell = [place for relation in relations for place in relation.cells]
    sign = [sign for relation in relations for sign in relation.signs]
    entries = np.r_[np.array(sign, dtype=np.float64), -np.ones(constant.size)]
    column = np.r_[np.array(cell, dtype=np.int64), count + np.arange(constant.size)]
    return csr_matrix((entries, (row, column)), shape=(size.size, count + constant.size))


def _labels(cells: Sequence[_Cell], lines: list[int]) -> tuple[str, ...]:
    """Names of the file, else indices; empty when the indices are the places."""
    counted = all(cell.index == place for place, cell in enumerate(cells))
    if counted and not lines and not any(cell.name for cell in cells):
        return ()
    names = [cell.name or f"cell {cell.index}" for cell in cells]
    return (*names, *(f"constant of the relation in line {line}" for line in lines))


def _fitting(values: Floats, relations: Any, unit: Floats, rows: list[_Relation]) -> Floats:
    """Values that fit all relations: the given ones, or shifted by less than they were rounded."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import lsqr

    tolerance = _ADDITIVE * max(1.0, np.abs(values).max(initial=0.0))
    slack = relations @ values
    if (np.abs(slack) <= tolerance).all():
        return values
    rounded = 0.5 * (abs(relations) @ unit)
    bad = np.flatnonzero(np.abs(slack) > np.maximum(tolerance, rounded * (1 + _ADDITIVE)))
    if not bad.size:
        scale = np.abs(values)
        shift = lsqr(relations @ diags(scale), -slack, atol=0.0, btol=1e-14)[0]
        shifted = np.asarray(values + scale * shift)
        bad = np.flatnonzero(np.abs(relations @ shifted) > tolerance)
        if not bad.size:
            return shifted
    raise InvalidInputError(
        f"Relation {bad[0] + 1} (line {rows[bad[0]].line}) of the .jj file does not fit its values "
        f"beyond their rounding, nor do {bad.size - 1} others; sum the totals again."
    )
