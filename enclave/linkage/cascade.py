"""Running the passes: join first, count candidates on the hits, hand the residue on."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import polars as pl

from enclave.linkage.doubt import Doubt, find_doubts, withdraw
from enclave.linkage.passes import LINKED, PASSES, REVIEW, TELLING_GUARDS, UNLINKED, Pass

ROW = ("delivery_id", "pupil_row")
_CLAIM = ("delivery_id", "person_id")
_DECISION: dict[str, pl.DataType] = {
    "delivery_id": pl.String(),
    "pupil_row": pl.UInt32(),
    "person_id": pl.String(),
    "status": pl.String(),
    "pass_name": pl.String(),
    "candidates": pl.UInt32(),
}
_EVIDENCE: dict[str, pl.DataType] = {"strange": pl.Boolean(), "other_sex": pl.Boolean()}


@dataclass(frozen=True)
class Links:
    """What the passes decided.

    ``rows``: one row per delivered pupil, sorted by delivery_id and pupil_row: person_id (null
    unless linked), status, pass_name (null when unlinked) and candidates (persons that the
    deciding pass found, 0 when unlinked). ``doubts``: deliveries whose links were withdrawn.
    """

    rows: pl.DataFrame
    doubts: tuple[Doubt, ...]


def run_passes(
    pupils: pl.LazyFrame,
    spine: pl.LazyFrame,
    passes: Sequence[Pass] = PASSES,
    *,
    stray: Collection[str] = (),
    after_pass: Callable[[int], None] | None = None,
) -> Links:
    """The decision on every delivered pupil. The order of the rows given changes nothing.

    Args:
        pupils: delivery_id, pupil_row, reference_date, keys and guards (Binary of 16 bytes).
        spine: person_id, keys and guards, valid_from, valid_to; one row per address spell.
        passes: in order.
        stray: deliveries whose reference date the spine does not cover.
        after_pass: hears the number of passes done.
    """
    decided = pl.DataFrame(schema=_DECISION | _EVIDENCE)
    claimed = pl.DataFrame(schema=dict.fromkeys(_CLAIM, pl.String))
    for number, step in enumerate(passes, start=1):
        residue = pupils.join(decided.lazy().select(ROW), on=ROW, how="anti")
        hits = _hits(residue, spine, step)
        decided = pl.concat([decided, _decide(hits, claimed, step)])
        claimed = pl.concat([claimed, hits.select(_CLAIM)]).unique()
        if after_pass is not None:
            after_pass(number)
    doubts = find_doubts(decided, stray, passes)
    rest = pupils.select(ROW).join(decided.lazy().select(ROW), on=ROW, how="anti").collect()
    unlinked = rest.with_columns(
        person_id=pl.lit(None, pl.String),
        status=pl.lit(UNLINKED),
        pass_name=pl.lit(None, pl.String),
        candidates=pl.lit(0, pl.UInt32),
    )
    every = pl.concat([decided.select(*_DECISION), unlinked.select(*_DECISION)])
    return Links(withdraw(every, doubts, passes).sort(ROW), doubts)


def _hits(residue: pl.LazyFrame, spine: pl.LazyFrame, step: Pass) -> pl.DataFrame:
    """Pairs of a pupil and a person that agree on the pass's key. One row per pair.

    ``contradicted``: on every spell some guard is known on both sides and none agrees.
    ``strange``: the same for the telling guards. ``other_sex``: sex is known and differs. Both are
    false for a pass by address, whose key holds them.
    """
    number = pl.col(step.key).bin.reinterpret(dtype=pl.UInt128, endianness="little")
    watched = TELLING_GUARDS if step.by_number else ()
    sex = ("guard_sex",) if step.by_number else ()
    guards = sorted({*step.guards, *watched, *sex})
    wanted = residue.filter(pl.col(step.key).is_not_null()).select(
        *ROW, number.alias("number"), *guards, "reference_date"
    )
    persons = spine.filter(pl.col(step.key).is_not_null()).select(
        "person_id", number.alias("number"), *guards, "valid_from", "valid_to"
    )
    pairs = wanted.join(persons, on="number", suffix="_spine")
    if step.at_reference_date:
        pairs = pairs.filter(_valid(step.tolerance_days))
    return (
        pairs.group_by(*ROW, "person_id")
        .agg(
            _contradicted(step.guards).all().alias("contradicted"),
            _contradicted(watched).all().alias("strange"),
            _contradicted(sex).all().alias("other_sex"),
        )
        .collect(engine="streaming")
    )


def _valid(tolerance_days: int) -> pl.Expr:
    """Whether the address was valid at the reference date: from the first day, not on the last."""
    day, slack = pl.col("reference_date"), pl.duration(days=tolerance_days)
    ended = (pl.col("valid_to") <= day - slack).fill_null(value=False)
    return (pl.col("valid_from") <= day + slack) & ~ended


def _contradicted(guards: Sequence[str]) -> pl.Expr:
    if not guards:
        return pl.lit(value=False)
    agrees = [(pl.col(name) == pl.col(f"{name}_spine")) for name in guards]
    known = pl.any_horizontal(agree.is_not_null() for agree in agrees)
    return known & ~pl.any_horizontal(agree.fill_null(value=False) for agree in agrees)


def _decide(hits: pl.DataFrame, claimed: pl.DataFrame, step: Pass) -> pl.DataFrame:
    """The decision on every pupil with a hit: linked or review, with what the guards said."""
    claims = hits.group_by(_CLAIM).agg((pl.len() > 1).alias("contested"))
    before = claimed.with_columns(pl.lit(value=True).alias("claimed"))
    rows = (
        hits.join(claims, on=_CLAIM)
        .join(before, on=_CLAIM, how="left")
        .group_by(ROW)
        .agg(
            pl.col("person_id").min(),
            pl.len().cast(pl.UInt32).alias("candidates"),
            (pl.col("contested") | pl.col("claimed").fill_null(value=False)).any(),
            pl.col("contradicted", "strange", "other_sex").all(),
        )
    )
    sure = (pl.col("candidates") == 1) & ~pl.col("contested") & ~pl.col("contradicted")
    return rows.select(
        *ROW,
        pl.when(sure).then("person_id").alias("person_id"),
        pl.when(sure).then(pl.lit(LINKED)).otherwise(pl.lit(REVIEW)).alias("status"),
        pl.lit(step.name).alias("pass_name"),
        "candidates",
        *_EVIDENCE,
    )
