"""Replay, two routes, truth, coverage and earlier rounds in the quality report."""

from dataclasses import replace

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_quality_cases import LARGE, earlier, measured, receipt_of, replay_of, truth_of

from enclave.errors import FindingsError
from enclave.linkage.passes import PASSES
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.estimates import chapman, wilson
from enclave.linkage.quality.groups import TOTAL
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.measuring import BY_PASS, NO_PASS
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.report import to_json
from enclave.linkage.quality.routes import count_routes
from enclave.linkage.tail import PASS_NAME
from enclave.measured import LevelCount, ReplayCount, RouteCount
from enclave.receipts import DoubtedDelivery


def quality_of(counts=(), receipt=LARGE, **more):
    return make_quality(Inputs(msgspec.structs.replace(receipt, measured=measured(counts, **more))))


def pass_rows(counts, receipt=LARGE):
    rows = quality_of(counts, receipt).replay
    return {row.level: row for row in rows if row.characteristic == BY_PASS}


def test_few_wrong_links_of_a_replay_cannot_be_counted():
    found = [pass_rows(replay_of(n))[PASS_NAME] for n in range(1, 10)]
    assert {row.wrong for row in found} == {row.precision.estimate for row in found} == {None}
    for wrong, row in enumerate(found, start=1):
        exact = wilson(400 - wrong, 400)
        assert row.precision.low <= exact.low < exact.high <= row.precision.high
        assert row.precision.low > 0.95
    exact = pass_rows(replay_of(10))[PASS_NAME]
    assert (exact.precision.part, exact.found.part, exact.found.whole) == (390, 390, 460)
    assert pass_rows(replay_of(0))[PASS_NAME].precision == wilson(400, 400)


@pytest.mark.parametrize("rest", [1, 9])
def test_few_pupils_without_a_link_are_hidden(rest):
    rows = pass_rows(replay_of(20, rest=rest))
    assert rows[NO_PASS].pupils is None
    assert rows[TOTAL].wrong is None


def test_of_a_sample_that_is_nearly_a_shown_count_only_the_precision_is_shown():
    assert 5000 in {p.linked for p in LARGE.passes}
    (row,) = quality_of(replay_of(20, links=4900, rest=95)).replay
    assert (row.pupils, row.right, row.wrong, row.found) == (None,) * 4
    assert row.precision.part == 4880


def test_passes_of_a_replay_come_in_the_order_of_passes():
    counts = [*replay_of(0, rest=0), *replay_of(0, deciding=PASSES[2].name, rest=0)]
    assert list(pass_rows(counts)) == [PASSES[2].name, PASS_NAME, NO_PASS, TOTAL]


SIZE = st.integers(0, 14) | st.integers(0, 400)


@st.composite
def replays(draw):
    """Right, wrong and missed by two characteristics and by pass, which all add up."""
    cells = draw(st.lists(st.tuples(SIZE, SIZE, SIZE), min_size=1, max_size=3))
    right, wrong, missed = (sum(cell[place] for cell in cells) for place in range(3))
    cut = draw(st.integers(0, right)), draw(st.integers(0, wrong)), draw(st.integers(0, missed))
    rest = right - cut[0], wrong - cut[1], missed - cut[2]
    links = cut[0] + cut[1], right + wrong - cut[0] - cut[1]
    return [
        ReplayCount(BY_PASS, PASSES[2].name, links[0], cut[0], cut[1]),
        ReplayCount(BY_PASS, PASS_NAME, links[1], *rest[:2]),
        ReplayCount(BY_PASS, NO_PASS, missed, 0, 0),
        *(ReplayCount("origin", str(n), sum(one), *one[:2]) for n, one in enumerate(cells)),
        *(ReplayCount("twin", str(n), sum(one), *one[:2]) for n, one in enumerate([cut, rest])),
    ]


