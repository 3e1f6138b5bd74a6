"""What one pass decides from its pairs."""

import narwhals as nw

from enclave.linkage.dataflow.pairs import CLAIM, EVIDENCE, ROW
from enclave.linkage.engines import Frame
from enclave.linkage.passes import LINKED, REVIEW, Pass

DECISION = (*ROW, "person_id", "status", "pass_name", "candidates")


def decide(pairs: Frame, claimed: Frame | None, step: Pass) -> Frame:
    """The decision on every pupil with a pair: ``DECISION``, strange, other_sex, unlike.

    Args:
        pairs: as ``find_pairs`` gives them.
        claimed: ``CLAIM`` of the persons that pupils of earlier passes point at.
        step: the pass.
    """
    taken = _taken(pairs, claimed)
    rows = (
        pairs.join(taken, on=list(CLAIM), how="left")
        .with_columns(nw.col("taken").fill_null(value=False))
        .group_by(*ROW)
        .agg(
            nw.col("person_id").min().alias("first"),
            nw.col("person_id").max().alias("last"),
            nw.col("taken").any(),
            *(nw.col(name).all() for name in EVIDENCE),
        )
        .with_columns((nw.col("first") == nw.col("last")).alias("single"))
    )
    sure = nw.col("single") & ~nw.col("taken") & ~nw.col("contradicted")
    one = nw.lit(1).cast(nw.Int64)
    return rows.join(_many(pairs, rows), on=list(ROW), how="left").select(
        *ROW,
        nw.when(sure).then(nw.col("first")).alias("person_id"),
        nw.when(sure).then(nw.lit(LINKED)).otherwise(nw.lit(REVIEW)).alias("status"),
        nw.lit(step.name).alias("pass_name"),
        nw.when(nw.col("single")).then(one).otherwise(nw.col("many")).alias("candidates"),
        "strange",
        "other_sex",
        "unlike",
    )


def _taken(pairs: Frame, claimed: Frame | None) -> Frame:
    """Persons that two pupils of one delivery point at, in this pass or with an earlier one."""
    contested = (
        pairs.group_by(*CLAIM)
        .agg(nw.col("pupil_row").min().alias("first"), nw.col("pupil_row").max().alias("last"))
        .filter(nw.col("first") != nw.col("last"))
        .select(*CLAIM)
    )
    if claimed is not None:
        # The later a pass, the fewer its pairs: they are the side that is kept in memory.
        again = claimed.join(pairs.select(*CLAIM), on=list(CLAIM), how="semi")
        contested = nw.concat([contested, again]).unique()
    return contested.with_columns(nw.lit(value=True).alias("taken"))


def _many(pairs: Frame, rows: Frame) -> Frame:
    """How many persons each pupil with several points at."""
    several = rows.filter(~nw.col("single")).select(*ROW)
    return (
        pairs.select(*ROW, "person_id")
        .join(several, on=list(ROW), how="semi")
        .unique()
        .group_by(*ROW)
        .agg(nw.len().cast(nw.Int64).alias("many"))
    )
