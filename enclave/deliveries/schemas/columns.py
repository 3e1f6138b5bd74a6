"""What each column may hold, as data; ``validation.py`` turns it into pandera schemas.

A rule is named after what it finds; the name is the code in receipts.
"""

from dataclasses import dataclass

import polars as pl

DOMAINS = ("RW", "BL", "SP")
MOMENTS = ("M", "E")
PROVIDERS = ("cito", "iep", "boom", "dia")
GRADES = (3, 8)
"""Tests run from grade 3 to grade 8 (findings on the cohort study's calendar)."""

MAXIMUM_SCORE = 1000.0
"""No scale in use goes beyond it (OSO end tests run from 0 to 1000)."""


@dataclass(frozen=True)
class Column:
    """One column: type, whether null is allowed, and the rule its values must keep.

    ``allowed`` lists values, ``between`` gives inclusive bounds, ``pattern`` a regular expression;
    ``rule`` is the code counted when a value breaks it.
    """

    name: str
    dtype: type[pl.DataType]
    rule: str
    nullable: bool = False
    allowed: tuple[str, ...] | None = None
    between: tuple[float, float] | None = None
    pattern: str | None = None


RESULT_SCHEMA = (
    Column("learner_id", pl.String, "missing_learner_id", pattern=r"^.{1,40}$"),
    Column("school_year", pl.String, "unknown_school_year", pattern=r"^20\d\d-20\d\d$"),
    Column("grade", pl.Int8, "grade_out_of_range", between=GRADES),
    Column("domain", pl.String, "unknown_domain", allowed=DOMAINS),
    Column("moment", pl.String, "unknown_moment", allowed=MOMENTS),
    Column("provider", pl.String, "unknown_provider", allowed=PROVIDERS),
    Column("scale", pl.String, "missing_scale", pattern=r"^[a-z]+-[0-9.]+-(RW|BL|SP)$"),
    Column("score", pl.Float64, "score_out_of_range", between=(0.0, MAXIMUM_SCORE)),
    Column("test_date", pl.Date, "missing_test_date"),
)
"""One row per learner and test."""

IDENTIFIER_SCHEMA = (
    Column("pupil_row", pl.UInt32, "pupil_row"),
    Column("learner_id", pl.String, "learner_id"),
    Column("bsn", pl.String, "bsn", nullable=True, pattern=r"^\d{9}$"),
    Column("education_number", pl.String, "education_number", nullable=True, pattern=r"^10\d{7}$"),
    Column("sex", pl.String, "sex", nullable=True, allowed=("M", "V")),
    Column("birth_date", pl.String, "birth_date", nullable=True, pattern=r"^(19|20)\d{6}$"),
    Column("postcode", pl.String, "postcode", nullable=True, pattern=r"^[1-9]\d{3}[A-Z]{2}$"),
    Column("house_number", pl.String, "house_number", nullable=True, pattern=r"^[1-9]\d{0,4}$"),
    Column("house_addition", pl.String, "house_addition", nullable=True, pattern=r"^[A-Z0-9]+$"),
    Column("reference_date", pl.Date, "reference_date"),
)
"""One row per learner of a delivery, after normalisation."""

IDENTIFIER_COLUMNS = tuple(column.name for column in IDENTIFIER_SCHEMA[1:9])
