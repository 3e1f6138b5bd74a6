"""The passes against a plain Python linkage on small random worlds, written from the rules alone."""

import datetime as dt
import random

import polars as pl
import pytest

from enclave.linkage.cascade import run_passes
from enclave.linkage.passes import ALL_FIELDS, PASSES

DAY = dt.date(2026, 7, 1)
SPINE_FIELDS = (
    "bsn",
    "education_number",
    "sex",
    "birth_date",
    "postcode",
    "house_number",
    "addition",
)


def key(row, parts):
    values = [row[part] for part in parts]
    return None if any(value is None for value in values) else "|".join(values).encode()


def keyed(rows, extra):
    data = [
        {**{name: row[name] for name in extra}, **{k: key(row, p) for k, p in ALL_FIELDS.items()}}
        for row in rows
    ]
    schema = dict.fromkeys(ALL_FIELDS, pl.Binary)
    return pl.DataFrame(data, schema_overrides=schema)


def world(seed):
    """A few persons with few distinct values, so that ties, twins and contradictions abound."""
    chance = random.Random(seed)
    persons = []
    for number in range(chance.randint(3, 12)):
        person = {
            "person_id": f"p{number:02d}",
            "bsn": f"b{number:02d}" if chance.random() < 0.8 else None,
            "education_number": f"e{number:02d}" if chance.random() < 0.5 else None,
            "sex": chance.choice("MV"),
            "birth_date": chance.choice(["20150101", "20150202", "20160303"]),
            "postcode": chance.choice(["1000AB", "2000CD"]),
            "house_number": chance.choice(["1", "2"]),
            "addition": chance.choice(["", "", "A"]),
            "valid_from": dt.date(2020, 1, 1),
            "valid_to": None,
        }
        persons.append(person)
        if chance.random() < 0.3:
            moved = dict(person, postcode=chance.choice(["1000AB", "2000CD"]), house_number="1")
            person["valid_to"] = moved["valid_from"] = dt.date(2026, 1, 1)
            persons.append(moved)
    pupils = []
    for delivery in ("d1", "d2"):
        for row in range(chance.randint(1, 8)):
            source = dict(chance.choice(persons))
            for field in SPINE_FIELDS:
                if chance.random() < 0.2:
                    other = chance.choice(persons)[field]
                    source[field] = other if chance.random() < 0.6 else None
            source["addition"] = source["addition"] or ""
            pupils.append(
                source | {"delivery_id": delivery, "pupil_row": row, "reference_date": DAY}
            )
    return persons, pupils


def decide_by_hand(persons, pupils):
    """The rules once more: one loop over passes, one over pupils."""
    decided, taken = {}, set()
    for step in PASSES:
        hits = {}
        for pupil in pupils:
            place = (pupil["delivery_id"], pupil["pupil_row"])
            wanted = key(pupil, ALL_FIELDS[step.key])
            if place in decided or wanted is None:
                continue
            found = {}
            for person in persons:
                if key(person, ALL_FIELDS[step.key]) != wanted:
                    continue
                ends = person["valid_to"]
                if step.at_reference_date and not (
                    person["valid_from"] <= DAY and (ends is None or ends > DAY)
                ):
                    continue
                found.setdefault(person["person_id"], []).append(agrees(pupil, person))
            if found:
                hits[place] = {who: any(spells) for who, spells in found.items()}
        claims = {}
        for (delivery, _), found in hits.items():
            for who in found:
                claims[delivery, who] = claims.get((delivery, who), 0) + 1
        fresh = set()
        for (delivery, row), found in hits.items():
            sure = len(found) == 1 and all(
                claims[delivery, who] == 1 and (delivery, who) not in taken for who in found
            )
            fine = sure and (not step.guarded or all(found.values()))
            who = min(found)
            decided[delivery, row] = (who if fine else None, "linked" if fine else "review")
            if fine:
                fresh.add((delivery, who))
        taken |= fresh
    return decided


def agrees(pupil, person):
    """Whether some guard agrees, or none can be compared."""
    guards = (("birth_date",), ("sex",), ("postcode", "house_number"))
    pairs = [(key(pupil, parts), key(person, parts)) for parts in guards]
    known = [(left, right) for left, right in pairs if left is not None and right is not None]
    return not known or any(left == right for left, right in known)


def run(persons, pupils):
    spine = keyed(persons, ("person_id", "valid_from", "valid_to"))
    spine = spine.with_columns(pl.col("valid_to").cast(pl.Date))
    rows = keyed(pupils, ("delivery_id", "pupil_row", "reference_date"))
    return run_passes(rows.with_columns(pl.col("pupil_row").cast(pl.UInt32)), spine.lazy())


@pytest.mark.parametrize("block", range(10))
def test_the_passes_decide_as_the_rules_say(block):
    for seed in range(block * 30, block * 30 + 30):
        persons, pupils = world(seed)
        links = run(persons, pupils)
        expected = decide_by_hand(persons, pupils)
        assert links.height == len(pupils)
        for row in links.iter_rows(named=True):
            place = (row["delivery_id"], row["pupil_row"])
            who, status = expected.get(place, (None, "unlinked"))
            assert (row["person_id"], row["status"]) == (who, status), (seed, place)


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_rows_changes_nothing(seed):
    persons, pupils = world(seed)
    chance = random.Random(seed)
    expected = run(persons, pupils)
    chance.shuffle(persons)
    chance.shuffle(pupils)
    assert run(persons, pupils).equals(expected)


def test_twins_at_one_address_go_to_review_and_are_never_picked():
    twin = {
        "bsn": None, "education_number": None, "sex": "V", "birth_date": "20150101",
        "postcode": "1000AB", "house_number": "1", "addition": "",
        "valid_from": dt.date(2020, 1, 1), "valid_to": None,
    }  # fmt: skip
    persons = [twin | {"person_id": "p1"}, twin | {"person_id": "p2"}]
    pupil = twin | {"delivery_id": "d", "pupil_row": 0, "reference_date": DAY}
    links = run(persons, [pupil])
    assert links.select("person_id", "status", "candidates").rows() == [(None, "review", 2)]


def test_two_pupils_of_one_school_cannot_be_one_person():
    person = {
        "person_id": "p1", "bsn": "b1", "education_number": None, "sex": "V",
        "birth_date": "20150101", "postcode": "1000AB", "house_number": "1", "addition": "",
        "valid_from": dt.date(2020, 1, 1), "valid_to": None,
    }  # fmt: skip
    pupils = [
        person | {"delivery_id": delivery, "pupil_row": row, "reference_date": DAY}
        for delivery, row in (("d1", 0), ("d1", 1), ("d2", 0))
    ]
    links = run([person], pupils)
    assert links["status"].to_list() == ["review", "review", "linked"]


def test_a_delivery_whose_numbers_contradict_everything_else_is_not_linked_at_all():
    persons, pupils = [], []
    for number in range(12):
        person = {
            "person_id": f"p{number}", "bsn": f"b{number}", "education_number": None, "sex": "V",
            "birth_date": f"201501{number + 10}", "postcode": "1000AB", "house_number": str(number),
            "addition": "", "valid_from": dt.date(2020, 1, 1), "valid_to": None,
        }  # fmt: skip
        persons.append(person)
        other = person | {"sex": "M", "birth_date": "20140101", "postcode": "9000ZZ"}
        pupils.append(
            (person if number == 0 else other)
            | {"delivery_id": "shifted", "pupil_row": number, "reference_date": DAY}
        )
    assert set(run(persons, pupils)["status"]) == {"review"}
