"""The spine file: worked examples, refusals, and the command line."""

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from enclave.cli.link_spine import app
from enclave.errors import FindingsError, InputError, RefusedError, UsageError
from enclave.linkage.spells import Counts, Update, build_file, check_file, update_file

FIRST, SECOND, THIRD = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)
ANNE = {
    "person_id": "000000001",
    "bsn": "111222333",
    "education_number": None,
    "sex": "V",
    "birth_date": "20140506",
    "postcode": "1011AA",
    "house_number": "12",
    "house_addition": None,
}
BOB = ANNE | {"person_id": "000000002", "bsn": None, "education_number": "101234567", "sex": "M"}
MOVED = {"postcode": "2022BB"}


def parquet(path, *rows, **overrides):
    names = [*ANNE, *(name for name in ("valid_from", "valid_to") if name in rows[0])]
    types = {name: pl.String if name in ANNE else pl.Date for name in names}
    frame = pl.DataFrame([[row[name] for name in names] for row in rows], types, orient="row")
    frame.with_columns(**overrides).write_parquet(path)
    return path


@pytest.fixture
def extract(tmp_path):
    return lambda *rows, **overrides: parquet(tmp_path / "extract.parquet", *rows, **overrides)


@pytest.fixture
def spine(tmp_path, extract):
    build_file(extract(ANNE, BOB), FIRST, tmp_path / "spine.parquet")
    return tmp_path / "spine.parquet"


@pytest.fixture
def updated(tmp_path, spine, extract):
    def update(*rows, close_missing=False):
        out = tmp_path / "new.parquet"
        change = Update(spine, extract(*rows), SECOND, close_missing=close_missing)
        counts = update_file(change, out)
        return counts, pl.read_parquet(out)

    return update


def spells(frame, person, *names):
    rows = frame.filter(pl.col("person_id") == person["person_id"])
    return sorted(rows.select(*names, "valid_from", "valid_to").rows(), key=str)


def test_a_snapshot_opens_a_spell_for_everybody(spine):
    rows = pl.read_parquet(spine)
    assert rows["valid_from"].to_list() == [FIRST, FIRST]
    assert rows["valid_to"].null_count() == 2
    assert rows["bsn"].to_list() == ["111222333", None]
    assert check_file(spine) == Counts(persons=2, spells=2, rows=2)


def test_a_move_closes_one_spell_and_opens_another(updated, spine):
    before = spine.read_bytes()
    counts, rows = updated(ANNE | MOVED, BOB)
    assert counts == Counts(persons=2, spells=3, rows=3, moved=1)
    assert spells(rows, ANNE, "postcode") == [
        ("1011AA", FIRST, SECOND),
        ("2022BB", SECOND, None),
    ]
    assert spells(rows, BOB) == [(FIRST, None)]
    assert spine.read_bytes() == before


def test_a_changed_bsn_stands_beside_the_old_one(updated):
    counts, rows = updated(ANNE | {"bsn": "123456782"}, BOB)
    assert (counts.changed_bsn, counts.first_bsn, counts.moved) == (1, 0, 0)
    assert spells(rows, ANNE, "bsn") == [("111222333", FIRST, None), ("123456782", FIRST, None)]


def test_a_first_bsn_is_not_a_changed_one(updated):
    counts, rows = updated(ANNE, BOB | {"bsn": "987654321"})
    assert (counts.changed_bsn, counts.first_bsn) == (0, 1)
    assert {row[0] for row in spells(rows, BOB, "bsn")} == {None, "987654321"}


def test_a_told_end_goes_before_the_begin_of_the_next_address(updated):
    day, later = date(2024, 6, 15), date(2024, 9, 1)
    _, rows = updated(
        ANNE | {"valid_from": FIRST, "valid_to": day},
        ANNE | MOVED | {"valid_from": later, "valid_to": None},
    )
    assert spells(rows, ANNE) == [(FIRST, day), (later, None)]


def test_an_education_number_is_added_and_a_correction_kept_beside(updated):
    counts, rows = updated(
        ANNE | {"birth_date": "20140605"}, BOB, BOB | {"education_number": "107654321"}
    )
    assert (counts.education_numbers, counts.corrected, counts.rows) == (1, 1, 4)
    assert spells(rows, BOB, "education_number") == [
        ("101234567", FIRST, None),
        ("107654321", FIRST, None),
    ]
    assert {row[0] for row in spells(rows, ANNE, "birth_date")} == {"20140506", "20140605"}


@pytest.mark.parametrize(("close", "end"), [(False, None), (True, SECOND)])
def test_who_is_missing_is_counted_and_closed_only_when_asked(updated, close, end):
    counts, rows = updated(ANNE, close_missing=close)
    assert (counts.missing, counts.closed, counts.moved) == (1, int(close), 0)
    assert spells(rows, BOB) == [(FIRST, end)]
    assert spells(rows, ANNE) == [(FIRST, None)]


