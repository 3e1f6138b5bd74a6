"""The spine file against a plain Python machine that reads one snapshot after another."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enclave.linkage.spells import Update, build_file, update_file, verify_sorted

DAYS = [date(2020 + year, 1, 1) for year in range(5)]
TEXTS = ("person_id", "bsn", "education_number", "sex", "birth_date", "postcode", "house_number")
SCHEMA = dict.fromkeys((*TEXTS, "house_addition"), pl.String)
DATED = {**SCHEMA, "valid_from": pl.Date, "valid_to": pl.Date}
PERSONS = range(3)


def number(kind, person, version):
    return None if version is None else f"{kind}{person}{version}".zfill(9)


@st.composite
def combinations(draw, person):
    return (
        number(1, person, draw(st.sampled_from([None, 1, 2]))),
        number(2, person, draw(st.sampled_from([None, 1, 2]))),
        draw(st.sampled_from(["M", "V", None])),
        draw(st.sampled_from(["20100000", "20100203"])),
    )


@st.composite
def sightings(draw):
    """Per day and person: not there, or an address and one or two combinations."""
    world = []
    for _ in DAYS[: draw(st.integers(2, len(DAYS)))]:
        seen = {}
        for person in PERSONS:
            if person == 0 or draw(st.booleans()):
                address = (draw(st.sampled_from(["1011AA", "1012BB", None])), "1", None)
                seen[person] = address, draw(st.sets(combinations(person), min_size=1, max_size=2))
        world.append(seen)
    return world


def snapshot(seen):
    return pl.DataFrame(
        [
            (str(person), *combination, *address)
            for person, (address, several) in seen.items()
            for combination in several
        ],
        schema=SCHEMA,
        orient="row",
    )


def expected(world, *, close_missing):
    """Rows of the spine, by walking over the days of every person."""
    rows = set()
    for person in PERSONS:
        spells, current = [], None
        for day, seen in zip(DAYS, world, strict=False):
            if person not in seen:
                if close_missing and current:
                    current["to"], current = day, None
                continue
            address, several = seen[person]
            if current is None or current["address"] != address:
                if current:
                    current["to"] = day
                current = {"address": address, "from": day, "to": None, "held": set()}
                spells.append(current)
            current["held"] |= several
        rows |= {
            (str(person), *combination, *spell["address"], spell["from"], spell["to"])
            for spell in spells
            for combination in spell["held"]
        }
    return rows


def one_by_one(world, folder, *, close_missing=False):
    for number_, seen in enumerate(world):
        extract = folder / f"extract-{number_}.parquet"
        snapshot(seen).write_parquet(extract)
        spine = folder / f"spine-{number_}.parquet"
        if number_ == 0:
            build_file(extract, DAYS[0], spine)
        else:
            before = folder / f"spine-{number_ - 1}.parquet"
            change = Update(before, extract, DAYS[number_], close_missing=close_missing)
            update_file(change, spine, shard_rows=3)
    return folder / f"spine-{len(world) - 1}.parquet"


@settings(max_examples=25, deadline=None)
@given(sightings(), st.booleans())
def test_snapshots_one_by_one_give_what_the_machine_gives(world, close_missing):
    with TemporaryDirectory() as name:
        spine = one_by_one(world, Path(name), close_missing=close_missing)
        found = pl.read_parquet(spine).rows()
        assert len(found) == len(set(found))
        wanted = expected(world, close_missing=close_missing)
        assert set(found) == wanted
        assert verify_sorted(spine)


@settings(max_examples=25, deadline=None)
@given(sightings())
def test_a_build_from_dated_spells_gives_the_same_file_content(world):
    rows = expected(world, close_missing=False)
    with TemporaryDirectory() as name:
        folder = Path(name)
        by_snapshots = one_by_one(world, folder)
        dated = pl.DataFrame(sorted(rows, key=str, reverse=True), schema=DATED, orient="row")
        dated.write_parquet(folder / "dated.parquet")
        build_file(folder / "dated.parquet", DAYS[len(world) - 1], folder / "built.parquet")
        built = pl.read_parquet(folder / "built.parquet")
        assert built.equals(pl.read_parquet(by_snapshots))


@settings(max_examples=25, deadline=None)
@example([(0, 0, 0), (1, 0, 0), (3, 0, 0), (5, 4, 1), (6, 0, 1), (8, 3, 1)])
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 1)), min_size=1))
def test_spells_that_touch_or_overlap_become_one(spans):
    """Days 0 to 16 as a set of tiles: a spell is a run of tiles; the end 16 stands for open."""
    start = date(2020, 1, 1).toordinal()
    tiles = {home: set() for home in (0, 1)}
    rows = []
    for begin, length, home in spans:
        tiles[home] |= set(range(begin, begin + length + 1))
        first, last = date.fromordinal(start + begin), date.fromordinal(start + begin + length + 1)
        address = ("1011AA", str(home), None)
        rows.append(("7", "123456789", None, "M", "20100203", *address, first, last))
    wanted = set()
    for home, covered in tiles.items():
        for tile in covered:
            if tile - 1 not in covered:
                end = next(end for end in range(tile, 99) if end not in covered)
                wanted.add(
                    (str(home), date.fromordinal(start + tile), date.fromordinal(start + end))
                )
    with TemporaryDirectory() as name:
        extract, out = Path(name) / "e.parquet", Path(name) / "s.parquet"
        pl.DataFrame(rows, schema=DATED, orient="row").write_parquet(extract)
        build_file(extract, date(2021, 1, 1), out)
        found = pl.read_parquet(out).select("house_number", "valid_from", "valid_to")
        assert sorted(found.rows()) == sorted(wanted)
