"""Rates without small groups, and the score against the truth."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from enclave.linkage.passes import PASSES
from enclave.linkage.quality import MINIMUM_PUPILS, pass_counts, rates, truth_score
from enclave.measured import LevelCount, PassCount, TruthScore


def links_of(statuses, persons=None):
    count = len(statuses)
    return pl.DataFrame(
        {
            "delivery_id": ["d"] * count,
            "pupil_row": pl.Series(range(count), dtype=pl.UInt32),
            "person_id": pl.Series(persons or [None] * count, dtype=pl.String),
            "status": statuses,
            "pass_name": [None if status == "unlinked" else "BSN" for status in statuses],
        }
    )


def rates_by(levels, linked):
    """The rates of ``sex`` for levels (one per pupil), of whom the first ``linked`` are linked."""
    links = links_of(["linked" if n < linked else "unlinked" for n in range(len(levels))])
    pupils = links.select("delivery_id", "pupil_row").with_columns(
        pl.Series("sex", levels, dtype=pl.String),
        number=pl.lit("BSN"),
        address_key=pl.lit("whole"),
        birth_year=pl.lit("2015"),
    )
    return [row for row in rates(links, pupils.lazy()) if row.characteristic == "sex"]


def test_levels_are_counted_with_their_links():
    found = rates_by(["M"] * 12 + ["V"] * 15 + [None] * 10, 20)
    assert found == [
        LevelCount("sex", "M", 12, 12),
        LevelCount("sex", "V", 15, 8),
        LevelCount("sex", "unknown", 10, 0),
    ]


def test_small_levels_are_pooled():
    found = rates_by(["M"] * 12 + ["V"] * 6 + [None] * 5, 12)
    assert found == [LevelCount("sex", "M", 12, 12), LevelCount("sex", "other", 11, 0)]


def test_a_lone_small_level_takes_the_next_smallest_with_it():
    found = rates_by(["M"] * 30 + ["V"] * 12 + [None] * 3, 0)
    assert found == [LevelCount("sex", "M", 30, 0), LevelCount("sex", "other", 15, 0)]


def test_fewer_pupils_than_the_minimum_have_no_rates():
    assert rates_by(["M"] * 5 + ["V"] * 4, 3) == []


@given(st.lists(st.integers(1, 25), min_size=1, max_size=8))
def test_no_level_is_small_and_none_can_be_found_by_subtraction(sizes):
    levels = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    found = rates_by(levels, len(levels) // 2)
    total = sum(row.pupils for row in found)
    assert all(row.pupils >= MINIMUM_PUPILS for row in found)
    assert total in {0, len(levels)}
    assert (total == 0) == (len(levels) < MINIMUM_PUPILS)
    assert sum(row.linked for row in found) in {0, len(levels) // 2}


def test_passes_are_counted_in_their_order():
    counts = pass_counts(links_of(["linked", "review", "linked", "unlinked"]))
    assert [count.name for count in counts] == [*(step.name for step in PASSES), "pattern table"]
    assert counts[0] == PassCount("BSN", 2, 1)
    assert counts[1] == PassCount("education number", 0, 0)


SPINE = pl.LazyFrame(
    {
        "person_id": ["p1", "p2", "p3", "p4"],
        "f_birth": [1, 1, 2, None],
        "f_postcode": [7, 7, 7, 7],
        "f_number": [5, 5, 5, 5],
    }
)


def truth_of(persons):
    return links_of(["x"] * len(persons), persons).select(
        "delivery_id", "pupil_row", true_person="person_id"
    )


def test_the_score_counts_right_wrong_and_missed():
    statuses = ["linked", "linked", "linked", "review", "unlinked", "unlinked", "linked"]
    links = links_of(statuses, ["p1", "p2", "p3", None, None, None, "p4"])
    truth = truth_of(["p1", "p1", "p1", "p1", None, "p2", None])
    assert truth_score(links, truth, SPINE) == TruthScore(
        linkable=5, correct=1, wrong=3, missed=4, precision=0.25, recall=0.2, wrong_same_home=1
    )


def test_a_link_of_somebody_whose_truth_is_unknown_is_wrong():
    score = truth_score(links_of(["linked"], ["p1"]), truth_of([None]), SPINE)
    assert (score.wrong, score.precision, score.recall) == (1, 0.0, 1.0)


def test_without_a_truth_there_is_no_score():
    assert truth_score(links_of(["linked"], ["p1"]), None, SPINE) is None
