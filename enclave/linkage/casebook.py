"""Doubtful pairs for reviewers: what agrees, never what it is, and no number of a person."""

from pathlib import Path
from typing import Any

import polars as pl

from enclave.linkage.clerical.review_file import read_cases
from enclave.linkage.tail import PUPILS, column_of

WORDS = {column_of(one): one.name for one in PUPILS.every}
COLUMNS = ("case", "candidate", *WORDS, "bits")


def casebook(path: Path) -> pl.DataFrame:
    """The doubtful pairs of a review file.

    Grain: one row per pupil and candidate. ``case`` numbers pupils, ``candidate`` the persons of a
    pupil from the likeliest on; both start at 1 and say nothing about who it is. Candidate 0: no
    person was found. One text per comparison. ``bits``: the logarithm to base 2 of right against
    wrong; null where the pair was not weighed.

    Raises:
        InputError: there is no review file, or it is damaged.
    """
    return read_cases(path).select(COLUMNS)


def with_standing(cases: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The cases with ``stands``, a text per case.

    Args:
        cases: see ``casebook``.
        standing: case and stands, one row per case.
    """
    return cases.join(
        standing.select("case", "stands"), on="case", how="left", maintain_order="left"
    )


def as_text(cases: pl.DataFrame) -> str:
    """The cases for the terminal, a block each, with how they stand where that is known."""
    found = int((cases["candidate"] > 0).sum())
    lines = [f"{cases['case'].n_unique():,} pupils with {found:,} candidates"]
    for (case,), pairs in cases.group_by("case", maintain_order=True):
        stands = f": {pairs['stands'][0]}" if "stands" in pairs.columns else ""
        lines += ["", f"case {case}{stands}", *map(_line, pairs.iter_rows(named=True))]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    if not row["candidate"]:
        return "  no candidate"
    words = "; ".join(f"{name}: {row[column]}" for column, name in WORDS.items())
    bits = "not weighed" if row["bits"] is None else f"{row['bits']:+.1f} bits"
    return f"  candidate {row['candidate']}: {words} ({bits})"
