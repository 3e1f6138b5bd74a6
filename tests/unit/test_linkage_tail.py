"""The pattern table piece by piece: design, weights, decisions, its text."""

import json
import math

import polars as pl
import pytest
from linkage_tail_worlds import DAY, decided, persons_frame, pupils_frame, run

from enclave.errors import InputError, UsageError
from enclave.linkage.tail import (
    PUPILS,
    Limits,
    PatternTable,
    Spec,
    as_record,
    from_text,
    plain,
    shipped,
)
from enclave.linkage.tail.assignment import assign, weigh
from enclave.linkage.tail.patterns import pattern_of, words_of

ALL_AGREE = {"birth date": 4, "sex": 2, "address": 7, "BSN": 0, "education number": 0}
ANNA = {
    "birth": "20150203",
    "sex": "V",
    "postcode": "1000AB",
    "number": "1",
    "addition": "",
    "bsn": None,
    "education": None,
}


def spell(who, name):
    return who | {"person_id": name, "valid_from": DAY.replace(year=2020), "valid_to": None}


def delivered(who, row, delivery="d1"):
    return who | {"delivery_id": delivery, "pupil_row": row, "reference_date": DAY}


def decisions(pupils, persons, before=()):
    rows, pairs = run(pupils_frame(pupils), persons_frame(persons), decided(before))
    found = {row["pupil_row"]: (row["person_id"], row["status"]) for row in rows.to_dicts()}
    return found, pairs


def pair(table, **codes):
    one = {"delivery_id": "d1", "pupil_row": "r1", "person_id": "p1", "counted": 1}
    pairs = pl.DataFrame([one | ALL_AGREE | codes]).with_columns(pattern_of(PUPILS))
    return weigh(pairs, table, PUPILS)


def test_a_pupil_who_agrees_on_all_is_linked():
    found, pairs = decisions([delivered(ANNA, "r1")], [spell(ANNA, "p1")])
    assert found == {"r1": ("p1", "linked")}
    assert pairs.is_empty()


@pytest.mark.parametrize(
    "changes",
    [
        {"birth": "20170709"},
        {"birth": None},
        {"postcode": "2000CD", "sex": "M"},
        {"postcode": None},
    ],
)
def test_a_pair_outside_every_block_is_not_seen(changes):
    found, pairs = decisions([delivered(ANNA | changes, "r1")], [spell(ANNA, "p1")])
    assert found == {}
    assert pairs.is_empty()


def test_birth_date_sex_and_area_alone_carry_no_link():
    elsewhere = ANNA | {"postcode": "1000CD", "number": "2"}
    table = shipped(PUPILS)
    sure = table.rows.with_columns(rate=pl.lit(0.9999), leading=pl.lit(0.9999))
    weighed = pair(PatternTable("sure", sure), address=2)
    assert not weighed["carries"].item()
    assert assign(weighed, Limits())["status"].to_list() == ["review"]
    found, _ = decisions([delivered(elsewhere, "r1")], [spell(ANNA, "p1")])
    assert found.get("r1", (None, "unlinked"))[0] is None


def test_the_persons_of_other_pupils_are_not_offered_again():
    twins = [spell(ANNA, "p1"), spell(ANNA, "p2")]
    pupils = [delivered(ANNA, "r1"), delivered(ANNA, "r2")]
    assert decisions(pupils, twins)[0] == {"r1": (None, "review"), "r2": (None, "review")}
    first = ("d1", "r1", "p1", "linked", "BSN")
    assert decisions(pupils, twins, [first])[0] == {"r2": ("p2", "linked")}
    other = ("d2", "r1", "p1", "linked", "BSN")
    assert decisions(pupils, twins, [other])[0]["r2"] == (None, "review")


def test_what_a_pass_by_number_sent_to_review_stays_there():
    before = [("d1", "r1", None, "review", "BSN")]
    found, pairs = decisions([delivered(ANNA, "r1")], [spell(ANNA, "p1")], before)
    assert found == {}
    assert pairs.is_empty()


def test_reviewers_see_words_and_no_values():
    twins = [spell(ANNA, "p1"), spell(ANNA, "p2")]
    _, pairs = decisions([delivered(ANNA | {"bsn": "b1"}, "r1")], twins)
    assert pairs["person_id"].to_list() == ["p1", "p2"]
    assert pairs.drop("bits").row(0) == (
        "d1", "r1", "p1", "whole", "agrees", "home", "missing", "missing"
    )  # fmt: skip


