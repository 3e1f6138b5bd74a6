"""Every pupil in review as a case: with which persons, and what agrees between them.

The pattern table has compared some of these pairs. Others were found by a number or an address that
was then contradicted, contested or set aside; they are compared here in the same way.
"""

from dataclasses import dataclass

import narwhals as nw
import polars as pl

from enclave.linkage.dataflow.pairs import CLAIM, ROW
from enclave.linkage.engines import Engine, Frame, take
from enclave.linkage.linking import Keyed, Links
from enclave.linkage.passes import LINKED, PASSES, REVIEW
from enclave.linkage.tail import PUPILS, PatternTable
from enclave.linkage.tail.assignment import weigh
from enclave.linkage.tail.candidates import code_of
from enclave.linkage.tail.patterns import with_counts
from enclave.linkage.tail.review import column_of, word_of

UNKNOWN = "unknown"
"""What is said of a person who was not compared: born in a year in which hardly anybody was."""

PAIR = (*ROW, "person_id")
WORDS = tuple(column_of(one) for one in PUPILS.every)
_SPELL = ("valid_from", "valid_to")


@dataclass(frozen=True)
class Found:
    """How the links came about: what was linked, and what was decided at first."""

    keyed: Keyed
    links: Links


def find_cases(engine: Engine, found: Found, decisions: pl.DataFrame) -> pl.DataFrame:
    """The pairs of every pupil in review.

    Args:
        engine: works the frames out.
        found: how the links came about.
        decisions: ``ROW``, person_id and status of every pupil, after everything that sends to
            review.

    Returns:
        One row per pupil and person: ``PAIR``, a text per comparison (``unknown`` where the person
        was not compared), bits (null then, and without a pattern table), taken: whether another
        pupil of the delivery is linked to the person. A pupil without a person has one row with a
        null person_id. Sorted by ``PAIR``.
    """
    waiting = decisions.filter(pl.col("status") == REVIEW).select(ROW)
    tail = found.links.tail
    known = None if tail is None else tail.pairs
    parts = []
    if known is not None:
        parts.append(known.join(waiting, on=ROW, how="semi").select(*PAIR, *WORDS, "bits"))
    if waiting.height:
        table = None if tail is None else tail.table
        parts.append(_compared(engine, found, waiting, table))
    nobody = waiting.select(*ROW, pl.lit(None, pl.String).alias("person_id"))
    pairs = pl.concat([*parts, _unknown(nobody)]).unique(PAIR, keep="first", maintain_order=True)
    somebody = pl.col("person_id").is_not_null()
    every = pairs.filter(somebody | ~somebody.any().over(ROW))
    linked = decisions.filter(pl.col("status") == LINKED)
    taken = linked.select(*CLAIM, pl.lit(value=True).alias("taken")).unique()
    return (
        every.join(taken, on=CLAIM, how="left")
        .with_columns(pl.col("taken").fill_null(value=False))
        .sort(PAIR)
    )


def _compared(
    engine: Engine, found: Found, waiting: pl.DataFrame, table: PatternTable | None
) -> pl.DataFrame:
    """The pairs that some pass made of the waiting pupils, with what agrees."""
    ours = found.keyed.pupils.join(
        take(engine, waiting, "review-waiting"), on=list(ROW), how="inner"
    )
    ours = engine.checkpoint(ours, "review-pupils")
    pairs = engine.checkpoint(nw.concat(_pairs(found, ours)).unique(), "review-pairs")
    if found.keyed.persons is None:
        return _unknown(engine.fetch(pairs))
    coded = engine.fetch(_coded(pairs, ours, found.keyed.persons))
    counted = with_counts(coded, PUPILS, ROW)
    if table is None:
        weighed = counted.with_columns(pl.lit(None, pl.Float64).alias("bits"))
    else:
        weighed = weigh(counted, table, PUPILS)
    seen = pl.col("seen")
    words = [
        pl.when(seen).then(word_of(one)).otherwise(pl.lit(UNKNOWN)).alias(column_of(one))
        for one in PUPILS.every
    ]
    return weighed.select(*PAIR, *words, pl.when(seen).then(pl.col("bits").round(2)).alias("bits"))


def _pairs(found: Found, ours: Frame) -> list[Frame]:
    """Whom the numbers of these pupils point at, whom they were linked to, who has their address.

    Of an address key the day is left out: a reviewer sees whether it was another time.
    """
    links = found.links
    made = [frame for frame in (links.pointed, links.held) if frame is not None]
    pairs = [
        frame.select(*PAIR).join(ours.select(*ROW), on=list(ROW), how="inner") for frame in made
    ]
    for key in dict.fromkeys(step.key for step in PASSES if not step.by_number):
        mine = ours.filter(~nw.col(key).is_null()).select(*ROW, key)
        theirs = found.keyed.spine.filter(~nw.col(key).is_null()).select("person_id", key)
        pairs.append(mine.join(theirs, on=key, how="inner").select(*PAIR))
    return pairs


def _coded(pairs: Frame, ours: Frame, persons: Frame) -> Frame:
    """The pairs with the code of every comparison, the best over the rows of a person."""
    mine = ours.select(*ROW, "reference_date", *PUPILS.pupil_fields)
    theirs = persons.select(
        "person_id", *_SPELL, *(nw.col(one).alias(f"{one}_spine") for one in PUPILS.person_fields)
    ).with_columns(nw.lit(value=True).alias("seen"))
    # Few of all persons are somebody's candidate: only their rows are kept in memory.
    theirs = theirs.join(pairs.select("person_id").unique(), on="person_id", how="semi")
    codes = [code_of(one) for one in PUPILS.every]
    return (
        pairs.join(mine, on=list(ROW), how="inner")
        .join(theirs, on="person_id", how="left")
        .select(*PAIR, nw.col("seen").fill_null(value=False).cast(nw.Int64).alias("seen"), *codes)
        .group_by(*PAIR)
        .agg(nw.col("seen").max(), *(nw.col(one.name).max() for one in PUPILS.every))
        .with_columns((nw.col("seen") == 1).alias("seen"))
    )


def _unknown(pairs: pl.DataFrame) -> pl.DataFrame:
    words = [pl.lit(UNKNOWN).alias(name) for name in WORDS]
    return pairs.select(*PAIR, *words, pl.lit(None, pl.Float64).alias("bits"))
