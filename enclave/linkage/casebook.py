"""Doubtful pairs for reviewers: what agrees, never what it is, and no number of a person."""

from pathlib import Path

import polars as pl

from enclave.errors import InputError
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.tail import PUPILS, column_of

WORDS = {column_of(one): one.name for one in PUPILS.every}
COLUMNS = ("case", "candidate", *WORDS, "bits")


def casebook(path: Path) -> pl.DataFrame:
    """The doubtful pairs of a review file.

    Grain: one row per pupil and candidate. ``case`` numbers pupils, ``candidate`` the persons of a
    pupil from the likeliest on; both start at 1 and say nothing about who it is. One text per
    comparison. ``bits``: the logarithm to base 2 of right against wrong.

    Raises:
        InputError: there is no review file, or it is damaged.
    """
    try:
        pairs = pl.read_parquet(path)
        named = pairs.rename({"row_id": "pupil_row"}) if "row_id" in pairs.columns else pairs
        keys = [name for name in ROW if name in named.columns]
        ranked = named.sort(
            *keys, "bits", "person_id", descending=[*[False] * len(keys), True, False]
        )
        case = pl.struct(keys).rank("dense").cast(pl.Int64)
        place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(keys)
        return ranked.select(case.alias("case"), place.alias("candidate"), *WORDS, "bits")
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(
            "There is a review file, as the linkage writes it.",
            where="review.parquet",
            next_step="link first: enclave link run, or enclave link frames",
        ) from None


def as_text(cases: pl.DataFrame) -> str:
    """The cases for the terminal, a block each."""
    lines = [f"{cases['case'].n_unique():,} pupils with {cases.height:,} candidates"]
    for (case,), pairs in cases.group_by("case", maintain_order=True):
        lines += ["", f"case {case}"]
        for row in pairs.iter_rows(named=True):
            words = "; ".join(f"{name}: {row[column]}" for column, name in WORDS.items())
            lines.append(f"  candidate {row['candidate']}: {words} ({row['bits']:+.1f} bits)")
    return "\n".join(lines)
