"""Which cells of a table the rows of a frame speak of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, check_plain, collect, label, plain
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression.problem import Places
from disclosure_control.table import Table

_UNKNOWN = -1


def rows_of(
    table: Table, frame: Any, columns: dict[str, pl.DataType], required: Sequence[str] = ()
) -> pl.DataFrame:
    """The rows of ``frame`` with ``cell``, the place of each in ``table.cells``.

    A code may stand as in the records, as in ``table.cells``, or as people read it; ``[total]``
    and, where no code is called so, ``Total`` and an empty text name the total.

    Args:
        table: the table.
        frame: one column per dimension, and others; polars, Arrow or pandas.
        columns: the types of the other columns that are wanted; absent ones are null.
        required: those that must be there.

    Raises:
        InvalidInputError: a column is missing or not of its type, or a row names no cell.
    """
    # A pandas frame is read column by column; of others all columns are at hand.
    own = [name for name in columns if hasattr(frame, "iloc") and name in frame.columns]
    lazy = as_lazy(frame, (*table.dimensions, *own, *required))
    check_plain(lazy, table.dimensions)
    schema = lazy.collect_schema()
    for name, kind in columns.items():
        found = schema.get(name)
        if found is not None and found != pl.Null and kind.is_numeric() != found.is_numeric():
            wanted = "numeric" if kind.is_numeric() else "text"
            raise InvalidInputError(f"Column {name} is {wanted}.")
    given = [
        (pl.col(name) if name in schema else pl.lit(None)).cast(kind).alias(name)
        for name, kind in columns.items()
    ]
    rows = collect(lazy.select(*(label(name, schema[name]) for name in table.dimensions), *given))
    return rows.with_columns(pl.Series("cell", _places(table, rows), dtype=pl.Int64))


def _places(table: Table, rows: pl.DataFrame) -> Places:
    lines = []
    for axis in table.axes:
        line = (
            rows[axis.name]
            .replace_strict(_codes(axis), default=_UNKNOWN, return_dtype=pl.Int64)
            .to_numpy()
        )
        bad = np.flatnonzero(line == _UNKNOWN)
        if bad.size:
            raise InvalidInputError(
                f"Every row names a cell of the table; {bad.size} have a code of {axis.name} that "
                f"the table does not have, the first is row {bad[0] + 1}."
            )
        lines.append(line)
    return table.grid.fold(lines)


def _codes(axis: Axis) -> dict[str, int]:
    """Every way to write a code, as ``label`` gives it, and its place; real codes come first."""
    codes = {"": len(axis.labels) - 1}
    codes |= {plain(text): place for place, text in enumerate(axis.labels)}
    codes |= {f"[{text}": n for n, text in enumerate(axis.labels) if text.startswith("[")}
    return codes | {text: place for place, text in enumerate(axis.labels)}
