"""What a school's own system knows about its pupils, errors included.

One record a learner: a pupil at one school. An error sits in the record, so it is the same in all
rows of that learner. The true person of each learner is kept apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from enclave.synthetic.numbers import Generator, nine_digits
from enclave.synthetic.pupils import Pupils
from enclave.synthetic.spec import ErrorRates
from enclave.synthetic.spine import Population, address_text, birth_text, house_text

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
PLACEHOLDER_BSN = "123456782"
FIELDS = ("bsn", "education_number", "birth_date", "house_number")


@dataclass(frozen=True)
class Records:
    """``learners``: one row per learner (school, pupil, learner_id and identifiers as typed).

    ``errors``: one row per learner and kind of error.
    """

    learners: pl.DataFrame
    errors: pl.DataFrame


def draw_records(
    random: Generator,
    population: Population,
    pupils: Pupils,
    visits: pl.DataFrame,
    rates: ErrorRates,
) -> Records:
    """Records for ``visits`` (school, pupil: one row per learner, sorted by both)."""
    index = visits["pupil"].to_numpy().astype(np.int64)
    school = visits["school"].to_numpy().astype(np.int64)
    household = pupils.household[index]
    moved = population.moved[household] >= 0
    stale = moved & (random.uniform(size=index.size) < rates.move_not_passed_on)
    now, before = population.now.take(household), population.before.take(household)
    old_house, new_house = house_text(before), house_text(now)
    wrong = pl.Series(stale)
    truth = pl.DataFrame(
        {
            "school": visits["school"],
            "pupil": visits["pupil"],
            "learner_id": _learner_ids(random, school),
            "bsn": _numbers(population.bsn[np.maximum(population.position[index], 0)],
                            ~pupils.newcomer[index]),
            "education_number": _numbers(_education(population, pupils)[index],
                                         pupils.holds_education_number[index]),
            "girl": pupils.girl[index],
            "birth_date": birth_text(pupils.born[index], population.unknown_birth[index]),
            "postcode": address_text(before).zip_with(wrong, address_text(now)),
            "house_number": old_house[0].zip_with(wrong, new_house[0]),
            "house_addition": old_house[1].zip_with(wrong, new_house[1]),
        }
    )  # fmt: skip
    learners, marks = _with_errors(random, truth, school, rates)
    return Records(learners, _error_list(learners, {"stale_address": stale, **marks}))


def _numbers(values: Ints, known: Flags) -> pl.Series:
    return nine_digits(values, "number").set(pl.Series(~known), None)


def _education(population: Population, pupils: Pupils) -> Ints:
    numbers = np.zeros(pupils.count, dtype=np.int64)
    numbers[pupils.holds_education_number] = population.education
    return numbers


def _learner_ids(random: Generator, school: Ints) -> pl.Series:
    """The school's own numbers: running from a base of its own, in random order."""
    order = np.lexsort((random.uniform(size=school.size), school))
    starts = np.r_[True, school[order][1:] != school[order][:-1]]
    group = np.maximum.accumulate(np.where(starts, np.arange(school.size), 0))
    number = np.empty(school.size, dtype=np.int64)
    number[order] = np.arange(school.size) - group
    base = random.integers(100_000, 800_000, size=int(school.max()) + 1)
    return pl.Series(base[school] + number * 3).cast(pl.String)


def _with_errors(
    random: Generator, truth: pl.DataFrame, school: Ints, rates: ErrorRates
) -> tuple[pl.DataFrame, dict[str, Flags]]:
    count = truth.height

    def mark(rate: float) -> Flags:
        return np.asarray(random.uniform(size=count) < rate)

    marks = {
        "bsn_missing": mark(rates.bsn_missing),
        "education_number_missing": mark(rates.education_number_missing),
        "address_missing": mark(rates.address_missing),
        "placeholder_bsn": mark(rates.placeholder_bsn),
        "numbers_swapped": mark(rates.numbers_swapped),
        **{f"typed_{field}": mark(rates.typed_digit) for field in FIELDS},
    }
    odd = random.uniform(size=int(school.max()) + 1) < rates.schools_with_wrong_sex_coding
    marks["wrong_sex_coding"] = odd[school]
    frame = truth
    for field in FIELDS:
        typed = _mistype(random, frame[field])
        frame = frame.with_columns(
            typed.zip_with(pl.Series(marks[f"typed_{field}"]), frame[field]).alias(field)
        )
    return frame.with_columns(
        *_blanks(frame, marks),
        (pl.Series("girl", frame["girl"].to_numpy() ^ marks["wrong_sex_coding"])),
    ).pipe(_swap, pl.Series(marks["numbers_swapped"])), marks


def _blanks(frame: pl.DataFrame, marks: dict[str, Flags]) -> list[pl.Series]:
    bsn = frame["bsn"].set(pl.Series(marks["bsn_missing"]), None)
    gone = pl.Series(marks["address_missing"])
    return [
        bsn.set(pl.Series(marks["placeholder_bsn"]), PLACEHOLDER_BSN),
        frame["education_number"].set(pl.Series(marks["education_number_missing"]), None),
        frame["postcode"].set(gone, None),
        frame["house_number"].set(gone, None),
        frame["house_addition"].set(gone, None),
    ]


def _swap(frame: pl.DataFrame, swapped: pl.Series) -> pl.DataFrame:
    """Puts both numbers into each other's field where ``swapped``."""
    return frame.with_columns(
        frame["education_number"].zip_with(swapped, frame["bsn"]).alias("bsn"),
        frame["bsn"].zip_with(swapped, frame["education_number"]).alias("education_number"),
    )


def _mistype(random: Generator, text: pl.Series) -> pl.Series:
    """The same text with its last or last but one digit changed to another digit."""
    count = len(text)
    step = pl.Series(random.integers(1, 10, size=count))
    frame = pl.DataFrame({"text": text, "step": step})
    last = pl.col("text").str.slice(-1).cast(pl.Int64, strict=False)
    return frame.select(
        pl.when(pl.col("text").is_null())
        .then(None)
        .otherwise(pl.col("text").str.head(-1) + ((last + pl.col("step")) % 10).cast(pl.String))
        .alias("text")
    )["text"]


def _error_list(learners: pl.DataFrame, marks: dict[str, Flags]) -> pl.DataFrame:
    parts = [
        learners.filter(pl.Series(flags)).select(
            "school", "learner_id", pl.lit(kind).alias("error")
        )
        for kind, flags in marks.items()
    ]
    return pl.concat(parts).sort("school", "learner_id", "error")
