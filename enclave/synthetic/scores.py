"""Test results: ability, growth, gaps, missing tests, providers and their scales.

Calibration: correlations M-E .89 and prior year-M .85, correlation of M with growth about -.20,
school share of growth variance 1 to 3 %, missing tests and gaps by sex and parents' education are
those of Engzell, Frey and Verhagen (tables of descriptives). Means by grade are working values in
skill points of the newest series, anchored at published inspection floors.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from enclave.synthetic.numbers import Generator
from enclave.synthetic.pupils import Pupils
from enclave.synthetic.schools import Schools

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DOMAINS = ("RW", "BL", "SP")
MOMENTS = ("M", "E")
CALENDAR = ((3, "E"), *((g, m) for g in range(4, 8) for m in MOMENTS), (8, "M"))
"""Tests run from the end of grade 3 to the middle of grade 8."""

MEANS = {
    "RW": (140, 163, 185, 205, 220, 233, 244, 256, 266, 276),
    "BL": (118, 133, 145, 158, 168, 177, 186, 194, 201, 208),
    "SP": (190, 223, 250, 272, 294, 312, 330, 346, 360, 372),
}
"""Mean skill score by domain, in the order of ``CALENDAR``."""

DEVIATIONS = {"RW": 27.0, "BL": 28.0, "SP": 45.0}
STABLE, YEARLY = 0.85, 0.045
"""Variance that a pupil keeps over years, and keeps within a school year; the rest is noise."""

SCHOOL_GROWTH = {"RW": 0.012, "BL": 0.009, "SP": 0.031}
"""School share of the variance of growth."""

MISSING = {"RW": (0.020, 0.020), "BL": (0.062, 0.070), "SP": (0.026, 0.026)}
READING_SKIPPED_AT_END = 0.165
"""Share of school grades that skip the reading test at the end of the year."""

GIRLS = {"RW": -0.36, "BL": 0.22, "SP": 0.11}
EDUCATION = {"RW": (-0.50, -0.18, 0.12), "BL": (-0.54, -0.19, 0.13), "SP": (-0.34, -0.10, 0.08)}
INCOME = (-0.15, 0.0, 0.10)
ORIGIN = (0.0, -0.08, -0.16)
GROWTH_EDUCATION = (-0.05, 0.0, 0.03)
GROWTH_INCOME = (-0.03, 0.0, 0.02)


@dataclass(frozen=True)
class Provider:
    """A supplier's scale as a straight line from the newest skill points, and its rounding."""

    name: str
    scale: str
    slope: float
    shift: float
    decimals: int


PROVIDERS = (
    Provider("cito", "cito-3.0", 1.0, 0.0, 0),
    Provider("cito", "cito-2.0", 0.35, -30.0, 0),
    Provider("iep", "iep-1", 0.25, 10.0, 1),
    Provider("boom", "boom-2", 0.8, 300.0, 0),
    Provider("dia", "dia-1", 1.6, -40.0, 1),
)
PROVIDER_SHARES = {
    "RW": (0.70, 0.00, 0.12, 0.10, 0.08),
    "BL": (0.58, 0.12, 0.12, 0.10, 0.08),
    "SP": (0.70, 0.00, 0.12, 0.10, 0.08),
}


def draw_results(
    random: Generator, schools: Schools, pupils: Pupils, school_years: tuple[str, str]
) -> pl.DataFrame:
    """All test results. One row per pupil x school year x domain x moment that was taken.

    Columns: pupil (Int32), school (Int32), school_year, grade (Int8), domain, moment, test_date,
    provider, scale, score. Sorted by school, pupil, year, domain and moment.
    """
    parts = []
    common = random.normal(size=pupils.count)
    for domain in DOMAINS:
        stable = _stable_part(random, pupils, domain, common)
        line = random.choice(len(PROVIDERS), size=schools.count, p=PROVIDER_SHARES[domain])
        for year, school_year in enumerate(school_years):
            school, grade = (
                (pupils.school_before, pupils.grade_before)
                if year == 0
                else (pupils.school, pupils.grade)
            )
            parts.append(
                _year(random, pupils, (school, grade), (stable, line), (domain, school_year))
            )
    order = ["school", "pupil", "school_year", "domain", "moment"]
    return pl.concat(parts).sort(order)


