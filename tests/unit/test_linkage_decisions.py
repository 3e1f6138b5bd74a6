"""Two reviewers must say the same; nobody is two pupils of one delivery."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.errors import FindingsError, RefusedError, UsageError
from enclave.linkage.clerical.cases import UNKNOWN, WORDS
from enclave.linkage.clerical.decisions import (
    ACCEPTED,
    DIFFER,
    OPEN,
    REFUSED,
    SECOND,
    Decision,
    accepted_pairs,
    check_choice,
    stand,
)

CASES = 4
said = st.lists(
    st.builds(
        Decision,
        st.integers(1, CASES),
        st.integers(0, 2),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=12,
)


def cases(*pairs):
    """Pairs of case, candidate, delivery, person, taken."""
    rows = [
        {"case": case, "candidate": candidate, "delivery_id": delivery, "person_id": person}
        | {"taken": taken}
        | dict.fromkeys(WORDS, "agrees")
        for case, candidate, delivery, person, taken in pairs
    ]
    return pl.DataFrame(rows)


EVERY = cases(
    *((case, n, "d", f"P{case}{n}", False) for case in range(1, CASES + 1) for n in (1, 2))
)


def plainly(decisions, case):
    """How a case stands, by going through what was said of it one by one."""
    last = {}
    for one in decisions:
        if one.case == case:
            last[one.reviewer] = one.candidate
    answers = set(last.values())
    if not last:
        return OPEN, None
    if len(answers) > 1:
        return DIFFER, None
    if len(last) < 2:
        return SECOND, None
    (answer,) = answers
    return (REFUSED if answer == 0 else ACCEPTED), answer


@settings(derandomize=True, deadline=None)
@given(said)
def test_cases_stand_as_when_what_was_said_is_gone_through_one_by_one(decisions):
    found = {row[0]: row[1:] for row in stand(EVERY, decisions).iter_rows()}
    assert found == {case: plainly(decisions, case) for case in range(1, CASES + 1)}


@settings(derandomize=True, deadline=None)
@given(said)
def test_one_reviewer_alone_never_accepts(decisions):
    alone = [Decision(one.case, one.candidate, "a") for one in decisions]
    assert set(stand(EVERY, alone)["stands"]) <= {OPEN, SECOND}


def agreed(*pairs):
    return [Decision(case, candidate, who) for case, candidate in pairs for who in ("a", "b")]


def test_one_person_may_be_a_pupil_of_two_deliveries_and_not_two_of_one():
    apart = cases((1, 1, "d1", "P", False), (2, 1, "d2", "P", False))
    standing = stand(apart, agreed((1, 1), (2, 1)))
    assert accepted_pairs(apart, standing, "delivery_id").height == 2
    with pytest.raises(FindingsError) as error:
        accepted_pairs(apart, standing, None)
    assert "cases 1, 2" in str(error.value)
    assert "P" not in error.value.where.replace("Person", "")
    together = cases((1, 1, "d", "P", False), (2, 1, "d", "P", False), (3, 1, "d", "Q", False))
    with pytest.raises(FindingsError, match="cases 1, 2"):
        accepted_pairs(together, stand(together, agreed((1, 1), (2, 1), (3, 1))), "delivery_id")


def test_whoever_is_linked_to_another_pupil_is_refused_at_once_and_at_the_end():
    frame = cases((1, 1, "d", "P", True), (1, 2, "d", "Q", False))
    with pytest.raises(RefusedError, match="one pupil of a delivery"):
        check_choice(frame, Decision(1, 1, "a"))
    with pytest.raises(FindingsError, match="another pupil too: cases 1"):
        accepted_pairs(frame, stand(frame, agreed((1, 1))), "delivery_id")
    check_choice(frame, Decision(1, 2, "a"))


def test_nobody_is_accepted_of_whom_nothing_was_compared():
    frame = EVERY.with_columns(pl.lit(UNKNOWN).alias(name) for name in WORDS)
    with pytest.raises(RefusedError, match="something that was compared"):
        check_choice(frame, Decision(1, 1, "a"))
    check_choice(frame, Decision(1, 0, "a"))


@pytest.mark.parametrize(("case", "candidate"), [(CASES + 1, 1), (CASES + 1, 0), (1, 3)])
def test_a_case_or_candidate_that_is_not_there_is_refused(case, candidate):
    with pytest.raises(UsageError, match="a case and a candidate"):
        check_choice(EVERY, Decision(case, candidate, "a"))


@pytest.mark.parametrize(
    "wrong", [(0, 1, "a"), (1, -1, "a"), (1, 1, " "), (10**30, 1, "a"), (1, 10**30, "a")]
)
def test_a_decision_has_a_case_a_candidate_and_a_reviewer(wrong):
    with pytest.raises(UsageError, match="A decision has a case"):
        Decision(*wrong)
