"""The scan finds identifiers wherever they lie, and does not cry at what only looks like them."""

import gzip
import json
import random
import sqlite3
from datetime import date, timedelta

import polars as pl
import pytest
from custody_round import bsns, config, identifiers, parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.custody import scan_site
from enclave.custody.scanning.shapes import numbers_beyond_chance, shape_findings
from enclave.errors import FindingsError, InputError
from enclave.site import Site, render_config

POSTCODES = [f"{1000 + row} {'ABCDEFGHIJ'[row]}X" for row in range(10)]
BIRTHS = [date(2014, 1, 1) + timedelta(days=17 * row) for row in range(10)]
CANARY = b"canary-4711"


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "site")
    site.create_zones()
    site.config_path.write_text(render_config(config()))
    return site


def put(site, name, data):
    path = site.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def database(path, statement, rows):
    connection = sqlite3.connect(path)
    connection.execute(statement)
    mark = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO facts VALUES ({mark})", rows)  # noqa: S608 - marks only
    connection.commit()
    connection.close()


def kinds(site, needles=None):
    return {(count.role, count.kind): count.values for count in scan_site(site, needles).found}


def csv(header, *rows):
    return "\n".join([header, *rows]).encode()


def test_a_fresh_site_is_clean(site):
    result = scan_site(site)
    assert result.clean
    assert (result.files, result.identifiers) == (1, 0)
    assert result.bytes == site.config_path.stat().st_size


@pytest.mark.parametrize(
    ("name", "data", "kind", "values"),
    [
        ("a.parquet", parquet(identifiers(1).select("learner_id")), "identifier columns", 12),
        ("a.parquet", parquet(pl.DataFrame({"BSN": [1, None]})), "identifier columns", 1),
        ("a.parquet", parquet(pl.DataFrame({"x": bsns(9)})), "numbers that pass", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": map(int, bsns(9))})), "numbers that pass", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": map(float, bsns(9))})), "numbers that pass", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": bsns(9, 10_000_000)})), "numbers that pass", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": [{"y": b} for b in bsns(9)]})), "numbers", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": [bsns(9), []]})), "numbers that pass", 9),
        ("a.parquet", parquet(pl.DataFrame({"x": [{"bsn": "1"}]})), "identifier columns", 1),
        ("a.parquet", parquet(pl.DataFrame({"x": POSTCODES})), "postcodes", 10),
        ("a.parquet", parquet(pl.DataFrame({"x": BIRTHS})), "birth dates", 10),
        (
            "a.parquet",
            parquet(pl.DataFrame({"x": POSTCODES}).with_columns(pl.all().cast(pl.Categorical))),
            "postcodes",
            10,
        ),
        ("a.csv", csv("Leerlingnummer;score", "a;1", ";2"), "identifier columns", 1),
        ("a.csv", csv("x,y", *[f"{bsn},1" for bsn in bsns(9)]), "numbers that pass", 9),
        ("a.csv", csv("x", *POSTCODES), "postcodes", 10),
        ("a.log", csv("x;y", *[f"{day:%d-%m-%Y};1" for day in BIRTHS]), "birth dates", 10),
        ("a.csv", csv("bsn;x", "1;2").decode().encode("utf-16"), "identifier columns", 1),
        ("a.csv", b"\xef\xbb\xbf" + csv('"birth_date","x"', '"2014","2"'), "identifier col", 1),
        ("a.json", b'{"a": [{"geboortedatum": "2014-01-01"}]}', "named fields", 1),
        ("a.json", json.dumps({"learner_id": 12345}).encode(), "named fields", 1),
        ("a.ipynb", json.dumps({"c": '{"bsn": "123456782"}'}).encode(), "named fields", 1),
        ("a.xml", b"<uwlr:leerlingid nil='0'>A17</uwlr:leerlingid>", "named fields", 1),
        ("a.txt", " and ".join(bsns(9)).encode(), "numbers that pass", 9),
    ],
)
def test_identifiers_are_found_by_name_or_by_the_shape_of_a_column(site, name, data, kind, values):
    put(site, f"linked/{name}", data)
    found = kinds(site)
    assert [count for (_, what), count in found.items() if what.startswith(kind)] == [values]
    assert {role for role, _ in found} == {f"linked .{name.partition('.')[2]}"}


def people(count):
    return [f"{number:09d}" for number in random.Random(5).sample(range(1_000_000_000), count)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.parquet", parquet(pl.DataFrame({"person_id": people(5000)}))),
        ("a.parquet", parquet(pl.DataFrame({"n": range(100_000_000, 100_005_000)}))),
        (
            "a.parquet",
            parquet(pl.DataFrame({"test_date": [date(2025, 9, 1 + n) for n in range(30)]})),
        ),
        ("a.parquet", parquet(pl.DataFrame({"school_code": ["12AB00", "03XY01"] * 9}))),
        ("a.parquet", parquet(pl.DataFrame({"x": bsns(1) * 50}))),
        ("a.parquet", parquet(pl.DataFrame({"x": bsns(8)}))),
        ("a.parquet", parquet(pl.DataFrame({"bsn": pl.Series([None], dtype=pl.String)}))),
        ("a.parquet", parquet(pl.DataFrame({"birth_year": range(2010, 2020), "sex": ["M"] * 10}))),
        ("a.json", b'{"columns": {"bsn": {"type": "String"}}, "birth_date": "Date", "bsn": null}'),
        ("a.json", b'{"rules": ["bsn", "postcode"], "rejected": [{"rule": "bsn", "rows": 12}]}'),
        ("a.csv", csv("bsn;score", ";1", ";2")),
        ("a.age", b"age-encryption.org/v1\n" + b'{"bsn": "123456782"}'),
        ("a.txt", b"a hash 0123456789abcdef, a number 0.123456782, an id x123456782"),
    ],
)
def test_what_only_looks_like_identifiers_is_left_alone(site, name, data):
    put(site, f"linked/{name}", data)
    assert scan_site(site).found == ()


