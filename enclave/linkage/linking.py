"""The whole linkage of keyed deliveries with a keyed spine: passes, doubts, pattern table."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import narwhals as nw

from enclave.linkage.dataflow import Doubt, find_doubts, run_passes, set_aside, withdraw
from enclave.linkage.dataflow.conflicts import with_conflicts
from enclave.linkage.dataflow.deciding import DECISION
from enclave.linkage.dataflow.homes import doubt_homes
from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import PASSES, UNLINKED, Pass
from enclave.linkage.tail import Tail, TailResult, run_tail


@dataclass(frozen=True)
class Keyed:
    """What is linked, all of it keyed.

    ``pupils``: delivery_id, pupil_row, reference_date, keys and fields, one row per delivered
    pupil. ``spine``: person_id, keys, guard fields, valid_from, valid_to, one row per person and
    address spell. ``persons``: person_id, fields and dates of those whom the pattern table may
    find; null without the pattern table.
    """

    pupils: Frame
    spine: Frame
    persons: Frame | None = None


@dataclass(frozen=True)
class Links:
    """What was decided.

    ``rows``: one row per delivered pupil: delivery_id, pupil_row, person_id (null unless linked),
    status, pass_name (null when unlinked) and candidates (persons that the deciding pass found, 0
    when unlinked). ``doubts``: deliveries whose links were withdrawn. ``tail``: what the pattern
    table did; null when it did not run. ``pointed``: see ``Decided``. ``held``: delivery_id,
    pupil_row and person_id of the links before any was withdrawn.
    """

    rows: Frame
    doubts: tuple[Doubt, ...]
    tail: TailResult | None
    pointed: Frame | None = None
    held: Frame | None = None


def link(
    engine: Engine,
    keyed: Keyed,
    tail: Tail | None,
    *,
    passes: Sequence[Pass] = PASSES,
    stray: Collection[str] = (),
    after_pass: Callable[[int], None] | None = None,
) -> Links:
    """The decision on every delivered pupil. The order of the rows given changes nothing.

    Args:
        engine: works the frames out.
        keyed: deliveries and spine.
        tail: how the pattern table works; null for passes alone.
        passes: in order.
        stray: deliveries whose reference date the spine does not cover.
        after_pass: hears the number of passes done.
    """
    decided = run_passes(engine, keyed.pupils, keyed.spine, passes, after_pass)
    found_out = with_conflicts(engine, decided.rows, keyed.pupils, keyed.spine, passes)
    doubts = find_doubts(engine, found_out, stray, passes)
    homes = doubt_homes(engine, found_out, keyed.pupils, keyed.spine, passes)
    known = {doubt.delivery_id for doubt in doubts}
    more = [doubt for doubt in homes if doubt.delivery_id not in known]
    doubts = tuple(sorted((*doubts, *more), key=lambda doubt: doubt.delivery_id))
    settled = set_aside(engine, found_out, passes)
    found, rows = None, settled.select(*DECISION)
    if tail is not None and keyed.persons is not None:
        calm = _without_doubted(settled, keyed.pupils, doubts)
        found = run_tail(engine, calm[0], calm[1], keyed.persons, tail, decided.pointed)
        if found.rows is not None:
            rows = _replaced(rows, found.rows)
    final = engine.checkpoint(rows, "decided")
    rest = keyed.pupils.select(*ROW).join(final.select(*ROW), on=list(ROW), how="anti")
    every = nw.concat([final, rest.select(*ROW, *_unlinked())])
    held = final.filter(~nw.col("person_id").is_null()).select(*ROW, "person_id")
    links = engine.checkpoint(withdraw(every, doubts, passes), "links")
    return Links(links, doubts, found, decided.pointed, held)


def _without_doubted(decided: Frame, pupils: Frame, doubts: Sequence[Doubt]) -> tuple[Frame, Frame]:
    """Decisions and pupils of deliveries that nobody doubts: others teach and link nothing more."""
    names = [doubt.delivery_id for doubt in doubts]
    if not names:
        return decided, pupils
    calm = ~nw.col("delivery_id").is_in(names)
    return decided.filter(calm), pupils.filter(calm)


def _replaced(rows: Frame, newer: Frame) -> Frame:
    """The decisions with the newer ones in place of those on the same pupils."""
    kept = rows.join(newer.select(*ROW), on=list(ROW), how="anti")
    return nw.concat([kept.select(*DECISION), newer.select(*DECISION)])


def _unlinked() -> list[nw.Expr]:
    nobody, number = nw.lit(None).cast(nw.String), nw.lit(0).cast(nw.Int64)
    return [
        nobody.alias("person_id"),
        nw.lit(UNLINKED).alias("status"),
        nobody.alias("pass_name"),
        number.alias("candidates"),
    ]
