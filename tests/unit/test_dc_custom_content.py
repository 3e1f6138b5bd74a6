"""What must not be in a file: identifiers, formulas, hidden content, doubtful JSON."""

import json

import pytest

from disclosure_control.outputs.custom_files import scan_bytes
from disclosure_control.verdict import Verdict


def found(text, name="a.csv", **options):
    """Rule and verdict of everything beyond the finding for people."""
    data = text if isinstance(text, bytes) else text.encode()
    scan = scan_bytes(data, name, "cbs", **options)
    return {(f.rule, f.verdict.name) for f in scan.findings if f.rule != "read_by_people"}


def csv_of(name, values, counts=None):
    counts = counts or [20 + 7 * place for place in range(len(values))]
    return "\n".join([f"{name},n", *(f"{v},{n}" for v, n in zip(values, counts, strict=True))])


# --- other identifiers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["P-00123", "p 00123", "seen: P-00123!", "p00123"],
)
def test_a_known_identifier_is_found_however_it_is_separated(cell):
    known = frozenset({"P-00123", "Piet de Vries"})
    assert ("known_identifiers", "UNSAFE") in found(
        csv_of("x", [cell, "b"]), known_identifiers=known
    )
    assert ("known_identifiers", "UNSAFE") in found(
        f"It is {cell} again.", "a.txt", known_identifiers=known
    )
    assert ("known_identifiers", "UNSAFE") in found(
        json.dumps({"x": [cell]}), "a.json", known_identifiers=known
    )


def test_a_known_identifier_in_the_files_name_or_header_is_found_and_a_longer_word_is_none():
    known = frozenset({"P00123", "Piet de Vries"})
    assert ("known_identifiers", "UNSAFE") in found(
        csv_of("x", ["a"]), "P00123.csv", known_identifiers=known
    )
    assert ("known_identifiers", "UNSAFE") in found(
        csv_of("piet de vries", ["a"]), known_identifiers=known
    )
    assert found(csv_of("x", ["P001234", "Piet de Wit"]), known_identifiers=known) == set()


@pytest.mark.parametrize(
    "codes",
    [
        [f"{i:016x}" for i in range(0xABC1, 0xABC5)],
        [f"{i:08x}-1234-4abc-8def-0123456789ab" for i in range(4)],
        [f"aB3{i}xYzK9mNpQrStUv==" for i in range(4)],
    ],
    ids=["hex", "uuid", "base64"],
)
def test_a_column_of_long_codes_is_one_of_pseudonyms(codes):
    assert ("pseudonyms", "UNSAFE") in found(csv_of("code", codes))


def test_one_digest_in_a_text_is_no_pseudonym_but_many_are():
    digests = [f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}" for i in range(1, 12)]
    assert found(f"made from commit {digests[0]}f", "a.txt") == set()
    assert ("pseudonyms", "UNSAFE") in found("seen " + " and, ".join(digests), "a.txt")


def test_postcodes_addresses_and_birth_dates_are_found_and_years_and_months_are_not():
    assert ("postcodes", "UNSAFE") in found(csv_of("area", ["1234 AB", "2345CD"]))
    assert ("postcodes", "UNSAFE") in found("lives in 1234AB, 2345CD, 3456EF", "a.txt")
    assert found(csv_of("area", ["1234", "2345"])) == set()
    assert found("see EU 2019 VS 2020 and 1234AB once", "a.txt") == set()
    assert ("e_mail", "UNSAFE") in found("mail j.de-vries@school.example.nl now", "a.txt")
    assert found("price @ 3 euro, user@host", "a.txt") == set()
    days = [f"{1 + 7 * i % 28:02d}-{1 + 5 * i % 12:02d}-{2005 + i % 9}" for i in range(12)]
    assert ("birth_dates", "UNSAFE") in found(csv_of("x", days))
    assert ("birth_dates", "REVIEW") in found(csv_of("x", days[:5]))
    assert ("birth_dates", "UNSAFE") in found(csv_of("geboortedatum", days[:2]))
    assert found(csv_of("x", [f"2024-{month:02d}-01" for month in range(1, 13)])) == set()
    assert found(csv_of("x", [f"2024-01-{day:02d}" for day in range(1, 29)])) == set()


# --- formulas ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "=cmd|'/c calc'!A1",
        "+SUM(A1)",
        "-cmd",
        "@SUM(1)",
        '"=1"',
        " =1",
        '"\t=1"',
        "\uff1d1",
        "-2+A1",
        '"\t5"',
        "+1|x",
    ],
)
def test_a_cell_that_a_spreadsheet_runs_is_unsafe(cell):
    assert ("formulas", "UNSAFE") in found(f"a,n\n{cell},20\nx,30\n")


@pytest.mark.parametrize(
    "cell",
    [
        "-5",
        "-0.5",
        "-1.5e-05",
        "+3",
        "-12%",
        "-",
        "--",
        "-0.12***",
        '"-0,5 [-1,2; 0,3]"',
        "a-b",
        "'=1",
        "1-5",
    ],
)
def test_negative_numbers_and_estimates_are_no_formulas(cell):
    assert ("formulas", "UNSAFE") not in found(f"a,n\n{cell},20\nx,30\n")


