"""What must hold for any tables: order is irrelevant, thresholds are monotone, nothing is told twice."""

import polars as pl
from differencing_worlds import random_world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disclosure_control.differencing import Cells, compare
from disclosure_control.verdict import Verdict

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
worlds = st.builds(random_world, st.integers(0, 10**6))


def shuffled(cells, seed):
    """The same table with its rows and its published cells in another order, units renamed."""
    codes = cells.codes.sample(fraction=1.0, shuffle=True, seed=seed)
    codes = codes.with_columns("x" + pl.col("unit").str.reverse())
    return Cells(cells.name, codes, tuple(reversed(cells.published)))


def groups(result):
    return sorted((one.units or 0, one.exact, one.subject) for one in result.differences)


@SETTINGS
@given(worlds, st.integers(0, 100))
def test_the_order_of_rows_and_cells_and_the_names_of_units_change_nothing(world, seed):
    new, earlier = world
    one = compare(new, earlier, 4)
    other = compare([shuffled(t, seed) for t in new], [shuffled(t, seed) for t in earlier], 4)
    assert one.verdict == other.verdict
    hidden = [found for found in groups(one) if found[2] == "hidden cell"]
    assert hidden == [found for found in groups(other) if found[2] == "hidden cell"]


@SETTINGS
@given(worlds)
def test_what_is_released_again_gives_nothing_new_away(world):
    new, earlier = world
    assert compare(new, [*earlier, *new], 4).differences == ()


@SETTINGS
@given(worlds)
def test_a_higher_threshold_is_never_more_lenient(world):
    new, earlier = world
    verdicts = [compare(new, earlier, minimum).verdict for minimum in (1, 2, 4, 8)]
    assert verdicts[1:] == sorted(verdicts[1:])
    hidden = [one for one in compare(new, earlier, 1).differences if one.exact]
    assert all(one.subject == "hidden cell" for one in hidden)


@SETTINGS
@given(worlds)
def test_one_after_the_other_is_as_unsafe_as_together(world):
    new, earlier = world
    known, worst = list(earlier), Verdict.SAFE
    for one in new:
        exact = [found for found in compare([one], known, 4).differences if found.exact]
        worst = Verdict.worst([worst, *(found.verdict for found in exact)])
        known.append(one)
    together = [found.verdict for found in compare(new, earlier, 4).differences if found.exact]
    assert worst is Verdict.worst(together)
