"""Random frames: k is reached, and nothing else is touched."""

import datetime as dt

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import disclosure_control as dc

SETTINGS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
KINDS = {
    "int": list(range(5)),
    "float": [0.0, 0.5, 1.5, float("nan"), 2.25],
    "text": ["", "a", "[b]", 'c"', "d"],
    "bool": [True, False],
    "date": [dt.date(2020, 1, day) for day in range(1, 6)],
}
TYPES = {
    "int": pl.Int64,
    "float": pl.Float64,
    "text": pl.String,
    "bool": pl.Boolean,
    "date": pl.Date,
}


def tree_of(kind):
    levels = [value for value in KINDS[kind] if value == value]  # noqa: PLR0124 - NaN is no code
    groups = {value: f"group {place // 2}" for place, value in enumerate(levels)}
    return dc.Hierarchy.from_parents({**groups, **dict.fromkeys(groups.values(), "Total")})


@st.composite
def worlds(draw):
    """A frame with quasi-identifiers q0, q1, ...; their trees; k; a unit or none; a share."""
    height = draw(st.integers(2, 30))
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    columns, trees = {}, {}
    for place, kind in enumerate(kinds):
        levels = st.sampled_from(KINDS[kind])
        cell = levels | st.none() if draw(st.booleans()) else levels
        values = draw(st.lists(cell, min_size=height, max_size=height))
        columns[f"q{place}"] = pl.Series(values, dtype=TYPES[kind])
        if draw(st.booleans()):
            trees[f"q{place}"] = tree_of(kind)
    columns["row"] = list(range(height))
    columns["who"] = draw(
        st.lists(st.integers(0, height) | st.none(), min_size=height, max_size=height)
    )
    columns["nested"] = [[1]] * height
    unit = draw(st.sampled_from([None, "who"]))
    share = draw(st.sampled_from([0.0, 0.05, 0.4, 1.0]))
    return pl.DataFrame(columns), trees, draw(st.integers(2, 5)), unit, share


def anonymised(world):
    frame, trees, k, unit, share = world
    names = [name for name in frame.columns if name.startswith("q")]
    try:
        done = dc.anonymise(frame, names, k, trees, unit=unit, maximum_suppression=share)
    except dc.ProtectionError:
        assert (frame.height if unit is None else frame["who"].drop_nulls().n_unique()) < k
        return names, None
    return names, done


def smallest(frame, names, unit):
    size = pl.len() if unit is None else pl.col(unit).drop_nulls().n_unique()
    return frame.group_by(names).agg(size.alias("size"))["size"].min()


@SETTINGS
@given(worlds())
def test_k_is_reached_and_only_quasi_identifiers_change(world):
    frame, _, k, unit, _ = world
    names, done = anonymised(world)
    if done is None:
        return
    assert smallest(done.data, names, unit) == done.k >= k
    assert dc.k_anonymity(done.data, names, unit=unit).k == done.k
    assert done.data.columns == frame.columns
    assert_frame_equal(done.data.drop(names), frame.drop(names))


@SETTINGS
@given(worlds())
def test_cells_at_level_0_are_as_they_were_or_empty_and_every_empty_one_is_counted(world):
    frame, trees, _, _, share = world
    names, done = anonymised(world)
    if done is None:
        return
    emptied = []
    for name in names:
        before, after = frame[name], done.data[name]
        if done.levels[name] == 0:
            kept = after.is_not_null()
            assert after.dtype == before.dtype
            assert after.filter(kept).equals(before.filter(kept))
            emptied.append(before.is_not_null() & after.is_null())
        else:
            assert after.dtype == pl.String
            assert set(after) <= {*trees[name].nodes, dc.TOTAL, None}
    assert done.suppressed_cells >= sum(column.sum() for column in emptied)
    if not any(done.levels.values()):
        rows = pl.DataFrame(emptied).select(pl.any_horizontal(pl.all())).to_series().sum()
        assert (done.suppressed_cells, done.suppressed_rows) == (
            sum(c.sum() for c in emptied),
            rows,
        )
    if set(trees) == set(names):
        assert done.suppressed_rows <= share * frame.height
    assert 0 <= done.loss.overall <= 1


@SETTINGS
@given(worlds())
def test_a_frame_that_is_anonymous_already_comes_back_unchanged(world):
    frame, _, k, unit, share = world
    names, done = anonymised(world)
    if done is None:
        return
    if smallest(frame, names, unit) >= k:
        assert_frame_equal(done.data, frame)
        assert (done.loss.overall, done.suppressed_cells) == (0, 0)
    else:
        assert not done.data.equals(frame)
        assert done.suppressed_cells > 0 or any(done.levels.values())
    # what was made anonymous needs nothing more
    again = dc.anonymise(done.data, names, k, unit=unit, maximum_suppression=share)
    assert_frame_equal(again.data, done.data)


@SETTINGS
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(world, chance):
    frame, *others = world
    order = list(range(frame.height))
    chance.shuffle(order)
    _, done = anonymised(world)
    names, shuffled = anonymised((frame[order], *others))
    if done is None:
        assert shuffled is None
        return
    assert_frame_equal(shuffled.data.sort("row"), done.data.sort("row"))
    assert (shuffled.levels, shuffled.loss) == (done.levels, done.loss)
    kept = dc.k_anonymity(frame, names, ["who"])
    mixed = dc.k_anonymity(frame[order], names, ["who"])
    assert (kept.k, kept.l, kept.l_entropy, kept.t) == (mixed.k, mixed.l, mixed.l_entropy, mixed.t)
    assert kept.small_classes.equals(mixed.small_classes)
