"""Running the passes: join first, count candidates on the hits, hand the residue on."""

from collections.abc import Sequence

import polars as pl

from enclave.linkage.passes import GUARD_FIELDS, PASSES, Pass

ROW = ("delivery_id", "pupil_row")
LINKED, REVIEW, UNLINKED = "linked", "review", "unlinked"
SUSPECT_SHARE = 0.5
SUSPECT_HITS = 10
"""A delivery in which at least this share of ten or more number hits contradicts is suspect."""


def run_passes(
    pupils: pl.DataFrame, spine: pl.LazyFrame, passes: Sequence[Pass] = PASSES
) -> pl.DataFrame:
    """The decision on every delivered pupil.

    One row per pupil: delivery_id, pupil_row, person_id (null unless linked), status, pass_name and
    candidates (persons found by the deciding pass, 0 when unlinked). The order of the rows given
    changes nothing.
    """
    residue = pupils
    decided: list[pl.DataFrame] = []
    for step in passes:
        hits = _hits(residue, spine, step)
        decision = _decide(hits, _taken(decided), step)
        decided.append(decision)
        residue = residue.join(decision, on=ROW, how="anti")
    rest = residue.select(
        *ROW,
        pl.lit(None, pl.String).alias("person_id"),
        pl.lit(UNLINKED).alias("status"),
        pl.lit(None, pl.String).alias("pass_name"),
        pl.lit(0, pl.UInt32).alias("candidates"),
        pl.lit(value=False).alias("contradicted"),
    )
    links = _suspect_deliveries(pl.concat([*decided, rest]))
    return links.drop("contradicted").sort(ROW)


def _hits(residue: pl.DataFrame, spine: pl.LazyFrame, step: Pass) -> pl.DataFrame:
    """Pairs of a pupil and a person that agree on the pass's key. One row per pair.

    ``agrees``: at least one guard agrees on some spell; null guards say nothing.
    """
    wanted = residue.lazy().filter(pl.col(step.key).is_not_null())
    guards = [name for name in GUARD_FIELDS if name != step.key]
    persons = spine.select("person_id", step.key, *guards, "valid_from", "valid_to")
    pairs = wanted.select(*ROW, step.key, *guards, "reference_date").join(
        persons, on=step.key, suffix="_spine"
    )
    if step.at_reference_date:
        day = pl.col("reference_date")
        pairs = pairs.filter(
            (pl.col("valid_from") <= day)
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        )
    agree = pl.any_horizontal(
        (pl.col(name) == pl.col(f"{name}_spine")).fill_null(value=False) for name in guards
    )
    known = pl.any_horizontal(
        pl.col(name).is_not_null() & pl.col(f"{name}_spine").is_not_null() for name in guards
    )
    return (
        pairs.group_by(*ROW, "person_id")
        .agg((agree | ~known).any().alias("agrees"))
        .collect(engine="streaming")
    )


def _decide(hits: pl.DataFrame, taken: pl.DataFrame, step: Pass) -> pl.DataFrame:
    """The decision on every pupil with a hit: linked or review."""
    claims = hits.group_by("delivery_id", "person_id").agg(pl.len().alias("claims"))
    rows = (
        hits.join(claims, on=["delivery_id", "person_id"])
        .join(
            taken.with_columns(pl.lit(value=True).alias("taken")),
            on=["delivery_id", "person_id"],
            how="left",
        )
        .group_by(ROW)
        .agg(
            pl.col("person_id").min(),
            pl.len().cast(pl.UInt32).alias("candidates"),
            pl.col("claims").max(),
            pl.col("taken").fill_null(value=False).any(),
            pl.col("agrees").all(),
        )
    )
    contradicted = pl.lit(value=False) if not step.guarded else ~pl.col("agrees")
    sure = (pl.col("candidates") == 1) & (pl.col("claims") == 1) & ~pl.col("taken")
    return rows.with_columns(contradicted.alias("contradicted")).select(
        *ROW,
        pl.when(sure & ~pl.col("contradicted")).then("person_id").alias("person_id"),
        pl.when(sure & ~pl.col("contradicted"))
        .then(pl.lit(LINKED))
        .otherwise(pl.lit(REVIEW))
        .alias("status"),
        pl.lit(step.name).alias("pass_name"),
        "candidates",
        "contradicted",
    )


def _taken(decided: list[pl.DataFrame]) -> pl.DataFrame:
    """Persons that a stronger pass has linked, by delivery."""
    schema = {"delivery_id": pl.String, "person_id": pl.String}
    parts = [frame.select("delivery_id", "person_id").drop_nulls() for frame in decided]
    return pl.concat([pl.DataFrame(schema=schema), *parts]).unique()


def _suspect_deliveries(links: pl.DataFrame) -> pl.DataFrame:
    """Sends every linked pupil of a delivery to review when its numbers contradict its guards.

    That is what a shifted column or another school's file looks like.
    """
    guarded = [step.name for step in PASSES if step.guarded]
    suspect = (
        links.filter(pl.col("pass_name").is_in(guarded))
        .group_by("delivery_id")
        .agg(pl.len().alias("hits"), pl.col("contradicted").mean().alias("share"))
        .filter((pl.col("hits") >= SUSPECT_HITS) & (pl.col("share") >= SUSPECT_SHARE))
        .select("delivery_id", pl.lit(value=True).alias("suspect"))
    )
    marked = links.join(suspect, on="delivery_id", how="left")
    doubted = pl.col("suspect").fill_null(value=False) & (pl.col("status") == LINKED)
    return marked.with_columns(
        pl.when(doubted).then(pl.lit(REVIEW)).otherwise("status").alias("status"),
        pl.when(~doubted).then("person_id").alias("person_id"),
    ).drop("suspect")
