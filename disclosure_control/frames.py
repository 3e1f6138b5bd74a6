"""The only file that knows the corners of data frames: the door, and labels.

Labels are text. ``MISSING`` labels a null, ``TOTAL`` a margin; a data value that looks like either
is escaped with a second bracket, so that no level can pose as a margin.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError

MAXIMUM_NAMES = 10
"""How many column names a message lists."""

TOTAL = "[total]"
MISSING = "[missing]"


def as_lazy(frame: Any, needed: Iterable[str]) -> pl.LazyFrame:
    """``frame`` as a lazy polars frame with at least the columns ``needed``.

    Takes polars frames (eager and lazy), pandas frames, and anything that offers Arrow streams.
    """
    if isinstance(frame, pl.LazyFrame):
        lazy = frame
    elif isinstance(frame, pl.DataFrame):
        lazy = frame.lazy()
    elif hasattr(frame, "iloc") and hasattr(frame, "columns"):
        lazy = _from_pandas(frame, needed).lazy()
    elif hasattr(frame, "__arrow_c_stream__"):
        lazy = pl.DataFrame(frame).lazy()
    else:
        raise InvalidInputError("A frame is polars, Arrow or pandas.")
    try:
        names = set(lazy.collect_schema().names())
    except pl.exceptions.PolarsError:
        raise InvalidInputError("The frame's columns can be worked out.") from None
    missing = sorted({str(name) for name in needed if name not in names})
    if missing:
        shown = ", ".join(missing[:MAXIMUM_NAMES]) + (", ..." if missing[MAXIMUM_NAMES:] else "")
        raise InvalidInputError(f"The frame has these columns, but they are missing: {shown}.")
    return lazy


def _from_pandas(frame: Any, needed: Iterable[str]) -> pl.DataFrame:
    """The needed columns of a pandas frame; intervals and periods become their text."""
    wanted = [name for name in dict.fromkeys(needed) if name in frame.columns]
    part = frame[wanted]
    for name in wanted:
        column = part[name]
        kind = str(getattr(getattr(column, "cat", None), "categories", column).dtype)
        if kind.startswith(("interval", "period")):
            part = part.assign(**{name: column.astype(object).map(str).where(column.notna(), None)})
    try:
        return pl.DataFrame(pl.from_pandas(part))
    except Exception:  # noqa: BLE001 - other libraries' messages quote values
        raise InvalidInputError("Every column of a pandas frame has values of one type.") from None


def collect(lazy: pl.LazyFrame) -> pl.DataFrame:
    """``lazy`` worked out by the streaming engine; errors never quote values."""
    try:
        return lazy.collect(engine="streaming")
    except pl.exceptions.PolarsError as fault:
        kind = type(fault).__name__
    raise InvalidInputError(f"The frame can be worked out; polars stopped with {kind}.")


def number(lazy: pl.LazyFrame, name: str) -> pl.Expr:
    """Column ``name`` as floats; NaN and infinite values count as missing.

    Raises:
        InvalidInputError: the column is not numeric.
    """
    kind = lazy.collect_schema()[name]
    if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null)):
        raise InvalidInputError(f"Column {name} is numeric, not {type(kind).__name__}.")
    value = pl.col(name).cast(pl.Float64)
    return pl.when(value.is_finite()).then(value)


def label(name: str, kind: pl.DataType) -> pl.Expr:
    """The labels of column ``name``: text of any type, missing values named."""
    column = pl.col(name)
    if kind.is_float():
        # Minus zero and zero are one number, and so one level.
        one_zero = pl.when(column == 0).then(0.0).otherwise(column)
        text = pl.when(column.is_nan()).then(None).otherwise(one_zero).cast(pl.String)
    elif kind.is_nested() or kind in (pl.Object, pl.Binary):
        raise InvalidInputError(f"Column {name} holds plain values, not {type(kind).__name__}.")
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


def check_plain(lazy: pl.LazyFrame, names: Iterable[str]) -> None:
    """Raises ``InvalidInputError`` when a column cannot be a dimension."""
    schema = lazy.collect_schema()
    for name in names:
        label(name, schema[name])


def check_members(lazy: pl.LazyFrame, names: Iterable[str | None]) -> None:
    """Raises ``InvalidInputError`` when a column cannot identify units or entities."""
    schema = lazy.collect_schema()
    named = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null)
    for name in names:
        if name is None:
            continue
        kind = schema[name]
        if not (kind.is_numeric() or isinstance(kind, named)):
            raise InvalidInputError(
                f"Column {name} identifies by numbers or texts, not {type(kind).__name__}."
            )


def enum_levels(lazy: pl.LazyFrame, names: Iterable[str]) -> dict[str, list[str]]:
    """The levels that an Enum column names itself, absent ones included."""
    schema = lazy.collect_schema()
    found = {}
    for name in names:
        kind = schema[name]
        if isinstance(kind, pl.Enum):
            found[name] = [str(level) for level in kind.categories]
    return found


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
