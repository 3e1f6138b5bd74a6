"""Small random worlds, and a linkage of them in plain Python, written from the rules alone."""

import datetime as dt
import hashlib
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.linkage import linking
from enclave.linkage.engines import PolarsEngine, take
from enclave.linkage.linking import Keyed
from enclave.linkage.passes import IDENTITY_FIELDS

DAY = dt.date(2026, 7, 1)
HOME = ("birth", "sex", "postcode", "house_number")
PLACE = ("birth", "postcode", "house_number")
GUARDS = (("birth",), ("sex",), ("postcode", "house_number"))
TELLING = (("birth",), ("postcode", "house_number"))
RULES = (
    ("BSN", ("bsn",), GUARDS, False),
    ("education number", ("education_number",), GUARDS, False),
    ("birth date, sex and address", (*HOME, "addition"), (("bsn",),), True),
    ("the same without addition", HOME, (("bsn",),), True),
)
FIELDS = ("bsn", "education_number", *HOME, "addition")


def person(name, **changes):
    """One address spell of one person, everything known."""
    return {
        "person_id": f"p{name}",
        "bsn": f"b{name}",
        "education_number": None,
        "sex": "V",
        "birth": "20150101",
        "postcode": "1000AB",
        "house_number": str(name),
        "addition": "",
        "valid_from": dt.date(2020, 1, 1),
        "valid_to": None,
        **changes,
    }


def pupil(source, row, delivery="d1", **changes):
    """A delivered pupil with the identifiers of ``source``."""
    own = {"delivery_id": delivery, "pupil_row": row, "reference_date": DAY}
    return {**{field: source[field] for field in FIELDS}, **own, **changes}


def world(seed):
    """Persons and pupils with few distinct values, so that ties, twins and errors abound."""
    chance = random.Random(seed)
    persons = []
    for number in range(chance.randint(3, 12)):
        one = person(
            f"{seed}-{number:02d}",
            bsn=f"b{number:02d}" if chance.random() < 0.8 else None,
            education_number=f"e{number:02d}" if chance.random() < 0.5 else None,
            sex=chance.choice(["M", "V", "M", "V", None]),
            birth=chance.choice(["20150101", "20150202", "20160303", None]),
            postcode=chance.choice(["1000AB", "2000CD"]),
            house_number=chance.choice(["1", "2"]),
            addition=chance.choice(["", "", "A"]),
        )
        persons.append(one)
        if chance.random() < 0.3:
            moved = dict(one, postcode=chance.choice(["1000AB", "2000CD"]), house_number="1")
            day = DAY + dt.timedelta(days=chance.choice([-200, -1, 0, 1]))
            one["valid_to"] = moved["valid_from"] = day
            persons.append(moved)
    pupils = []
    for delivery in (f"{seed}-d1", f"{seed}-d2"):
        for row in range(chance.randint(1, 10)):
            source = dict(chance.choice(persons))
            for field in FIELDS:
                if chance.random() < 0.2:
                    other = chance.choice(persons)[field]
                    source[field] = other if chance.random() < 0.6 else None
            if chance.random() < 0.1:
                source["bsn"] = "of nobody in the spine"
            source["addition"] = source["addition"] or ""
            pupils.append(pupil(source, row, delivery))
    return persons, pupils


def values(row, fields):
    """The fields as one value; null with any null."""
    found = tuple(row[field] for field in fields)
    return None if None in found else found


def contradicts(one, spells, guards):
    """Whether on every spell some guard is known on both sides and none agrees."""

    def on(spell):
        pairs = [(values(one, g), values(spell, g)) for g in guards]
        known = [left == right for left, right in pairs if left is not None and right is not None]
        return bool(known) and not any(known)

    return all(on(spell) for spell in spells)


def lives_there(spell):
    return spell["valid_from"] <= DAY and (spell["valid_to"] is None or spell["valid_to"] > DAY)


def link_by_hand(persons, pupils):
    """(delivery, row) -> (person or None, status, pass, candidates), and delivery -> reason."""
    decided, pointed, votes = {}, set(), {}
    for name, fields, guards, by_address in RULES:
        hits = {}
        for one in pupils:
            place = (one["delivery_id"], one["pupil_row"])
            wanted = values(one, fields)
            if place in decided or wanted is None:
                continue
            for spell in persons:
                if values(spell, fields) == wanted and (not by_address or lives_there(spell)):
                    hits.setdefault(place, {}).setdefault(spell["person_id"], []).append(spell)
        claims = Counter((place[0], who) for place, found in hits.items() for who in found)
        by_place = {(one["delivery_id"], one["pupil_row"]): one for one in pupils}
        for place, found in hits.items():
            one = by_place[place]
            alone = all(
                claims[place[0], who] == 1 and (place[0], who) not in pointed for who in found
            )
            calm = not all(contradicts(one, spells, guards) for spells in found.values())
            sure = len(found) == 1 and alone and calm
            who = next(iter(found)) if sure else None
            decided[place] = (who, "linked" if sure else "review", name, len(found))
            if not by_address:
                both = [spell for spells in found.values() for spell in spells]
                strange = all(is_strange(one, [spell], guards) for spell in both)
                if sure and lives_as_another(one, both, persons):
                    strange, decided[place] = True, (None, "review", name, 1)
                other = all(contradicts(one, spells, (("sex",),)) for spells in found.values())
                votes.setdefault((place[0], name), []).append((strange, other, place))
        pointed |= set(claims)
    homes = homes_by_hand(decided, persons, pupils)
    return withdraw_by_hand(decided, votes, homes)


