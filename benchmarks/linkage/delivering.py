"""What the deliverer sends: pupils of the spine and some others, with errors and gaps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.linkage.addresses import address_texts, letters_count
from benchmarks.linkage.eleven import draw_bsns
from benchmarks.linkage.people import NOT, REFERENCE, People, Whole
from benchmarks.linkage.plans import HALF, Plan
from benchmarks.linkage.rows import PIECE, person_ids, sex_texts, texts


@dataclass(frozen=True)
class Delivered:
    """Rows as codes. ``person`` is ``NOT`` for pupils who are not in the spine."""

    person: Whole
    bsn: Whole
    education: Whole
    birth: Whole
    sex: Whole
    place: Whole
    whole: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.person.size


def delivered_pieces(plan: Plan, people: People) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Rows of the delivery and their truth, piece by piece.

    The truth names the person (null: not in the spine) and says whether numbers were left out.
    """
    rng = np.random.default_rng([plan.seed, 17])
    known = round(plan.delivered * (1 - plan.errors.unknown))
    pupils = rng.permutation(people.pupils)[:known].astype(np.int32)
    person = np.concatenate([pupils, np.full(plan.delivered - known, NOT, dtype=np.int32)])
    person = rng.permutation(person)
    new = draw_bsns(int((person == NOT).sum()), skip=plan.persons + plan.persons // 100)
    used = 0
    for start in range(0, person.size, PIECE):
        piece = person[start : start + PIECE]
        count = int((piece == NOT).sum())
        rows = _drawn(rng, plan, people, piece, new[used : used + count])
        used += count
        yield _sent(rng, plan, people, rows, start)


def typed_wrongly(rng: Generator, numbers: Whole, rate: float) -> Whole:
    """The numbers, a share of them with one digit wrong, so that no eleven test passes it."""
    wrong = (rng.random(numbers.size) < rate) & (numbers != NOT)
    place = 10 ** rng.integers(0, 8, numbers.size)
    digit = numbers // place % 10
    other = (digit + rng.integers(1, 10, numbers.size)) % 10
    return np.where(wrong, numbers + (other - digit) * place, numbers)


def _drawn(rng: Generator, plan: Plan, people: People, person: Whole, new: Whole) -> Delivered:
    """Rows without errors: one of the person's numbers, and the address known to the school."""
    size, unknown = person.size, person == NOT
    borrowed = np.where(unknown, rng.integers(0, people.pupils, size), person).astype(np.int32)
    other = rng.random(size) < 0.5
    second = people.second_bsn[borrowed]
    bsn = np.where(other & (second != NOT), second, people.bsn[borrowed])
    second = people.second_education[borrowed]
    education = np.where(other & (second != NOT), second, people.education[borrowed])
    if people.bsn.max() != NOT:
        bsn[unknown] = new
    education[unknown] = NOT
    moved = people.before[borrowed] != NOT
    stale = moved & (rng.random(size) < plan.errors.stale / plan.moved)
    place = np.where(stale, people.before[borrowed], people.home[borrowed])
    place[unknown] = rng.integers(0, people.addresses.digits.size, int(unknown.sum()))
    strangers = people.birth[rng.integers(0, people.pupils, size)]
    return Delivered(
        person=person,
        bsn=bsn,
        education=education,
        birth=np.where(unknown, strangers, people.birth[borrowed]),
        sex=people.sex[borrowed].astype(np.int32),
        place=place.astype(np.int32),
        whole=np.ones(size, dtype=np.bool_),
    )


def _sent(
    rng: Generator, plan: Plan, people: People, rows: Delivered, start: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    errors, size = plan.errors, len(rows)
    if plan.numbers == HALF:
        rows = replace(rows, whole=rng.random(size) < 0.5)
    bsn = typed_wrongly(rng, rows.bsn, errors.typed)
    education = typed_wrongly(rng, rows.education, errors.typed)
    no_bsn = (rng.random(size) < errors.no_bsn) | ~rows.whole
    no_education = (rng.random(size) < errors.no_education_number) | ~rows.whole
    numbers = {
        "bsn": np.where(no_bsn, NOT, bsn),
        "education_number": np.where(no_education, NOT, education),
        "birth_date": _birth(rng, plan, rows.birth),
    }
    sex = np.where(rng.random(size) < errors.sex, 1 - rows.sex, rows.sex)
    names = pl.Series("row_id", start + np.arange(size)).cast(pl.String).str.zfill(8)
    delivery = pl.DataFrame(
        [
            ("R" + names).alias("row_id"),
            *texts(numbers),
            sex_texts(sex),
            *_address(rng, plan, people, rows.place),
        ]
    ).with_columns(reference_date=pl.lit(REFERENCE.item()))
    truth = pl.DataFrame(
        [
            delivery["row_id"],
            person_ids(plan, rows.person),
            pl.Series("numbers_left_out", ~rows.whole),
        ]
    )
    return delivery, truth


def _birth(rng: Generator, plan: Plan, birth: Whole) -> Whole:
    """Wrong dates are dates: another year or day, or day and month changed round."""
    year, month, day = birth // 10_000, birth // 100 % 100, birth % 100
    whole = day > 0
    chance = rng.random(birth.size)
    other_year = year + rng.choice(np.array([-10, -1, 1]), birth.size)
    other_day = (day - 1 + rng.integers(1, 28, birth.size)) % 28 + 1
    swapped = chance < plan.errors.swapped
    wrong_year = (chance >= plan.errors.swapped) & (chance < plan.errors.typed / 2)
    wrong_day = (chance >= plan.errors.typed / 2) & (chance < plan.errors.typed)
    can_swap = swapped & (day <= 12) & whole
    year = np.where(wrong_year, other_year, year)
    last = np.where(wrong_day & whole, other_day, np.where(can_swap, month, day))
    middle = np.where(can_swap, day, month)
    sent: Whole = year * 10_000 + middle * 100 + last
    return sent


def _address(rng: Generator, plan: Plan, people: People, place: Whole) -> pl.DataFrame:
    errors, size, known = plan.errors, place.size, people.addresses
    digits, letters = known.digits[place], known.letters[place]
    in_digits, in_letters = np.split(rng.random(2 * size) < errors.typed / 2, 2)
    unit = 10 ** rng.integers(0, 3, size)
    old = digits // unit % 10
    digits = np.where(in_digits, digits + ((old + rng.integers(1, 10, size)) % 10 - old) * unit,
                      digits)  # fmt: skip
    typed = (letters + rng.integers(1, letters_count(), size)) % letters_count()
    neighbour = np.abs(known.house[place] + rng.choice(np.array([-2, 2]), size))
    house = np.where(rng.random(size) < errors.typed, np.maximum(neighbour, 1), known.house[place])
    addition = np.where(rng.random(size) < errors.no_addition, 0, known.addition[place])
    codes = {
        "digits": digits,
        "letters": np.where(in_letters, typed, letters),
        "house": house,
        "addition": addition,
        "there": rng.random(size) >= errors.no_address,
    }
    return pl.DataFrame(codes).select(*address_texts())