def test_tables_of_a_database_are_looked_through(site):
    rows = [
        (bsn, code, json.dumps({"postcode": code}))
        for bsn, code in zip(bsns(10), POSTCODES, strict=True)
    ]
    database(site.root / "release/desk.sqlite", "CREATE TABLE facts (a INT, b TEXT, c BLOB)", rows)
    found = kinds(site)
    assert found["release .sqlite", "numbers that pass the eleven test"] >= 10
    assert found["release .sqlite", "postcodes"] == 10
    assert found["release .sqlite", "named fields"] >= 10


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.bin", b"\x00\x01" + CANARY + b"\xff"),
        ("a.bin", b"\x00" + CANARY.decode().encode("utf-16-le")),
        ("a.bin", CANARY.decode().encode("utf-16-be")),
        ("a.bin", bytes((1 << 20) - 4) + CANARY),
        ("a.age", b"age-encryption.org/v1\n" + CANARY),
        ("a.parquet", parquet(pl.DataFrame({"x": ["a" * 500 + CANARY.decode()] * 3}))),
        ("a.parquet", parquet(pl.DataFrame({"x": [CANARY]}))),
        (f"x-{CANARY.decode()}.txt", b""),
        ("a.html", b"<p>" + CANARY + b"</p>"),
    ],
)
def test_an_exact_needle_is_found_in_any_file_and_in_its_name(site, name, data):
    put(site, f"reports/{name}", data)
    assert scan_site(site).found == ()
    result = scan_site(site, [b"other", CANARY])
    assert result.found
    assert {count.kind for count in result.found} == {"needles"}
    assert CANARY.decode() not in repr(result)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("x", [12345678, 7], dtype=pl.Int64),
        pl.Series("x", [12345678.0, 7.5], dtype=pl.Float64),
        pl.Series("x", [12345678, 7], dtype=pl.Int32),
        pl.Series("x", ["012345678"]),
        pl.Series("x", ["id 012345678 of"], dtype=pl.Categorical),
    ],
)
def test_a_number_is_found_as_text_and_as_number_in_compressed_columns(site, column):
    frame = pl.DataFrame({"x": column}).select(pl.col("x").repeat_by(40).explode())
    put(site, "linked/a.parquet", parquet(frame))
    assert kinds(site, [b"012345678"])["linked .parquet", "needles"] >= 40


@pytest.mark.parametrize("start", [b"", b"age-encryption.org/v1\n"])
def test_a_needle_across_the_border_of_two_blocks_is_counted_once(site, start):
    for shift in range(0, len(CANARY) + 2, 3):
        filling = bytes((1 << 20) - shift - len(start))
        put(site, "linked/a.bin", start + filling + CANARY + bytes(100))
        assert kinds(site, [CANARY]) == {("linked .bin", "needles"): 1}


@pytest.mark.parametrize("cut", [0, 1, 200, 511, 512, 513])
def test_a_field_across_the_border_of_two_blocks_is_counted_once(site, cut):
    field = b'"postcode": "1234AB"'
    put(site, "linked/a.bin", b"\x00\x00" + b" " * ((1 << 20) - 2 - cut) + field + b" " * 2000)
    assert kinds(site) == {("linked .bin", "named fields"): 1}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.parquet", parquet(identifiers(1))[:-20]),
        ("a.sqlite", b"SQLite format 3\x00" + bytes(200)),
        ("a.gz", gzip.compress(b"bsn;123456782", mtime=0)),
        ("a", b"PK\x03\x04"),
    ],
    ids=["parquet cut short", "empty database", "gzip", "start of an archive"],
)
def test_what_cannot_be_looked_into_is_not_clean(site, name, data):
    put(site, f"linked/{name}", data)
    result = scan_site(site)
    assert [count.values for count in result.unexamined] == [1]
    assert not result.clean
    with pytest.raises(FindingsError, match="1 files unreadable"):
        result.require_clean()


def test_links_are_not_followed(site, tmp_path):
    (tmp_path / "outside").write_bytes(CANARY)
    (site.root / "linked/link").symlink_to(tmp_path / "outside")
    assert scan_site(site, [CANARY]).clean


def test_a_role_does_not_repeat_a_strange_file_name(site):
    put(site, "linked/a.Jan Jansen 123456782", b'{"bsn": "123456782"}')
    assert {count.role for count in scan_site(site).found} == {"linked file"}


def test_a_scan_needs_to_know_the_school_years(site):
    site.config_path.unlink()
    with pytest.raises(InputError):
        scan_site(site)


def passes(text):
    total = sum(
        int(digit) * weight
        for digit, weight in zip(text, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)
    )
    return total % 11 == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 10**9 - 1), min_size=200, max_size=2000, unique=True))
def test_numbers_by_chance_are_never_taken_for_identifiers(numbers):
    digits = pl.Series([f"{number:09d}" for number in numbers])
    share = sum(map(passes, digits)) / len(digits)
    assert share > 0.25 or numbers_beyond_chance(digits.to_list()) == 0


@settings(max_examples=40, deadline=None)
@given(start=st.integers(10_000_000, 990_000_000), valid=st.integers(20, 60))
def test_a_column_half_of_identifiers_is_found_and_counted(start, valid):
    column = pl.Series(bsns(valid, start) + [f"{start + 11 * row + 1:09d}" for row in range(20)])
    expected = sum(map(passes, column.unique()))
    assert dict(shape_findings(column, 2023))["numbers that pass the eleven test"] == expected
