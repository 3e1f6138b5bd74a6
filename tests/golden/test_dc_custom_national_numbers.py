"""National numbers: the published examples of python-stdnum, and when a file of numbers is unsafe."""

import numpy as np
import pytest

from disclosure_control.outputs.custom_files import scan_bytes
from disclosure_control.outputs.custom_files.rules.national_numbers import (
    is_more_than_chance,
    nine_digits,
    passing_bsn,
    passing_education,
)


def found(text, name="a.csv", **options):
    """Rule and verdict of everything beyond the finding for people."""
    data = text if isinstance(text, bytes) else text.encode()
    scan = scan_bytes(data, name, "cbs", **options)
    return {(f.rule, f.verdict.name) for f in scan.findings if f.rule != "read_by_people"}


def csv_of(name, values, counts=None):
    counts = counts or [20 + 7 * place for place in range(len(values))]
    return "\n".join([f"{name},n", *(f"{v},{n}" for v, n in zip(values, counts, strict=True))])


def test_the_examples_of_python_stdnum_pass_and_fail_as_there():
    assert passing_bsn(np.array([111222333])) == 1
    assert passing_bsn(np.array([111252333, 0])) == 0
    assert passing_education(np.array([101222331])) == 1
    assert passing_education(np.array([100252333, 111222331])) == 0


def test_both_tests_agree_with_the_sum_written_out():
    random = np.random.default_rng(1)
    weights = [9, 8, 7, 6, 5, 4, 3, 2, -1]
    for number in [*random.integers(1, 10**9, 3000), *random.integers(10**8, 11 * 10**7, 3000)]:
        total = sum(w * int(d) for w, d in zip(weights, f"{number:09d}", strict=True)) % 11
        one = np.array([number])
        assert passing_bsn(one) == (total == 0)
        assert passing_education(one) == (total == 5 and f"{number:09d}".startswith("10"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("111222333", {"111222333"}),
        ("1112.22.333 and 111-222-333 and 111 222 333", {"111222333"}),
        ("111222333.0", {"111222333"}),
        ("1112223334 11122233 0.111222333 111222333.5", set()),
        ("a111222333b", {"111222333"}),
    ],
)
def test_numbers_of_nine_digits_are_found_however_they_are_written(text, numbers):
    assert nine_digits([text]) == numbers


@pytest.mark.parametrize(
    ("passing", "tried", "expected"),
    [
        (1, 1, False),
        (2, 2, True),
        (2, 20, False),
        (5, 20, False),
        (6, 20, True),
        (512, 5000, False),
        (200, 1100, True),
    ],
)
def test_more_than_chance_means_what_the_rule_says(passing, tried, expected):
    assert is_more_than_chance(passing, tried) is expected


def test_a_column_of_bsns_is_unsafe_and_a_single_passing_number_is_named_for_people():
    assert found(csv_of("x", [123456782, 111222333])) >= {("national_numbers", "UNSAFE")}
    assert found(csv_of("x", ["north", "south"], [123456782, 40])) == {
        ("national_numbers", "REVIEW")
    }
    assert found(csv_of("x", ["north", "south"], [123456783, 40])) == set()
    assert found("The case 111222333 was left out.", "a.txt") == {("national_numbers", "REVIEW")}


def test_large_amounts_that_pass_no_more_often_than_chance_are_not_unsafe():
    random = np.random.default_rng(2)
    amounts = list(random.integers(10**8, 10**9, 400))
    assert ("national_numbers", "UNSAFE") not in found(
        csv_of("region", [f"r{i}" for i in range(400)], amounts)
    )


@pytest.mark.parametrize("name", ["bsn", "BSN_leerling", "onderwijsnummer", "achternaam"])
def test_a_column_named_as_an_identifier_is_unsafe_whatever_it_holds(name):
    assert ("national_numbers", "UNSAFE") in found(csv_of(name, ["a", "b"]))


def test_identifiers_without_a_header_and_in_keys_and_names_are_found_too():
    assert ("national_numbers", "UNSAFE") in found("123456782,20\n111222333,30\n")
    assert ("national_numbers", "UNSAFE") in found('{"123456782": 20, "111222333": 30}', "a.json")
    assert ("national_numbers", "REVIEW") in found(csv_of("x", ["a"]), "111222333.csv")
