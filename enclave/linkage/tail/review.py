"""What a reviewer sees of a doubtful pair: which fields agree, never what they hold."""

from typing import TYPE_CHECKING

import polars as pl

from enclave.linkage.passes import REVIEW
from enclave.linkage.tail.assignment import ROW
from enclave.linkage.tail.comparisons import Comparison

if TYPE_CHECKING:
    from enclave.linkage.tail.tail import Tail


def agreements(weighed: pl.DataFrame, decisions: pl.DataFrame, tail: "Tail") -> pl.DataFrame:
    """The pairs of the pupils who go to review, with words for what agrees.

    Grain: one row per pupil and person: ``ROW``, person_id, one text per comparison under
    ``column_of`` its name, bits.
    """
    waiting = decisions.filter(pl.col("status") == REVIEW).select(ROW)
    words = [word_of(one) for one in tail.spec.every]
    return weighed.join(waiting, on=ROW, how="semi").select(
        *ROW, "person_id", *words, pl.col("bits").round(2)
    )


def word_of(comparison: Comparison) -> pl.Expr:
    """The code of a comparison in words."""
    names = {code: comparison.word(code) for code in range(comparison.codes)}
    found = pl.col(comparison.name).replace_strict(names, return_dtype=pl.String)
    return found.alias(column_of(comparison))


def column_of(comparison: Comparison) -> str:
    """The column of its words; named so that nobody takes it for the identifier itself."""
    return f"agreement of {comparison.name}"
