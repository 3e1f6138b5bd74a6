"""Growth per pupil, and the figures of all schools in one pass.

Growth is the end-of-year score minus the mid-year score of the same pupil, school, grade, domain
and scale. To compare schools with different tests it is also standardised: minus the national mean
and divided by the national standard deviation of the same domain, grade, scale and school year. A
sex or starting level is compared with the same sex or level in the nation: pupils who start high
grow less everywhere.
Source of both definitions: ncoinformatiepunt.nl, absolute and standardised growth.
"""

from dataclasses import dataclass

import polars as pl

LEVELS = ("laag", "midden", "hoog")
"""Starting level: thirds of the mid-year score in the nation, the same for every school."""

NATIONAL = ("domain", "grade", "scale", "school_year")
PUPIL = ("person_key", "school_code", *NATIONAL)
FIGURE = ("school_code", "domain", "school_year", "kind", "label")
KINDS = ("total", "grade", "sex", "level")
CLASS_YEAR_VARIANCE = 0.01
"""Variance of a class in a year beside that of its pupils (simulation of school reports)."""


@dataclass(frozen=True)
class NationalRule:
    """When a national mean may be compared with: enough schools, none too large."""

    minimum_schools: int
    maximum_school_share: float
    minimum_pupils: int


def pupil_growth(results: pl.LazyFrame, pupils: pl.LazyFrame, rule: NationalRule) -> pl.LazyFrame:
    """One row per pupil, school, domain, grade, scale and school year with both tests.

    Columns: ``PUPIL``, sex (null unknown), level, points (growth), national (mean growth in
    points), z (standardised growth), z_sex and z_level (against the same sex or level). Tests whose
    national mean may not be shown are left out.
    """
    paired = (
        results.group_by(PUPIL)
        .agg(
            pl.col("score").filter(pl.col("moment") == "M").first().alias("start"),
            pl.col("score").filter(pl.col("moment") == "E").first().alias("end"),
        )
        .drop_nulls(["start", "end"])
        .with_columns((pl.col("end") - pl.col("start")).alias("points"))
    )
    nation = (
        paired.group_by(*NATIONAL, "school_code")
        .agg(pl.len().alias("own"))
        .group_by(NATIONAL)
        .agg(
            pl.len().alias("schools"),
            pl.col("own").max().alias("largest"),
            pl.col("own").sum().alias("all"),
        )
        .filter(
            (pl.col("schools") >= rule.minimum_schools)
            & (pl.col("all") >= rule.minimum_pupils)
            & (pl.col("largest") <= rule.maximum_school_share * pl.col("all"))
        )
        .select(NATIONAL)
    )
    mean = pl.col("points").mean().over(NATIONAL)
    place = pl.col("start").rank("average").over(NATIONAL) / pl.len().over(NATIONAL)
    level = (
        pl.when(place <= 1 / 3)
        .then(pl.lit(LEVELS[0]))
        .when(place <= 2 / 3)
        .then(pl.lit(LEVELS[1]))
        .otherwise(pl.lit(LEVELS[2]))
    )
    spread = pl.col("points").std().over(NATIONAL)
    return (
        paired.join(nation, on=list(NATIONAL), how="semi")
        .join(pupils.select("person_key", "sex"), on="person_key", how="left")
        .with_columns(
            mean.alias("national"),
            level.alias("level"),
            pl.when(spread > 0).then((pl.col("points") - mean) / spread).otherwise(0.0).alias("z"),
        )
        .with_columns(
            (pl.col("z") - pl.col("z").mean().over(*NATIONAL, name)).alias(f"z_{name}")
            for name in ("sex", "level")
        )
    )


def school_figures(growth: pl.LazyFrame) -> pl.DataFrame:
    """Every figure that a report could print. Grain: ``FIGURE``.

    Columns beside it: n (pupils), points and national (mean growth in skill points; null where
    several scales or grades are joined), z (mean standardised growth), error (standard error of z).
    """
    label = {
        "total": pl.lit("alle groepen"),
        "grade": pl.format("groep {}", pl.col("grade")),
        "sex": pl.col("sex").replace_strict({"M": "jongens", "V": "meisjes"}, default="onbekend"),
        "level": pl.col("level"),
    }
    compared = {"sex": "z_sex", "level": "z_level"}
    parts = [
        growth.with_columns(
            pl.lit(kind).alias("kind"), label[kind].fill_null("onbekend").alias("label")
        )
        .group_by(FIGURE)
        .agg(
            pl.col("person_key").n_unique().cast(pl.Int64).alias("n"),
            _single(kind, "points"),
            _single(kind, "national"),
            pl.col(compared.get(kind, "z")).mean().alias("z"),
        )
        for kind in KINDS
    ]
    error = (1.0 / pl.col("n") + CLASS_YEAR_VARIANCE).sqrt()
    return (
        pl.concat(parts)
        .with_columns(error.alias("error"))
        .sort("school_code", "domain", "school_year", "kind", "label")
        .collect(engine="streaming")
    )


def _single(kind: str, column: str) -> pl.Expr:
    """The mean in skill points where one grade and one scale are behind it, else null."""
    mean = pl.col(column).mean()
    return pl.when((pl.col("scale").n_unique() == 1) & (kind == "grade")).then(mean).alias(column)
