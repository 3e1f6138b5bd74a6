"""Precision and recall of the passes without numbers, from pupils linked again without them."""

from dataclasses import dataclass

import polars as pl

from enclave.linkage.passes import LINKED
from enclave.linkage.quality.estimates import Share, wilson


@dataclass(frozen=True)
class ReplayedPass:
    """One pass: links right of all its links, and right links of all pupils in the sample."""

    name: str
    precision: Share
    recall: Share


def replayed_passes(replay: pl.DataFrame) -> tuple[ReplayedPass, ...]:
    """Every pass that linked in the replay, by name. These are raw counts: not fit to publish.

    Args:
        replay: a row per sampled pupil: true_person, person_id (null unless linked), status,
            pass_name. The truth is what two agreeing numbers said.
    """
    right = (pl.col("person_id") == pl.col("true_person")).fill_null(value=False)
    counted = (
        replay.filter(pl.col("status") == LINKED)
        .group_by("pass_name")
        .agg(right.sum().alias("right"), pl.len().alias("links"))
        .sort("pass_name")
    )
    return tuple(
        ReplayedPass(name, wilson(good, links), wilson(good, replay.height))
        for name, good, links in counted.iter_rows()
    )
