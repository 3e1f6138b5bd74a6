"""Cases for reviewers against plain comparing of the values, pair by pair."""

import polars as pl
from clerical_site import MIXED_BSN, OWNER, STRANGER, cases_of, linked_site
from linkage_files import DAY, Folder, make_town
from linkage_site import nation, pupils
from linkage_two_rounds import person

from enclave.linkage.casebook import as_text, casebook
from enclave.linkage.clerical.cases import UNKNOWN, WORDS
from enclave.linkage.clerical.review_file import read_cases

LEVELS = {
    "birth date": ["missing", "disagrees", "two parts", "day and month swapped", "whole"],
    "sex": ["missing", "disagrees", "agrees"],
    "address": [
        "missing", "disagrees", "area", "area and number", "street", "house at another time",
        "house", "home",
    ],
    "BSN": ["missing", "disagrees", "agrees"],
    "education number": ["missing", "disagrees", "agrees"],
}  # fmt: skip


def birth(ours, theirs):
    year, month, day = ours[:4], ours[4:6], ours[6:]
    if ours == theirs:
        return "whole"
    if year + day + month == theirs:
        return "day and month swapped"
    same = (year == theirs[:4]) + (month == theirs[4:6]) + (day == theirs[6:])
    return "two parts" if same == 2 else "disagrees"


def plainly(ours, theirs):
    if ours is None or theirs is None:
        return "missing"
    return "agrees" if ours == theirs else "disagrees"


def address(ours, theirs):
    ends = theirs["valid_to"]
    now = theirs["valid_from"] <= DAY and (ends is None or ends > DAY)
    number = ours["house_number"] == theirs["house_number"]
    if ours["postcode"] == theirs["postcode"]:
        if number and now:
            same = (ours["house_addition"] or "") == (theirs["house_addition"] or "")
            return "home" if same else "house"
        return "house at another time" if number else "street"
    if ours["postcode"][:4] == theirs["postcode"][:4]:
        return "area and number" if number else "area"
    return "disagrees"


def words(ours, rows):
    """The best word of each comparison over the rows of a person."""
    found = {
        "birth date": [birth(ours["birth_date"], row["birth_date"]) for row in rows],
        "sex": [plainly(ours["sex"], row["sex"]) for row in rows],
        "address": [address(ours, row) for row in rows],
        "BSN": [plainly(ours["bsn"], row["bsn"]) for row in rows],
        "education number": ["missing"],
    }
    return {f"agreement of {n}": max(w, key=LEVELS[n].index) for n, w in found.items()}


def test_every_word_is_that_of_plain_comparing(tmp_path):
    town = make_town()
    slipped = town.delivery.with_columns(pl.col("bsn").shift(1))
    folder = Folder(tmp_path)
    folder.write(slipped, town.spine).link()
    persons = town.spine.partition_by("person_id", as_dict=True)
    ours = {row["row_id"]: row for row in slipped.iter_rows(named=True)}
    shown = read_cases(folder.out / "review.parquet")
    assert shown.height > 600
    for row in shown.iter_rows(named=True):
        rows = persons[(row["person_id"],)].to_dicts()
        assert {name: row[name] for name in WORDS} == words(ours[row["pupil_row"]], rows)


def test_a_person_of_whom_the_birth_date_is_not_known_is_shown_and_not_compared(tmp_path):
    persons = nation()
    persons[OWNER]["birth_date"] = "20150000"
    with linked_site(tmp_path, persons=persons) as custody:
        pair = cases_of(custody).filter(pupil_row=STRANGER, person_id=person(OWNER))
        assert pair.select(WORDS).row(0) == (UNKNOWN,) * len(WORDS)
        assert pair["bits"].to_list() == [None]
        text = as_text(casebook(custody.site.zone("linkage") / "review.parquet"))
    assert "BSN: unknown; education number: unknown (not weighed)" in text


def test_a_contradicted_number_shows_its_owner_and_whoever_has_the_address(tmp_path):
    rows = pupils(nation(), range(16))
    rows[MIXED_BSN]["bsn"] = nation()[OWNER]["bsn"]
    with linked_site(tmp_path, rows) as custody:
        found = cases_of(custody).filter(pupil_row=MIXED_BSN)
    assert found["person_id"].to_list() == [person(MIXED_BSN), person(OWNER)]
    assert found["agreement of address"].to_list() == ["home", "disagrees"]


def test_a_delivery_that_is_set_aside_is_shown_with_all_its_pupils(tmp_path):
    rows = pupils(nation(), range(16))
    moved = [
        row | {"bsn": rows[n - 1]["bsn"], "education_number": None} for n, row in enumerate(rows)
    ]
    with linked_site(tmp_path, moved) as custody:
        links = pl.read_parquet(custody.site.zone("linkage") / "links.parquet")
        found = cases_of(custody)
    waiting = set(links.filter(status="review")["pupil_row"])
    assert len(waiting) > 10
    assert set(found["pupil_row"]) == waiting
    own = found.filter(pl.col("person_id") == pl.Series([person(n) for n in found["pupil_row"]]))
    # Each is at its own address, so the right person is a candidate beside the owner of the number.
    assert own["pupil_row"].n_unique() > 10
