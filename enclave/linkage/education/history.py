"""From S to R: which S numbers turned out to be which persons of the spine.

As the file VTVPERSOONTAB of Statistics Netherlands. Every round keeps what it found out about the S
numbers that were known by then; the history is made of all of that, so it does not depend on the
order in which rounds are read, and one contradiction undoes what an earlier round had seemed to
show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from enclave.linkage.education.numbers import MATCHED
from enclave.linkage.education.rotation import UNMATCHED


@dataclass(frozen=True)
class History:
    """What became of S numbers.

    ``rows``: old_key, new_key, since_round; one row per S number that became R. ``contradicted``: S
    numbers that two persons would have had; they stay S.
    """

    rows: pl.DataFrame
    contradicted: int


def find_history(found: Sequence[tuple[str, pl.LazyFrame]], known: pl.LazyFrame) -> History:
    """The history of all rounds.

    Args:
        found: for every round, in order, its id and s_key, person_id of what it found.
        known: person_key of every S number that some round gave.
    """
    parts = [
        frame.select("s_key", "person_id", pl.lit(number, pl.UInt32).alias("round"))
        for number, (_, frame) in enumerate(found)
    ]
    names = pl.LazyFrame(
        {
            "round": pl.Series(range(len(found)), dtype=pl.UInt32),
            "since_round": [name for name, _ in found],
        }
    )
    persons = (
        pl.concat(parts)
        .join(known, left_on="s_key", right_on="person_key", how="semi")
        .group_by("s_key")
        .agg(
            pl.col("person_id").n_unique().alias("persons"),
            pl.col("person_id").min(),
            pl.col("round").min(),
        )
        .join(names, on="round")
        .collect(engine="streaming")
    )
    rows = persons.filter(pl.col("persons") == 1).select(
        pl.col("s_key").alias("old_key"), pl.col("person_id").alias("new_key"), "since_round"
    )
    return History(rows.sort("old_key"), persons.filter(pl.col("persons") > 1).height)


def with_settled(history: History, settled: pl.LazyFrame, known: pl.LazyFrame) -> History:
    """The history with the S numbers that reviewers accepted as a person.

    Args:
        history: what the rounds found out.
        settled: old_key, new_key, since_round and round (its place) of the S numbers of a round.
        known: person_key of every S number that somebody still has; such a one is not R yet.
    """
    whole = settled.join(known, left_on="old_key", right_on="person_key", how="anti")
    rows = (
        whole.collect()
        .sort("old_key", "round")
        .unique("old_key", keep="first", maintain_order=True)
    )
    both = pl.concat([history.rows, rows.select(history.rows.columns)])
    return History(both.sort("old_key"), history.contradicted)


def without_clashes(history: History, delivered: Sequence[pl.LazyFrame]) -> History:
    """The history without S numbers that would make two pupils of a school one person.

    Two numbers with a result in one test at one school in one round are two pupils, whatever a
    later round found out. Such S numbers stay S and count as contradicted.

    Args:
        history: what the rounds found out.
        delivered: the results of every round, under the numbers that persons had then.
    """
    if not history.rows.height:
        return history
    test = ("school_code", "school_year", "grade", "moment", "domain", "scale")
    became = history.rows.lazy().select(pl.col("old_key").alias("person_key"), "new_key")
    persons = became.select("new_key").unique()
    clashes = []
    for frame in delivered:
        now = frame.join(became, on="person_key", how="left").with_columns(
            pl.coalesce("new_key", "person_key").alias("new_key")
        )
        clashes.append(
            now.join(persons, on="new_key", how="semi")
            .group_by("new_key", *test)
            .agg(pl.col("person_key").unique())
            .filter(pl.col("person_key").list.len() > 1)
            .explode("person_key")
            .select(pl.col("person_key").alias("old_key"))
        )
    twice = pl.concat(clashes).unique().collect(engine="streaming")
    rows = history.rows.join(twice, on="old_key", how="anti").sort("old_key")
    return History(rows, history.contradicted + history.rows.height - rows.height)


def apply_history(frame: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The frame (person_key, person_status and more) with S numbers that became R as R."""
    became = rows.select(
        pl.col("old_key").alias("person_key"),
        pl.lit(UNMATCHED).alias("person_status"),
        "new_key",
    )
    joined = frame.join(became, on=("person_key", "person_status"), how="left")
    new = pl.col("new_key")
    return joined.with_columns(
        pl.coalesce(new, "person_key").alias("person_key"),
        pl.when(new.is_not_null())
        .then(pl.lit(MATCHED))
        .otherwise("person_status")
        .alias("person_status"),
    ).drop("new_key")
