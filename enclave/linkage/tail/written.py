"""A pattern table as JSON, in words that an auditor can read."""

import json
from importlib.resources import files
from typing import Any

import polars as pl

from enclave.linkage.tail.comparisons import Spec
from enclave.linkage.tail.patterns import (
    COUNT,
    PATTERN,
    SCHEMA,
    PatternTable,
    not_a_table,
    words_of,
)

_ERROR = "error rate of a number"


def as_record(table: PatternTable, spec: Spec) -> dict[str, Any]:
    """For JSON: one entry per pattern and number of candidates."""
    rows = [
        words_of(spec, row[PATTERN])
        | {
            "candidates": row[COUNT],
            "matches": row["matches"],
            "others": row["others"],
            "rate": round(row["rate"], 6),
            "rate when leading": round(row["leading"], 6),
        }
        for row in table.rows.iter_rows(named=True)
    ]
    return {
        "name": table.name,
        "leans on": table.leans_on,
        "pupils": table.learnt_from,
        _ERROR: round(table.error_rate, 6),
        "rows": rows,
    }


def from_text(text: str, spec: Spec) -> PatternTable:
    """A table from its JSON text.

    Raises:
        InputError: it is of another design, or no pattern table.
    """
    try:
        record = json.loads(text)
        rows = [_row(row, spec) for row in record["rows"]]
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        return PatternTable(
            name=str(record["name"]),
            rows=frame.sort(PATTERN, COUNT),
            error_rate=float(record[_ERROR]),
            learnt_from=int(record["pupils"]),
            leans_on=record["leans on"],
        )
    except (KeyError, ValueError, TypeError, AttributeError, pl.exceptions.PolarsError):
        raise not_a_table() from None


def shipped(spec: Spec) -> PatternTable:
    """The table that comes with the program, from a made-up nation of the size of the country."""
    text = files("enclave.linkage.tail").joinpath("shipped.json").read_text(encoding="utf-8")
    return from_text(text, spec)


def _row(row: dict[str, Any], spec: Spec) -> tuple[int, int, int, int, float, float]:
    pattern = 0
    for one in spec.comparisons:
        words = [one.word(code) for code in range(one.codes)]
        pattern = pattern * one.codes + words.index(row[one.name])
    counts = (int(row["candidates"]), int(row["matches"]), int(row["others"]))
    return pattern, *counts, float(row["rate"]), float(row["rate when leading"])
