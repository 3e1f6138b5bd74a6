"""Which files are scanned at all: kinds by content, sizes, and things that are no plain files."""

import gzip
import io
import json
import os
import pickle
import zipfile

import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.outputs.custom_files import (
    CUSTOM_RULES,
    LIMITS,
    FileLimits,
    scan_bytes,
    scan_file,
)
from disclosure_control.verdict import Verdict

TABLE = b"region,n\nnorth,120\nsouth,85\n"


def rules(scan, verdict=Verdict.UNSAFE):
    return {finding.rule for finding in scan.findings if finding.verdict is verdict}


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", TABLE)
    return out.getvalue()


def parquet():
    out = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", TABLE, "csv"),
        ("a.tsv", TABLE.replace(b",", b"\t"), "csv"),
        ("A.CSV", b"\xef\xbb\xbf" + TABLE, "csv"),
        ("a.txt", b"We saw 120 pupils in the north.\n", "text"),
        ("a.json", b'{"north": 120}', "json"),
    ],
)
def test_a_harmless_file_is_for_people_to_decide_and_never_safe(name, data, kind):
    scan = scan_bytes(data, name, "cbs")
    assert (scan.kind, scan.verdict, scan.size) == (kind, Verdict.REVIEW, len(data))
    assert [finding.rule for finding in scan.findings] == ["read_by_people"]
    assert scan.findings[0].reason == "a file made elsewhere is read by people"
    assert all(finding.labels == () for finding in scan.findings)


BINARIES = {
    "zip or xlsx": zipped(),
    "parquet": parquet(),
    "pickle": pickle.dumps({"a": [1, 2]}),
    "old pickle": pickle.dumps({"a": [1, 2]}, protocol=0),
    "gzip": gzip.compress(TABLE),
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "pdf behind blanks": b"\n\n%PDF-1.7\n1 0 obj\n",
    "html": b"<!DOCTYPE html><p>120</p>",
    "svg": b'  <svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "xml": b"<?xml version='1.0'?><a/>",
    "program": b"MZ\x90\x00\x03",
    "elf": b"\x7fELF\x02",
    "script": b"#!/bin/sh\nls\n",
    "database": b"SQLite format 3\x00",
    "numpy": b"\x93NUMPY\x01\x00",
    "jpeg": b"\xff\xd8\xff\xe0",
    "picture": b"\x89PNG\r\n\x1a\n",
    "NUL": b"a,n\nx\x00,20\n",
    "not UTF-8": "a,n\né,20\n".encode("latin-1"),
    "UTF-16": "a,n\nx,20\n".encode("utf-16"),
}


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".json"])
@pytest.mark.parametrize("data", BINARIES.values(), ids=BINARIES)
def test_another_kind_under_an_accepted_suffix_is_refused_by_its_content(data, suffix):
    scan = scan_bytes(data, f"result{suffix}", "cbs")
    assert "file_kind" in rules(scan)
    assert scan.kind == "other"
    assert scan.verdict is Verdict.UNSAFE


@pytest.mark.parametrize(
    "name", ["a.xlsx", "a.pdf", "a.svg", "a.html", "a.ipynb", "a", ".csv", "a.csv.exe"]
)
def test_a_suffix_outside_the_accepted_ones_is_refused(name):
    (finding,) = (f for f in scan_bytes(TABLE, name, "cbs").findings if f.rule == "file_kind")
    assert "not among the accepted kinds" in finding.reason


@pytest.mark.parametrize(("name", "data"), [
    ("a.csv", b'[{"a": 1}, {"a": 2}]'), ("a.txt", b' {"a": 1}'), ("a.png", TABLE),
])  # fmt: skip
def test_suffix_and_content_must_agree(name, data):
    assert "file_kind" in rules(scan_bytes(data, name, "cbs"))


def test_a_table_whose_first_label_is_a_total_is_still_a_csv():
    scan = scan_bytes(b"[total],n\n[missing],20\n", "a.csv", "cbs")
    assert scan.verdict is Verdict.REVIEW


# --- limits --------------------------------------------------------------------------------------


def test_the_limits_of_opensafely_hold_and_every_number_has_a_source():
    assert (LIMITS.maximum_rows, LIMITS.maximum_bytes) == (5_000, 16_000_000)
    numbers = {name for name in vars(LIMITS) if name != "sources"}
    assert numbers == {name for name, _ in LIMITS.sources}


