"""What is applied of decisions, against going through the pupils one by one."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.errors import FindingsError
from enclave.linkage.clerical.cases import WORDS
from enclave.linkage.clerical.decisions import Decision, stand
from enclave.linkage.clerical.settling import applied

PERSONS = ("P", "Q")
pupils = st.lists(
    st.tuples(
        st.sampled_from(["d1", "d2", "d3"]),
        st.sampled_from(["S1", "S2"]),
        st.integers(0, 1),
        st.sampled_from([None, 0, 1, 2]),
    ),
    min_size=1,
    max_size=6,
)
"""Delivery, S number, whether somebody who is no case has the number too, and the decision."""


def frame(rows):
    """Two candidates for every pupil; an S number is had by its cases, and by others."""
    had = {number: sum(row[1] == number for row in rows) for number in ("S1", "S2")}
    others = {number: max(r[2] for r in rows if r[1] == number) for _, number, *_ in rows}
    return pl.DataFrame(
        [
            {"case": case, "candidate": place, "delivery_id": delivery, "person_id": who}
            | {"taken": False, "s_key": number, "holders": had[number] + others[number]}
            | dict.fromkeys(WORDS, "agrees")
            for case, (delivery, number, _, _) in enumerate(rows, start=1)
            for place, who in enumerate(PERSONS, start=1)
        ],
        schema_overrides={"holders": pl.UInt32},
    )


def plainly(rows):
    """S numbers and persons, or null where a person would be two pupils of a delivery."""
    accepted = [(row, PERSONS[row[3] - 1]) for row in rows if row[3]]
    claims = [(row[0], who) for row, who in accepted]
    if len(claims) > len(set(claims)):
        return None
    found = []
    for number in ("S1", "S2"):
        mine = [row for row in rows if row[1] == number]
        persons = {PERSONS[row[3] - 1] if row[3] else None for row in mine}
        others = any(row[2] for row in mine)
        if len(persons) == 1 and None not in persons and not others:
            found.append((number, persons.pop()))
    return found


@settings(derandomize=True, deadline=None, max_examples=300)
@given(pupils)
def test_what_is_applied_is_what_goes_through_one_by_one(rows):
    cases = frame(rows)
    said = [
        Decision(case, row[3], who)
        for case, row in enumerate(rows, start=1)
        if row[3] is not None
        for who in ("a", "b")
    ]
    expected = plainly(rows)
    if expected is None:
        with pytest.raises(FindingsError, match="one pupil of a delivery"):
            applied(cases, stand(cases, said))
        return
    settled = applied(cases, stand(cases, said))
    assert settled.rows.rows() == expected
    counts = (settled.cases, settled.accepted, settled.refused)
    assert counts == (len(rows), sum(bool(r[3]) for r in rows), sum(r[3] == 0 for r in rows))
    numbers = {number for number, _ in expected}
    assert settled.shared == sum(bool(row[3]) and row[1] not in numbers for row in rows)