def homes_by_hand(decided, persons, pupils):
    """Deliveries with three pupils, and one in twenty, at home where the other sex is."""
    strange = Counter()
    for one in pupils:
        whole = values(one, HOME)
        if whole is None or (one["delivery_id"], one["pupil_row"]) in decided:
            continue
        same = [who for who in persons if lives_there(who) and None not in values_of(who, HOME)
                and values_of(who, PLACE) == values_of(one, PLACE)]  # fmt: skip
        strange[one["delivery_id"]] += any(who["sex"] != one["sex"] for who in same)
    linked = Counter(
        delivery
        for (delivery, _), (_, status, name, _) in decided.items()
        if status == "linked" and name not in {"BSN", "education number"}
    )
    return {
        delivery: "sex differs where birth date"
        for delivery, count in strange.items()
        if count >= 3 and count / (count + linked[delivery]) >= 0.05
    }


def values_of(row, fields):
    return tuple(row[field] for field in fields)


def is_strange(one, spell, guards):
    """Whether nothing telling agrees, or nothing at all, or only where one lives."""
    sibling = contradicts(one, spell, (("birth",),)) and contradicts(one, spell, (("sex",),))
    return contradicts(one, spell, TELLING) or contradicts(one, spell, guards) or sibling


def lives_as_another(one, spells, persons):
    """Whether birth date or address is never the person's, and all of it is somebody's."""
    unlike = all(any(contradicts(one, [spell], (guard,)) for guard in TELLING) for spell in spells)
    home = values(one, HOME)
    there = [spell for spell in persons if lives_there(spell)]
    same = {spell["person_id"] for spell in there if values(spell, HOME) == home}
    return unlike and home is not None and bool(same) and spells[0]["person_id"] not in same


def set_aside_by_hand(decided, votes):
    """Strange links wait where a delivery has three of them, and one in a hundred."""
    for delivery in {delivery for delivery, _ in votes}:
        seen = [vote for (one, _), some in votes.items() if one == delivery for vote in some]
        strange = [place for bad, _, place in seen if bad]
        if len(strange) >= 3 and len(strange) / len(seen) >= 0.01:
            for place in strange:
                _, _, name, count = decided[place]
                decided[place] = (None, "review", name, count)


def withdraw_by_hand(decided, votes, homes):
    reasons = dict(homes)
    for column, reason in ((1, "sex differs where numbers"), (0, "numbers agree")):
        for (delivery, _), seen in votes.items():
            bad = sum(vote[column] for vote in seen)
            if bad >= 3 and bad / len(seen) >= 0.2:
                reasons[delivery] = reason
    set_aside_by_hand(decided, votes)
    for place, (_, status, name, count) in decided.items():
        reason = reasons.get(place[0], "")
        weak = name not in {"BSN", "education number"}
        if status == "linked" and (reason == "numbers agree" or (reason and weak)):
            decided[place] = (None, "review", name, count)
    return decided, reasons


PARTS = {
    "f_birth": ("birth",),
    "f_sex": ("sex",),
    "f_postcode": ("postcode",),
    "f_number": ("house_number",),
    "f_bsn": ("bsn",),
}


def hashed(row, namespace, name, fields):
    """The fields of a row as a hash; null with any null. Worlds never share one."""
    found = values(row, fields)
    text = f"{namespace}|{name}|{found}".encode()
    return None if found is None else hashlib.sha256(text).digest()[:16]


def number(digest):
    return None if digest is None else int.from_bytes(digest[:8], "big", signed=True)


def keyed(rows, extra, namespaces):
    """Rows as the linkage sees them: keys of 16 bytes and fields of 64 bits."""
    data = []
    for row, namespace in zip(rows, namespaces, strict=True):
        keys = {
            name: hashed(row, namespace, name, fields) for name, fields in IDENTITY_FIELDS.items()
        }
        parts = {name: number(hashed(row, namespace, name, own)) for name, own in PARTS.items()}
        data.append({**{name: row[name] for name in extra}, **keys, **parts})
    kinds = dict.fromkeys(IDENTITY_FIELDS, pl.Binary) | dict.fromkeys(PARTS, pl.Int64)
    kinds |= {"valid_to": pl.Date, "pupil_row": pl.UInt32}
    schema = {name: kinds.get(name) for name in (*extra, *IDENTITY_FIELDS, *PARTS)}
    return pl.DataFrame(data, schema=schema)


def spine_frame(worlds):
    """The keyed spine of several worlds, given as name -> (persons, pupils)."""
    rows = [(name, row) for name, (persons, _) in worlds.items() for row in persons]
    extra = ("person_id", "valid_from", "valid_to")
    return keyed([row for _, row in rows], extra, [name for name, _ in rows])


def pupil_frame(worlds):
    """The keyed deliveries of several worlds."""
    rows = [(name, row) for name, (_, pupils) in worlds.items() for row in pupils]
    extra = ("delivery_id", "pupil_row", "reference_date")
    return keyed([row for _, row in rows], extra, [name for name, _ in rows])


@dataclass(frozen=True)
class Found:
    """What the passes decided, as frames."""

    rows: pl.DataFrame
    doubts: tuple


def run(pupils, spine, make=PolarsEngine, **options):
    """What the passes decide on keyed frames, worked out by an engine."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make(Path(folder))
        given = Keyed(take(engine, pupils, "given-pupils"), take(engine, spine, "given-spine"))
        links = linking.link(engine, given, None, **options)
        rows = engine.fetch(links.rows).sort("delivery_id", "pupil_row")
    return Found(rows.with_columns(pl.col("candidates").cast(pl.UInt32)), links.doubts)


def link(persons, pupils, **options):
    """What the passes decide on one world."""
    worlds = {"w": (persons, pupils)}
    return run(pupil_frame(worlds), spine_frame(worlds), **options)
