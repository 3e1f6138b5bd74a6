"""Rows that look like units: one row per person instead of one per group.

A table of groups says how many units are behind a row (a column n, count, aantal) or what statistic
it holds (mean, estimate, percentage). Rows that a column tells apart, without either, may be units.
"""

import re

from disclosure_control.outputs.custom_files.content import Column, Content, Grid
from disclosure_control.outputs.custom_files.rules.rule import Settings, unsafe
from disclosure_control.outputs.custom_files.words import PERSONS, is_count, is_statistic
from disclosure_control.verdict import Finding

_RULE = "unit_rows"
_DISTINCT, _MOSTLY = 0.95, 0.9
_CODE = re.compile(r"^(?=[^0-9]*[0-9])[0-9A-Za-z_-]{6,}$")
_MONTH = re.compile(r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-3]\d)?$")
_REMEDY = (
    "release a summary; a table of groups has a column n, count or aantal with the number of units "
    "behind each row"
)


def unit_rows(content: Content, settings: Settings) -> list[Finding]:
    """Tables whose rows look like units, without a credible column of counts."""
    found = []
    for grid in content.grids:
        reason = _reason(grid, settings.minimum_units)
        if reason:
            where = grid.where or "the table"
            found.append(
                unsafe(_RULE, f"{where}: {grid.height} rows look like units; {reason}", _REMEDY)
            )
    return found


def _reason(grid: Grid, minimum_units: int) -> str | None:
    if any(is_credible_count(column, minimum_units) for column in grid.columns):
        return None
    if grid.loose and is_count(grid.words):
        return None
    for column in grid.columns:
        if grid.height > 1 and _tells_apart(column, grid) and _is_code(column):
            return f"{grid.label(column)} holds codes or names that tell every row apart"
    if grid.height < minimum_units:
        return None
    if not is_statistic(grid.words):
        for column in grid.columns:
            if _tells_apart(column, grid) and not _is_no_evidence(column, grid):
                return f"{grid.label(column)} tells every row apart and nothing counts units"
    return _repeated(grid)


def is_credible_count(column: Column, minimum_units: int) -> bool:
    """Whether a column states units per row: whole numbers, mostly not small, not all equal."""
    if not is_count(column.words) or not column.is_whole:
        return False
    positive = [number for number in column.wholes if number > 0]
    small = sum(number < minimum_units for number in positive)
    several = len(set(column.wholes)) > 1 or len(column.cells) < minimum_units
    return 2 * small < len(positive) and several


def _tells_apart(column: Column, grid: Grid) -> bool:
    """Whether (almost) every row has its own value."""
    enough = len(column.filled) >= _MOSTLY * grid.height
    return enough and len(column.different) >= _DISTINCT * len(column.filled)


def _is_code(column: Column) -> bool:
    """Whether header or cells are those of an identifier: codes of one length, with digits."""
    if not PERSONS.isdisjoint(column.words):
        return True
    codes = [c for c in column.different if _CODE.match(c) and not _MONTH.match(c)]
    return len(codes) >= _MOSTLY * len(column.different) and len(set(map(len, codes))) == 1


def _is_no_evidence(column: Column, grid: Grid) -> bool:
    """Lists of words and running numbers, where it is unsure that they are a table."""
    if not grid.loose:
        return False
    runs = column.is_whole and max(column.wholes) - min(column.wholes) < len(column.wholes)
    return runs or (len(grid.columns) == 1 and not column.is_numeric)


def _repeated(grid: Grid) -> str | None:
    """A table of groups lists each group once; numbers with decimals make no group."""
    keys = [c for c in grid.columns if c.filled and (c.is_whole or not c.is_numeric)]
    if grid.loose or not keys:
        return None
    repeated = grid.height - len(set(zip(*(column.cells for column in keys), strict=True)))
    return f"{repeated} rows repeat others, groups would stand once" if repeated else None
