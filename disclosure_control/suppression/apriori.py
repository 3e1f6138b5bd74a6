"""What is decided about cells beforehand: forbidden, preferred and unsafe ones, own protection.

A frame, or an a-priori file of tau-Argus (``.hst``): a line for each decision with the codes of a
cell and then ``u`` (unsafe), ``p`` (must be shown), ``s`` (safe), ``c`` and a cost, or ``pl`` and a
lower and an upper protection level. Source: tau-Argus manual, a priori information.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.names import labels_of
from disclosure_control.suppression.placing import rows_of
from disclosure_control.suppression.problem import Flags, Floats, Places
from disclosure_control.table import Table

UNSAFE, FORBIDDEN, SAFE = "unsafe", "forbidden", "safe"
_STATUS = {
    "u": UNSAFE, "m": UNSAFE, "ml": UNSAFE, UNSAFE: UNSAFE,
    "p": FORBIDDEN, "z": FORBIDDEN, FORBIDDEN: FORBIDDEN,
    "s": SAFE, SAFE: SAFE,
}  # fmt: skip
_NUMBERS = ("cost", "lower", "upper")
_OTHERS = {"c": ("cost",), "w": ("cost",), "pl": ("lower", "upper")}


@dataclass(frozen=True)
class Apriori:
    """Decisions about the cells of one table; all arrays have one entry per cell.

    Args:
        unsafe: must be hidden and protected although no rule says so.
        forbidden: must be shown.
        safe: declared safe; a rule that says otherwise wins, by an error.
        cost: what hiding costs instead; NaN where nothing is decided.
        lower: protection below the value, at least; NaN where nothing is decided.
        upper: and above it; may be larger than the value.
    """

    unsafe: Flags
    forbidden: Flags
    safe: Flags
    cost: Floats
    lower: Floats
    upper: Floats


def find_apriori(table: Table, given: Any) -> Apriori:
    """The decisions in a frame or in a ``.hst`` file about the cells of ``table``.

    Args:
        table: the table.
        given: a path to a ``.hst`` file, or a frame with the dimension columns and some of status
            (unsafe or u, forbidden or p or z, safe or s), cost (at least 0; 0 is preferred to all
            others), lower and upper; null decides nothing. A cell may have several rows.

    Raises:
        InvalidInputError: rows that name no cell, contradict each other, or hold no such words or
            numbers.
    """
    frame = read_hst(given, table.dimensions) if isinstance(given, str | Path) else given
    columns: dict[str, pl.DataType] = {
        "status": pl.String(),
        **dict.fromkeys(_NUMBERS, pl.Float64()),
    }
    rows = rows_of(table, frame, columns)
    words = rows["status"].str.to_lowercase().str.strip_chars().replace("", None)
    status = words.replace_strict(_STATUS, default="", return_dtype=pl.String)
    bad = int(((status == "") & words.is_not_null()).sum())
    if bad:
        raise InvalidInputError(f"A status is one of {', '.join(_STATUS)}, or null; {bad} are not.")
    places = rows["cell"].to_numpy()
    flags = {word: _flags(table, places[(status == word).fill_null(value=False).to_numpy()])
             for word in (UNSAFE, FORBIDDEN, SAFE)}  # fmt: skip
    if (flags[UNSAFE] & (flags[FORBIDDEN] | flags[SAFE])).any():
        raise InvalidInputError(
            "A cell is not unsafe and also safe or to be shown; "
            f"{_first(table, flags[UNSAFE] & (flags[FORBIDDEN] | flags[SAFE]))}."
        )
    numbers = {name: _numbers(table, places, rows[name]) for name in _NUMBERS}
    return Apriori(flags[UNSAFE], flags[FORBIDDEN], flags[SAFE], *numbers.values())


def _flags(table: Table, places: Places) -> Flags:
    flags = np.zeros(table.cells.height, dtype=np.bool_)
    flags[places] = True
    return flags


def _numbers(table: Table, places: Places, column: pl.Series) -> Floats:
    """One number per cell, NaN where there is none; several rows must agree."""
    given = column.is_not_null().to_numpy()
    values, cells = column.fill_null(0.0).to_numpy()[given], places[given]
    if not (values >= 0).all() or (column.name != "cost" and np.isinf(values).any()):
        raise InvalidInputError(f"Numbers in {column.name} are at least 0, or null.")
    found = np.full(table.cells.height, np.nan)
    found[cells] = values
    twice = np.unique(cells[found[cells] != values])
    if twice.size:
        raise InvalidInputError(
            f"A cell has one {column.name} beforehand; {_first(table, _flags(table, twice))}."
        )
    return found


def _first(table: Table, flags: Flags) -> str:
    """The first of some cells, and how many others there are."""
    names = labels_of(table, flags)
    return f"{names[0]} is" + (f", and {len(names) - 1} others are" if names[1:] else "")


def read_hst(
    path: Path | str, dimensions: Sequence[str], separator: str | None = None
) -> pl.DataFrame:
    """The decisions in an a-priori file of tau-Argus: a row for each line.

    Args:
        path: the file, in UTF-8 or Latin-1.
        dimensions: names for the codes at the beginning of a line, in their order.
        separator: what stands between them; null: a semicolon, tab or comma, whichever the first
            line has.

    Returns:
        The dimensions (text; an empty code is the total), status, cost, lower, upper.

    Raises:
        InvalidInputError: the file cannot be read, or a line is no decision; it is named by number.
    """
    try:
        data = Path(path).read_bytes()
    except OSError:
        raise InvalidInputError("An a-priori file can be read; this path cannot.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if separator is None:
        first = lines[0][1] if lines else ""
        separator = next((mark for mark in ";\t," if mark in first), ",")
    rows = [_decision(number, line.split(separator), len(dimensions)) for number, line in lines]
    names = (*dimensions, "status", *_NUMBERS)
    kinds = [pl.String] * (len(dimensions) + 1) + [pl.Float64] * len(_NUMBERS)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _decision(number: int, parts: list[str], codes: int) -> tuple[str | float | None, ...]:
    fields = [part.strip().strip('"') for part in parts]
    kind = fields[codes].lower() if len(fields) > codes else ""
    wanted = _OTHERS.get(kind, ())
    if kind not in _STATUS and not wanted:
        raise InvalidInputError(
            f"Line {number} of the a-priori file: expected {codes} codes and then one of u, p, z, "
            "s, m, ml, c, w, pl."
        )
    rest = [part for part in fields[codes + 1 :] if part]
    try:
        numbers = [float(part) for part in rest]
    except ValueError:
        numbers = []
    if len(numbers) != len(wanted) or len(rest) != len(wanted) or np.isnan(numbers).any():
        raise InvalidInputError(
            f"Line {number} of the a-priori file: {kind} is followed by {len(wanted)} numbers."
        )
    values = dict(zip(wanted, numbers, strict=True))
    status = None if wanted else kind
    return (*fields[:codes], status, *(values.get(name) for name in _NUMBERS))
