"""Searching for exact strings: as bytes, as UTF-16, as numbers and dates in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable


class Needles:
    """Strings that must not be found. Never shows one.

    The search is by Aho-Corasick over text in which every character is one byte. The automaton is
    built anew for every block and column, so this is meant for hundreds of needles, not for
    hundreds of thousands.
    """

    def __init__(self, needles: Iterable[bytes]) -> None:
        plain = {needle for needle in needles if needle}
        wide = {
            needle.decode("latin-1").encode(encoding)
            for needle in plain
            for encoding in ("utf-16-le", "utf-16-be")
        }
        self._patterns = sorted(item.decode("latin-1") for item in plain | wide)
        self._numbers = sorted({int(item) for item in plain if item.isdigit() and len(item) < 19})
        self.longest = max((len(item) for item in self._patterns), default=0)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __repr__(self) -> str:
        return f"Needles({len(self._patterns)} hidden)"

    def count_in(self, data: bytes) -> int:
        """How many times needles occur in ``data``."""
        return self._matches(pl.Series([data.decode("latin-1")])) if self._patterns else 0

    def count_in_column(self, column: pl.Series) -> int:
        """How many values of a column hold a needle: as text, as a number, or as a date."""
        if not self._patterns:
            return 0
        present = column.drop_nulls()
        if present.dtype.is_numeric():
            numbers = pl.Series(self._numbers, dtype=pl.Int64).cast(present.dtype, strict=False)
            return int(present.is_in(numbers.drop_nulls().implode()).sum())
        if present.dtype == pl.Binary:
            return sum(self.count_in(value) for value in present.to_list())
        if present.dtype in (pl.Date, pl.Datetime):
            forms = ("%Y-%m-%d", "%Y%m%d", "%d-%m-%Y")
            return max(self._matches(present.dt.strftime(form)) for form in forms)
        text = present.cast(pl.String).to_list()
        return self._matches(pl.Series([item.encode().decode("latin-1") for item in text]))

    def _matches(self, text: pl.Series) -> int:
        found = text.cast(pl.String).str.extract_many(self._patterns, overlapping=True)
        return int(found.list.len().sum())
