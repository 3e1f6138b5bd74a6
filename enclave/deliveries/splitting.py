"""Rows of a delivery become two frames that are never together on disk.

``identifiers``: one row per learner, normalised. ``results``: one row per learner and test, with
the position of the learner only. Rows that break a rule are left out; each is counted under the
first rule it breaks.
"""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from enclave import identifiers as normal
from enclave.deliveries.manifest import Statement
from enclave.deliveries.problems import DeliveryProblem
from enclave.deliveries.readers import DIALECTS, Dialect
from enclave.deliveries.readers.dialects import IDENTIFYING
from enclave.deliveries.schemas import IDENTIFIER_SCHEMA, RESULT_SCHEMA
from enclave.deliveries.validation import check_whole, find_broken
from enclave.receipts import RuleCount

RESULT_COLUMNS = (
    "pupil_row", "school_code", "school_year", "grade", "moment", "domain", "provider", "scale",
    "score", "test_date",
)  # fmt: skip
TEST_KEY = ("learner_id", "school_year", "grade", "domain", "moment", "scale")
ROW_RULES = (
    *(column.rule for column in RESULT_SCHEMA),
    "school_year_not_in_round",
    "date_outside_school_year",
    "scale_of_other_domain",
    "contradictory_identifiers",
    "no_identifier",
    "duplicate_result",
)
"""Every rule that can reject a row, in the order in which they are counted."""


@dataclass(frozen=True)
class Split:
    """Both frames and what was left out."""

    identifiers: pl.DataFrame
    results: pl.DataFrame
    rejected: tuple[RuleCount, ...]


def split(rows: pl.DataFrame, statement: Statement, school_years: tuple[str, ...]) -> Split:
    """The two frames of a delivery.

    Args:
        rows: what the reader gave.
        statement: the school's statement (school, reference date, format).
        school_years: the round's school years.

    Raises:
        DeliveryProblem: no row is left.
    """
    dialect = DIALECTS[statement.format]
    frame = rows.with_row_index("position").with_columns(_normalised(dialect))
    frame = frame.with_columns(_first_broken(frame, rows, school_years).alias("broken"))
    kept = frame.filter(pl.col("broken").is_null())
    counts = Counter(frame["broken"].drop_nulls())
    again = ~kept.select(pl.struct(TEST_KEY).is_first_distinct()).to_series()
    counts["duplicate_result"] += int(again.sum())
    kept = kept.filter(~again)
    if kept.is_empty():
        raise DeliveryProblem("no_usable_rows", f"{rows.height} rows")
    learners = kept.unique("learner_id", keep="first", maintain_order=True)
    found = learners.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("pupil_row"),
        *IDENTIFYING,
        pl.lit(statement.reference_date).alias("reference_date"),
    )
    check_whole(found, IDENTIFIER_SCHEMA)
    results = (
        kept.join(found.select("learner_id", "pupil_row"), on="learner_id", maintain_order="left")
        .with_columns(pl.lit(statement.school_code).alias("school_code"))
        .select(RESULT_COLUMNS)
    )
    rejected = tuple(RuleCount(rule, counts[rule]) for rule in ROW_RULES if counts[rule])
    return Split(found, results, rejected)


def _normalised(dialect: Dialect) -> list[pl.Expr]:
    if dialect.house_together:
        number, addition = normal.house_parts("house_number")
    else:
        number, addition = normal.house_number(), normal.house_addition()
    return [
        normal.citizen_service_number().alias("bsn"),
        normal.education_number().alias("education_number"),
        normal.sex("sex", dialect.sex_coding).alias("sex"),
        normal.birth_date("birth_date", dialect.birth_order).alias("birth_date"),
        normal.postcode().alias("postcode"),
        number.alias("house_number"),
        addition.alias("house_addition"),
    ]


def _first_broken(
    frame: pl.DataFrame, rows: pl.DataFrame, school_years: tuple[str, ...]
) -> pl.Series:
    """For each row the first rule it breaks, or null. Column rules come before row rules."""
    broken: list[str | None] = [None] * frame.height
    for item in reversed(find_broken(rows, RESULT_SCHEMA)):
        for position in item.rows:
            broken[position] = item.rule
    columns = pl.Series("columns", broken, dtype=pl.String)
    start = pl.date(pl.col("school_year").str.slice(0, 4).cast(pl.Int32, strict=False), 8, 1)
    end = pl.date(pl.col("school_year").str.slice(5, 4).cast(pl.Int32, strict=False), 7, 31)
    contradictory = pl.struct(IDENTIFYING[1:]).n_unique().over("learner_id") > 1
    address = pl.all_horizontal(
        pl.col(name).is_not_null() for name in ("birth_date", "sex", "postcode", "house_number")
    )
    number = pl.col("bsn").is_not_null() | pl.col("education_number").is_not_null()
    return frame.with_columns(columns).select(
        pl.when(pl.col("columns").is_not_null())
        .then("columns")
        .when(~pl.col("school_year").is_in(school_years))
        .then(pl.lit("school_year_not_in_round"))
        .when(~pl.col("test_date").is_between(start, end))
        .then(pl.lit("date_outside_school_year"))
        .when(~pl.col("scale").str.ends_with("-" + pl.col("domain")))
        .then(pl.lit("scale_of_other_domain"))
        .when(contradictory)
        .then(pl.lit("contradictory_identifiers"))
        .when(~(number | address))
        .then(pl.lit("no_identifier"))
        .alias("broken")
    )["broken"]
