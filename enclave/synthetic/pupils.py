"""Pupils: who goes to which school and grade in two years, in which household, born when.

One entry a pupil in every array. Grade 9 means: left after grade 8 of the year before.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from enclave.synthetic.numbers import Generator
from enclave.synthetic.schools import Schools

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TWIN_CHILDREN = 0.035
TWINS_SAME_SEX = 2 / 3
REPEATERS = 0.015
SCHOOL_CHANGERS = 0.03
SIBLING_PAIRS = 0.55
NEWCOMERS = 0.009
NEWCOMERS_NOT_IN_SPINE = 0.2
NEWCOMER_SCHOOLS = 0.08
EDUCATION_NUMBER_HOLDERS = 0.40
"""Share of pupils with a citizen service number who also have an education number."""

ORIGINS = ("Netherlands", "Europe", "outside Europe")
LEVELS = ("low", "middle", "high")
HOUSEHOLD_FORMS = ("two parents", "one parent", "other")


@dataclass(frozen=True)
class Pupils:
    """All pupils of both school years.

    ``school`` and ``grade`` are those of the newest year, ``school_before`` and ``grade_before``
    of the year before (grade 0: not yet at school). ``born`` is a day number since 1970.
    """

    school: Ints
    grade: Ints
    school_before: Ints
    grade_before: Ints
    born: Ints
    girl: Flags
    household: Ints
    twin: Flags
    newcomer: Flags
    in_spine: Flags
    holds_education_number: Flags
    origin: Ints
    income: Ints
    household_form: Ints
    parental_education: Ints

    @property
    def count(self) -> int:
        """How many pupils there are."""
        return int(self.school.size)

    @property
    def households(self) -> int:
        """How many households they live in."""
        return int(self.household.max()) + 1


def draw_pupils(random: Generator, schools: Schools, newest_year: int) -> Pupils:
    """Pupils for all schools; the newest school year starts in ``newest_year``."""
    per_grade = random.poisson(np.repeat(schools.size / 8, 9)).astype(np.int64)
    school = np.repeat(np.repeat(np.arange(schools.count), 9), per_grade)
    grade = np.repeat(np.tile(np.arange(1, 10), schools.count), per_grade)
    count = school.size
    repeats = (random.uniform(size=count) < REPEATERS) & (grade < 9) & (grade > 1)
    changed = random.uniform(size=count) < SCHOOL_CHANGERS
    other = random.integers(0, schools.count, size=count)
    late = _days_of_year(random, count)
    start = _first_of_october(newest_year - 4 - grade - repeats)
    born = start + late
    second = _second_twins(random, school, grade)
    girl = random.uniform(size=count) < 0.5
    _copy_twin(second, born)
    same = second & (random.uniform(size=count) < TWINS_SAME_SEX)
    girl[second] = ~girl[np.flatnonzero(second) - 1]
    girl[same] = girl[np.flatnonzero(same) - 1]
    for values in (repeats, changed, other):
        _copy_twin(second, values)
    household = _households(random, school, second)
    newcomer = _newcomers(random, school, schools.count)
    background = _background(random, schools, school, household, newcomer)
    return Pupils(
        school=school,
        grade=grade,
        school_before=np.where(changed, other, school),
        grade_before=np.where(repeats, grade, grade - 1),
        born=born,
        girl=girl,
        household=household,
        twin=second | np.r_[second[1:], False],
        newcomer=newcomer,
        in_spine=~(newcomer & (random.uniform(size=count) < NEWCOMERS_NOT_IN_SPINE)),
        holds_education_number=newcomer | (random.uniform(size=count) < EDUCATION_NUMBER_HOLDERS),
        **background,
    )


def _first_of_october(years: Ints) -> Ints:
    starts = (years.astype("datetime64[Y]") - 1970).astype("datetime64[M]")
    return np.asarray((starts + 9).astype("datetime64[D]").astype(np.int64))


def _days_of_year(random: Generator, count: int) -> Ints:
    return np.asarray(random.integers(0, 365, size=count), dtype=np.int64)


def _second_twins(random: Generator, school: Ints, grade: Ints) -> Flags:
    """Marks the second child of each twin pair; the first is the entry before it."""
    mate = np.r_[False, (school[1:] == school[:-1]) & (grade[1:] == grade[:-1])]
    drawn = mate & (random.uniform(size=school.size) < TWIN_CHILDREN / 2 * 1.02)
    return np.asarray(drawn & ~np.r_[False, drawn[:-1]])


def _copy_twin(second: Flags, values: npt.NDArray[np.generic]) -> None:
    values[second] = values[np.flatnonzero(second) - 1]


def _households(random: Generator, school: Ints, second: Flags) -> Ints:
    """Household of each pupil: twins together, and pairs of siblings at one school."""
    family = np.cumsum(~second) - 1
    families = int(family[-1]) + 1
    home = np.zeros(families, dtype=np.int64)
    home[family] = school
    order = np.lexsort((random.uniform(size=families), home))
    mate = np.r_[False, home[order][1:] == home[order][:-1]]
    joined = mate & (np.arange(families) % 2 == 1)
    joined &= random.uniform(size=families) < SIBLING_PAIRS
    number = np.empty(families, dtype=np.int64)
    number[order] = np.cumsum(~joined) - 1
    return np.asarray(number[family])


def _newcomers(random: Generator, school: Ints, schools: int) -> Flags:
    """Pupils with an education number only; nearly all in a few schools."""
    host = random.uniform(size=schools) < NEWCOMER_SCHOOLS
    host[random.integers(0, schools)] = True
    share = np.bincount(school, minlength=schools)
    rate = NEWCOMERS * share.sum() * 0.9 / share[host].sum()
    chance = np.where(host[school], min(rate, 0.4), NEWCOMERS * 0.1)
    return np.asarray(random.uniform(size=school.size) < chance)


def _background(
    random: Generator, schools: Schools, school: Ints, household: Ints, newcomer: Flags
) -> dict[str, Ints]:
    """Characteristics shared by a household, mixed by the school's disadvantage."""
    households = int(household.max()) + 1
    home = np.zeros(households, dtype=np.int64)
    home[household] = school
    tilt = schools.disadvantage[home]
    draw = random.uniform(size=(4, households))
    outside = schools.outside_europe[home]
    origin = np.where(draw[0] < outside, 2, np.where(draw[0] < outside + 0.08, 1, 0))
    low = 1 / (1 + np.exp(-(-1.55 + 0.6 * tilt)))
    high = 0.20 * np.exp(-0.35 * tilt)
    income = np.where(draw[1] < low, 0, np.where(draw[1] > 1 - np.minimum(high, 0.7), 2, 1))
    single = np.clip(0.17 + 0.04 * tilt, 0.05, 0.5)
    form = np.where(draw[2] < single, 1, np.where(draw[2] < single + 0.05, 2, 0))
    uneducated = 1 / (1 + np.exp(-(-2.25 + 0.6 * tilt + 0.5 * (origin == 2))))
    degree = np.clip(0.50 - 0.13 * tilt - 0.1 * (income == 0), 0.05, 0.9)
    education = np.where(draw[3] < uneducated, 0, np.where(draw[3] > 1 - degree, 2, 1))
    return {
        "origin": np.where(newcomer, 2, origin[household]),
        "income": income[household],
        "household_form": form[household],
        "parental_education": education[household],
    }
