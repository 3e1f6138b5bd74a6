"""Small random worlds for the pattern table, and its rules in plain Python."""

import datetime as dt
import hashlib
import random
import tempfile
from pathlib import Path

import polars as pl

from enclave.linkage.engines import PolarsEngine, take
from enclave.linkage.tail import PUPILS, Tail, run_tail, shipped

DAY = dt.date(2026, 10, 1)
BIRTHS = ("20150203", "20150302", "20150303", "20150204", "20160203", "20151103", None)
POSTCODES = ("1000AB", "1000AB", "1000CD", "2000EF", None)
CODES = ("birth date", "sex", "address", "BSN", "education number")
OPTIONS = {
    "birth": BIRTHS,
    "sex": ("M", "V", "M", "V", None),
    "postcode": POSTCODES,
    "number": ("1", "2", "1", None),
    "addition": ("", "", "A"),
    "bsn": ("b1", "b2", "b3", None),
    "education": ("e1", "e2", None),
}


def values(chance):
    return {name: chance.choice(options) for name, options in OPTIONS.items()}


def world(seed):
    """Persons (one row per spell) and pupils with few distinct values: ties and twins abound."""
    chance = random.Random(seed)
    persons, pupils = [], []
    for number in range(chance.randint(2, 8)):
        one = {"person_id": f"p{number}", **values(chance)}
        one |= {"valid_from": dt.date(2020, 1, 1), "valid_to": None}
        persons.append(one)
        if chance.random() < 0.3:
            day = DAY + dt.timedelta(days=chance.choice([-200, -1, 0, 1]))
            moved = one | {"postcode": chance.choice(POSTCODES), "valid_from": day}
            one["valid_to"] = day
            persons.append(moved | {"bsn": chance.choice(OPTIONS["bsn"])})
    for row in range(chance.randint(1, 8)):
        source = dict(chance.choice(persons))
        for name, options in OPTIONS.items():
            if chance.random() < 0.25:
                source[name] = chance.choice(options)
        own = {"delivery_id": chance.choice(["d1", "d2"]), "pupil_row": f"r{row}"}
        pupils.append({name: source[name] for name in OPTIONS} | own | {"reference_date": DAY})
    return persons, pupils


def hashed(name, value):
    if value is None:
        return None
    digest = hashlib.sha256(f"{name}|{value}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def fields(row):
    """The fields of a row, each null when its value is."""
    born, postcode = row["birth"], row["postcode"]
    part = {
        "f_birth": born,
        "f_year_month": born and born[:6],
        "f_year_day": born and born[:4] + born[6:],
        "f_month_day": born and born[4:],
        "f_sex": row["sex"],
        "f_postcode": postcode,
        "f_area": postcode and postcode[:4],
        "f_number": row["number"],
        "f_addition": row["addition"],
        "f_bsn": row["bsn"],
        "f_education": row["education"],
    }
    found = {name: hashed(name, value) for name, value in part.items()}
    swapped = born and born[:4] + born[6:] + born[4:6]
    return found | {"f_birth_swapped": hashed("f_birth", swapped)}


def frame(rows, kept):
    kinds = dict.fromkeys(kept, pl.String) | {"valid_from": pl.Date, "valid_to": pl.Date}
    kinds |= {"reference_date": pl.Date}
    names = (*kept, *fields(dict.fromkeys(OPTIONS)))
    data = [{name: row[name] for name in kept} | fields(row) for row in rows]
    return pl.DataFrame(data, schema={name: kinds.get(name, pl.Int64) for name in names})


def persons_frame(persons):
    return frame(persons, ("person_id", "valid_from", "valid_to"))


def pupils_frame(pupils):
    return frame(pupils, ("delivery_id", "pupil_row", "reference_date"))


def agree(left, right):
    return 0 if left is None or right is None else 2 if left == right else 1


def birth_code(ours, theirs):
    if ours is None or theirs is None:
        return 0
    if ours == theirs:
        return 4
    if ours[:4] + ours[6:] + ours[4:6] == theirs:
        return 3
    parts = [ours[:4] == theirs[:4], ours[4:6] == theirs[4:6], ours[6:] == theirs[6:]]
    return 2 if sum(parts) == 2 else 1


def address_code(pupil, spell):
    ours, theirs = pupil["postcode"], spell["postcode"]
    if ours is None or theirs is None:
        return 0
    number = pupil["number"] is not None and pupil["number"] == spell["number"]
    day, ended = pupil["reference_date"], spell["valid_to"]
    valid = spell["valid_from"] <= day and (ended is None or ended > day)
    if ours == theirs and number and valid:
        return 7 if pupil["addition"] == spell["addition"] else 6
    if ours == theirs:
        return 5 if number else 4
    if ours[:4] == theirs[:4]:
        return 3 if number else 2
    return 1


def in_a_block(pupil, spell):
    born = birth_code(pupil["birth"], spell["birth"])
    if born < 2:
        return False
    house = address_code(pupil, spell) >= 5
    area = address_code(pupil, spell) >= 2
    return house or (born == 4 and agree(pupil["sex"], spell["sex"]) == 2 and area)


def codes_by_hand(persons, pupils):
    """(delivery, row, person) -> the best code of each comparison over the spells in a block."""
    found = {}
    for pupil in pupils:
        for spell in persons:
            if not in_a_block(pupil, spell):
                continue
            codes = (
                birth_code(pupil["birth"], spell["birth"]),
                agree(pupil["sex"], spell["sex"]),
                address_code(pupil, spell),
                agree(pupil["bsn"], spell["bsn"]),
                agree(pupil["education"], spell["education"]),
            )
            place = (pupil["delivery_id"], pupil["pupil_row"], spell["person_id"])
            before = found.get(place, codes)
            found[place] = tuple(map(max, codes, before))
    return found


def nothing_decided():
    text = ("delivery_id", "pupil_row", "person_id", "status", "pass_name")
    return pl.DataFrame(schema=dict.fromkeys(text, pl.String) | {"candidates": pl.Int64})


def decided(rows):
    """Decisions of the passes: (delivery, row, person, status, pass) each."""
    return pl.DataFrame([(*row, 1) for row in rows], schema=nothing_decided().schema, orient="row")


def run(pupils, persons, before=None, make=PolarsEngine):
    """What the tail decides with the table that comes with the program, sorted."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make(Path(folder))
        frames = (nothing_decided() if before is None else before, pupils, persons)
        given = [take(engine, one, f"given-{n}") for n, one in enumerate(frames)]
        found = run_tail(engine, *given, Tail(shipped(PUPILS), learns=False))
        rows = engine.fetch(found.rows).sort("delivery_id", "pupil_row")
    return rows, found.pairs.sort("delivery_id", "pupil_row", "person_id")
