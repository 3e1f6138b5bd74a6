"""The panel: every test beside the same person's earlier one on the same scale, over the years.

Tests are ordered by school year, then moment: mid-year (M) before end of year (E). A score is only
ever compared with a score on its own scale, because the scales of two series, or of two providers,
have neither zero nor unit in common.
"""

from dataclasses import dataclass

import polars as pl

from enclave.linkage.education.numbers import MATCHED

OCCASION = ("person_key", "domain")
LINE = (*OCCASION, "scale")
PREVIOUS = ("score", "school_year", "grade", "moment")
AS_ENROLLED, OTHER_GRADE, OTHER_SCHOOL, NOT_ENROLLED = (
    "as enrolled", "other grade", "other school", "not enrolled",
)  # fmt: skip
PLACE = ("person_key", "school_year", "school_code", "grade")
COLUMNS = (
    "person_key", "person_status", "school_year", "grade", "moment", "domain", "provider", "scale",
    "score", "school_code", "test_date",
    "previous_score", "previous_school_year", "previous_grade", "previous_moment",
    "growth", "scale_break",
    "repeated_grade", "skipped_grade",
    "enrolled_school", "enrolled_grade", "enrolment",
)  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """What a panel is made of, all of it of the same persons.

    ``results``: one row per person and test. ``enrolments``: person_id, school_code, school_year,
    grade, by the register.
    """

    results: pl.LazyFrame
    enrolments: pl.LazyFrame


def panel(sources: Sources) -> pl.LazyFrame:
    """One row per person and test: ``COLUMNS``, sorted by person, domain, time and scale.

    previous_*: the person's latest test at an earlier moment in the same domain on the same scale;
    null without one, and where that moment has two (one person in two grades).
    growth: score minus previous_score, null without it.
    scale_break: whether the latest earlier moment in the domain has no test on this scale; false
    without an earlier test.
    repeated_grade, skipped_grade: see ``_careers``. enrolled_*, enrolment: see ``_enrolled``.
    """
    tests = sources.results.with_columns(_time().alias("time"))
    return (
        tests.join(_earlier(tests), on=[*LINE, "time"], how="left")
        .join(_careers(tests), on=["person_key", "school_year", "grade"], how="left")
        .join(_enrolled(tests, sources.enrolments), on=PLACE, how="left")
        .with_columns((pl.col("score") - pl.col("previous_score")).alias("growth"))
        .sort("person_key", "domain", "time", "scale", "grade")
        .select(COLUMNS)
    )


def _year() -> pl.Expr:
    return pl.col("school_year").str.slice(0, 4).cast(pl.Int32, strict=False)


def _time() -> pl.Expr:
    """When a test was, as a number that grows; null for a moment that has no place in the year."""
    moment = pl.col("moment").cast(pl.String)
    return pl.when(moment == "M").then(2 * _year()).when(moment == "E").then(2 * _year() + 1)


def _earlier(tests: pl.LazyFrame) -> pl.LazyFrame:
    """One row per ``LINE`` and time: previous_*, scale_break."""
    alone = pl.len() == 1
    moments = (
        tests.filter(pl.col("time").is_not_null())
        .group_by(*LINE, "time")
        .agg(pl.when(alone).then(pl.col(name).first()).alias(name) for name in PREVIOUS)
        .sort(*LINE, "time")
        .with_columns(
            *(_before(LINE, name).alias(f"previous_{name}") for name in PREVIOUS),
            _before(LINE, "time").alias("same_scale"),
        )
    )
    occasions = (
        moments.select(*OCCASION, "time")
        .unique()
        .sort(*OCCASION, "time")
        .with_columns(_before(OCCASION, "time").alias("any_scale"))
    )
    broken = pl.col("any_scale").ne_missing(pl.col("same_scale"))
    return moments.join(occasions, on=[*OCCASION, "time"], how="left").select(
        *LINE, "time", *(f"previous_{name}" for name in PREVIOUS), broken.alias("scale_break")
    )


def _before(group: tuple[str, ...], name: str) -> pl.Expr:
    """The value of the row before in the same group of a sorted frame; null at its first row."""
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in group)
    return pl.when(same).then(pl.col(name).shift(1))


def _careers(tests: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person, school year and grade: repeated_grade, skipped_grade.

    Repeated: the person has results in the same grade in an earlier school year. Skipped: the grade
    is further above the highest of the latest earlier year than years have passed. Both are null
    without results in an earlier school year.
    """
    years = tests.select("person_key", "school_year", "grade").unique().with_columns(year=_year())
    highest = (
        years.group_by("person_key", "year")
        .agg(pl.col("grade").cast(pl.Int32).max().alias("top"))
        .sort("person_key", "year")
        .with_columns(
            _before(("person_key",), name).alias(f"last_{name}") for name in ("top", "year")
        )
        .select("person_key", "year", "last_top", "last_year")
    )
    began = pl.col("year").min().over("person_key", "grade")
    rise = pl.col("grade").cast(pl.Int32) - pl.col("last_top")
    before = pl.col("last_year").is_not_null()
    return years.join(highest, on=["person_key", "year"], how="left").select(
        "person_key",
        "school_year",
        "grade",
        pl.when(before).then(began < pl.col("year")).alias("repeated_grade"),
        (rise > pl.col("year") - pl.col("last_year")).alias("skipped_grade"),
    )


def _enrolled(tests: pl.LazyFrame, enrolments: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a number R, school year, school and grade with results.

    enrolment: the best that the register has for that year: as enrolled, other grade (of that
    school), other school, not enrolled. enrolled_school, enrolled_grade: where; null when not
    enrolled.
    """
    places = tests.filter(pl.col("person_status") == MATCHED).select(PLACE).unique()
    register = enrolments.select(
        pl.col("person_id").alias("person_key"),
        "school_year",
        pl.col("school_code").alias("enrolled_school"),
        pl.col("grade").cast(pl.Int8).alias("enrolled_grade"),
    )
    here = pl.col("enrolled_school") == pl.col("school_code")
    rank = (
        pl.when(pl.col("enrolled_school").is_null())
        .then(3)
        .when(here & (pl.col("enrolled_grade") == pl.col("grade")))
        .then(0)
        .when(here)
        .then(1)
        .otherwise(2)
    )
    names = pl.Series([AS_ENROLLED, OTHER_GRADE, OTHER_SCHOOL, NOT_ENROLLED])
    return (
        places.join(register, on=["person_key", "school_year"], how="left")
        .with_columns(rank.alias("rank"))
        .sort(*PLACE, "rank", "enrolled_school", "enrolled_grade")
        .unique(PLACE, keep="first", maintain_order=True)
        .with_columns(
            pl.col("rank")
            .replace_strict(range(len(names)), names, return_dtype=pl.String)
            .alias("enrolment")
        )
        .select(*PLACE, "enrolled_school", "enrolled_grade", "enrolment")
    )