@given(replays())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_what_is_shown_of_a_replay_is_true_and_no_small_count_follows(counts):
    quality = quality_of(counts)
    check_quality(quality)
    true = {(one.characteristic, one.level): one for one in counts}
    for row in quality.replay:
        shown = (row.pupils, row.right, row.not_right, row.wrong)
        assert all(count is None or count == 0 or count >= 10 for count in shown)
        one = true.get((row.characteristic, row.level))
        if one is None or one.level == NO_PASS:
            continue
        exact = (one.pupils, one.right, one.pupils - one.right, one.wrong)
        assert all(a in {None, b} for a, b in zip(shown, exact, strict=True))
        if row.precision is not None and one.right + one.wrong:
            assert row.precision.low <= one.right / (one.right + one.wrong) <= row.precision.high
        if row.found is not None and row.characteristic != BY_PASS:
            assert row.found.low <= one.right / one.pupils <= row.found.high


# Seen from the registers.


def test_links_of_which_nothing_limits_the_right_ones_may_nearly_all_be_right():
    counts = [
        ReplayCount(BY_PASS, PASS_NAME, 46, 4, 42),
        ReplayCount(BY_PASS, NO_PASS, 14, 0, 0),
        ReplayCount("origin", "0", 60, 4, 42),
    ]
    (row,) = [row for row in quality_of(counts).replay if row.level == PASS_NAME]
    assert row.right is None
    assert row.precision.low <= 4 / 46 <= row.precision.high


def enrolled(*levels):
    """Persons and links by twin."""
    return [LevelCount("twin", name, *pair) for name, pair in levels]


def test_coverage_is_shown_by_group():
    seen = quality_of(coverage=enrolled(("no", (6000, 5800)), ("yes", (200, 150)))).coverage
    assert [(row.level, row.linked, row.not_linked) for row in seen.groups] == [
        ("no", 5800, 200),
        ("yes", 150, 50),
        (TOTAL, 5950, 250),
    ]
    assert seen.groups[0].rate == wilson(5800, 6000)


@pytest.mark.parametrize(("linked", "shown"), [(6199, False), (6191, False), (6200, True)])
def test_coverage_does_not_tell_the_few_who_are_linked_and_not_enrolled(linked, shown):
    assert LARGE.linked == 6200
    found = quality_of(coverage=enrolled(("no", (6500, linked)))).coverage
    assert (found is not None) == shown


def test_the_postcondition_sees_the_few_who_are_linked_and_not_enrolled():
    quality = quality_of(coverage=enrolled(("no", (6500, 6190))))
    near = replace(quality.totals, linked=6195, delivered=6495)
    with pytest.raises(FindingsError):
        check_quality(replace(quality, totals=near, passes=(), groups=()))


def test_a_replay_of_nearly_all_linked_of_a_group_is_left_out():
    counts = [*replay_of(20, links=1500, rest=500), ReplayCount("twin", "no", 2000, 1480, 20)]
    few = quality_of(counts, coverage=enrolled(("no", (2100, 2003))))
    assert {row.characteristic for row in few.replay} == {BY_PASS}
    check_quality(few)
    many = quality_of(counts, coverage=enrolled(("no", (2100, 2060))))
    assert {row.characteristic for row in many.replay} == {BY_PASS, "twin"}
    with pytest.raises(FindingsError):
        check_quality(replace(few, replay=many.replay))


# Truth and two routes: fewer than ten wrong look the same, whatever their number.


def test_few_wrong_links_against_the_truth_cannot_be_counted():
    found = set()
    for wrong in range(10):
        receipt = msgspec.structs.replace(LARGE, truth=truth_of(6200, wrong, 6400))
        found.add(make_quality(Inputs(receipt)).truth)
    (truth,) = found
    assert truth.precision.low == wilson(6191, 6200).low
    assert (truth.recall.part, truth.recall.whole) == (None, 6400)


@pytest.mark.parametrize(
    ("wrong", "linkable", "precision", "recall"),
    [
        (30, 6400, 6170, 6170),
        (30, 6175, 6170, None),
        (30, 6208, 6170, None),
        (30, 6170, 6170, 6170),
    ],
)
def test_what_a_truth_tells_exactly(wrong, linkable, precision, recall):
    receipt = msgspec.structs.replace(LARGE, truth=truth_of(6200, wrong, linkable))
    truth = make_quality(Inputs(receipt)).truth
    assert truth.precision.part == precision
    assert (truth.recall.part if truth.recall else None) == recall


def test_a_truth_does_not_tell_hidden_links():
    receipt = receipt_of([(100, 5)], truth=truth_of(100, 30, 104))
    truth = make_quality(Inputs(receipt)).truth
    assert (truth.precision, truth.recall) == (None, None)


