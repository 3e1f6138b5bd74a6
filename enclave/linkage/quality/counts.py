"""How good the links are: per pass, by group, and against the truth where there is one."""

import polars as pl

from enclave.linkage.dataflow.pairs import ROW
from enclave.linkage.passes import GUARD_FIELDS, LINKED, PASSES, REVIEW, TELLING_GUARDS
from enclave.linkage.quality.pooling import pooled
from enclave.linkage.tail import PASS_NAME
from enclave.measured import LevelCount, PassCount, TruthScore

CHARACTERISTICS = ("number", "address_key", "sex", "birth_year")
_HOME = tuple(field for guard in TELLING_GUARDS for field in GUARD_FIELDS[guard])


def pass_counts(links: pl.DataFrame) -> tuple[PassCount, ...]:
    """Links and reviews of every pass, in the order of the passes."""
    counted = links.group_by("pass_name", "status").len()
    table = {(name, status): number for name, status, number in counted.iter_rows()}
    return tuple(
        PassCount(name, table.get((name, LINKED), 0), table.get((name, REVIEW), 0))
        for name in (*(step.name for step in PASSES), PASS_NAME)
    )


def rates(links: pl.DataFrame, pupils: pl.LazyFrame) -> tuple[LevelCount, ...]:
    """Delivered and linked pupils by characteristic, no level below ``MINIMUM_PUPILS``.

    With fewer pupils than the minimum in all there are no rates; see ``pooled``.
    """
    counted = (
        pupils.select(*ROW, *CHARACTERISTICS)
        .join(links.lazy().select(*ROW, "status"), on=ROW)
        .group_by(CHARACTERISTICS)
        .agg(pl.len().alias("pupils"), (pl.col("status") == LINKED).sum().alias("linked"))
        .collect(engine="streaming")
    )
    return tuple(
        LevelCount(name, *row)
        for name in CHARACTERISTICS
        for row in pooled(counted, name, ("pupils", "linked")).iter_rows()
    )


def truth_score(
    links: pl.DataFrame, truth: pl.DataFrame | None, spine: pl.LazyFrame
) -> TruthScore | None:
    """The links compared with the true persons; null without a truth.

    Precision is correct over all links; recall is correct over delivered pupils who are in the
    spine. Either is 1 when there was nothing to find.
    """
    if truth is None:
        return None
    joined = links.join(truth, on=ROW, how="left")
    linkable = int(joined["true_person"].is_not_null().sum())
    linked = int((joined["status"] == LINKED).sum())
    right = (pl.col("person_id") == pl.col("true_person")).fill_null(value=False)
    correct = joined.filter(right).height
    wrong = joined.filter((pl.col("status") == LINKED) & ~right)
    return TruthScore(
        linkable=linkable,
        correct=correct,
        wrong=linked - correct,
        missed=linkable - correct,
        precision=correct / linked if linked else 1.0,
        recall=correct / linkable if linkable else 1.0,
        wrong_same_home=_same_home(wrong, spine),
    )


def _same_home(wrong: pl.DataFrame, spine: pl.LazyFrame) -> int:
    """How many wrong links share birth date and address with the true person: twins."""
    pairs = wrong.select(*ROW, "person_id", "true_person").drop_nulls()
    people = pl.concat([pairs["person_id"], pairs["true_person"]]).unique()
    homes = (
        spine.filter(pl.col("person_id").is_in(people.implode()))
        .select("person_id", *_HOME)
        .drop_nulls()
        .unique()
        .collect(engine="streaming")
    )
    found = pairs.join(homes, on="person_id").join(
        homes.rename({"person_id": "true_person"}), on=("true_person", *_HOME)
    )
    return found.select(ROW).unique().height