def test_somebody_new_is_added_and_a_return_is_a_spell_of_its_own(tmp_path, spine, extract):
    middle, last = tmp_path / "middle.parquet", tmp_path / "last.parquet"
    newcomer = ANNE | {"person_id": "000000003", "bsn": None}
    counts = update_file(Update(spine, extract(ANNE | MOVED, BOB, newcomer), SECOND), middle)
    assert counts.added == 1
    update_file(Update(middle, extract(ANNE, BOB, newcomer), THIRD), last)
    assert spells(pl.read_parquet(last), ANNE, "postcode") == [
        ("1011AA", FIRST, SECOND),
        ("1011AA", THIRD, None),
        ("2022BB", SECOND, THIRD),
    ]


def test_dated_changes_close_the_old_spell_on_their_own_date(tmp_path, spine, extract):
    day = date(2024, 6, 15)
    told_end = BOB | {"valid_from": FIRST, "valid_to": day}
    change = ANNE | MOVED | {"valid_from": day, "valid_to": None}
    counts = update_file(Update(spine, extract(change, told_end), SECOND), tmp_path / "n.parquet")
    rows = pl.read_parquet(tmp_path / "n.parquet")
    assert spells(rows, ANNE) == [(FIRST, day), (day, None)]
    assert spells(rows, BOB) == [(FIRST, day)]
    assert (counts.moved, counts.missing) == (1, 0)


def test_without_told_ends_a_spell_lasts_until_the_next(tmp_path, extract):
    rows = [ANNE | {"valid_from": SECOND} | MOVED, ANNE | {"valid_from": FIRST}]
    build_file(extract(*rows), THIRD, tmp_path / "s.parquet")
    found = spells(pl.read_parquet(tmp_path / "s.parquet"), ANNE, "postcode")
    assert found == [("1011AA", FIRST, SECOND), ("2022BB", SECOND, None)]


def test_two_addresses_at_a_time_are_counted_when_ends_are_told(tmp_path, extract):
    rows = [
        ANNE | {"valid_from": FIRST, "valid_to": None},
        ANNE | MOVED | {"valid_from": SECOND, "valid_to": None},
    ]
    counts = build_file(extract(*rows), THIRD, tmp_path / "s.parquet")
    assert (counts.overlapping, counts.spells) == (1, 2)
    again = update_file(
        Update(tmp_path / "s.parquet", extract(*rows), THIRD), tmp_path / "t.parquet"
    )
    assert again == Counts(persons=1, spells=2, rows=2, overlapping=1)


DATED = {"valid_from": FIRST, "valid_to": None}
TWICE = "A person begins at one address on one day"
BAD_VALUES = {
    "bsn is not of 9 characters: 1": [ANNE | {"bsn": "11122233"}],
    "education_number is not of 9 characters: 1": [ANNE | {"education_number": "1"}],
    "sex is not of 1 characters: 1": [ANNE | {"sex": "male"}],
    "sex is not M or V: 1": [ANNE | {"sex": "1"}],
    "birth_date is not of 8 characters: 1": [ANNE | {"birth_date": "2014-05-06"}],
    "birth_date is not of digits: 1": [ANNE | {"birth_date": "201405ab"}],
    "birth_date lies after the extract date: 1": [ANNE | {"birth_date": "20260101"}],
    "postcode is not of 6 characters: 1": [ANNE | {"postcode": "1011 AA"}],
    "person_id is missing: 1": [ANNE, BOB | {"person_id": None}],
    "valid_from is missing: 1": [ANNE | DATED, BOB | DATED | {"valid_from": None}],
    "valid_to lies before valid_from: 1": [ANNE | DATED | {"valid_to": date(2023, 1, 1)}],
    "valid_from lies after the extract date: 1": [ANNE | DATED | {"valid_from": THIRD}],
    "valid_to lies after the extract date: 1": [ANNE | DATED | {"valid_to": THIRD}],
    "1 numbers belong to two or more": [ANNE, BOB | {"bsn": ANNE["bsn"]}],
    TWICE: [ANNE, ANNE | MOVED],
}


@pytest.mark.parametrize("rule", BAD_VALUES)
def test_bad_values_are_found_and_not_shown(tmp_path, extract, rule):
    rows = [row if "valid_" not in rule else DATED | row for row in BAD_VALUES[rule]]
    with pytest.raises(FindingsError) as caught:
        build_file(extract(*rows), SECOND, tmp_path / "spine.parquet")
    message = str(caught.value)
    assert rule in message
    values = {str(value) for row in rows for value in row.values() if value is not None}
    assert [value for value in values if len(value) > 2 and value in message] == []
    assert [path.name for path in tmp_path.iterdir()] == ["extract.parquet"]


def test_a_number_of_somebody_else_in_the_spine_stops_the_update(updated, tmp_path):
    with pytest.raises(FindingsError, match="one person, now and ever"):
        updated(ANNE | {"bsn": "123456782"}, BOB | {"bsn": ANNE["bsn"]})
    assert not (tmp_path / "new.parquet").exists()


