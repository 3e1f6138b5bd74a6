"""Deliveries that contradict themselves without numbers: birth date and address agree, not sex.

Where birth dates slip in a file sorted by address, a pupil gets the birth date of a brother or
sister: it is linked to a brother and, were it a sister, to nobody. Nothing in the row tells; that
so many pupils of a delivery are at home with the birth date of somebody of the other sex does. So
it is when the codes for sex were exchanged: then only twins are linked, and wrongly.
"""

from collections.abc import Sequence

import narwhals as nw
import polars as pl

from enclave.linkage.dataflow.doubt import DOUBTFUL_PUPILS, HOME, Doubt
from enclave.linkage.dataflow.pairs import ROW, is_valid
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import LINKED, Pass

DOUBTFUL_SHARE = 0.05
"""Of those whose birth date and address agree. Sex is wrong for some 0.1 % (working value)."""

PLACE = ("f_birth", "f_postcode", "f_number")


def doubt_homes(
    engine: Engine, decided: Frame, pupils: Frame, spine: Frame, passes: Sequence[Pass]
) -> tuple[Doubt, ...]:
    """The deliveries in doubt, in order of delivery id.

    Args:
        engine: works the frames out.
        decided: delivery_id, pupil_row, status and pass_name of every pupil that some pass found.
        pupils: ``ROW``, reference_date and fields.
        spine: fields, valid_from, valid_to.
        passes: what ran; without a pass by address nothing is doubted.
    """
    by_address = [step.name for step in passes if not step.by_number]
    if not by_address:
        return ()
    rest = pupils.select(*ROW, *PLACE, "f_sex", "reference_date").join(
        decided.select(*ROW), on=list(ROW), how="anti"
    )
    ours, theirs = engine.checkpoint(_known(rest), "homes-rest"), _known(spine)
    at_home = ours.join(
        theirs.select(*PLACE, nw.col("f_sex").alias("f_sex_spine"), "valid_from", "valid_to"),
        on=list(PLACE),
        how="inner",
    )
    strange = at_home.filter(is_valid(0) & (nw.col("f_sex") != nw.col("f_sex_spine")))
    told = engine.fetch(_counted(strange.select(*ROW).unique(), "strange"))
    linked = decided.filter((nw.col("status") == LINKED) & nw.col("pass_name").is_in(by_address))
    counted = told.join(engine.fetch(_counted(linked, "linked")), on="delivery_id", how="left")
    count, total = pl.col("strange"), pl.col("strange") + pl.col("linked").fill_null(0)
    found = counted.filter((count >= DOUBTFUL_PUPILS) & (count >= DOUBTFUL_SHARE * total))
    return tuple(Doubt(name, HOME) for name in sorted(found["delivery_id"]))


def _known(rows: Frame) -> Frame:
    """The rows with whole birth date, address and sex."""
    known = [~nw.col(name).is_null() for name in (*PLACE, "f_sex")]
    return rows.filter(*known)


def _counted(rows: Frame, name: str) -> Frame:
    return rows.group_by("delivery_id").agg(nw.len().cast(nw.Int64).alias(name))
