"""How good the links are: per pass, by group, and against the truth where there is one."""

import polars as pl

from enclave.linkage.cascade import LINKED, REVIEW, ROW
from enclave.linkage.passes import PASSES
from enclave.receipts import LevelCount, PassCount, TruthScore

MINIMUM_PUPILS = 10
"""Groups smaller than this are pooled: the receipt is read by many (policy cbs, minimum units)."""

CHARACTERISTICS = ("number", "sex", "birth_year")


def pass_counts(links: pl.DataFrame) -> tuple[PassCount, ...]:
    """Links and reviews of every pass, in the order of the passes."""
    counted = links.group_by("pass_name", "status").len()
    table = {(name, status): number for name, status, number in counted.iter_rows()}
    return tuple(
        PassCount(step.name, table.get((step.name, LINKED), 0), table.get((step.name, REVIEW), 0))
        for step in PASSES
    )


def rates(links: pl.DataFrame, pupils: pl.DataFrame) -> tuple[LevelCount, ...]:
    """Delivered and linked pupils by characteristic; small groups are pooled, then left out."""
    joined = pupils.select(*ROW, *CHARACTERISTICS).join(links.select(*ROW, "status"), on=ROW)
    found: list[LevelCount] = []
    for name in CHARACTERISTICS:
        level = pl.col(name).fill_null("unknown")
        table = (
            joined.group_by(level.alias("level"))
            .agg(pl.len().alias("pupils"), (pl.col("status") == LINKED).sum().alias("linked"))
            .sort("level")
        )
        small = table["pupils"] < MINIMUM_PUPILS
        rest = table.filter(small)
        found += [LevelCount(name, *row) for row in table.filter(~small).iter_rows()]
        pooled, linked = int(rest["pupils"].sum()), int(rest["linked"].sum())
        if pooled >= MINIMUM_PUPILS:
            found.append(LevelCount(name, "other", pooled, linked))
    return tuple(found)


def truth_score(links: pl.DataFrame, truth: pl.DataFrame | None) -> TruthScore | None:
    """The links compared with the true persons; null without a truth.

    Precision is correct over all links; recall is correct over delivered pupils who are in the
    spine. Either is 1 when there was nothing to find.
    """
    if truth is None:
        return None
    joined = links.join(truth, on=ROW)
    linkable = int(joined["true_person"].is_not_null().sum())
    linked = int((joined["status"] == LINKED).sum())
    correct = int((joined["person_id"] == joined["true_person"]).fill_null(value=False).sum())
    return TruthScore(
        linkable=linkable,
        correct=correct,
        wrong=linked - correct,
        missed=linkable - correct,
        precision=correct / linked if linked else 1.0,
        recall=correct / linkable if linkable else 1.0,
    )