@pytest.mark.parametrize("moment", [datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)])  # noqa: DTZ001 - one without a zone is the case
@pytest.mark.parametrize("column", ["valid_from", "valid_to"])
def test_a_time_is_never_cut_to_a_date(tmp_path, extract, moment, column):
    with pytest.raises(InputError, match="time zone") as caught:
        build_file(extract(ANNE | DATED, **{column: pl.lit(moment)}), SECOND, tmp_path / "s")
    assert column in str(caught.value)


@pytest.mark.parametrize("column", ANNE)
def test_a_missing_column_is_named(tmp_path, column):
    path = tmp_path / "e.parquet"
    pl.DataFrame([ANNE]).drop(column).write_parquet(path)
    with pytest.raises(InputError, match=rf"columns .*{column}"):
        build_file(path, SECOND, tmp_path / "s.parquet")


def test_numbers_as_integers_are_refused(tmp_path, extract):
    with pytest.raises(InputError, match="columns bsn"):
        build_file(extract(ANNE, bsn=pl.lit(111222333)), SECOND, tmp_path / "s.parquet")


def test_an_end_without_a_begin_is_refused(tmp_path, extract):
    with pytest.raises(InputError, match="valid_from"):
        build_file(extract(ANNE | {"valid_to": FIRST}), SECOND, tmp_path / "s.parquet")


def test_no_file_no_parquet_and_no_rows_are_refused(tmp_path):
    path = tmp_path / "e.parquet"
    with pytest.raises(InputError, match="is there"):
        build_file(path, SECOND, tmp_path / "s.parquet")
    path.write_text("person_id,bsn\n")
    with pytest.raises(InputError, match="whole Parquet"):
        build_file(path, SECOND, tmp_path / "s.parquet")
    pl.DataFrame(schema=dict.fromkeys(ANNE, pl.String)).write_parquet(path)
    with pytest.raises(InputError, match="holds rows"):
        build_file(path, SECOND, tmp_path / "s.parquet")


def test_an_older_extract_is_refused_even_after_one_that_changed_nothing(tmp_path, spine, extract):
    unchanged = tmp_path / "unchanged.parquet"
    update_file(Update(spine, extract(ANNE, BOB), THIRD), unchanged)
    with pytest.raises(RefusedError, match="not older"):
        update_file(Update(unchanged, extract(ANNE | MOVED), SECOND), tmp_path / "n.parquet")


def test_a_spine_without_a_written_date_is_as_old_as_its_last_date(tmp_path, spine, extract):
    bare = tmp_path / "bare.parquet"
    pl.read_parquet(spine).write_parquet(bare)
    with pytest.raises(RefusedError, match="not older"):
        update_file(Update(bare, extract(ANNE), date(2023, 12, 31)), tmp_path / "n.parquet")
    update_file(Update(bare, extract(ANNE), FIRST), tmp_path / "n.parquet")


def test_nothing_is_written_over(spine, extract):
    with pytest.raises(RefusedError, match="never written over"):
        update_file(Update(spine, extract(ANNE), SECOND), spine)
    with pytest.raises(RefusedError, match="never written over"):
        build_file(extract(ANNE), SECOND, spine)


def test_only_a_snapshot_closes_who_is_missing(tmp_path, spine, extract):
    change = Update(spine, extract(ANNE | DATED), SECOND, close_missing=True)
    with pytest.raises(UsageError, match="closed by a snapshot"):
        update_file(change, tmp_path / "n.parquet")


def test_check_finds_disorder_and_shared_numbers(tmp_path, spine):
    rows = pl.read_parquet(spine)
    rows.reverse().write_parquet(tmp_path / "reversed.parquet")
    with pytest.raises(FindingsError, match="sorted"):
        check_file(tmp_path / "reversed.parquet")
    rows.with_columns(bsn=pl.lit("111222333")).write_parquet(tmp_path / "shared.parquet")
    with pytest.raises(FindingsError, match="one person"):
        check_file(tmp_path / "shared.parquet")


def test_the_commands_count(tmp_path, extract):
    run = CliRunner()
    first, second = str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")
    given = ["--extract", str(extract(ANNE, BOB)), "--date"]
    built = run.invoke(app, ["build", *given, "2024-01-01", "--out", first])
    assert built.stdout.splitlines()[0].split() == ["persons", "2"]
    extract(ANNE | MOVED)
    told = ["--close-missing", "--json", "--out", second]
    done = run.invoke(app, ["update", "--spine", first, *given, "2025-01-01", *told])
    found = json.loads(done.stdout)
    assert (found["moved"], found["missing"], found["closed"]) == (1, 1, 1)
    checked = run.invoke(app, ["check", "--spine", second, "--json"])
    assert json.loads(checked.stdout) == {"persons": 2, "spells": 3, "rows": 3, "overlapping": 0}
