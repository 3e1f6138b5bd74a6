"""Small counts, and counts that are not rounded though they are said to be."""

import re
from collections.abc import Iterator

from disclosure_control.outputs.custom_files.content import Column, Content, Grid
from disclosure_control.outputs.custom_files.rules.rule import Settings, review, unsafe
from disclosure_control.outputs.custom_files.words import CODES, is_count, is_statistic
from disclosure_control.verdict import Finding

_SMALL, _ROUNDING = "small_counts", "rounding"
_IN_WORDS = re.compile(
    r"(?<![\w.])(?:n|count|aantal|freq(?:uency)?)[ \t]{0,3}[=:][ \t]{0,3}(\d{1,9})(?![\d.,]\d)",
    re.IGNORECASE,
)


def small_counts(content: Content, settings: Settings) -> list[Finding]:
    """Counts from 1 up to below the threshold; unsure ones are for people to look at."""
    top = settings.minimum_units - 1
    remedy = "hide the cells or join categories, and hide what gives them back"
    found = []
    for label, column, sure in count_columns(content):
        few = sum(1 <= number <= top for number in column.wholes)
        if few:
            reason = f"{label} has {few} counts from 1 to {top}"
            found.append((unsafe if sure else review)(_SMALL, reason, remedy))
    in_words = sum(1 <= int(n) <= top for n in _IN_WORDS.findall(content.text))
    if in_words:
        found.append(unsafe(_SMALL, f"the text states {in_words} counts from 1 to {top}", remedy))
    return found


def rounding(content: Content, settings: Settings) -> list[Finding]:
    """Counts that are no multiples of the base."""
    base = settings.rounding_base
    if base is None:
        return []
    found = []
    for label, column, sure in count_columns(content):
        wrong = sum(number % base != 0 for number in column.wholes)
        if wrong:
            reason = f"{label} has {wrong} counts that are no multiples of {base}"
            remedy = f"round every count to a multiple of {base}"
            found.append((unsafe if sure else review)(_ROUNDING, reason, remedy))
    return found


def count_columns(content: Content) -> Iterator[tuple[str, Column, bool]]:
    """Columns of counts with what to call them, and whether that is sure.

    Sure: its name says so, or the table is one of whole numbers only. The first columns that
    together tell the rows apart are dimensions, not counts.
    """
    for grid in content.grids:
        dimensions = _dimensions(grid)
        pure = not any(c.is_numeric and not c.is_whole for c in grid.columns)
        pure = pure and not is_statistic(grid.words)
        for column in grid.columns:
            if is_count(column.words) and column.wholes:
                yield grid.label(column), column, True
            elif column.place > dimensions and column.is_whole and CODES.isdisjoint(column.words):
                yield grid.label(column), column, pure and not grid.loose
    for column in content.figures:
        if is_count(column.words) and column.wholes:
            yield f"single values under a key of counts ({len(column.cells)})", column, True


def _dimensions(grid: Grid) -> int:
    """How many first columns together tell the rows apart; 0 when all together do not."""
    groups = [0] * grid.height
    for column in grid.columns:
        known: dict[tuple[int, str], int] = {}
        pairs = zip(groups, column.cells, strict=True)
        groups = [known.setdefault(pair, len(known)) for pair in pairs]
        if len(known) == grid.height:
            return column.place
    return 0
