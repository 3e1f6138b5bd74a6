"""Normal forms of identifiers, against a plain loop and published examples."""

import random

import polars as pl
import pytest

from enclave import identifiers as normal
from enclave.identifiers.birth_date import DAY_FIRST, YEAR_FIRST
from enclave.identifiers.numbers import PLACEHOLDERS

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def remainder(text):
    return sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 11


def numbers(bsn, education):
    frame = pl.DataFrame(
        {"bsn": bsn, "education_number": education},
        schema={"bsn": pl.String, "education_number": pl.String},
    )
    made = frame.select(
        normal.citizen_service_number().alias("bsn"),
        normal.education_number().alias("education_number"),
    )
    return made.rows()


def test_published_examples_are_told_apart():
    """111222333 (BSN) and 101222331 (education number) stand in python-stdnum's manual."""
    assert remainder("111222333") == 0
    assert remainder("101222331") == 5
    assert numbers([None], ["101222331"]) == [(None, "101222331")]
    assert numbers(["111252333"], ["100252334"]) == [(None, None)]


def test_random_numbers_pass_as_a_plain_loop_says():
    chance = random.Random(5)
    texts = [f"{chance.randrange(10**9):09d}" for _ in range(3000)]
    texts += [f"10{chance.randrange(10**7):07d}" for _ in range(3000)]
    for text, (bsn, education) in zip(texts, numbers(texts, [None] * len(texts)), strict=True):
        valid = remainder(text) == 0 and text not in PLACEHOLDERS
        assert bsn == (text if valid else None)
        pupil = text.startswith("10") and remainder(text) == 5
        assert education == (text if pupil else None)


def test_lost_zeros_come_back_and_swapped_fields_are_put_right():
    bsn = next(f"{n:09d}" for n in range(1_000_000, 2_000_000) if remainder(f"{n:09d}") == 0)
    assert numbers([bsn.lstrip("0")], [None]) == [(bsn, None)]
    assert numbers(["101222331"], [bsn]) == [(bsn, "101222331")]
    assert numbers([f"{bsn[:4]}.{bsn[4:6]}-{bsn[6:]}"], [" "]) == [(bsn, None)]


@pytest.mark.parametrize("text", [*PLACEHOLDERS, "", " ", "12345", "1234567890", "12345678a", "0"])
def test_placeholders_and_fragments_are_nothing(text):
    assert numbers([text], [text]) == [(None, None)]


def one(expression, **columns):
    schema = dict.fromkeys(columns, pl.String)
    return (
        pl.DataFrame({k: [v] for k, v in columns.items()}, schema=schema).select(expression).item()
    )


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("31-12-2015", DAY_FIRST, "20151231"),
        ("2015-12-31", YEAR_FIRST, "20151231"),
        ("20151231", YEAR_FIRST, "20151231"),
        ("00-00-2015", DAY_FIRST, "20150000"),
        ("00-07-2015", DAY_FIRST, "20150700"),
        ("2015-00-00", YEAR_FIRST, "20150000"),
        ("30-02-2015", DAY_FIRST, None),
        ("2015-13-01", YEAR_FIRST, None),
        ("00000000", YEAR_FIRST, None),
        ("18991231", YEAR_FIRST, None),
        ("20150031", YEAR_FIRST, None),
        ("", YEAR_FIRST, None),
        (None, YEAR_FIRST, None),
    ],
)
def test_birth_dates_may_be_partly_unknown_but_not_impossible(text, order, expected):
    assert one(normal.birth_date("d", order), d=text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2601 DC", "2601DC"), ("2601dc", "2601DC"), ("NL-2601 DC", "2601DC"), ("2601SA", None),
        ("2601SD", None), ("2601SS", None), ("0601DC", None), ("2601D", None), ("9999XX", None),
        (None, None),
    ],
)  # fmt: skip
def test_postcodes(text, expected):
    assert one(normal.postcode("p"), p=text) == expected


@pytest.mark.parametrize(
    ("text", "number", "addition"),
    [
        ("32", "32", None), ("32A", "32", "A"), ("32-2", "32", "2"), ("32 hs", "32", "HS"),
        ("032 a", "32", "A"), ("32/bis", "32", "BIS"), ("0", None, None), ("A32", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_house_numbers_and_additions_come_apart(text, number, addition):
    first, second = normal.house_parts("h")
    assert one(first, h=text) == number
    assert one(second, h=text) == addition


@pytest.mark.parametrize(
    ("coding", "text", "expected"),
    [
        ("letters", "M", "M"), ("letters", "V", "V"), ("letters", "1", None),
        ("ISO 5218", "1", "M"), ("ISO 5218", "2", "V"), ("ISO 5218", "0", None), ("ISO 5218", "9", None),
        ("OSO", "1", "V"), ("OSO", "2", "M"), ("OSO", "0", None), ("OSO", None, None),
    ],
)  # fmt: skip
def test_sex_is_read_by_the_coding_of_its_source_only(coding, text, expected):
    assert one(normal.sex("s", coding), s=text) == expected
