"""Finding tables in plain text: runs of lines that split into the same number of words."""

import re

from disclosure_control.outputs.custom_files.content import Grid, grid_of
from disclosure_control.outputs.custom_files.faults import Fault, over
from disclosure_control.outputs.custom_files.figures import is_number
from disclosure_control.outputs.custom_files.limits import FileLimits

_SHORTEST = 3
_ABOVE = 3
_MARKS = ("\t", ";", "|")
_RULING = re.compile(r"[\s=_+|*:-]+")
_INNER_COMMA = re.compile(r"(?<=\d),(?=\d)")

Block = list[tuple[str, ...]]


def read_lines(text: str, limits: FileLimits) -> tuple[list[Grid], list[Fault]]:
    """The tables in ``text``, as many cells as are allowed, and what is too large."""
    lines = text.split("\n")
    if len(lines) > limits.maximum_cells:
        return [], [over("lines", len(lines), limits.maximum_cells)]
    grids: list[Grid] = []
    block: Block = []
    start, cells = 1, 0
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip() and _RULING.fullmatch(line):
            continue
        words = split(line)
        if block and len(words) != len(block[0]):
            if len(block) >= _SHORTEST:
                grids.append(_grid(block, start, lines))
                cells += len(block) * len(block[0])
            block = []
        if words:
            start = start if block else number
            block.append(words)
        if len(block) > limits.maximum_rows + 1:
            return grids, [over("rows in one table", len(block), limits.maximum_rows)]
        if cells + len(block) * len(words) > limits.maximum_cells:
            return grids, [over("cells", limits.maximum_cells, limits.maximum_cells)]
    return grids, []


def split(line: str) -> tuple[str, ...]:
    """The cells of a line: at tabs, semicolons, bars or commas, else at spaces."""
    bare = line.strip(" |\r")
    if not bare:
        return ()
    for mark in _MARKS:
        if mark in bare:
            return tuple(word.strip() for word in bare.split(mark))
    # Commas inside numbers are decimal ones where something else separates the cells.
    inner = _INNER_COMMA.sub("", bare) if " " in bare else bare
    if "," in inner:
        return tuple(word.strip() for word in bare.split(","))
    return tuple(bare.split())


def _grid(block: Block, start: int, lines: list[str]) -> Grid:
    """A table from a block; its first line is the header when it alone has no number."""
    above = " ".join(lines[max(0, start - 1 - _ABOVE) : start - 1])
    first, body = block[0], block[1:]
    titled = not any(map(is_number, first)) and any(any(map(is_number, row)) for row in body[:3])
    names, rows = (first, body) if titled else (("",) * len(first), block)
    return grid_of(f"the lines from {start} on", names, rows, above=above, loose=True)
