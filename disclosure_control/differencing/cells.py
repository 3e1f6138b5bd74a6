"""What one released table says about units, and what differencing finds.

``Cells`` holds microdata (which unit is in which cell). It is for the desk and for the process that
checks; it never leaves them, and its text form shows neither units nor values.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.verdict import Verdict

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["count", "sum"]
Subject = Literal["group", "hidden cell", "interval", "undecided"]


@dataclass(frozen=True, eq=False)
class PublishedCell:
    """One cell of a released table; margins and nodes of a hierarchy are cells too.

    Args:
        label: what people call it: ``(S, y)``, ``(S, Total)``.
        places: the finest cells it adds up, by their places, each once.
        shown: whether its value is printed; a hidden cell is known to exist.
        value: the value as printed; null when hidden.
    """

    label: str
    places: Ints = field(repr=False)
    shown: bool
    value: float | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuses places that repeat or are negative."""
        places = np.unique(np.asarray(self.places, dtype=np.int64))
        if places.size != np.asarray(self.places).size or (places < 0).any():
            raise InvalidInputError("A published cell names each of its finest cells once, from 0.")
        object.__setattr__(self, "places", places)


@dataclass(frozen=True, eq=False)
class Cells:
    """One released table: who is in which finest cell, and what was printed.

    Args:
        name: what people call the output.
        codes: ``unit`` (text) and ``cell`` (Int32, the place of the finest cell); one row per
            unit, or several for a unit with several records. Nobody's cell is null.
        published: every cell that was printed or hidden.
        kind: ``count``, or ``sum`` of ``variable``. A mean is two tables: its counts and its sums.
        variable: what is summed; sums are compared with sums of the same variable only.
        values: for sums, the value of each row of ``codes``; finite.
    """

    name: str
    codes: pl.DataFrame = field(repr=False)
    published: tuple[PublishedCell, ...] = field(repr=False)
    kind: Kind = "count"
    variable: str = ""
    values: Sequence[float] | Floats | pl.Series | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuses frames and values that do not fit."""
        _check_codes(self.codes)
        object.__setattr__(self, "published", tuple(self.published))
        if self.kind not in {"count", "sum"}:
            raise InvalidInputError("The kind of a table is count or sum.")
        valued = (self.values is not None, self.variable != "")
        if valued != (self.kind == "sum",) * 2:
            raise InvalidInputError("Sums, and only sums, have a variable and values.")
        if self.values is not None:
            _check_values(self.values, self.codes.height)

    def rows(self) -> pl.DataFrame:
        """``unit``, ``cell`` and, for sums, ``value``; rows that add nothing are left out."""
        plain = self.codes.select("unit", pl.col("cell").cast(pl.Int32))
        if self.values is None:
            return plain
        return plain.with_columns(pl.Series("value", self.values, dtype=pl.Float64)).filter(
            pl.col("value") != 0
        )


@dataclass(frozen=True)
class Difference:
    """Something that the released cells give away together and did not before.

    Args:
        tables: the tables involved, new ones first.
        equation: the arithmetic of an attacker in words; holds labels, no value.
        units: size of the group (of the cell, for a hidden cell). For the desk only; null when
            nothing was named.
        exact: proven, in whole numbers. Otherwise suspected: it goes to a reviewer, never cleared.
        subject: a ``group`` below the threshold, a ``hidden cell``, a hidden cell whose
            ``interval`` became too narrow, or ``undecided``.
        arithmetic: the same equation in printed numbers. For the desk only; null when unknown.
        variable: for sums, what is summed.
    """

    tables: tuple[str, ...]
    equation: str
    units: int | None = field(repr=False)
    exact: bool
    subject: Subject = "group"
    arithmetic: str | None = field(default=None, repr=False)
    variable: str = ""

    @property
    def verdict(self) -> Verdict:
        """UNSAFE when proven, REVIEW when suspected."""
        return Verdict.UNSAFE if self.exact else Verdict.REVIEW


@dataclass(frozen=True)
class Comparison:
    """All differences, and how far the search went.

    Args:
        differences: proven ones first, then by size.
        exhaustive: every combination of any coefficients was covered; otherwise the tables were
            too many for that and combinations of whole coefficients were covered.
        intervals_checked: hidden cells were also bounded by what counts cannot be (negative).
    """

    differences: tuple[Difference, ...]
    exhaustive: bool
    intervals_checked: bool

    @property
    def verdict(self) -> Verdict:
        """The worst of the differences."""
        return Verdict.worst(found.verdict for found in self.differences)


def _check_codes(codes: pl.DataFrame) -> None:
    if not isinstance(codes, pl.DataFrame) or not {"unit", "cell"} <= set(codes.columns):
        raise InvalidInputError("Codes are a polars frame with the columns unit and cell.")
    schema = codes.schema
    if schema["unit"] != pl.String or not schema["cell"].is_integer():
        raise InvalidInputError("In codes, unit is text and cell is a whole number.")
    if codes.select(pl.col("unit", "cell").null_count()).row(0) != (0, 0):
        raise InvalidInputError("In codes, no unit and no cell is missing.")
    if codes.filter((pl.col("cell") < 0) | (pl.col("cell") > np.iinfo(np.int32).max)).height:
        raise InvalidInputError("In codes, cells are counted from 0 and fit Int32.")


def _check_values(values: Sequence[float] | Floats | pl.Series, height: int) -> None:
    series = pl.Series("value", values, dtype=pl.Float64)
    if series.len() != height or series.null_count() or not series.is_finite().all():
        raise InvalidInputError("Values are finite, one for each row of codes.")
