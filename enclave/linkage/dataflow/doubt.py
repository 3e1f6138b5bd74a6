"""Deliveries that contradict themselves or the spine: a shifted column, another code for sex.

One wrong row shows in the guards of that row. A column that slipped by one row does not: half of
the numbers that point at a stranger still agree on sex. So whole deliveries are judged, by the
guards that strangers seldom share.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import LINKED, REVIEW, Pass

DOUBTFUL_PUPILS = 3
DOUBTFUL_SHARE = 0.2
"""A delivery is doubted from this many pupils and this share of those that a number pass found.

An address is stale for 7 to 12 % and a birth date mistyped for some 2 % of pupils, so both at once
happen to some 0.2 %: three among ten or fewer hardly ever."""

STRANGE_SHARE = 0.01
"""From this share on, whoever agrees with nothing but a number and perhaps sex waits for review:
below it they are people who moved and whose birth date was mistyped."""

NUMBERS = "numbers agree where birth date and address do not"
SEX = "sex differs where numbers agree"
DATE = "reference date outside the period of the spine"
HOME = "sex differs where birth date and address agree"


@dataclass(frozen=True)
class Doubt:
    """One doubted delivery and the reason that weighs most: the first of those above."""

    delivery_id: str
    reason: str


def find_doubts(
    engine: Engine, decided: Frame, stray: Collection[str], passes: Sequence[Pass]
) -> tuple[Doubt, ...]:
    """The doubted deliveries, in order of delivery id.

    Args:
        engine: works the frames out.
        decided: delivery_id, pass_name, strange, other_sex of every pupil that some pass found.
        stray: deliveries whose reference date the spine does not cover.
        passes: what ran; only passes by number tell something.
    """
    by_number = [step.name for step in passes if step.by_number]
    if not by_number:
        return tuple(Doubt(delivery, DATE) for delivery in sorted(stray))
    counted = _counted(engine, decided, by_number)
    shares = (
        counted.with_columns(_doubtful("strange"), _doubtful("other_sex"))
        .group_by("delivery_id")
        .agg(pl.col("strange", "other_sex").any())
    )
    reasons = dict.fromkeys(stray, DATE)
    reasons |= dict.fromkeys(shares.filter("other_sex")["delivery_id"], SEX)
    reasons |= dict.fromkeys(shares.filter("strange")["delivery_id"], NUMBERS)
    return tuple(Doubt(delivery, reasons[delivery]) for delivery in sorted(reasons))


def _counted(engine: Engine, decided: Frame, by_number: Sequence[str]) -> pl.DataFrame:
    """Pupils, strange and other_sex by delivery and pass."""
    counted = engine.fetch(
        decided.filter(nw.col("pass_name").is_in(by_number))
        .group_by("delivery_id", "pass_name")
        .agg(
            nw.len().alias("pupils"),
            *(nw.col(name).cast(nw.Int64).sum() for name in ("strange", "other_sex")),
        )
    )
    # DuckDB adds up in 128 bits, which come back as decimals, and those divide without a fraction.
    return counted.with_columns(pl.col("pupils", "strange", "other_sex").cast(pl.Int64))


def set_aside(engine: Engine, decided: Frame, passes: Sequence[Pass]) -> Frame:
    """The decisions with strange links in review where a delivery has too many of them.

    A part of a column that slipped is too small to doubt the delivery, but sex agrees by chance for
    half of the pupils in it.
    """
    by_number = [step.name for step in passes if step.by_number]
    if not by_number:
        return decided
    shares = (
        _counted(engine, decided, by_number)
        .group_by("delivery_id")
        .agg(pl.col("pupils", "strange").sum())
        .filter(
            (pl.col("strange") >= DOUBTFUL_PUPILS)
            & (pl.col("strange") / pl.col("pupils") >= STRANGE_SHARE)
        )
    )
    if not shares.height:
        return decided
    aside = (
        nw.col("delivery_id").is_in(shares["delivery_id"].to_list())
        & nw.col("strange")
        & nw.col("pass_name").is_in(by_number)
    )
    waits = aside & (nw.col("status") == LINKED)
    return decided.with_columns(
        nw.when(waits).then(nw.lit(REVIEW)).otherwise(nw.col("status")).alias("status"),
        nw.when(~waits).then(nw.col("person_id")).alias("person_id"),
    )


def withdraw(links: Frame, doubts: Sequence[Doubt], passes: Sequence[Pass]) -> Frame:
    """The links with those of doubted deliveries sent to review.

    When sex, the reference date or what is at home is doubted the links by number stand: they rest
    on none of it. With any other doubt no link of the delivery stands.
    """
    if not doubts:
        return links
    by_number = [step.name for step in passes if step.by_number]
    every = [doubt.delivery_id for doubt in doubts if doubt.reason not in {SEX, DATE, HOME}]
    some = [doubt.delivery_id for doubt in doubts if doubt.reason in {SEX, DATE, HOME}]
    stands = nw.col("pass_name").is_in(by_number).fill_null(value=False)
    in_doubt = nw.col("delivery_id").is_in([*every, *some])
    if every and some:
        in_doubt = nw.col("delivery_id").is_in(every) | (
            nw.col("delivery_id").is_in(some) & ~stands
        )
    elif some:
        in_doubt = in_doubt & ~stands
    doubted = (nw.col("status") == LINKED) & in_doubt
    return links.with_columns(
        nw.when(doubted).then(nw.lit(REVIEW)).otherwise(nw.col("status")).alias("status"),
        nw.when(~doubted).then(nw.col("person_id")).alias("person_id"),
    )


def _doubtful(name: str) -> pl.Expr:
    count = pl.col(name)
    return (count >= DOUBTFUL_PUPILS) & (count / pl.col("pupils") >= DOUBTFUL_SHARE)