def _stable_part(random: Generator, pupils: Pupils, domain: str, common: Floats) -> Floats:
    """What a pupil keeps over the years, gaps included; its variance is about ``STABLE``."""
    own = 0.6 * common + 0.8 * random.normal(size=pupils.count)
    gaps = GIRLS[domain] * (pupils.girl - 0.5)
    gaps = gaps + np.array(EDUCATION[domain])[pupils.parental_education]
    gaps = gaps + np.array(INCOME)[pupils.income] + np.array(ORIGIN)[pupils.origin]
    left = max(STABLE - float(gaps.var()), 0.3)
    return np.asarray(gaps - gaps.mean() + np.sqrt(left) * own)


def _year(
    random: Generator,
    pupils: Pupils,
    place: tuple[Ints, Ints],
    line: tuple[Floats, Ints],
    what: tuple[str, str],
) -> pl.DataFrame:
    """The results of one domain in one school year."""
    (school, grade), (stable, provider), (domain, _) = place, line, what
    yearly = stable + np.sqrt(YEARLY) * random.normal(size=pupils.count)
    noise = np.sqrt(1 - STABLE - YEARLY)
    effect = np.sqrt(SCHOOL_GROWTH[domain] * 2 * noise**2)
    by_school = effect * random.normal(size=int(school.max()) + 1)
    push = by_school[school] + _growth_gap(pupils)
    frames = []
    for position, (level, moment) in enumerate(CALENDAR):
        late = moment == "E"
        taken = np.flatnonzero((grade == level) & _present(random, school, domain, late=late))
        z = yearly[taken] + noise * random.normal(size=taken.size) + push[taken] * late
        points = MEANS[domain][position] + DEVIATIONS[domain] * z
        frames.append(
            _frame(random, (taken, school[taken]), (points, provider), (*what, level, moment))
        )
    return pl.concat(frames)


def _growth_gap(pupils: Pupils) -> Floats:
    gap = np.array(GROWTH_EDUCATION)[pupils.parental_education]
    return np.asarray(gap + np.array(GROWTH_INCOME)[pupils.income])


def _present(random: Generator, school: Ints, domain: str, *, late: bool) -> npt.NDArray[np.bool_]:
    present = random.uniform(size=school.size) >= MISSING[domain][int(late)]
    if domain == "BL" and late:
        skipped = random.uniform(size=int(school.max()) + 1) < READING_SKIPPED_AT_END
        present &= ~skipped[school]
    return np.asarray(present)


def _frame(
    random: Generator,
    who: tuple[Ints, Ints],
    values: tuple[Floats, Ints],
    what: tuple[str, str, int, str],
) -> pl.DataFrame:
    (taken, school), (points, provider), (domain, year, level, moment) = who, values, what
    line = provider[school]
    slope = np.array([p.slope for p in PROVIDERS])[line]
    shift = np.array([p.shift for p in PROVIDERS])[line]
    decimals = np.array([p.decimals for p in PROVIDERS])[line]
    raw = np.maximum(points * slope + shift, 0.0)
    score = np.where(decimals == 1, np.round(raw, 1), np.round(raw))
    names = np.array([p.name for p in PROVIDERS])[line]
    scales = np.array([f"{p.scale}-{domain}" for p in PROVIDERS])[line]
    start = np.datetime64(f"{int(year[:4]) + 1}-{'01-11' if moment == 'M' else '05-18'}")
    days = random.integers(0, 40, size=int(school.max()) + 1 if school.size else 1)
    return pl.DataFrame(
        {
            "pupil": taken.astype(np.int32),
            "school": school.astype(np.int32),
            "school_year": np.full(taken.size, year),
            "grade": np.full(taken.size, level, dtype=np.int8),
            "domain": np.full(taken.size, domain),
            "moment": np.full(taken.size, moment),
            "test_date": pl.Series(start + days[school]).cast(pl.Date),
            "provider": names,
            "scale": scales,
            "score": score,
        },
        schema_overrides={
            "school_year": pl.Categorical,
            "domain": pl.Categorical,
            "moment": pl.Categorical,
            "provider": pl.Categorical,
            "scale": pl.Categorical,
        },
    )
