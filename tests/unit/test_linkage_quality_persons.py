"""What the registers tell of persons, against a plain loop; who is enrolled where was delivered."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.linkage.quality.measuring import coverage, known_persons, replay_counts
from enclave.linkage.quality.persons import CHARACTERISTICS, Registers, characteristics
from enclave.linkage.quality.pooling import pooled
from enclave.measured import LevelCount, ReplayCount

DAY = date(2026, 7, 1)
NEW, MOVED = date(2024, 7, 1), date(2025, 7, 1)
DAYS = [date(2014, 3, 1), NEW, date(2024, 7, 2), MOVED, date(2025, 7, 2), DAY, date(2026, 8, 1)]
SPINE = {
    "person_id": pl.String,
    "birth_date": pl.String,
    "postcode": pl.String,
    "house_number": pl.String,
    "house_addition": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
}


def registers(spells, origins=(), places=(), schools=()):
    enrolment = {
        "person_id": pl.String,
        "school_code": pl.String,
        "school_year": pl.String,
        "grade": pl.Int8,
    }
    school = dict.fromkeys(("school_code", "school_type", "denomination"), pl.String)
    background = {"person_id": pl.String, "origin": pl.String}
    return Registers(
        pl.LazyFrame(spells, schema=SPINE, orient="row"),
        pl.LazyFrame(list(origins), schema=background, orient="row"),
        pl.LazyFrame(list(places), schema=enrolment, orient="row"),
        pl.LazyFrame(list(schools), schema=school, orient="row"),
        DAY,
    )


def facts_of(spells, persons):
    who = pl.DataFrame({"person_id": persons, "school_code": ["s"] * len(persons)})
    found = characteristics(registers(spells), who)
    return {row["person_id"]: row for row in found.iter_rows(named=True)}


SPELL = st.tuples(
    st.sampled_from("pqrs"),
    st.sampled_from(["20150105", "20150106", "20150100", "20250301", None]),
    st.sampled_from(["1000AB", "1000AC", None]),
    st.sampled_from(["1", None]),
    st.sampled_from(["a", None]),
    st.sampled_from(DAYS),
    st.sampled_from([None, *DAYS]),
)


def plain(spells, person):
    """Newcomer, mover, twin, by looking at every spell."""
    mine = [one for one in spells if one[0] == person and one[5] <= DAY]
    began = min(one[5] for one in spells)
    newcomer = mover = None
    if mine:
        births = [one[1] for one in mine if one[1]]
        first = min(one[5] for one in mine)
        late = first > NEW
        elder = max(births) < "20240701" if births else None
        newcomer = False if not late or elder is False else elder
        newcomer = newcomer if began <= NEW else None
        mover = max(one[5] for one in mine) > MOVED if began <= MOVED else None

    def homes(who):
        return {
            one[1:5]
            for one in spells
            if one[0] == who and one[5] <= DAY and (one[6] is None or one[6] > DAY)
            if None not in one[1:4] and "00" not in (one[1][4:6], one[1][6:])
        }

    own = homes(person)
    twin = any(own & homes(other) for other in "pqrs" if other != person) if own else None
    return [{None: None, True: "yes", False: "no"}[one] for one in (newcomer, mover, twin)]


@given(st.lists(SPELL, min_size=1, max_size=7))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_newcomers_movers_and_twins_are_those_of_a_plain_loop(spells):
    found = facts_of(spells, list("pq"))
    for person in "pq":
        row = found[person]
        assert [row["newcomer"], row["mover"], row["twin"]] == plain(spells, person)


def spell(person, birth="20150105", home="1", since=DAYS[0]):
    return (person, birth, "1000AB", home, None, since, None)


def test_a_baby_is_no_newcomer_and_one_who_came_later_is():
    spells = [
        spell("old"),
        spell("baby", "20250301", "2", date(2025, 3, 5)),
        spell("new", home="3", since=date(2025, 3, 5)),
    ]
    found = facts_of(spells, ["old", "baby", "new", "nobody"])
    assert {name: row["newcomer"] for name, row in found.items()} == {
        "old": "no", "baby": "no", "new": "yes", "nobody": None,
    }  # fmt: skip


def test_a_register_that_begins_late_tells_nothing_of_newcomers_and_movers():
    row = facts_of([spell("old", since=date(2026, 1, 1))], ["old"])["old"]
    assert (row["newcomer"], row["mover"], row["twin"]) == (None, None, "no")


def small_world():
    """Forty persons; ten at a school that did not deliver, ten in another grade or year."""
    places = [(f"{n:02d}", "b" if n < 10 else "a", "2025-2026", 5) for n in range(40)]
    places = [(*p[:3], 6) if 10 <= int(p[0]) < 15 else p for p in places]
    places = [(*p[:2], "2024-2025", 5) if 15 <= int(p[0]) < 20 else p for p in places]
    spells = [spell(f"{n:02d}", home=str(n)) for n in range(40)]
    origins = [(f"{n:02d}", "x") for n in range(30)]
    delivered = pl.LazyFrame(
        {"school_code": ["a", "b"], "school_year": ["2025-2026"] * 2, "grade": [5, 6]}
    )
    return registers(spells, origins, places, [("a", "sbo", "public")]), delivered


def replayed_of(count):
    rows = [
        (f"{n:02d}", f"{n + (n % 5 == 0):02d}" if n % 2 else None, "linked" if n % 2 else "review")
        for n in range(count)
    ]
    frame = pl.DataFrame(rows, ["true_person", "person_id", "status"], orient="row")
    return frame.with_columns(pass_name=pl.lit("p"))


def test_coverage_counts_whom_the_delivering_places_enrol():
    sources, delivered = small_world()
    found = known_persons(sources, delivered, "2025-2026", replayed_of(12))
    assert found.filter("enrolled")["person_id"].sort().to_list() == [f"{n}" for n in range(20, 40)]
    assert found.height == 32
    rows = pl.DataFrame(
        {
            "status": ["linked"] * 26 + ["review"],
            "person_id": [f"{n:02d}" for n in (*range(24), 23, 23)] + [None],
        }
    )
    counts = coverage(found, rows)
    assert [one for one in counts if one.characteristic == "origin"] == [
        LevelCount("origin", "unknown", 10, 0),
        LevelCount("origin", "x", 10, 4),
    ]
    assert LevelCount("school_type", "sbo", 20, 4) in counts
    assert LevelCount("denomination", "public", 20, 4) in counts


def test_what_no_register_knows_is_not_counted():
    sources, delivered = small_world()
    found = known_persons(sources, delivered, "2025-2026", replayed_of(0))
    blank = found.with_columns(school_type=pl.lit(None, pl.String))
    rows = pl.DataFrame(schema={"status": pl.String, "person_id": pl.String})
    names = {one.characteristic for one in coverage(blank, rows)}
    assert names == set(CHARACTERISTICS) - {"school_type"}
    assert coverage(found.clear(), rows) == ()


def test_the_replay_is_counted_by_pass_and_by_the_group_of_the_true_person():
    sources, delivered = small_world()
    replayed = replayed_of(30)
    found = known_persons(sources, delivered, "2025-2026", replayed)
    counts = replay_counts(found, replayed)
    wrong = sum(n % 2 and n % 5 == 0 for n in range(30))
    assert [one for one in counts if one.characteristic == "pass"] == [
        ReplayCount("pass", "no pass", 15, 0, 0),
        ReplayCount("pass", "p", 15, 15 - wrong, wrong),
    ]
    assert ReplayCount("origin", "x", 30, 15 - wrong, wrong) in counts


def test_levels_with_the_names_of_this_program_are_joined_with_its_own():
    levels = ["other"] * 12 + ["few"] * 3 + ["[total]"] * 10 + ["unknown"] * 11 + [None] * 4
    counted = pl.DataFrame({"of": levels, "n": 1})
    found = pooled(counted, "of", ("n",)).rows()
    # Few take the next smallest with them: the ten of the level that was called as a total.
    assert found == [("unknown", 15), ("other", 25)]
    named = pl.DataFrame({"of": ["[total]"] * 10 + ["a"] * 30, "n": 1})
    assert pooled(named, "of", ("n",)).rows() == [("a", 30), ("total", 10)]


@given(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 25)), min_size=1, max_size=6))
@settings(deadline=None, derandomize=True)
def test_pooled_levels_add_up_and_none_is_small(sizes):
    counted = pl.DataFrame(
        [(str(n), *pair) for n, pair in enumerate(sizes)], ["of", "n", "m"], orient="row"
    )
    found = pooled(counted, "of", ("n", "m"))
    total = sum(size for size, _ in sizes)
    assert found["n"].sum() == (total if total >= 10 else 0)
    assert all(size >= 10 for size in found["n"])
    assert found["m"].sum() == (sum(m for _, m in sizes) if total >= 10 else 0)
