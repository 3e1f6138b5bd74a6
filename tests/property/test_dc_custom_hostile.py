"""Whatever the bytes: a scan ends, raises nothing of others, is never SAFE and quotes nothing."""

import json
import zlib
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure_control.outputs.custom_files import CUSTOM_RULES, scan_bytes
from disclosure_control.verdict import Verdict

SETTINGS = settings(derandomize=True, deadline=None, max_examples=150)
NAMES = st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.log", "a.json", "a.png", "a.zip"])
KNOWN = frozenset({"P-00123"})
LETTERS = st.text(alphabet="abcN=,;\t|\"'\n\r[]{}:0123456789.-+@ \u200b\u202eé\ud7ff", max_size=200)

plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.integers(1, 12)
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=12), st.dictionaries(st.text(max_size=6), inner, max_size=12)
    ),
    max_leaves=40,
)


def check(data, name):
    scan = scan_bytes(data, name, "cbs", known_identifiers=KNOWN, rounding_base=5)
    assert scan.verdict in {Verdict.REVIEW, Verdict.UNSAFE}
    assert scan.findings[0].rule == "read_by_people"
    assert {finding.rule for finding in scan.findings} <= {rule.name for rule in CUSTOM_RULES}
    assert not any("could not be" in finding.reason for finding in scan.findings)
    return scan


@SETTINGS
@given(st.binary(min_size=1, max_size=300), NAMES)
def test_any_bytes_under_any_suffix_end_in_a_verdict(data, name):
    check(data, name)


@SETTINGS
@given(LETTERS.filter(bool), NAMES)
def test_any_text_under_any_suffix_ends_in_a_verdict(text, name):
    check(text.encode("utf-8", "surrogatepass"), name)


@SETTINGS
@given(values)
def test_any_json_ends_in_a_verdict(value):
    check(json.dumps(value).encode(), "a.json")
    check(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), "a.json")


@SETTINGS
@given(st.data())
def test_a_picture_with_one_changed_byte_is_unsafe_or_the_same_picture(data):
    def chunk(name, body=b""):
        return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(name + body))

    good = b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", pack(">IIBBBBB", 4, 3, 8, 0, 0, 0, 0)),
            chunk(b"pHYs", bytes(9)),
            chunk(b"IDAT", zlib.compress(bytes(15))),
            chunk(b"IEND"),
        )
    )
    place = data.draw(st.integers(0, len(good) - 1))
    changed = (
        good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    )
    assert check(good, "a.png").verdict is Verdict.REVIEW
    assert check(changed, "a.png").verdict is Verdict.UNSAFE


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 60)), min_size=1, max_size=40),
    st.sampled_from(["csv", "headless", "json", "text"]),
    st.booleans(),
)
def test_no_value_of_the_file_reaches_the_scan(rows, form, formula):
    """Every value carries a canary, a word that stands nowhere else."""
    mark = "=qzcanary" if formula else "qzcanary"
    cells = [(f"{mark}{code}", count) for code, count in rows]
    if form == "json":
        text = json.dumps(
            {"rows": [{"x": a, "n": n} for a, n in cells], cells[0][0]: {"qzcanary": 1}}
        )
    else:
        separator = " " if form == "text" else ","
        header = [] if form != "csv" else ["x,n"]
        text = "\n".join([*header, *(f"{a}{separator}{n}" for a, n in cells)])
    name = {"json": "a.json", "text": "a.txt"}.get(form, "a.csv")
    assert "qzcanary" not in repr(check(text.encode(), name)).lower()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("line.csv", b"a" * 10_000_000),
        ("columns.csv", b",".join([b"c"] * 10_000) + b"\n" + b",".join([b"1"] * 10_000)),
        ("quote.csv", b'"' + b"a\n" * 2_000_000),
        ("string.json", b'"' + b"a" * 4_000_000 + b'"'),
        ("escapes.json", b'"' + b"\\" * 3_999_999 + b'"'),
        ("number.json", b"9" * 4_000_000),
        ("lists.json", b"[" + b"[]," * 1_500_000 + b"[]]"),
        ("closed.json", b"]" * 4_000_000),
        ("keys.json", json.dumps([{f"k{i}": i} for i in range(60_000)]).encode()),
        ("ragged.json", json.dumps([[1] * 200_000] + [[1, 2]] * 90_000).encode()),
        ("tables.json", json.dumps([[{f"k{i}": i} for i in range(200)]] * 40).encode()),
        ("nested.json", (b'{"a":' * 31 + b"1" + b"}" * 31)),
        ("ats.txt", (b"a@" * 30_000 + b"\n") * 20),
        ("dots.txt", (b"a@b" + b".b" * 30_000 + b"\n") * 20),
        ("digits.txt", (b"1" * 60_000 + b"\n") * 20),
        ("signs.csv", (b"-1e" * 20_000 + b"\n") * 20),
        ("spaces.csv", (b" " * 60_000 + b"=\n") * 20),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_made_to_exhaust_the_scan_end_in_a_verdict(name, data):
    scan = check(data, name)
    assert name == "nested.json" or scan.verdict is Verdict.UNSAFE
    if name in {"line.csv", "columns.csv", "lists.json", "keys.json", "ragged.json", "tables.json"}:
        assert "file_limits" in {finding.rule for finding in scan.findings}
