"""What reviewers decided on cases, and how the cases stand: two must say the same.

The same rules hold in a site, where decisions are receipts, and for files without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from enclave.errors import FindingsError, RefusedError, UsageError
from enclave.linkage.clerical.cases import UNKNOWN, WORDS
from enclave.linkage.clerical.review_file import NONE

MINIMUM_REVIEWERS = 2
OPEN = "open"
SECOND = "waits for a second reviewer"
DIFFER = "reviewers differ"
ACCEPTED = "accepted"
REFUSED = "none of them"
_NAMED = 10
_MOST = 2**53


@dataclass(frozen=True)
class Decision:
    """One reviewer on one case. ``candidate`` 0: none of them."""

    case: int
    candidate: int
    reviewer: str

    def __post_init__(self) -> None:
        """Refuses what is no case, no candidate or nobody."""
        numbers = 1 <= self.case <= _MOST and NONE <= self.candidate <= _MOST
        if not numbers or not self.reviewer.strip():
            raise UsageError(
                "A decision has a case from 1, a candidate from 0 and a reviewer.",
                where="decision",
                next_step="give the numbers that enclave link review shows",
            )


def stand(cases: pl.DataFrame, decisions: Sequence[Decision]) -> pl.DataFrame:
    """How every case stands.

    Args:
        cases: see ``read_cases``.
        decisions: in the order in which they were made; of one reviewer the last one counts.

    Returns:
        One row per case: case, stands, candidate (null until two reviewers say the same and nobody
        says otherwise), sorted by case.
    """
    said = pl.DataFrame(
        [(one.case, one.candidate, one.reviewer) for one in decisions],
        schema={"case": pl.Int64, "candidate": pl.Int64, "reviewer": pl.String},
        orient="row",
    )
    last = said.unique(["case", "reviewer"], keep="last", maintain_order=True)
    agreed = last.group_by("case").agg(
        pl.col("candidate").n_unique().alias("answers"),
        pl.len().alias("reviewers"),
        pl.col("candidate").first(),
    )
    every = cases.select("case").unique().join(agreed, on="case", how="left").sort("case")
    same, enough = pl.col("answers") == 1, pl.col("reviewers") >= MINIMUM_REVIEWERS
    stands = (
        pl.when(pl.col("reviewers").is_null())
        .then(pl.lit(OPEN))
        .when(~same)
        .then(pl.lit(DIFFER))
        .when(~enough)
        .then(pl.lit(SECOND))
        .when(pl.col("candidate") == NONE)
        .then(pl.lit(REFUSED))
        .otherwise(pl.lit(ACCEPTED))
    )
    return every.select(
        "case", stands.alias("stands"), pl.when(same & enough).then("candidate").alias("candidate")
    )


def superseded(decisions: Sequence[Decision]) -> int:
    """How many decisions another one of the same reviewer on the same case took the place of."""
    return len(decisions) - len({(one.case, one.reviewer) for one in decisions})


def check_choice(cases: pl.DataFrame, decision: Decision) -> None:
    """Raises unless the case is there, and its candidate one whom the pupil may be.

    Raises:
        UsageError: no such case or candidate.
        RefusedError: nothing was compared, or another pupil of the delivery is that person.
    """
    pairs = cases.filter(pl.col("case") == decision.case)
    chosen = pairs.filter(pl.col("candidate") == decision.candidate)
    if not pairs.height or (decision.candidate != NONE and not chosen.height):
        raise UsageError(
            "A decision is about a case and a candidate of the review file.",
            where=f"case {decision.case}, candidate {decision.candidate}",
            next_step="take the numbers from enclave link review",
        )
    if decision.candidate == NONE:
        return
    if set(chosen.select(WORDS).row(0)) == {UNKNOWN}:
        raise RefusedError(
            "A link rests on something that was compared.",
            where=f"case {decision.case}, candidate {decision.candidate}: all unknown",
            next_step="decide for another candidate, or for none of them",
        )
    if chosen["taken"][0]:
        raise RefusedError(
            "A person is one pupil of a delivery.",
            where=f"case {decision.case}, candidate {decision.candidate}: linked to another pupil",
            next_step="decide for another candidate, or for none of them",
        )


def accepted_pairs(
    cases: pl.DataFrame, standing: pl.DataFrame, delivery: str | None
) -> pl.DataFrame:
    """The pairs of the accepted cases: the columns of ``cases``.

    Args:
        cases: see ``read_cases``.
        standing: see ``stand``.
        delivery: the column that names the delivery of a pupil; null: there is one delivery.

    Raises:
        FindingsError: two accepted cases of a delivery would be one person.
    """
    agreed = standing.filter(pl.col("stands") == ACCEPTED).select("case", "candidate")
    pairs = cases.join(agreed, on=["case", "candidate"], how="inner")
    claim = ["person_id"] if delivery is None else [delivery, "person_id"]
    twice = pairs.filter((pl.len().over(claim) > 1) | pl.col("taken"))["case"].sort().to_list()
    if twice:
        named = ", ".join(str(case) for case in twice[:_NAMED])
        more = f" and {len(twice) - _NAMED:,} more" if len(twice) > _NAMED else ""
        raise FindingsError(
            "A person is one pupil of a delivery.",
            where=f"accepted as somebody who is another pupil too: cases {named}{more}",
            next_step="let the reviewers decide again on these cases; nothing was written",
        )
    return pairs