def test_numbers_weigh_by_their_error_rate():
    table = PatternTable("t", shipped(PUPILS).rows, error_rate=1 / 64)
    bits = {code: pair(table, BSN=code)["bits"].item() for code in range(3)}
    assert math.isclose(bits[0] - bits[1], 6)
    assert math.isclose(bits[2] - bits[0], math.log2(63 / 64 * 1e6))


def test_a_pattern_that_the_table_does_not_know_becomes_no_link():
    empty = PatternTable("empty", shipped(PUPILS).rows.clear())
    assert assign(pair(empty), Limits())["status"].to_list() == ["review"]


def test_not_even_with_a_number_that_agrees():
    empty = PatternTable("empty", shipped(PUPILS).rows.clear())
    assert assign(pair(empty, BSN=2), Limits())["status"].to_list() == ["review"]


@pytest.mark.parametrize(
    "changes", [{"minimum_advantage": 0.0}, {"minimum_advantage": -1.0}, {"minimum_rate": 0.0}]
)
def test_limits_that_would_break_ties_are_refused(changes):
    with pytest.raises(UsageError):
        Limits(**changes)


def test_every_pattern_has_words_of_its_own():
    seen = set()
    for birth in range(5):
        for sex in range(3):
            for address in range(8):
                codes = pl.DataFrame([{"birth date": birth, "sex": sex, "address": address}])
                words = words_of(PUPILS, codes.select(pattern_of(PUPILS)).item())
                assert list(words) == ["birth date", "sex", "address"]
                seen.add(tuple(words.values()))
    assert len(seen) == 5 * 3 * 8


@pytest.mark.parametrize(
    "changes", [{"blocks": ()}, {"blocks": ((),)}, {"telling": ()}, {"telling": ((),)}]
)
def test_a_design_without_blocks_or_grounds_is_refused(changes):
    one = plain("sex", "f_sex")
    good = {"comparisons": (one,), "numbers": (), "blocks": (("f_sex",),)}
    good |= {"telling": ((("sex", "agrees"),),)}
    Spec(**good)
    with pytest.raises(UsageError):
        Spec(**good | changes)


def test_a_table_survives_writing_and_reading():
    table = shipped(PUPILS)
    again = from_text(json.dumps(as_record(table, PUPILS)), PUPILS)
    assert again.name == table.name
    assert again.rows.drop("rate", "leading").equals(table.rows.drop("rate", "leading"))
    assert (again.rows["rate"] - table.rows["rate"]).abs().max() < 1e-6
    assert table.rows["matches"].sum() > 10_000


def broken(change):
    record = as_record(shipped(PUPILS), PUPILS)
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "7",
        "{",
        broken(lambda record: record.pop("rows")),
        broken(lambda record: record.pop("name")),
        broken(lambda record: record["rows"].append(record["rows"][0])),
        broken(lambda record: record["rows"][0].update({"rate": 1.5})),
        broken(lambda record: record["rows"][0].update({"rate": -0.1})),
        broken(lambda record: record["rows"][0].update({"rate": "much"})),
        broken(lambda record: record["rows"][0].update({"rate when leading": 1.5})),
        broken(lambda record: record["rows"][0].update({"sex": "a canary"})),
        broken(lambda record: record["rows"][0].pop("address")),
        broken(lambda record: record.update({"rows": 3})),
    ],
)
def test_what_is_no_table_is_refused_without_its_text(text):
    with pytest.raises(InputError, match="pattern table has the comparisons") as caught:
        from_text(text, PUPILS)
    assert "canary" not in str(caught.value)


def test_a_rate_that_is_no_number_is_refused():
    """NaN passes every comparison: such a pair would be neither below nor above a limit."""
    text = broken(lambda record: record["rows"][0].update({"rate": float("nan")}))
    with pytest.raises(InputError):
        from_text(text, PUPILS)


def test_an_error_rate_that_is_no_number_is_refused():
    text = broken(lambda record: record.update({"error rate of a number": float("nan")}))
    with pytest.raises(InputError):
        from_text(text, PUPILS)


def test_counts_below_zero_are_refused():
    text = broken(lambda record: record["rows"][0].update({"matches": -5}))
    with pytest.raises(InputError):
        from_text(text, PUPILS)
