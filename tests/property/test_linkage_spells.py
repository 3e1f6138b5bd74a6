"""What holds for every spine: applied twice is applied once; order and shards change nothing."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enclave.linkage.spells import Counts, Update, build_file, update_file, verify_sorted

DAYS = [date(2020 + year, 1, 1) for year in range(4)]
TEXTS = ("person_id", "bsn", "education_number", "sex", "birth_date", "postcode", "house_number")
SCHEMA = dict.fromkeys((*TEXTS, "house_addition"), pl.String)
DATED = {**SCHEMA, "valid_from": pl.Date, "valid_to": pl.Date}


@st.composite
def spell(draw):
    person = draw(st.sampled_from("123"))
    bsn = draw(st.sampled_from([None, f"11111111{person}", f"22222222{person}"]))
    home = (draw(st.sampled_from(["1011AA", "1012BB"])), "1", draw(st.sampled_from([None, "a"])))
    start = draw(st.sampled_from(DAYS))
    end = draw(st.sampled_from([None, *(day for day in DAYS if day >= start)]))
    return (person, bsn, None, "M", "20100203", *home, start, end)


EXTRACTS = st.lists(spell(), min_size=1, max_size=8)


def written(rows, path):
    pl.DataFrame(rows, schema=DATED, orient="row").write_parquet(path)
    return path


BEGUN = ("1", None, None, "M", "20100203", "1011AA", "1", None)


@settings(max_examples=30, deadline=None)
@example([(*BEGUN, DAYS[2], None)], [(*BEGUN, DAYS[0], DAYS[2])])
@given(EXTRACTS, EXTRACTS)
def test_an_extract_applied_twice_is_applied_once(first, second):
    with TemporaryDirectory() as name:
        old, once, twice = (Path(name) / f"{number}.parquet" for number in range(3))
        build_file(written(first, Path(name) / "e1"), DAYS[-1], old)
        newer = written(second, Path(name) / "e2")
        counts = update_file(Update(old, newer, DAYS[-1]), once)
        again = update_file(Update(once, newer, DAYS[-1]), twice)
        assert once.read_bytes() == twice.read_bytes()
        assert again == Counts(
            counts.persons, counts.spells, counts.rows, overlapping=counts.overlapping
        )


@settings(max_examples=30, deadline=None)
@given(EXTRACTS, st.randoms(), st.integers(1, 9))
def test_the_order_of_rows_and_the_number_of_shards_change_nothing(rows, random, shard_rows):
    with TemporaryDirectory() as name:
        one, other = Path(name) / "one.parquet", Path(name) / "other.parquet"
        build_file(written(rows, Path(name) / "e1"), DAYS[-1], one)
        shuffled = random.sample(rows, len(rows))
        path = written(shuffled, Path(name) / "e2")
        build_file(path, DAYS[-1], other, shard_rows=shard_rows)
        assert pl.read_parquet(one).equals(pl.read_parquet(other))
        assert verify_sorted(other)


ROWS = st.lists(
    st.tuples(st.sampled_from([None, "1", "2"]), st.sampled_from("ab"), st.sampled_from(DAYS[:2])),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_verify_sorted_says_what_sorting_says(rows):
    with TemporaryDirectory() as name:
        path = Path(name) / "s.parquet"
        schema = {"bsn": pl.String, "person_id": pl.String, "valid_from": pl.Date}
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
        right = sorted(rows, key=lambda row: (row[0] is None, row[0] or "", *row[1:]))
        assert verify_sorted(path) == (rows == right)
