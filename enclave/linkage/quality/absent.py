"""What becomes of pupils whose person is not in the spine: a replay with the persons taken out.

Whoever was replayed is in the spine, so a replay never meets the one error that being absent makes:
somebody alike who is there, a twin for one, is taken for the pupil. Without numbers and with their
own person taken out, replayed pupils make it; each of their links is wrong.
"""

import narwhals as nw
import polars as pl

from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.linking import Keyed, link
from enclave.linkage.passes import LINKED
from enclave.linkage.replay import WITHOUT_NUMBERS, without_numbers
from enclave.linkage.tail import PatternTable, Tail
from enclave.measured import AbsentCount

ONE_IN = 10
"""So few are taken out that of those alike, of twins, the other mostly stays."""


def count_absent(
    engine: Engine, keyed: Keyed, replayed: pl.DataFrame, table: PatternTable | None
) -> AbsentCount:
    """How many pupils were linked though their person was taken out.

    They are linked without the others of their deliveries, who in a linkage may claim the wrong
    person first: the share of wrong links is rather too high than too low.

    Args:
        engine: with a folder of its own.
        keyed: what was linked.
        replayed: ROW and true_person of every replayed pupil.
        table: the pattern table that was used, as it is; null: passes alone.
    """
    persons = replayed["true_person"].unique().sort().gather_every(ONE_IN)
    pupils = replayed.filter(pl.col("true_person").is_in(persons.implode())).select(ROW)
    if pupils.is_empty():
        return AbsentCount(0, 0)
    sample = nw.from_native(pupils.lazy())
    out = nw.from_native(pl.DataFrame({"person_id": persons}).lazy())
    again = link(
        engine,
        Keyed(
            without_numbers(keyed.pupils.join(sample, on=list(ROW), how="semi")),
            _without(keyed.spine, out),
            None if keyed.persons is None else _without(keyed.persons, out),
        ),
        None if table is None else Tail(table, learns=False),
        passes=WITHOUT_NUMBERS,
    )
    linked = engine.fetch(again.rows.filter(nw.col("status") == LINKED).select(*ROW)).height
    return AbsentCount(pupils.height, linked)


def _without(persons: Frame, out: Frame) -> Frame:
    return persons.join(out, on="person_id", how="anti")
