"""Numbers that point at one person where everything else points at another.

A column of numbers that slips in a file sorted by address gives many pupils the number of a brother
or sister: the address agrees, and sex agrees for half of them. What tells is that such a pupil's
own birth date, sex and address are those of somebody else in the spine.
"""

from collections.abc import Sequence

import narwhals as nw

from enclave.linkage.dataflow.pairs import ROW, is_valid
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import LINKED, REVIEW, Pass

KEY = "home"


def with_conflicts(
    engine: Engine, decided: Frame, pupils: Frame, spine: Frame, passes: Sequence[Pass]
) -> Frame:
    """The decisions with links by number in review, and strange, where the address tells another.

    Only pupils whose birth date or address is not that of the person are looked at: few, when
    nothing is wrong.

    Args:
        engine: works the frames out.
        decided: as ``run_passes`` gives it.
        pupils: ``ROW``, reference_date and the key of the address.
        spine: person_id, the key of the address, valid_from, valid_to.
        passes: what ran.
    """
    by_number = [step.name for step in passes if step.by_number]
    if not by_number:
        return decided
    held = (nw.col("status") == LINKED) & nw.col("pass_name").is_in(by_number)
    suspects = engine.checkpoint(
        decided.filter(held & nw.col("unlike")).select(*ROW, nw.col("person_id").alias("held")),
        "conflicts-suspects",
    )
    ours = pupils.select(*ROW, KEY, "reference_date").join(suspects, on=list(ROW), how="inner")
    theirs = spine.select(KEY, "person_id", "valid_from", "valid_to")
    told = (
        ours.filter(~nw.col(KEY).is_null())
        .join(theirs.filter(~nw.col(KEY).is_null()), on=KEY, how="inner")
        .filter(is_valid(0))
        .with_columns((nw.col("person_id") != nw.col("held")).alias("elsewhere"))
        .group_by(*ROW)
        .agg(nw.col("elsewhere").all())
    )
    marked = decided.join(engine.checkpoint(told, "conflicts"), on=list(ROW), how="left")
    elsewhere = nw.col("elsewhere").fill_null(value=False)
    return marked.with_columns(
        (nw.col("strange") | elsewhere).alias("strange"),
        nw.when(elsewhere).then(nw.lit(REVIEW)).otherwise(nw.col("status")).alias("status"),
        nw.when(~elsewhere).then(nw.col("person_id")).alias("person_id"),
    ).drop("elsewhere")
