"""The only file that knows the corners of data frames: the door, and labels.

Labels are text. ``MISSING`` labels a null, ``TOTAL`` a margin; a data value that looks like either
is escaped with a second bracket, so that no level can pose as a margin.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError

TOTAL = "[total]"
MISSING = "[missing]"


def as_lazy(frame: Any, needed: Iterable[str]) -> pl.LazyFrame:
    """``frame`` as a lazy polars frame with at least the columns ``needed``.

    Takes polars frames (eager and lazy), and anything that offers Arrow or pandas' form.
    """
    if isinstance(frame, pl.LazyFrame):
        lazy = frame
    elif isinstance(frame, pl.DataFrame):
        lazy = frame.lazy()
    elif hasattr(frame, "__arrow_c_stream__"):
        lazy = pl.DataFrame(frame).lazy()
    elif hasattr(frame, "iloc"):
        lazy = pl.DataFrame(pl.from_pandas(frame)).lazy()
    else:
        raise InvalidInputError("A frame is polars, Arrow or pandas.")
    missing = [name for name in needed if name not in lazy.collect_schema().names()]
    if missing:
        raise InvalidInputError(f"The frame has these columns: {', '.join(missing)}.")
    return lazy


def label(name: str, kind: pl.DataType) -> pl.Expr:
    """The labels of column ``name``: text of any type, missing values named."""
    column = pl.col(name)
    if kind.is_float():
        text = pl.when(column.is_nan()).then(None).otherwise(column).cast(pl.String)
    elif kind.is_nested() or kind in (pl.Object, pl.Binary):
        raise InvalidInputError(f"Column {name} holds plain values, not {kind}.")
    elif isinstance(kind, pl.Datetime | pl.Duration | pl.Time):
        text = column.dt.to_string()
    else:
        text = column.cast(pl.String)
    escaped = pl.when(text.str.starts_with("[")).then("[" + text).otherwise(text)
    return escaped.fill_null(MISSING).alias(name)


def label_of(value: object) -> str:
    """The label of one level given by the user; the same rules as for columns."""
    if value is None:
        return MISSING
    series = pl.DataFrame({"level": [value]})
    return str(series.select(label("level", series.schema["level"])).item())


def labels(frame: pl.LazyFrame, columns: Sequence[str]) -> list[pl.Expr]:
    """Label expressions for several columns."""
    schema = frame.collect_schema()
    return [label(name, schema[name]) for name in columns]


def plain(text: str) -> str:
    """A label as people read it: escapes undone, sentinels in words."""
    if text == TOTAL:
        return "Total"
    if text == MISSING:
        return "Missing"
    return text[1:] if text.startswith("[[") else text
