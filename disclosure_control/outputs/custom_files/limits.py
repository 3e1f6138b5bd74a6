"""How large a file made elsewhere may be, with a source for every number."""

from dataclasses import dataclass

_OPENSAFELY = "OpenSAFELY, requesting file release"
_READING = "own choice: what a person can read in one sitting"
_WORK = "own choice: bounds the time and memory of one scan"


@dataclass(frozen=True)
class FileLimits:
    """Limits of one file; above one of them it is unsafe.

    Args:
        maximum_bytes: size of the file.
        maximum_rows: rows of a table, header left out; records of a JSON list.
        maximum_columns: columns of a table.
        maximum_cells: cells of a table.
        maximum_line: characters in one line of CSV or text.
        maximum_field: characters in one cell, or in one text of a JSON file.
        maximum_depth: lists and objects of JSON inside each other.
        maximum_values: values in a JSON file.
        maximum_side: width and height of a picture, in pixels.
        maximum_pixels: pixels of a picture.
        maximum_chunks: chunks of a PNG file.
        sources: field name and where its number comes from.
    """

    maximum_bytes: int = 16_000_000
    maximum_rows: int = 5_000
    maximum_columns: int = 1_000
    maximum_cells: int = 500_000
    maximum_line: int = 65_536
    maximum_field: int = 1_000
    maximum_depth: int = 32
    maximum_values: int = 500_000
    maximum_side: int = 10_000
    maximum_pixels: int = 25_000_000
    maximum_chunks: int = 10_000
    sources: tuple[tuple[str, str], ...] = (
        ("maximum_bytes", f"{_OPENSAFELY}: at most 16 MB"),
        ("maximum_rows", f"{_OPENSAFELY}: at most 5,000 rows"),
        ("maximum_columns", _WORK),
        ("maximum_cells", _WORK),
        ("maximum_line", _WORK),
        ("maximum_field", _READING),
        ("maximum_depth", _READING),
        ("maximum_values", _WORK),
        ("maximum_side", _READING),
        ("maximum_pixels", f"{_WORK}; four times a printed page at 300 dots per inch"),
        ("maximum_chunks", _WORK),
    )


LIMITS = FileLimits()
"""The limits used unless others are given."""
