"""The pattern table: how often a pair that agrees so is one person, counted and not modelled.

It is learnt from pupils whom their numbers link, by pairs that were found without those numbers. A
row says: of so many such pairs, among so many candidates of one pupil, so many were right. Rates
lean on an earlier table where a delivery shows a pattern seldom.
"""

import math
from dataclasses import dataclass, field

import polars as pl

from enclave.errors import InputError
from enclave.linkage.tail.comparisons import DISAGREES, MISSING, Spec

MOST_COUNTED = 3
"""Candidates of one pupil with the same pattern: one, two, or three and more."""

EARLIER_WEIGHT = 20.0
"""An earlier table counts for so many pairs of each pattern (working value)."""

UNKNOWN_RATE = 0.5
"""Of a pattern of which nothing is known at all."""

MOST_GUESSED = 0.95
"""What a rate can be before anything was seen of its pattern: 80 right pairs lift it to 0.99."""

CHANCE_NUMBER = 1e-6
"""How often a number of somebody else agrees; a floor, so that no weight is infinite."""

ERROR_RATE = 0.02
"""How often a number is written wrongly, before anything was seen (working value)."""

MOST_ERRORS = 0.2
PATTERN, COUNT = "pattern", "counted"
SCHEMA = {
    PATTERN: pl.Int64(),
    COUNT: pl.Int64(),
    "matches": pl.Int64(),
    "others": pl.Int64(),
    "rate": pl.Float64(),
    "leading": pl.Float64(),
}


@dataclass(frozen=True)
class PatternTable:
    """Right and wrong pairs by pattern and number of candidates.

    Attributes:
        name: as it stands in reports.
        rows: pattern, counted (1, 2, 3: and more), matches, others, rate (share of right ones) and
            leading (the same among pairs that no other of the pupil's pairs exceeds in rate: a
            brother's pair counts against its pattern, but seldom leads).
        error_rate: how often a number is written wrongly.
        learnt_from: pupils whose links were counted.
        leans_on: name of the earlier table; null for none.
    """

    name: str
    rows: pl.DataFrame = field(repr=False)
    error_rate: float = ERROR_RATE
    learnt_from: int = 0
    leans_on: str | None = None

    def __post_init__(self) -> None:
        """Refuses counts below zero, rates that are none, and a pattern that stands twice."""
        counts = (pl.col("matches", "others") >= 0).all()
        rates = pl.col("rate", "leading").is_between(0, 1).all()
        good = all(self.rows.select(counts).row(0)) and all(self.rows.select(rates).row(0))
        once = not self.rows.select(PATTERN, COUNT).is_duplicated().any()
        if not (good and once and 0 < self.error_rate <= MOST_ERRORS):
            raise not_a_table()

    @property
    def gain(self) -> float:
        """The bits that a number adds when it agrees."""
        return math.log2((1 - self.error_rate) / CHANCE_NUMBER)

    @property
    def loss(self) -> float:
        """The bits that a number takes away when it does not agree."""
        return -math.log2(self.error_rate)


def not_a_table() -> InputError:
    """What to say of a table that cannot be one."""
    return InputError(
        "A pattern table has the comparisons of this version, rates from 0 to 1, and each "
        "pattern once.",
        where="pattern table",
        next_step="give a table that this version wrote, or none",
    )


def pattern_of(spec: Spec) -> pl.Expr:
    """The codes of all comparisons (not of numbers) as one number."""
    code = pl.lit(0, pl.Int64)
    for one in spec.comparisons:
        code = code * one.codes + pl.col(one.name)
    return code.alias(PATTERN)


def words_of(spec: Spec, pattern: int) -> dict[str, str]:
    """What a pattern means, by comparison."""
    words = {}
    for one in reversed(spec.comparisons):
        pattern, code = divmod(pattern, one.codes)
        words[one.name] = one.word(code)
    return dict(reversed(words.items()))


def with_counts(pairs: pl.DataFrame, spec: Spec, row: tuple[str, ...]) -> pl.DataFrame:
    """The pairs with their pattern, and how many of the pupil's candidates share it."""
    same = pl.len().over(*row, PATTERN).clip(upper_bound=MOST_COUNTED).cast(pl.Int64)
    return pairs.with_columns(pattern_of(spec)).with_columns(same.alias(COUNT))


