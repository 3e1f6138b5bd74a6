"""From weighed pairs to decisions: one to one within a delivery, and no tie is ever broken."""

from dataclasses import dataclass

import polars as pl

from enclave.errors import UsageError
from enclave.linkage.passes import LINKED, REVIEW
from enclave.linkage.tail.comparisons import DISAGREES, MISSING, Spec
from enclave.linkage.tail.patterns import COUNT, PATTERN, UNKNOWN_RATE, PatternTable

PASS_NAME = "pattern table"  # noqa: S105 - the name of a pass, no password
CLAIM = ("delivery_id", "person_id")
ROW = ("delivery_id", "pupil_row")
_MOST = 1e-9


@dataclass(frozen=True)
class Limits:
    """When a pair becomes a link.

    Attributes:
        minimum_rate: share of right ones among such pairs, from which a pair can be a link.
        minimum_advantage: bits by which it must lead every other candidate of the pupil, and every
            other pupil of the delivery who points at the person (BMC Med Inform Decis Mak 2023,
            s12911-023-02176-6: consideration threshold and leader advantage).
        considered_rate: from which a pair is worth a reviewer's time.
    """

    minimum_rate: float = 0.99
    minimum_advantage: float = 3.0
    considered_rate: float = 0.1

    def __post_init__(self) -> None:
        """Refuses limits by which a tie would be a link, or a link not worth considering."""
        if not (
            0.5 <= self.minimum_rate < 1
            and self.minimum_advantage > 0
            and 0 < self.considered_rate <= self.minimum_rate
        ):
            raise UsageError(
                "A link is likelier right than wrong, and leads every other pair.",
                where="limits of the pattern table",
                next_step="give a rate from 0.5, and an advantage above 0",
            )


def weigh(pairs: pl.DataFrame, table: PatternTable, spec: Spec) -> pl.DataFrame:
    """The pairs with ``bits``: the logarithm to base 2 of right against wrong.

    ``leading_bits``: the same for a pair that leads. ``carries``: whether what agrees is enough for
    a link, however seldom it is wrong here. A pattern that the table does not know counts as
    unknown, and never becomes a link.
    """
    rates = table.rows.select(PATTERN, COUNT, "rate", "leading")
    known = pairs.join(rates, on=(PATTERN, COUNT), how="left")
    numbers = pl.lit(0.0)
    for number in spec.numbers:
        code = pl.col(number.name)
        numbers += (
            pl.when(code == MISSING)
            .then(0.0)
            .when(code == DISAGREES)
            .then(-table.loss)
            .otherwise(table.gain)
        )
    return known.with_columns(
        (_bits("rate") + numbers).alias("bits"),
        (_bits("leading") + numbers).alias("leading_bits"),
        (_carries(spec) & pl.col("leading").is_not_null()).alias("carries"),
    ).drop("rate", "leading")


def _bits(name: str) -> pl.Expr:
    rate = pl.col(name).fill_null(UNKNOWN_RATE).clip(_MOST, 1 - _MOST)
    return (rate / (1 - rate)).log(2)


def _carries(spec: Spec) -> pl.Expr:
    """Whether what agrees is enough to carry a link, however rarely it is wrong here."""
    by_name = {one.name: one for one in spec.every}
    enough = pl.any_horizontal(
        pl.all_horizontal(pl.col(name) >= by_name[name].code(level) for name, level in every)
        for every in spec.telling
    )
    if not (spec.contradicting and spec.numbers):
        return enough
    codes = [pl.col(number.name) for number in spec.numbers]
    differs = pl.any_horizontal(code == DISAGREES for code in codes)
    agrees = pl.any_horizontal(code > DISAGREES for code in codes)
    return enough & (agrees | ~differs)


def assign(weighed: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """The decision on every pupil with a candidate that is worth considering.

    Returns:
        ``ROW``, person_id (null in review), status, candidates, bits of the best one.
    """
    from math import log2

    considered = log2(limits.considered_rate / (1 - limits.considered_rate))
    accepted = log2(limits.minimum_rate / (1 - limits.minimum_rate))
    pairs = weighed.filter(pl.col("bits") >= considered)
    led = pairs.with_columns(_lead(ROW).alias("row_lead"), _lead(CLAIM).alias("person_lead"))
    sure = (
        (pl.col("leading_bits") >= accepted)
        & pl.col("carries")
        & (pl.col("row_lead") >= limits.minimum_advantage)
        & (pl.col("person_lead") >= limits.minimum_advantage)
    )
    return (
        led.with_columns(sure.alias("sure"))
        .group_by(ROW)
        .agg(
            pl.col("person_id").filter("sure").first().alias("person_id"),
            pl.len().cast(pl.Int64).alias("candidates"),
            pl.col("bits").max(),
        )
        .with_columns(
            pl.when(pl.col("person_id").is_not_null())
            .then(pl.lit(LINKED))
            .otherwise(pl.lit(REVIEW))
            .alias("status"),
            pl.lit(PASS_NAME).alias("pass_name"),
        )
    )


def _lead(group: tuple[str, ...]) -> pl.Expr:
    """By how many bits a pair leads the best other of its group; infinite when it is alone."""
    bits = pl.col("bits")
    best = bits.max().over(group)
    second = bits.top_k(2).min().over(group)
    alone = pl.len().over(group) == 1
    ahead = pl.when(bits == best).then(bits - second).otherwise(bits - best)
    return pl.when(alone).then(float("inf")).otherwise(ahead)
