"""The pattern table at work on the pupils whom the passes left over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil

import narwhals as nw
import polars as pl

from enclave.linkage.engines import Engine, Frame, take
from enclave.linkage.passes import LINKED, PASSES, REVIEW, Pass
from enclave.linkage.tail.assignment import CLAIM, ROW, Limits, assign, weigh
from enclave.linkage.tail.candidates import find_candidates
from enclave.linkage.tail.comparisons import PUPILS, Spec
from enclave.linkage.tail.patterns import PatternTable, error_rate, learn, with_counts
from enclave.linkage.tail.review import agreements

MINIMUM_LEARNT = 200
"""Fewer pupils linked by their numbers teach nothing, and the earlier table is used as it is."""

MOST_LEARNT = 200_000


@dataclass(frozen=True)
class Tail:
    """How the pattern table works.

    Attributes:
        earlier: the last accepted table, or the one that comes with the program.
        name: of the table that is learnt.
        spec: what is compared.
        limits: when a pair becomes a link.
        passes: the passes that ran before.
        learns: whether a table is learnt; otherwise the earlier one is used as it is.
    """

    earlier: PatternTable | None
    name: str = "learnt from this delivery"
    spec: Spec = PUPILS
    limits: Limits = field(default_factory=Limits)
    passes: tuple[Pass, ...] = PASSES
    learns: bool = True


@dataclass(frozen=True)
class TailResult:
    """What the pattern table did.

    ``rows``: the pupils whom it links, or sends to review though no pass found them; null when
    there was nothing to do. ``table``: the one that was used. ``learnt``: whether it was learnt
    from this delivery. ``pairs``: what agrees, for the review: ``ROW``, person_id, codes, bits.
    """

    rows: Frame | None
    table: PatternTable | None
    learnt: bool
    pairs: pl.DataFrame | None


def run_tail(
    engine: Engine,
    decided: Frame,
    pupils: Frame,
    persons: Frame,
    tail: Tail,
    pointed: Frame | None = None,
) -> TailResult:
    """What the pattern table decides on pupils without a link.

    Args:
        engine: works the frames out.
        decided: what the passes decided, of deliveries that nobody doubts.
        pupils: all pupils of these deliveries, with fields.
        persons: person_id, fields and dates of those who may be found.
        tail: how it works.
        pointed: ``ROW`` and person_id, at whom numbers of pupils point; null: only links count.
    """
    links = engine.checkpoint(
        decided.filter(nw.col("status") == LINKED).select(*ROW, "person_id", "pass_name"),
        "tail-links",
    )
    taken = engine.checkpoint(_taken(links, pointed), "tail-taken")
    table, learnt = _table(engine, (links, taken), pupils, persons, tail)
    if table is None:
        return TailResult(None, None, learnt=False, pairs=None)
    open_ = _open(decided, pupils, tail.passes)
    found = find_candidates(engine, open_, persons, tail.spec, "tail")
    pairs = with_counts(engine.fetch(_free(found, taken)), tail.spec, ROW)
    weighed = weigh(pairs, table, tail.spec)
    decisions = assign(weighed, tail.limits)
    before = engine.fetch(decided.filter(nw.col("status") == REVIEW).select(*ROW))
    new = decisions.join(before, on=ROW, how="anti")
    newer = pl.concat([new, decisions.join(before, on=ROW, how="semi").filter(status=LINKED)])
    columns = (*ROW, "person_id", "status", "pass_name", "candidates")
    rows = take(engine, newer.select(columns), "tail-decided")
    return TailResult(rows, table, learnt, agreements(weighed, decisions, tail))


def _open(decided: Frame, pupils: Frame, passes: Sequence[Pass]) -> Frame:
    """Pupils whom no pass found, or whom a pass by address found in more than one way."""
    by_address = [step.name for step in passes if not step.by_number]
    settled = decided.filter((nw.col("status") == LINKED) | ~nw.col("pass_name").is_in(by_address))
    return pupils.join(settled.select(*ROW), on=list(ROW), how="anti")


def _taken(links: Frame, pointed: Frame | None) -> Frame:
    """Per person of a delivery the first and the last pupil who has it or points at it."""
    held = [links.select(*ROW, "person_id")]
    every = (
        nw.concat([*held, pointed.select(*ROW, "person_id")]) if pointed is not None else held[0]
    )
    row = nw.col("pupil_row")
    return every.group_by(*CLAIM).agg(row.min().alias("first"), row.max().alias("last"))


def _free(pairs: Frame, taken: Frame) -> Frame:
    """The pairs without persons whom another pupil of the delivery has or points at."""
    joined = pairs.join(taken, on=list(CLAIM), how="left")
    row = nw.col("pupil_row")
    other = ((nw.col("first") != row) | (nw.col("last") != row)).fill_null(value=False)
    return joined.filter(~other).drop("first", "last")


def _table(
    engine: Engine, held: tuple[Frame, Frame], pupils: Frame, persons: Frame, tail: Tail
) -> tuple[PatternTable | None, bool]:
    """The table to use, and whether it was learnt here. ``held``: links, and who is taken."""
    links, taken = held
    if not tail.learns or not tail.spec.numbers:
        return tail.earlier, False
    first, *_ = by_number = [step.name for step in tail.passes if step.by_number]
    labels = links.filter(nw.col("pass_name").is_in(by_number))
    count = int(engine.fetch(labels.select(nw.len().alias("n")))["n"][0])
    if count < MINIMUM_LEARNT:
        return tail.earlier, False
    taught = engine.checkpoint(_sample(labels, pupils, count), "tail-taught")
    found = find_candidates(engine, taught, persons, tail.spec, "tail-taught")
    pairs = _free(found, taken).join(
        labels.select(*ROW, nw.col("person_id").alias("right"), "pass_name"),
        on=list(ROW),
        how="inner",
    )
    labelled = engine.fetch(pairs).with_columns(
        (pl.col("person_id") == pl.col("right")).alias("match"),
        (pl.col("pass_name") == first).alias("by_first"),
    )
    counted = with_counts(labelled, tail.spec, ROW)
    learnt_from = int(engine.fetch(taught.select(nw.len().alias("n")))["n"][0])
    table = learn(counted, tail.spec, tail.name, tail.earlier, learnt_from)
    if len(tail.spec.numbers) == 1:
        table = replace(table, error_rate=_unfound(engine, pupils, tail.spec, count))
    return table, True


def _unfound(engine: Engine, pupils: Frame, spec: Spec, found: int) -> float:
    """With one number nothing tells how often it is wrong; at most where it found nobody."""
    field = spec.numbers[0].levels[0].ways[0][0]
    known = pupils.filter(~nw.col(field).is_null()).select(nw.len().alias("n"))
    seen = int(engine.fetch(known)["n"][0])
    return error_rate(max(0, seen - found), seen)


def _sample(labels: Frame, pupils: Frame, count: int) -> Frame:
    """At most about ``MOST_LEARNT`` of the labelled pupils, chosen by a hash that is there anyway.

    So the choice depends neither on the order of the rows nor on the engine.
    """
    step = max(1, ceil(count / MOST_LEARNT))
    chosen = pupils.join(labels.select(*ROW), on=list(ROW), how="semi")
    if step == 1:
        return chosen
    return chosen.filter(nw.col("f_birth") % step == 0)