def learn(
    pairs: pl.DataFrame,
    spec: Spec,
    name: str,
    earlier: PatternTable | None,
    pupils: int,
    row: tuple[str, ...] = ("delivery_id", "pupil_row"),
) -> PatternTable:
    """The table of labelled pairs.

    Args:
        pairs: codes, ``pattern``, ``counted``, and ``match``: whether the person is the one whom
            the numbers found; ``by_first``: whether it was the first of the numbers.
        spec: the comparisons.
        name: of the new table.
        earlier: the table to lean on.
        pupils: how many the labels came from.
        row: the columns that name a pupil.
    """
    before = pl.DataFrame(schema=SCHEMA) if earlier is None else earlier.rows
    every = _counted(pairs, before, "rate", spec)
    ranked = pairs.join(every.select(PATTERN, COUNT, "rate"), on=(PATTERN, COUNT))
    best = pl.col("rate") == pl.col("rate").max().over(row)
    led = _counted(ranked.filter(best), before, "leading", spec)
    rows = (
        every.join(led.select(PATTERN, COUNT, "leading"), on=(PATTERN, COUNT), how="left")
        .with_columns(pl.col("leading").fill_null(UNKNOWN_RATE))
        .select(*SCHEMA)
        .sort(PATTERN, COUNT)
    )
    leans_on = None if earlier is None else earlier.name
    error = _error_rate(pairs, spec) if len(spec.numbers) > 1 else ERROR_RATE
    return PatternTable(name, rows, error, pupils, leans_on)


def _counted(pairs: pl.DataFrame, before: pl.DataFrame, name: str, spec: Spec) -> pl.DataFrame:
    """pattern, counted, matches, others and the rate under ``name``, leaning on the one before."""
    seen = pairs.group_by(PATTERN, COUNT).agg(
        pl.col(*(one.name for one in spec.comparisons)).first(),
        pl.col("match").sum().cast(pl.Int64).alias("matches"),
        (~pl.col("match")).sum().cast(pl.Int64).alias("others"),
    )
    known = before.select(PATTERN, COUNT, pl.col(name).alias("before"))
    pairs_seen = pl.col("matches") + pl.col("others")
    rate = pl.col("matches") + EARLIER_WEIGHT * pl.col("before")
    guessed = guess(seen, spec).select(PATTERN, COUNT, "guess")
    return (
        seen.select(PATTERN, COUNT, "matches", "others")
        .join(known, on=(PATTERN, COUNT), how="full", coalesce=True)
        .join(guessed, on=(PATTERN, COUNT), how="left")
        .with_columns(
            pl.col("matches", "others").fill_null(0),
            pl.coalesce("before", "guess", pl.lit(UNKNOWN_RATE)).alias("before"),
        )
        .with_columns((rate / (pairs_seen + EARLIER_WEIGHT)).alias(name))
    )


def guess(seen: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """``guess``: the rate if all comparisons were independent (Fellegi and Sunter 1969).

    Only where a pattern was never seen before does the table lean on it, and it stays below what a
    link needs, so that a guess alone never makes one.
    """
    bits = (pl.col("matches").sum() / pl.col("others").sum().clip(lower_bound=1)).log(2)
    for name in (*(one.name for one in spec.comparisons), COUNT):
        shares = [
            (pl.col(kind).sum().over(name) + 0.5) / (pl.col(kind).sum() + 1)
            for kind in ("matches", "others")
        ]
        bits += (shares[0] / shares[1]).log(2)
    rate = 1 / (1 + 2.0**-bits)
    return seen.with_columns(rate.clip(0.0, MOST_GUESSED).alias("guess"))


def _error_rate(pairs: pl.DataFrame, spec: Spec) -> float:
    """How often the second number disagrees with the person whom the first one found."""
    other = spec.numbers[1].name
    seen = pairs.filter(pl.col("match") & pl.col("by_first") & (pl.col(other) != MISSING))
    return error_rate(int((seen[other] == DISAGREES).sum()), seen.height)


def error_rate(wrong: int, seen: int) -> float:
    """The share of wrong numbers, leaning on ``ERROR_RATE`` and never above ``MOST_ERRORS``."""
    return min(MOST_ERRORS, (wrong + ERROR_RATE * EARLIER_WEIGHT) / (seen + EARLIER_WEIGHT))
