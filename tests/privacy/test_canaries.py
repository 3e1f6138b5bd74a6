"""Identifiers of made-up pupils are searched for in everything the journey leaves behind.

The search shares no code with the site's own scan: every file is read raw (also as UTF-16), every
Parquet column is decoded, every database is dumped.
"""

import random
import re
import sqlite3

import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("canaries")
HOW_MANY = 60


@pytest.fixture(scope="module")
def canaries(demo):
    """True identifiers of delivered pupils; none equals a (meaningless) person number."""
    delivered = pl.read_parquet(demo.world / "truth/links.parquet").drop_nulls("person_id")
    spine = pl.read_parquet(demo.world / "registers/population_spine.parquet")
    people = set(spine["person_id"])
    rows = spine.join(delivered, on="person_id").sort("person_id", "valid_from")
    chance = random.Random(3)
    numbers = sorted(set(rows["bsn"].drop_nulls()) | set(rows["education_number"].drop_nulls()))
    places = sorted(set(rows["postcode"].drop_nulls()))
    found = chance.sample([n for n in numbers if n not in people], HOW_MANY)
    learners = [learner for learner in sorted(set(delivered["learner_id"])) if len(learner) >= 5]
    return {
        "number": found,
        "postcode": chance.sample(places, HOW_MANY),
        "learner": chance.sample(learners, min(HOW_MANY, len(learners))),
    }


def patterns(canaries):
    """One pattern over all canaries, as they are and as a spreadsheet would write them."""
    numbers = {form for n in canaries["number"] for form in (n, n.lstrip("0"))}
    places = {form for p in canaries["postcode"] for form in (p, f"{p[:4]} {p[4:]}")}
    words = "|".join(re.escape(word) for word in sorted(numbers | places, key=len, reverse=True))
    return re.compile(rf"(?<![0-9A-Za-z.])(?:{words})(?![0-9A-Za-z])")


def texts(path):
    """Everything readable in a file: raw, wide, and decoded columns or tables."""
    raw = path.read_bytes()
    yield raw.decode("latin-1")
    yield raw.replace(b"\x00", b"").decode("latin-1")
    if raw[:4] == b"PAR1":
        frame = pl.read_parquet(path)
        yield "\n".join(frame.columns)
        for name in frame.columns:
            column = frame[name]
            if column.dtype == pl.Binary:
                column = column.bin.encode("hex")
            yield "\n".join(column.cast(pl.String, strict=False).drop_nulls().unique())
    if raw[:15] == b"SQLite format 3":
        database = sqlite3.connect(path)
        yield "\n".join(database.iterdump())
        database.close()


def files_of(demo):
    yield from (path for path in sorted(demo.site.rglob("*")) if path.is_file())
    yield demo.root / "summary.html"


def test_the_search_finds_a_planted_identifier_in_every_kind_of_file(canaries, tmp_path):
    number = canaries["number"][0]
    wanted = patterns(canaries)
    (tmp_path / "a.txt").write_text(f"x;{number};y")
    (tmp_path / "b.txt").write_bytes(f"x;{number};y".encode("utf-16"))
    pl.DataFrame({"n": [int(number)]}).write_parquet(tmp_path / "c.parquet", compression="zstd")
    database = sqlite3.connect(tmp_path / "d.sqlite")
    database.execute("CREATE TABLE t (x BLOB)")
    database.execute("INSERT INTO t VALUES (?)", (number,))
    database.commit()
    database.close()
    for path in tmp_path.iterdir():
        assert any(wanted.search(text) for text in texts(path)), path.name


def test_no_identifier_is_anywhere_in_the_site_after_destruction(demo, canaries):
    wanted = patterns(canaries)
    searched = 0
    for path in files_of(demo):
        searched += 1
        assert not any(wanted.search(text) for text in texts(path)), path.relative_to(demo.root)
    assert searched > 50


def test_no_identifier_was_printed(demo, canaries):
    wanted = patterns(canaries)
    assert not wanted.search(demo.stdout)
    assert not wanted.search(demo.stderr)


def test_no_identifier_is_in_a_file_name(demo, canaries):
    wanted = patterns(canaries)
    schools = set(pl.read_parquet(demo.world / "registers/schools.parquet")["school_code"])
    for path in demo.site.rglob("*"):
        assert not wanted.search(path.name)
        assert not any(code in path.name for code in schools)


def test_the_schools_own_pupil_numbers_are_gone(demo, canaries):
    learners = set(canaries["learner"])
    for path in files_of(demo):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            assert "learner_id" not in frame.columns
            for name in frame.select(pl.col(pl.String)).columns:
                assert not learners & set(frame[name].drop_nulls()), path.name


def test_researchers_see_neither_person_numbers_nor_school_codes(demo):
    links = pl.read_parquet(demo.site / "linkage/links.parquet")
    schools = set(pl.read_parquet(demo.world / "registers/schools.parquet")["school_code"])
    people = set(links["person_id"].drop_nulls())
    for path in (demo.site / "projects").rglob("*.parquet"):
        frame = pl.read_parquet(path)
        for name in frame.select(pl.col(pl.String)).columns:
            assert not (people | schools) & set(frame[name].drop_nulls()), name