def test_two_routes_are_shown_with_their_estimate():
    routes = quality_of(routes=RouteCount(5040, 700, 500, 480)).routes
    assert (routes.by_bsn, routes.by_education_number, routes.by_both) == (5040, 700, 500)
    assert routes.agreement.part == 480
    assert routes.captured == chapman(5040, 700, 500)


@pytest.mark.parametrize(
    "routes",
    [
        RouteCount(5004, 700, 500, 480),
        RouteCount(5040, 505, 500, 480),
        RouteCount(5040, 304, 280, 280),
        RouteCount(505, 700, 500, 480),
        RouteCount(5040, 700, 5, 5),
        RouteCount(5040, 700, 0, 0),
    ],
)
def test_two_routes_that_tell_a_small_count_are_hidden(routes):
    found = quality_of(routes=routes).routes
    assert (found.by_bsn, found.by_both, found.agreement, found.captured) == (None,) * 4


def test_two_routes_do_not_tell_the_links_of_a_hidden_pass():
    receipt = receipt_of([(5000, 40), (4, 20), (900, 60)], 180)
    found = quality_of((), receipt, routes=RouteCount(5040, 544, 500, 480)).routes
    assert found.by_bsn is None


KEY = st.sampled_from([None, "a", "b", "c"])


@given(
    st.lists(st.tuples(KEY, KEY), max_size=8),
    st.lists(st.tuples(st.sampled_from("pqr"), KEY, KEY), max_size=8),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_routes_count_as_a_plain_loop_does(pupils, spine):
    def owner(place, key):
        found = {row[0] for row in spine if key is not None and row[place] == key}
        return next(iter(found)) if len(found) == 1 else None

    pairs = [(owner(1, bsn), owner(2, number)) for bsn, number in pupils]
    both = [pair for pair in pairs if None not in pair]
    expected = RouteCount(
        sum(first is not None for first, _ in pairs),
        sum(second is not None for _, second in pairs),
        len(both),
        sum(first == second for first, second in both),
    )
    rows = [("d", number, *keys) for number, keys in enumerate(pupils)]
    kinds = {"delivery_id": pl.String, "pupil_row": pl.UInt32}
    keys = {"bsn": pl.String, "education_number": pl.String}
    delivered = pl.DataFrame(rows, schema=kinds | keys, orient="row")
    persons = pl.DataFrame(spine, schema={"person_id": pl.String} | keys, orient="row")
    assert count_routes(delivered.lazy(), persons.lazy()) == expected


# Rounds and deliveries in doubt.


def test_a_fall_beyond_chance_is_flagged_and_one_within_it_is_not():
    rounds = (earlier("2025-E", 2025, 950, 50), earlier("2024-E", 2024, 955, 45))
    last = receipt_of([(900, 100)])
    found = make_quality(Inputs(last, rounds)).rounds
    assert [one.round_id for one in found] == ["2024-E", "2025-E", "2026-E"]
    assert [one.fell for one in found] == [False, False, True]
    assert found[0].change is None
    assert found[1].change.estimate < 0
    assert "by more than chance" in render_quality(make_quality(Inputs(last, rounds)))
    assert "by more than chance" not in render_quality(make_quality(Inputs(last)))


def test_a_round_with_few_unlinked_pupils_is_shown_without_them():
    found = make_quality(Inputs(LARGE, (earlier("2025-E", 2025, 995, 5),))).rounds
    assert (found[0].delivered, found[0].linked, found[0].rate) == (1000, None, None)
    assert found[1].change is None
    assert not found[1].fell


def test_doubted_deliveries_are_counted_by_reason_without_their_names():
    reasons = ("sex differs", "numbers agree", "sex differs")
    doubted = tuple(DoubtedDelivery(f"canary-{n}", one) for n, one in enumerate(reasons))
    quality = make_quality(Inputs(msgspec.structs.replace(LARGE, doubted=doubted)))
    assert [(one.reason, one.deliveries) for one in quality.doubted] == [
        ("numbers agree", 1),
        ("sex differs", 2),
    ]
    page = render_quality(quality)
    assert "canary" not in page + to_json(quality).decode()
    assert "numbers agree" in page
