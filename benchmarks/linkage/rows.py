"""The spine's rows: one per person and address spell, more for persons with two numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.linkage.people import NOT, REFERENCE, People, Whole
from benchmarks.linkage.plans import Plan

PIECE = 1_000_000
_OLDEST_SPELL = 8_000
_PERSON_STEP = 7_919


def spine_pieces(plan: Plan, people: People) -> Iterator[pl.DataFrame]:
    """The spine in scattered order, piece by piece."""
    rng = np.random.default_rng([plan.seed, 13])
    persons = np.arange(people.birth.size, dtype=np.int32)
    kinds = [
        np.flatnonzero(column != NOT).astype(np.int32)
        for column in (people.before, people.second_bsn, people.second_education)
    ]
    person = np.concatenate([persons, *kinds])
    kind = np.repeat(np.arange(4, dtype=np.int8), [persons.size, *(kind.size for kind in kinds)])
    order = rng.permutation(person.size)
    for start in range(0, order.size, PIECE):
        piece = order[start : start + PIECE]
        yield _spine_rows(plan, people, person[piece], kind[piece])


def person_ids(plan: Plan, person: Whole) -> pl.Series:
    """The spine's name of persons, null for ``NOT``: neighbours here are none there."""
    size, first = plan.persons, _PERSON_STEP
    step = next(step for step in range(first, size + first) if np.gcd(step, size) == 1)
    scattered = pl.Series((person.astype(np.int64) * step + plan.seed) % size)
    text = pl.lit("P") + pl.col("scattered").cast(pl.String).str.zfill(9)
    frame = pl.DataFrame({"scattered": scattered, "there": person != NOT})
    return frame.select(pl.when("there").then(text).alias("person_id")).to_series()


def texts(columns: dict[str, Whole]) -> list[pl.Series]:
    """Numbers as text of nine or eight characters, null for ``NOT``."""
    return [
        pl.Series(name, np.where(values == NOT, 0, values))
        .cast(pl.String)
        .set(pl.Series(values == NOT), None)
        for name, values in columns.items()
    ]


def sex_texts(sex: NDArray[np.integer[Any]]) -> pl.Series:
    """M or V."""
    return pl.Series("sex", np.where(sex == 1, "M", "V"))


def _spine_rows(plan: Plan, people: People, person: Whole, kind: NDArray[np.int8]) -> pl.DataFrame:
    """Rows of a kind: 0 as now, 1 the address before, 2 and 3 with the other number."""
    earlier = kind == 1
    numbers = {
        "bsn": np.where(kind == 2, people.second_bsn[person], people.bsn[person]),
        "education_number": np.where(
            kind == 3, people.second_education[person], people.education[person]
        ),
        "birth_date": people.birth[person],
    }
    place = np.where(earlier, people.before[person], people.home[person])
    moving = REFERENCE - people.day[person].astype("timedelta64[D]")
    age = 366 + (person.astype(np.int64) * 2_654_435_761 % _OLDEST_SPELL)
    since = REFERENCE - age.astype("timedelta64[D]")
    moved = people.before[person] != NOT
    begin = pl.Series("valid_from", np.where(moved & ~earlier, moving, since))
    end = pl.Series("valid_to", np.where(earlier, moving, np.datetime64("NaT")))
    return pl.DataFrame(
        [
            person_ids(plan, person),
            *texts(numbers),
            sex_texts(people.sex[person]),
            *people.addresses.texts(place),
            begin.cast(pl.Date),
            end.cast(pl.Date),
        ]
    )
