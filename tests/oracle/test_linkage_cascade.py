"""The passes against a plain Python linkage on small random worlds, written from the rules alone."""

import random
from collections import Counter

from linkage_worlds import link_by_hand, pupil_frame, run, spine_frame, world

WORLDS = 2500


def as_decisions(rows):
    return {
        (row["delivery_id"], row["pupil_row"]): (
            row["person_id"],
            row["status"],
            row["pass_name"],
            row["candidates"],
        )
        for row in rows.iter_rows(named=True)
    }


def test_the_passes_decide_as_the_rules_say():
    seen = decided_alike({str(seed): world(seed) for seed in range(WORLDS)})
    rare = [what for what, count in seen.items() if count < 5]
    assert len(seen) >= 11, "the worlds do not reach every outcome of every pass"
    assert rare == []


def test_deliveries_without_numbers_decide_as_the_rules_say():
    seen = decided_alike({str(seed): without_numbers(seed) for seed in range(600)})
    assert seen["sex differs where birth date"] > 20
    assert seen["linked", "birth date, sex and address"] > 20


def without_numbers(seed):
    """A world in which sex is often the other one, and nobody is delivered with a number."""
    persons, pupils = world(seed)
    chance = random.Random(seed)
    other = {"M": "V", "V": "M", None: None}
    for one in pupils:
        one |= {"bsn": None, "education_number": None}
        one["sex"] = other[one["sex"]] if chance.random() < 0.4 else one["sex"]
    return persons, pupils


def decided_alike(worlds):
    """How often each outcome occurred, after both linkages were found to agree."""
    links = run(pupil_frame(worlds), spine_frame(worlds))
    found = as_decisions(links.rows)
    assert links.rows.height == len(found) == sum(len(pupils) for _, pupils in worlds.values())
    reasons = {doubt.delivery_id: doubt.reason for doubt in links.doubts}
    seen = Counter()
    for persons, pupils in worlds.values():
        expected, doubted = link_by_hand(persons, pupils)
        for one in pupils:
            place = (one["delivery_id"], one["pupil_row"])
            wanted = expected.get(place, (None, "unlinked", None, 0))
            assert found[place] == wanted, place
            seen[wanted[1:3]] += 1
        for one in {pupil["delivery_id"] for pupil in pupils}:
            assert reasons.get(one, "").startswith(doubted.get(one, "")), one
            assert (one in reasons) == (one in doubted), one
            seen[doubted.get(one)] += 1
    return seen
