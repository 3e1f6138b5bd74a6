"""Candidates, codes, counts and decisions of the pattern table against plain Python."""

import math
import random
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl
from linkage_tail_worlds import CODES, codes_by_hand, persons_frame, pupils_frame, world

from enclave.linkage.engines import DuckdbEngine, PolarsEngine, take
from enclave.linkage.tail import PUPILS, Limits, shipped
from enclave.linkage.tail.assignment import assign
from enclave.linkage.tail.candidates import find_candidates
from enclave.linkage.tail.patterns import learn, with_counts, words_of

ROW = ("delivery_id", "pupil_row")


def candidates(persons, pupils, make=PolarsEngine):
    with tempfile.TemporaryDirectory() as folder:
        engine = make(Path(folder))
        ours = take(engine, pupils_frame(pupils), "pupils")
        theirs = take(engine, persons_frame(persons), "persons")
        return engine.fetch(find_candidates(engine, ours, theirs, PUPILS, "c"))


def as_codes(found):
    columns = (*ROW, "person_id", *CODES)
    return {row[:3]: row[3:] for row in found.select(columns).iter_rows()}


def apart(seeds):
    """Many worlds as one: the names of deliveries and every value that blocks say which."""
    persons, pupils = [], []
    for seed in seeds:
        ours, theirs = world(seed)
        for row in ours:
            persons.append(row | {"person_id": f"{seed}-{row['person_id']}"})
        for row in theirs:
            pupils.append(row | {"delivery_id": f"{seed}-{row['delivery_id']}"})
    return persons, pupils


def test_candidates_and_codes_are_as_the_rules_say():
    seen = Counter()
    for seed in range(0, 120, 6):
        persons, pupils = apart(range(seed, seed + 6))
        expected = codes_by_hand(persons, pupils)
        found = candidates(persons, pupils)
        assert found.height == len(expected), seed
        assert as_codes(found) == expected, seed
        seen.update(
            (name, code)
            for codes in expected.values()
            for name, code in zip(CODES, codes, strict=True)
        )
    assert {code for name, code in seen if name == "birth date"} == {2, 3, 4}
    assert {code for name, code in seen if name == "address"} == set(range(2, 8))
    assert all((name, code) in seen for name in ("sex", *CODES[3:]) for code in range(3))


def test_duckdb_finds_the_same_candidates():
    persons, pupils = apart(range(12))
    assert as_codes(candidates(persons, pupils, DuckdbEngine)) == codes_by_hand(persons, pupils)


def test_counts_say_how_many_candidates_of_a_pupil_share_the_pattern():
    persons, pupils = apart(range(40))
    found = with_counts(candidates(persons, pupils), PUPILS, ROW)
    expected = codes_by_hand(persons, pupils)
    same = Counter((*place[:2], codes[:3]) for place, codes in expected.items())
    assert max(same.values()) > 3
    patterns = {}
    for row in found.iter_rows(named=True):
        place = (*(row[name] for name in ROW), row["person_id"])
        codes = expected[place]
        assert row["counted"] == min(3, same[*place[:2], codes[:3]])
        assert patterns.setdefault(codes[:3], row["pattern"]) == row["pattern"]
        words = words_of(PUPILS, row["pattern"])
        meant = {
            one.name: one.word(code) for one, code in zip(PUPILS.comparisons, codes, strict=False)
        }
        assert words == meant
    assert len(set(patterns.values())) == len(patterns)


def test_matches_and_others_are_counted():
    persons, pupils = apart(range(40))
    pairs = with_counts(candidates(persons, pupils), PUPILS, ROW).sort(*ROW, "person_id")
    chance = random.Random(1)
    pairs = pairs.with_columns(
        pl.Series("match", [chance.random() < 0.5 for _ in range(pairs.height)]),
        pl.Series("by_first", [chance.random() < 0.5 for _ in range(pairs.height)]),
    )
    expected = Counter()
    for row in pairs.iter_rows(named=True):
        expected[row["pattern"], row["counted"], row["match"]] += 1
    earlier = shipped(PUPILS)
    before = {row[:2]: row[2] for row in earlier.rows.select("pattern", "counted", "rate").rows()}
    table = learn(pairs, PUPILS, "t", earlier, 7)
    assert before.keys() <= {row[:2] for row in table.rows.select("pattern", "counted").rows()}
    leant, guessed = 0, 0
    for row in table.rows.iter_rows(named=True):
        key = (row["pattern"], row["counted"])
        right, wrong = expected[*key, True], expected[*key, False]
        assert (row["matches"], row["others"]) == (right, wrong)
        if key in before:
            leant += bool(right + wrong)
            assert math.isclose(row["rate"], (right + 20 * before[key]) / (right + wrong + 20))
        else:
            guessed += 1
            least, most = right, right + 20 * 0.985
            assert least <= row["rate"] * (right + wrong + 20) <= most
    assert min(leant, guessed) > 3
    known = pairs.filter(pl.col("match") & pl.col("by_first") & (pl.col("education number") > 0))
    wrong = known.filter(pl.col("education number") == 1).height
    assert wrong > 0
    rate = min(0.2, (wrong + 0.02 * 20) / (known.height + 20))
    assert math.isclose(table.error_rate, rate)


def assign_by_hand(pairs, limits):
    """(delivery, row) -> (person or None, status, candidates), from the rule alone."""
    least = math.log2(limits.considered_rate / (1 - limits.considered_rate))
    enough = math.log2(limits.minimum_rate / (1 - limits.minimum_rate))
    pairs = [pair for pair in pairs if pair["bits"] >= least]
    decided = {}
    for place in {(pair["delivery_id"], pair["pupil_row"]) for pair in pairs}:
        mine = [p for p in pairs if (p["delivery_id"], p["pupil_row"]) == place]
        chosen = None
        for pair in mine:
            rivals = [p for p in mine if p is not pair] + [
                p
                for p in pairs
                if p["delivery_id"] == place[0]
                and p["person_id"] == pair["person_id"]
                and p["pupil_row"] != place[1]
            ]
            leads = all(pair["bits"] - p["bits"] >= limits.minimum_advantage for p in rivals)
            if leads and pair["carries"] and pair["leading_bits"] >= enough:
                chosen = pair["person_id"]
        decided[place] = (chosen, "linked" if chosen else "review", len(mine))
    return decided


def test_assignment_is_as_the_rule_says():
    seen = Counter()
    for seed in range(150):
        chance = random.Random(seed)
        places = {
            (f"d{chance.randint(1, 2)}", f"r{chance.randint(1, 4)}", f"p{chance.randint(1, 4)}")
            for _ in range(chance.randint(1, 14))
        }
        pairs = [
            {
                "delivery_id": delivery,
                "pupil_row": row,
                "person_id": person,
                "bits": bits,
                "leading_bits": bits + chance.choice([0.0, 0.0, 2.0]),
                "carries": chance.random() < 0.85,
            }
            for delivery, row, person in sorted(places)
            for bits in [float(chance.choice([-5, -3, 2, 5, 7, 9, 10, 13, 20]))]
        ]
        found = assign(pl.DataFrame(pairs), Limits())
        names = (*ROW, "person_id", "status", "candidates")
        decided = {row[:2]: row[2:] for row in found.select(names).iter_rows()}
        assert decided == assign_by_hand(pairs, Limits()), seed
        assert found.height == len(decided)
        seen.update(status for _, status, _ in decided.values())
    assert min(seen["linked"], seen["review"]) > 50