def test_a_formula_behind_another_separator_is_found_and_texts_may_have_lists():
    assert ("formulas", "UNSAFE") in found("a,n\nx;=1+1,20\ny,30\n")
    assert found("- one\n- two\n= three\n", "a.txt") == set()


# --- hidden content ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "bell \x07", "escape \x1b[8m", "delete \x7f", "overwritten\rline", "zero\u200bwidth",
        "right \u202e left", "isolate \u2067x", "soft\u00adhyphen", "mark \ufeff inside",
        "tag \U000e0041", "private \ue000", "line\u2028end", "variant \ufe0f",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkw", "a" * 5 + "bcdef" * 50,
        "<script>x</script>", "see <SVG onload=1>", "javascript:alert(1)",
        "data:image/png;base64,AAAA",
    ],
)  # fmt: skip
def test_what_does_not_show_is_unsafe_in_texts_tables_and_json(text):
    assert ("hidden_content", "UNSAFE") in found(f"Result: {text} end\n", "a.txt")
    assert ("hidden_content", "UNSAFE") in found(json.dumps({"x": text}), "a.json")
    assert ("hidden_content", "UNSAFE") in found(f'a,n\n"{text}",20\n')


def test_blanks_that_could_carry_bits_are_found_in_texts():
    assert ("hidden_content", "UNSAFE") in found("one \t \nnext\n", "a.txt")
    assert found("fixed width   \nnext   \n\tindented\n", "a.txt") == set()


def test_a_cell_too_long_to_read_is_unsafe_and_dutch_text_is_not():
    assert ("hidden_content", "UNSAFE") in found(f"a,n\n{'ja en nee ' * 101},20\n")
    assert (
        found("De leerlingen uit Súdwest-Fryslân ëïö € 5 \u2013 zie “bijlage”.\r\n", "a.txt")
        == set()
    )
    assert found("=" * 300 + "\n" + "-" * 300 + "\n", "a.txt") == set()


def test_a_name_with_invisible_characters_is_unsafe():
    assert ("hidden_content", "UNSAFE") in found(csv_of("x", ["a"]), "table\u202egnp.csv")


# --- structure -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"a": 1, "a": 2}'),
        ("a.json", '{"a": NaN}'),
        ("a.json", "[Infinity, -Infinity]"),
        ("a.json", '{"a": 1} {"b": 2}'),
        ("a.json", '{"a": 1,}'),
        ("a.json", "region,n"),
        ("a.json", "9" * 10_000),
        ("a.json", '{"nbformat": 4, "cells": []}'),
        ("a.json", '{"cells": [{"cell_type": "code", "outputs": []}]}'),
        ("a.csv", "a,n\nx,20,hidden\ny,30\n"),
        ("a.csv", 'a,n\n"x,20\ny,30\n'),
        ("a.csv", "a,n\nx\n"),
    ],
)
def test_content_that_can_be_read_in_two_ways_is_unsafe(name, text):
    assert ("structure", "UNSAFE") in found(text, name)


def test_cells_beyond_the_header_are_judged_too():
    assert ("formulas", "UNSAFE") in found("a,n\nx,20,=1+1\ny,30\n")
    assert ("national_numbers", "UNSAFE") in found("a,n\nx,20,123456782\ny,30,111222333\n")


@pytest.mark.parametrize("depth", [33, 1000, 200_000])
def test_deep_nesting_is_measured_before_it_is_parsed(depth):
    assert ("file_limits", "UNSAFE") in found('{"a":' * depth + "1" + "}" * depth, "a.json")
    assert found(json.dumps({"x": "[" * 500}), "a.json") == set()


# --- never a value -------------------------------------------------------------------------------


def test_a_header_is_quoted_only_where_it_surely_is_none_of_the_values():
    def reasons(text):
        return " ".join(f.reason for f in scan_bytes(text.encode(), "a.csv", "cbs").findings)

    assert "column 2 (n)" in reasons("region,n\nnorth,4\nsouth,20\n")
    for text in (
        "Jansen,n\n=1,4\nJansen,20\n",
        "Jansen,4\n=1,20\n",
        "Jansen,NA\n=1,4\n",
        "x@Jansen.nl,n\n=1,4\n",
        "Jansen12345,n\n=1,4\n",
        "Jansen,Jansen\n=1,4\n",
        "Jansen,north\n=1,south\n",
    ):
        assert "column 1 has" in reasons(text)
        assert "Jansen" not in reasons(text)


def test_findings_about_many_columns_are_cut_and_the_worst_come_first():
    names = ",".join(f"n_{i}" for i in range(60))
    scan = scan_bytes(f"{names}\n{','.join(['4'] * 60)}\n".encode(), "a.csv", "cbs")
    few = [f for f in scan.findings if f.rule == "small_counts"]
    assert len(few) == 21
    assert few[-1].reason == "40 more findings of this rule"
    assert all(f.verdict is Verdict.UNSAFE for f in few)
