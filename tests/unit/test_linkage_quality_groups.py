"""Counts by group: the shown ones are true, none is small, none is found by subtraction."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enclave.errors import FindingsError
from enclave.linkage.quality.groups import group_counts
from enclave.linkage.quality.margins import check_cells


def facts_of(sizes):
    """Pupils with level and sex, from (linked, not linked) per level."""
    rows = [
        (str(level), "MV"[n % 2], n < linked)
        for level, (linked, rest) in enumerate(sizes)
        for n in range(linked + rest)
    ]
    return pl.LazyFrame(
        rows,
        schema={"level": pl.String, "sex": pl.String, "linked": pl.Boolean},
        orient="row",
    )


SIZES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=4)


@given(SIZES)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_shown_counts_are_true_and_small_ones_cannot_be_had(sizes):
    facts = facts_of(sizes)
    try:
        found = group_counts(facts, ("level", "sex"))
    except FindingsError:
        return
    records = facts.collect().rows(named=True)
    for row in found:
        mine = [r for r in records if row.level in ("[total]", r[row.characteristic])]
        linked = sum(r["linked"] for r in mine)
        truth = (len(mine), linked, len(mine) - linked)
        seen = (row.pupils, row.linked, row.not_linked)
        assert all(s is None or s == t for s, t in zip(seen, truth, strict=True))
        assert all(s is None or s == 0 or s >= 10 for s in seen)
        assert seen.count(None) != 1
    for name in ("level", "sex"):
        rows = [row for row in found if row.characteristic == name]
        for kind in ("pupils", "linked", "not_linked"):
            assert [getattr(row, kind) for row in rows].count(None) != 1


def test_large_groups_are_shown_with_their_rate():
    found = group_counts(facts_of([(60, 40), (50, 30)]), ("level",))
    first = found[0]
    assert (first.level, first.pupils, first.linked, first.not_linked) == ("0", 100, 60, 40)
    assert first.rate.estimate == 0.6


def test_a_small_group_is_hidden_and_has_no_rate():
    found = group_counts(facts_of([(60, 40), (50, 30), (3, 1)]), ("level",))
    small = next(row for row in found if row.level == "2")
    assert (small.pupils, small.linked, small.rate) == (None, None, None)


def test_nobody_gives_no_counts():
    assert group_counts(facts_of([]), ("level",)) == ()


def test_the_postcondition_sees_a_small_count_that_is_shown():
    with pytest.raises(FindingsError):
        check_cells(pl.DataFrame({"value": [9.0, 12.0, None]}))
    check_cells(pl.DataFrame({"value": [0.0, 10.0, None]}))
