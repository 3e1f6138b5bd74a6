"""The persons of a world as arrays: families with their pupils, then everybody else."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.linkage.addresses import Addresses, make_addresses
from benchmarks.linkage.eleven import EDUCATION_NUMBERS, draw_bsns, draw_education_numbers
from benchmarks.linkage.plans import NONE, Plan

Whole = NDArray[np.int32]

REFERENCE = np.datetime64("2026-10-01")
NOT = -1
_CHILDREN = (0.35, 0.42, 0.17, 0.06)
_ADULTS = (0.4, 0.5, 0.1)
_TWO_PARENTS, _INSTITUTION, _RESERVED, _NEAR = 0.85, 250, 0.9, 2_000


@dataclass(frozen=True)
class People:
    """Every person by number, pupils first. ``NOT`` stands for a number or address of none.

    ``birth`` as YYYYMMDD, unknown parts 00. ``home`` and ``before``: address now and before a move
    in the last year, ``day`` days before the reference date. ``second_*``: another number of one
    person.
    """

    pupils: int
    birth: Whole
    sex: NDArray[np.int8]
    bsn: Whole
    education: Whole
    second_bsn: Whole
    second_education: Whole
    home: Whole
    before: Whole
    day: Whole
    addresses: Addresses


def make_people(plan: Plan) -> People:
    """Everybody in the spine."""
    rng = np.random.default_rng([plan.seed, 7])
    pupils = round(plan.persons * plan.pupil_share)
    family, first, size = _families(rng, pupils)
    household, households = _households(rng, plan, family)
    birth = _births(rng, plan, pupils)
    sex = rng.integers(0, 2, plan.persons, dtype=np.int8)
    elder = first[(size > 1) & (rng.random(size.size) < _twin_share(plan, size))]
    birth[elder + 1] = birth[elder]
    same = rng.random(elder.size) < plan.twins_same_sex
    sex[elder + 1] = np.where(same, sex[elder], 1 - sex[elder])
    addresses = make_addresses(households, plan.seed)
    home, before, day = _homes(rng, plan, households)
    return People(
        pupils=pupils,
        birth=birth,
        sex=sex,
        home=home[household],
        before=before[household],
        day=day[household],
        addresses=addresses,
        **_numbers(rng, plan, pupils),
    )


def birth_numbers(days: NDArray[np.datetime64]) -> Whole:
    """Days as YYYYMMDD."""
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months).astype(np.int64) + 1
    numbers: Whole = (years * 10_000 + month * 100 + day).astype(np.int32)
    return numbers


def _families(rng: Generator, pupils: int) -> tuple[Whole, Whole, Whole]:
    """The family of every pupil; the first pupil and the number of them of every family."""
    sizes = rng.choice(np.arange(1, 5), size=pupils, p=_CHILDREN)
    ends = np.cumsum(sizes)
    used = int(np.searchsorted(ends, pupils)) + 1
    sizes = sizes[:used]
    sizes[-1] -= ends[used - 1] - pupils
    first = np.cumsum(sizes) - sizes
    family = np.repeat(np.arange(used), sizes)
    return family.astype(np.int32), first.astype(np.int32), sizes.astype(np.int32)


def _twin_share(plan: Plan, sizes: Whole) -> float:
    """How many families of two pupils and more have twins."""
    return plan.twins * int(sizes.sum()) / 2 / max(int((sizes > 1).sum()), 1)


def _households(rng: Generator, plan: Plan, family: Whole) -> tuple[Whole, int]:
    """The household of every person, and how many there are: families, with parents, and others."""
    families = int(family[-1]) + 1
    second = np.flatnonzero(rng.random(families) < _TWO_PARENTS)
    parents = np.concatenate([np.arange(families), second])[: plan.persons - family.size]
    others = plan.persons - family.size - parents.size
    sizes = rng.choice(np.arange(1, 4), size=max(others, 1), p=_ADULTS)
    rest = np.repeat(np.arange(families, families + sizes.size), sizes)[:others]
    household = np.concatenate([family, parents, rest]).astype(np.int32)
    return household, int(household.max()) + 1


def _births(rng: Generator, plan: Plan, pupils: int) -> Whole:
    youngest, oldest = plan.pupil_ages
    ages = np.empty(plan.persons)
    ages[:pupils] = rng.uniform(youngest, oldest, pupils)
    ages[pupils:] = oldest + (95 - oldest) * rng.beta(1.2, 1.6, plan.persons - pupils)
    birth = birth_numbers(REFERENCE - (ages * 365.25).astype("timedelta64[D]"))
    unknown = rng.random(plan.persons)
    no_day = unknown < plan.unknown_birth
    no_month = unknown < plan.unknown_birth / 2
    birth[no_day] -= birth[no_day] % 100
    birth[no_month] -= birth[no_month] % 10_000
    return birth


def _homes(rng: Generator, plan: Plan, households: int) -> tuple[Whole, Whole, Whole]:
    """Address, earlier address and day of moving of every household. Some share an institution."""
    home = rng.permutation(households).astype(np.int32)
    inmates = np.flatnonzero(rng.random(households) < plan.in_institutions)
    institutions = rng.choice(home, max(1, inmates.size // _INSTITUTION))
    home[inmates] = rng.choice(institutions, inmates.size)
    moved = rng.random(households) < plan.moved
    near = np.clip(home + rng.integers(-_NEAR, _NEAR, households), 0, households - 1)
    far = rng.integers(0, households, households)
    before = np.where(rng.random(households) < 0.6, near, far)
    before = np.where(moved & (before != home), before, NOT).astype(np.int32)
    day = rng.integers(1, 365, households).astype(np.int32)
    return home, before, day


def _numbers(rng: Generator, plan: Plan, pupils: int) -> dict[str, Whole]:
    """Numbers of everybody; without any when the plan says so."""
    nobody = np.full(plan.persons, NOT, dtype=np.int32)
    second_bsn, education, second_education = nobody.copy(), nobody.copy(), nobody.copy()
    bsn = draw_bsns(plan.persons)
    bsn[:pupils][rng.random(pupils) < plan.no_bsn] = NOT
    wanted = min(1 - plan.no_education_number, _RESERVED * EDUCATION_NUMBERS / pupils)
    holders = np.flatnonzero(rng.random(pupils) < wanted)
    two = holders[rng.random(holders.size) < plan.two_education_numbers]
    numbers = draw_education_numbers(holders.size + two.size)
    education[holders], second_education[two] = numbers[: holders.size], numbers[holders.size :]
    changed = np.flatnonzero((rng.random(pupils) < plan.changed_bsn) & (bsn[:pupils] != NOT))
    second_bsn[changed] = draw_bsns(changed.size, skip=plan.persons)
    if plan.numbers == NONE:
        return dict.fromkeys(("bsn", "education", "second_bsn", "second_education"), nobody)
    return {
        "bsn": bsn,
        "education": education,
        "second_bsn": second_bsn,
        "second_education": second_education,
    }
