"""Reading CSV: one table of text cells. Nothing is guessed but the separator."""

import csv
import io
from itertools import islice

from disclosure_control.outputs.custom_files.content import Grid, grid_of
from disclosure_control.outputs.custom_files.faults import Fault, over
from disclosure_control.outputs.custom_files.figures import is_blank, is_number
from disclosure_control.outputs.custom_files.limits import FileLimits

SEPARATORS = ",;\t|"
_SAMPLE = 50
_STRUCTURE = "structure"


def read_csv(text: str, limits: FileLimits) -> tuple[list[Grid], list[Fault]]:
    """The table in ``text`` and what is wrong with it; beyond a limit only the first rows."""
    rows, whole = _rows(text, limits)
    faults = [] if whole else [_malformed("is not read to its end: quotes do not close")]
    if not rows:
        return [], faults
    width = len(rows[0])
    if width > limits.maximum_columns:
        return [], [*faults, over("columns", width, limits.maximum_columns)]
    names, body = _header(rows)
    if len(body) > limits.maximum_rows:
        faults.append(over("rows", text.count("\n"), limits.maximum_rows))
    room = min(limits.maximum_rows, limits.maximum_cells // width)
    if len(body) * width > limits.maximum_cells:
        faults.append(over("cells", len(body) * width, limits.maximum_cells))
    ragged = sum(len(row) != width for row in body)
    if ragged:
        faults.append(_malformed(f"has {ragged} rows with more or fewer cells than its first row"))
    # Cells beyond the header are kept: what is hidden there is judged too.
    widest = min(max(len(row) for row in [names, *body[:room]]), limits.maximum_columns)
    padded = [_padded(row, widest) for row in body[:room]]
    return [grid_of("", _padded(names, widest), padded)], faults


def separator_of(text: str) -> str:
    """The character that splits the first lines most evenly."""
    lines = [line for line in islice(io.StringIO(text), _SAMPLE) if line.strip()]
    if not lines:
        return SEPARATORS[0]

    def evenness(mark: str) -> tuple[float, int]:
        first = lines[0].count(mark)
        return (sum(line.count(mark) == first for line in lines) * (first > 0), first)

    return max(SEPARATORS, key=evenness)


def _rows(text: str, limits: FileLimits) -> tuple[list[list[str]], bool]:
    """The first rows, one more than is allowed, and whether reading went well."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True)
    cells = 0
    try:
        for row in reader:
            if row:
                found.append(row)
            cells += len(row)
            if len(found) > limits.maximum_rows + 1 or cells > 2 * limits.maximum_cells:
                break
    except csv.Error:
        return found, False
    return found, True


def _header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Names and rows; a first row with a number or nothing but blanks is no header."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_number(cell) for cell in first) or all(is_blank(cell) for cell in first):
        return [""] * len(first), rows
    return rows[0], rows[1:]


def _padded(row: list[str], width: int) -> tuple[str, ...]:
    return (*row[:width], *[""] * (width - len(row)))


def _malformed(what: str) -> Fault:
    return Fault(_STRUCTURE, f"the table {what}", "write one plain table with one header row")