@pytest.mark.parametrize(
    ("name", "data", "allowed"),
    [
        ("a.csv", b"g,n\n" + b"".join(b"g%d,%d\n" % (i, 20 + i) for i in range(5000)), True),
        ("a.csv", b"g,n\n" + b"".join(b"g%d,%d\n" % (i, 20 + i) for i in range(5001)), False),
        ("a.json", json.dumps([{"g": f"g{i}", "n": 20 + i} for i in range(5000)]).encode(), True),
        ("a.json", json.dumps([{"g": f"g{i}", "n": 20 + i} for i in range(5001)]).encode(), False),
        (
            "a.txt",
            b"group freq\n" + b"".join(b"g%d %d\n" % (i, 20 + i) for i in range(5002)),
            False,
        ),
        ("a.csv", b",".join(b"c%d" % i for i in range(1001)) + b"\n", False),
        ("a.txt", b"a" * 65_537, False),
        ("a.csv", b"a" * 65_537, False),
        ("a.json", b"[" * 33 + b"]" * 33, False),
        ("a.json", b"[" * 32 + b"]" * 32, True),
        ("a.json", b"[" * 100_000 + b"]" * 100_000, False),
        ("a.json", b'{"a":' * 100_000, False),
        ("a.json", b"[" + b"1," * 600_000 + b"1]", False),
    ],
    ids=lambda value: value[:9].decode() if isinstance(value, bytes) else str(value),
)
def test_what_is_too_large_to_be_read_is_unsafe_and_what_just_fits_is_not(name, data, allowed):
    assert ("file_limits" not in rules(scan_bytes(data, name, "cbs"))) is allowed


def test_limits_can_be_tightened():
    scan = scan_bytes(TABLE, "a.csv", "cbs", limits=FileLimits(maximum_rows=1))
    assert "file_limits" in rules(scan)


# --- files on disk -------------------------------------------------------------------------------


def test_a_file_on_disk_gives_the_scan_of_its_bytes(tmp_path):
    (tmp_path / "a.csv").write_bytes(TABLE)
    assert scan_file(tmp_path / "a.csv", "cbs") == scan_bytes(TABLE, "a.csv", "cbs")
    assert scan_file(str(tmp_path / "a.csv"), dc.policies["cbs"]).kind == "csv"


def test_a_file_above_the_limit_is_unsafe_without_being_read_to_its_end(tmp_path):
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(10 << 30)
    scan = scan_file(tmp_path / "large.csv", "cbs")
    assert "file_limits" in rules(scan)
    assert (scan.size, scan.sha256) == (10 << 30, "")


def test_links_folders_pipes_devices_empty_and_missing_files_are_refused(tmp_path):
    (tmp_path / "real.csv").write_bytes(TABLE)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "empty.csv").touch()
    os.mkfifo(tmp_path / "pipe.csv")
    names = ("link.csv", "folder.csv", "empty.csv", "pipe.csv", "missing.csv", "real.csv/x.csv")
    for path in (*(tmp_path / name for name in names), "/dev/zero", "a\x00.csv"):
        with pytest.raises(dc.InvalidInputError, match="A file to be scanned") as caught:
            scan_file(path, "cbs")
        assert "folder" in str(caught.value) or str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"data": b""},
        {"data": "text"},
        {"name": ""},
        {"policy": "unknown"},
        {"rounding_base": 0},
        {"rounding_base": 2.5},
        {"rounding_base": True},
        {"known_identifiers": frozenset({"ab1"})},
        {"known_identifiers": frozenset({12345})},
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments):
    given = {"data": TABLE, "name": "a.csv", "policy": "cbs", **arguments}
    with pytest.raises(dc.InvalidInputError):
        scan_bytes(given.pop("data"), given.pop("name"), given.pop("policy"), **given)


# --- the table of rules --------------------------------------------------------------------------


def test_every_rule_has_a_statement_and_a_source_and_only_such_rules_report():
    assert len({rule.name for rule in CUSTOM_RULES}) == len(CUSTOM_RULES)
    assert all(rule.statement and rule.source for rule in CUSTOM_RULES)
    assert CUSTOM_RULES[0].name == "read_by_people"


def test_a_rule_that_breaks_makes_the_file_unsafe(monkeypatch):
    from dataclasses import replace

    import disclosure_control.outputs.custom_files.scan as module

    def broken(content, settings):
        raise RecursionError

    rules_with_a_fault = (*CUSTOM_RULES[:-1], replace(CUSTOM_RULES[-1], find=broken))
    monkeypatch.setattr(module, "CUSTOM_RULES", rules_with_a_fault)
    assert rules(scan_bytes(TABLE, "a.csv", "cbs")) == {CUSTOM_RULES[-1].name}


def test_reading_that_breaks_makes_the_file_unsafe(monkeypatch):
    import disclosure_control.outputs.custom_files.scan as module

    def broken(*arguments):
        raise MemoryError

    monkeypatch.setattr(module, "read_content", broken)
    assert rules(scan_bytes(TABLE, "a.csv", "cbs")) == {"structure"}
