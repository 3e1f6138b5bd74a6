"""The population spine, written in blocks so that memory stays bounded at national size.

Person numbers are drawn sorted; which of them are pupils is drawn too. Each block of person
numbers is completed with adults (parents at the children's address, others, institutions) and
written, so the file is sorted by person and spell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from enclave.files import atomic_path
from enclave.progress import Progress
from enclave.synthetic.addresses import (
    ADDITIONS,
    Addresses,
    draw_addresses,
    moving_rate,
    near,
)
from enclave.synthetic.numbers import (
    LETTER_PAIRS,
    Generator,
    citizen_service_numbers,
    distinct,
    education_numbers,
    nine_digits,
)
from enclave.synthetic.pupils import Pupils
from enclave.synthetic.schools import PROVINCES, Schools

Ints = npt.NDArray[np.int64]
BLOCK = 1_000_000
IN_INSTITUTION = 0.012
PERSONS_PER_INSTITUTION = 80
NONE = -1


@dataclass(frozen=True)
class Population:
    """Everything drawn about persons before the spine is written.

    ``position`` is where a pupil stands among the sorted person numbers (``NONE`` when not in the
    spine). Household addresses: ``now``, and ``before`` with the day of the move for movers.
    """

    person: Ints
    bsn: Ints
    education: Ints
    position: Ints
    now: Addresses
    before: Addresses
    moved: Ints
    parent_of: npt.NDArray[np.int32]
    unknown_birth: npt.NDArray[np.int8]


def draw_population(
    random: Generator, schools: Schools, pupils: Pupils, persons: int, reference: date
) -> Population:
    """Numbers, places and moves for ``persons`` persons, pupils among them."""
    size = max(persons, pupils.count * 2)
    position = np.full(pupils.count, NONE, dtype=np.int64)
    inside = np.flatnonzero(pupils.in_spine)
    position[inside] = random.permutation(size)[: inside.size]
    area = np.zeros(pupils.households, dtype=np.int64)
    area[pupils.household] = schools.area[pupils.school]
    now = draw_addresses(random, near(random, area))
    before = draw_addresses(random, near(random, area, 12))
    return Population(
        person=np.sort(distinct(random, 1_000, 999_999_999, size)),
        bsn=citizen_service_numbers(random, size),
        education=education_numbers(random, int(pupils.holds_education_number.sum())),
        position=position,
        now=now,
        before=before,
        moved=_moves(random, pupils, reference),
        parent_of=_parents(random, pupils, position, size),
        unknown_birth=np.where(
            random.uniform(size=pupils.count) < 0.003, random.integers(1, 3, pupils.count), 0
        ).astype(np.int8),
    )


def _moves(random: Generator, pupils: Pupils, reference: date) -> Ints:
    """The day each household moved in the year before the reference date, or ``NONE``."""
    today = (reference - date(1970, 1, 1)).days
    youngest = np.zeros(pupils.households, dtype=np.int64)
    np.maximum.at(youngest, pupils.household, pupils.born)
    rate = moving_rate((today - youngest) // 365)
    day = today - random.integers(1, 366, size=pupils.households)
    return np.where(random.uniform(size=pupils.households) < rate, day, NONE)


def _parents(random: Generator, pupils: Pupils, position: Ints, size: int) -> npt.NDArray[np.int32]:
    """For each person the household whose parent he or she is, or ``NONE``."""
    form = np.zeros(pupils.households, dtype=np.int64)
    form[pupils.household] = pupils.household_form
    wanted = np.repeat(np.arange(pupils.households), np.where(form == 0, 2, 1))
    adult = np.ones(size, dtype=bool)
    adult[position[position >= 0]] = False
    free = random.permutation(np.flatnonzero(adult))[: wanted.size]
    household = np.full(size, NONE, dtype=np.int32)
    household[free] = wanted[: free.size]
    return household


def write_spine(
    target: Path, population: Population, pupils: Pupils, seed: int, progress: Progress
) -> int:
    """Writes the spine and returns its number of rows."""
    rows = 0
    with atomic_path(target) as temporary:
        writer: pq.ParquetWriter | None = None
        for frame in _blocks(population, pupils, seed, progress):
            table = frame.to_arrow()
            writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
            writer.write_table(table)
            rows += frame.height
        if writer is not None:
            writer.close()
    return rows


def _blocks(
    population: Population, pupils: Pupils, seed: int, progress: Progress
) -> Iterator[pl.DataFrame]:
    size = population.person.size
    pupil_at = np.full(size, NONE, dtype=np.int32)
    inside = np.flatnonzero(population.position >= 0)
    pupil_at[population.position[inside]] = inside
    for number, start in enumerate(range(0, size, BLOCK)):
        part = slice(start, min(start + BLOCK, size))
        random = np.random.default_rng([seed, 77, number])
        yield _block(random, population, pupils, pupil_at[part], part)
        progress.step("population spine", part.stop, size)


def _block(
    random: Generator,
    population: Population,
    pupils: Pupils,
    pupil: npt.NDArray[np.int32],
    part: slice,
) -> pl.DataFrame:
    """One block of persons with one or two address spells each."""
    is_pupil = pupil >= 0
    index = np.where(is_pupil, pupil, 0)
    household = np.where(is_pupil, pupils.household[index], population.parent_of[part])
    at_home = household >= 0
    home = np.where(at_home, household, 0)
    own, institution = _own_addresses(random, at_home)
    now = _choose(at_home, population.now.take(home), own)
    moved = np.where(at_home, population.moved[home], NONE)
    before = population.before.take(home)
    born = np.where(is_pupil, pupils.born[index], random.integers(-14_000, 13_000, pupil.size))
    girl = np.where(is_pupil, pupils.girl[index], random.uniform(size=pupil.size) < 0.505)
    persons = pl.DataFrame(
        {
            "person_id": nine_digits(population.person[part], "person_id"),
            "bsn": _blank(population.bsn[part], is_pupil & pupils.newcomer[index]),
            "education_number": _blank(
                _education(population, pupils)[index],
                ~(is_pupil & pupils.holds_education_number[index]),
            ),
            "sex": np.where(girl, "V", "M"),
            "birth_date": birth_text(
                born, np.where(is_pupil, population.unknown_birth[index], 0).astype(np.int8)
            ),
            "institution": institution & ~at_home,
        }
    )
    since = np.maximum(born, np.where(moved >= 0, moved, 8_000))
    current = persons.with_columns(*_place(now), *_spell(since, None))
    old = persons.with_columns(*_place(before), *_spell(np.minimum(born, moved - 1), moved))
    return (
        pl.concat([current, old.filter(pl.Series(moved >= 0))])
        .sort("person_id", "valid_from")
        .select(
            "person_id", "bsn", "education_number", "sex", "birth_date", "postcode",
            "house_number", "house_addition", "valid_from", "valid_to", "institution",
        )
    )  # fmt: skip


def _own_addresses(
    random: Generator, at_home: npt.NDArray[np.bool_]
) -> tuple[Addresses, npt.NDArray[np.bool_]]:
    """Addresses of adults without pupils: households of two, and institutions."""
    count = at_home.size
    first = np.array([area for _, area, _ in PROVINCES])
    shares = np.array([share for _, _, share in PROVINCES])
    homes = draw_addresses(
        random,
        random.choice(first, size=count // 2 + 1, p=shares / shares.sum())
        + random.integers(0, 299, size=count // 2 + 1),
    )
    home = random.permutation(count) // 2
    institution = random.uniform(size=count) < IN_INSTITUTION
    many = np.flatnonzero(institution)
    home[many] = home[many[0]] if many.size else 0
    groups = np.arange(many.size) // PERSONS_PER_INSTITUTION
    home[many] = groups * 7 % homes.area.size
    return homes.take(home), institution & ~at_home


def _choose(first: npt.NDArray[np.bool_], one: Addresses, other: Addresses) -> Addresses:
    return Addresses(
        *(
            np.where(first, getattr(one, name), getattr(other, name))
            for name in ("area", "letters", "number", "addition")
        )
    )


def _education(population: Population, pupils: Pupils) -> Ints:
    numbers = np.zeros(pupils.count, dtype=np.int64)
    numbers[pupils.holds_education_number] = population.education
    return numbers


def _blank(values: Ints, where: npt.NDArray[np.bool_]) -> pl.Series:
    text = nine_digits(values, "number")
    return text.set(pl.Series(where), None)


def birth_text(days: Ints, unknown: npt.NDArray[np.int8]) -> pl.Series:
    """``YYYYMMDD``; ``unknown`` 1 blanks the day, 2 the month too (both as ``00``)."""
    text = pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.strftime("%Y%m%d")
    part = pl.Series(unknown)
    return pl.select(
        pl.when(part == 2)
        .then(text.str.slice(0, 4) + "0000")
        .when(part == 1)
        .then(text.str.slice(0, 6) + "00")
        .otherwise(text)
    ).to_series()


def _place(address: Addresses) -> list[pl.Series]:
    return [address_text(address), *house_text(address)]


def address_text(address: Addresses) -> pl.Series:
    """The postcodes, ``1234AB``."""
    letters = pl.Series(LETTER_PAIRS[address.letters])
    return (pl.Series(address.area).cast(pl.String) + letters).alias("postcode")


def house_text(address: Addresses) -> list[pl.Series]:
    """House numbers and additions (null where there is none)."""
    addition = pl.Series("house_addition", ADDITIONS[address.addition])
    return [
        pl.Series("house_number", address.number).cast(pl.String),
        addition.set(addition == "", None),
    ]


def _spell(start: Ints, end: Ints | None) -> list[pl.Series]:
    first = pl.Series("valid_from", start).cast(pl.Int32).cast(pl.Date)
    if end is None:
        return [first, pl.Series("valid_to", [None] * start.size, dtype=pl.Date)]
    return [first, pl.Series("valid_to", end).cast(pl.Int32).cast(pl.Date)]
