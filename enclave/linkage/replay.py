"""Linking once more without numbers those whom numbers linked: how good are the other routes?

Whoever has both numbers is linked by them almost surely. Linked again with both hidden, each such
pupil tells whether the passes by address and the pattern table would have found the same person.
"""

import narwhals as nw
import polars as pl

from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.linking import Keyed, Links, link
from enclave.linkage.passes import LINKED, PASSES
from enclave.linkage.tail import PatternTable, Tail

MOST_REPLAYED = 200_000
WITHOUT_NUMBERS = tuple(step for step in PASSES if not step.by_number)
_KEYS = ("bsn", "education_number")
_FIELDS = ("f_bsn", "f_education")


def replay(engine: Engine, keyed: Keyed, links: Links, table: PatternTable | None) -> pl.DataFrame:
    """One row per replayed pupil: ``ROW``, true_person, person_id, status, pass_name.

    Args:
        engine: with a folder of its own; its results have the names of those of the linkage.
        keyed: what was linked.
        links: the links as they are.
        table: the pattern table that was used; it is used as it is. Null: passes alone.
    """
    by_number = [step for step in PASSES if step.by_number]
    known = keyed.pupils.filter(
        ~nw.col("bsn").is_null() & ~nw.col("education_number").is_null()
    ).select(*ROW)
    sure = links.rows.filter(
        (nw.col("status") == LINKED) & nw.col("pass_name").is_in([step.name for step in by_number])
    )
    true = engine.checkpoint(
        sure.join(known, on=list(ROW), how="semi").select(
            *ROW, nw.col("person_id").alias("true_person")
        ),
        "replayed",
    )
    hidden = without_numbers(keyed.pupils.join(true.select(*ROW), on=list(ROW), how="semi"))
    again = link(
        engine,
        Keyed(_sampled(engine, hidden), keyed.spine, keyed.persons),
        None if table is None else Tail(table, learns=False),
        passes=WITHOUT_NUMBERS,
    )
    return engine.fetch(
        again.rows.join(true, on=list(ROW), how="inner").select(
            *ROW, "true_person", "person_id", "status", "pass_name"
        )
    )


def without_numbers(pupils: Frame) -> Frame:
    """The pupils, with both numbers hidden."""
    keys = [nw.lit(None).cast(nw.Binary).alias(name) for name in _KEYS]
    fields = [nw.lit(None).cast(nw.Int32).alias(name) for name in _FIELDS]
    return pupils.with_columns(*keys, *fields)


def _sampled(engine: Engine, pupils: Frame) -> Frame:
    """At most about ``MOST_REPLAYED``, by a hash that is there anyway: birth dates at random."""
    count = int(engine.fetch(pupils.select(nw.len().alias("n")))["n"][0])
    step = max(1, -(-count // MOST_REPLAYED))
    return pupils if step == 1 else pupils.filter(nw.col("f_birth") % step == 0)
