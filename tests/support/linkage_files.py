"""A small made-up town as the two files that ``enclave link frames`` reads, with the truth."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from driver import enclave

from enclave.linkage.frames import Job, link_frames
from enclave.linkage.keyfile import FileKey
from enclave.progress import Silent

KEY = hashlib.sha256(b"a key of this test").digest()
DAY = dt.date(2026, 10, 1)
PERSONS, TWINS, STRANGERS = 900, 16, 10
IDENTIFIERS = (
    "bsn",
    "education_number",
    "birth_date",
    "sex",
    "postcode",
    "house_number",
    "house_addition",
)


def sound_numbers(count, first=20_000_000):
    """Numbers that pass the eleven-test and belong to nobody on purpose."""
    found = []
    while len(found) < count:
        digits = f"{first:08d}"
        last = sum((9 - place) * int(digit) for place, digit in enumerate(digits)) % 11
        if last < 10:
            found.append(f"{digits}{last}")
        first += 7
    return found


@dataclass(frozen=True)
class Town:
    """``truth``: row_id to person_id, null for a stranger."""

    spine: pl.DataFrame
    delivery: pl.DataFrame
    truth: dict


def make_town(seed=1):
    """Families of three; the first twin pairs share everything but the number.

    Delivered are 600 persons and some strangers. One in five has no number; some have day and month
    of birth exchanged, with a number and without.
    """
    chance = np.random.default_rng(seed)
    days = chance.integers(0, 1400, PERSONS)
    sexes = chance.integers(0, 2, PERSONS)
    for second in range(1, TWINS, 2):
        days[second], sexes[second] = days[second - 1], sexes[second - 1]
    numbers = sound_numbers(PERSONS + STRANGERS + 30)
    births = [dt.date(2012, 1, 1) + dt.timedelta(int(day)) for day in days]
    house = np.array(
        [place // 2 if place < TWINS else place // 3 + 100 for place in range(PERSONS)]
    )
    people = pl.DataFrame(
        {
            "person_id": [f"person-{place:04d}" for place in range(PERSONS)],
            "bsn": numbers[:PERSONS],
            "education_number": pl.Series([None] * PERSONS, dtype=pl.String),
            "birth_date": [day.strftime("%Y%m%d") for day in births],
            "sex": [("M", "V")[one] for one in sexes],
            "postcode": [f"{1011 + one}KQ" for one in house],
            "house_number": [str(3 + one % 90) for one in house],
            "house_addition": [("B" if one % 5 == 0 else None) for one in house],
            "valid_from": dt.date(2019, 5, 1),
            "valid_to": None,
        },
        schema_overrides={"valid_to": pl.Date},
    )
    return _with_spells(people, people[100:160], numbers, chance)


def _with_spells(people, moved, numbers, chance):
    move = dt.date(2026, 2, 1)
    stays = people.join(moved.select("person_id"), on="person_id", how="anti")
    before = moved.with_columns(
        pl.lit(move).alias("valid_to"),
        pl.Series("bsn", numbers[-30:] + moved["bsn"].to_list()[30:]),
    )
    after = moved.with_columns(
        pl.lit(move).alias("valid_from"),
        pl.Series("postcode", [f"{4011 + place}ZW" for place in range(moved.height)]),
    )
    spine = pl.concat([stays, before, after]).sample(fraction=1, shuffle=True, seed=3)
    own = pl.concat([stays, after]).sort("person_id").head(600)
    strangers = (
        pl.concat([stays, after])
        .sort("person_id")
        .tail(STRANGERS)
        .with_columns(
            pl.Series("bsn", numbers[PERSONS : PERSONS + STRANGERS]),
            pl.lit("20110708").alias("birth_date"),
            pl.lit("9011XX").alias("postcode"),
        )
    )
    return _delivered(spine, own, strangers, chance)


def _delivered(spine, own, strangers, chance):
    place = pl.int_range(pl.len())
    without = (place % 5 == 0) & (place >= TWINS) | place.is_in([8, 9, 10, 11, 13])
    birth = pl.col("birth_date")
    swapped = birth.str.slice(0, 4) + birth.str.slice(6, 2) + birth.str.slice(4, 2)
    own = own.with_columns(
        pl.when(~without).then("bsn").alias("bsn"),
        pl.when(place > TWINS, (place % 5 == 1) | (place % 10 == 5), birth.str.slice(6, 2) <= "12")
        .then(swapped)
        .otherwise(birth)
        .alias("birth_date"),
    )
    rows = pl.concat([own, strangers])
    names = [f"row-{number:05d}" for number in chance.permutation(rows.height)]
    delivery = rows.select(
        pl.Series("row_id", names), *IDENTIFIERS, pl.lit(DAY).alias("reference_date")
    )
    true = [*own["person_id"].to_list(), *[None] * strangers.height]
    return Town(
        spine,
        delivery.sample(fraction=1, shuffle=True, seed=4),
        dict(zip(names, true, strict=True)),
    )


@dataclass(frozen=True)
class Folder:
    """Files of one town in a folder, and the command on them."""

    root: Path

    @property
    def out(self):
        return self.root / "out"

    @property
    def links(self):
        return pl.read_parquet(self.out / "links.parquet")

    def write(self, delivery, spine, key=KEY):
        delivery.write_parquet(self.root / "delivery.parquet")
        spine.write_parquet(self.root / "spine.parquet")
        (self.root / "key").write_bytes(key)
        return self

    def run(self, *more, check=True):
        """The command in a process of its own."""
        given = ["--delivery", self.root / "delivery.parquet", "--spine"]
        given += [self.root / "spine.parquet", "--key-file", self.root / "key", "--out", self.out]
        return enclave("link", "frames", *given, *more, check=check)

    def link(self, engine="polars", progress=None, make=None):
        """The same in this process; returns the report."""
        files = (self.root / "delivery.parquet", self.root / "spine.parquet")
        job = Job(*files, FileKey(self.root / "key"), self.out, engine)
        return link_frames(job, progress or Silent(), make)


class Failing(Silent):
    """Fails after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def step(self, _label, _done, _total):
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("stopped on purpose")
