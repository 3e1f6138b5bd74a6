"""Intervals of hidden cells against listing every table of whole numbers that fits what is shown."""

import pytest
from differencing_worlds import columns, random_world, units_of

from disclosure_control.differencing import compare
from disclosure_control.verdict import Verdict

NARROW = 5311
"""A world in which no combination of shown cells, but a bound, gives a hidden cell away."""


def possible(tables, hidden):
    """The least and largest count of a hidden cell, given who can be where at all."""
    units = units_of(tables)
    every = [column for one in tables for column in columns(one, units)]
    vectors = [vector for _, shown, vector in every if shown]
    of_unit = list(zip(*(vector for _, _, vector in every), strict=True))
    kinds = sorted(set(of_unit))
    rows = [[dict(zip(of_unit, vector, strict=True))[kind] for kind in kinds] for vector in vectors]
    wanted = [dict(zip(of_unit, hidden, strict=True))[kind] for kind in kinds]
    seen = set()

    def extend(place, left, value):
        if place == len(kinds):
            if not any(left):
                seen.add(value)
            return
        steps = [row[place] for row in rows]
        most = min(
            (have // step for have, step in zip(left, steps, strict=True) if step), default=9
        )
        for count in range(most + 1):
            rest = [have - count * step for have, step in zip(left, steps, strict=True)]
            extend(place + 1, rest, value + count * wanted[place])

    extend(0, [sum(vector) for vector in vectors], 0)
    return min(seen), max(seen)


@pytest.mark.parametrize("seed", [*range(60), NARROW])
def test_what_is_called_narrow_is_narrow_in_whole_numbers(seed):
    new, earlier = random_world(seed, most=13 if seed == NARROW else 8)
    result = compare(new, earlier, 4)
    assert result.intervals_checked
    every = [*new, *earlier]
    units = units_of(every)
    hidden = {
        f"{label} of {one.name}": vector
        for one in every
        for label, shown, vector in columns(one, units)
        if not shown
    }
    for found in result.differences:
        if found.subject == "interval":
            assert not found.exact
            low, high = possible(every, hidden[found.equation.split(" lies ")[0]])
            assert high - low < 3


def test_a_hidden_cell_that_only_its_interval_gives_away_goes_to_a_reviewer():
    new, earlier = random_world(NARROW)
    result = compare(new, earlier, 4)
    assert result.verdict is Verdict.REVIEW
    assert [one.subject for one in result.differences] == ["interval"]
    assert compare([], earlier, 4).verdict is Verdict.SAFE
