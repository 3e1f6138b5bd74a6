"""The quality report: what it shows is true, nothing small is in it or follows from it."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linkage_quality_cases import LARGE, receipt_of

from enclave.errors import FindingsError, InputError
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.estimates import wilson
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.policy import POLICY
from enclave.linkage.quality.report import (
    ReplayGroup,
    RoutesQuality,
    TruthQuality,
    from_json,
    to_json,
)
from enclave.linkage.quality.writing import write_report
from enclave.measured import TruthScore

KINDS = ("pupils", "linked", "not_linked")


# What follows from what is shown, by exact elimination.


def equations_of(quality):
    """Every sum in the report as names with signs, and the shown counts by name."""
    totals = quality.totals
    known = {("all", kind): getattr(totals, kind) for kind in ("linked", "not_linked")}
    known |= {("all", kind): getattr(totals, kind) for kind in ("review", "unlinked")}
    known["all", "pupils"] = totals.delivered
    sums = [
        {("all", "pupils"): -1, ("all", "linked"): 1, ("all", "not_linked"): 1},
        {("all", "not_linked"): -1, ("all", "review"): 1, ("all", "unlinked"): 1},
    ]
    for kind in ("linked", "review"):
        known |= {("pass", one.name, kind): getattr(one, kind) for one in quality.passes}
        sums.append({("all", kind): -1} | {("pass", p.name, kind): 1 for p in quality.passes})
    for name, found in groupby(quality.groups, key=lambda row: row.characteristic):
        rows = [row for row in found if row.level != "[total]"]
        for row in rows:
            known |= {(name, row.level, kind): getattr(row, kind) for kind in KINDS}
            parts = {(name, row.level, kind): 1 for kind in KINDS[1:]}
            sums.append({(name, row.level, "pupils"): -1} | parts)
        for kind in KINDS:
            sums.append({("all", kind): -1} | {(name, row.level, kind): 1 for row in rows})
    return known, sums


def followed(quality):
    """Hidden counts that the sums determine."""
    known, sums = equations_of(quality)
    rows = []
    for terms in sums:
        hidden = {name: Fraction(sign) for name, sign in terms.items() if known[name] is None}
        rest = -sum(s * known[n] for n, s in terms.items() if known[n] is not None)
        rows.append((hidden, Fraction(rest)))
    done = []
    for name in sorted({name for row, _ in rows for name in row}):
        pivot = next((row for row in rows if row[0].get(name, 0)), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        scale = pivot[0][name]
        pivot = ({n: v / scale for n, v in pivot[0].items() if v}, pivot[1] / scale)
        rows, done = ([minus(row, pivot, name) for row in part] for part in (rows, done))
        done.append(pivot)
    return [value for row, value in done if len(row) == 1]


def minus(row, pivot, name):
    share = row[0].get(name, Fraction(0))
    names = row[0].keys() | pivot[0].keys()
    left = {n: row[0].get(n, 0) - share * pivot[0].get(n, 0) for n in names}
    return {n: v for n, v in left.items() if v}, row[1] - share * pivot[1]


COUNT = st.integers(0, 14) | st.integers(0, 300)


@st.composite
def receipts(draw):
    passes = draw(st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=5))
    unlinked = draw(COUNT)
    linked = sum(pair[0] for pair in passes)
    rest = unlinked + sum(pair[1] for pair in passes)
    groups = {}
    for name in ("number", "sex", "birth_year"):
        good = draw(st.integers(0, linked))
        bad = draw(st.integers(0, rest))
        cut = draw(st.integers(0, good)), draw(st.integers(0, bad))
        levels = ("BSN", "M", "2015")
        found = {
            levels[0]: cut,
            levels[1]: (good - cut[0], bad - cut[1]),
            levels[2]: (linked - good, rest - bad),
        }
        groups[name] = {level: pair for level, pair in found.items() if sum(pair)}
    changes = {}
    if draw(st.booleans()):
        correct = draw(st.integers(max(0, linked - 12), linked))
        linkable = draw(st.integers(correct, linked + rest))
        missed = linkable - correct
        changes["truth"] = TruthScore(linkable, correct, linked - correct, missed, 1.0, 1.0)
    return receipt_of(passes, unlinked, groups, **changes)


@given(receipts())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_small_count_is_shown_or_follows_and_what_is_shown_is_true(receipt):
    assume(receipt.delivered > 0)
    quality = make_quality(Inputs(receipt))
    check_quality(quality)
    known, _ = equations_of(quality)
    assert all(count is None or count == 0 or count >= 10 for count in known.values())
    assert [value for value in followed(quality) if 0 < value < 10] == []
    truth = {(row.characteristic, row.level): row for row in receipt.rates}
    for row in quality.groups:
        if row.level != "[total]" and row.characteristic != "age":
            true = truth[row.characteristic, row.level]
            assert row.pupils in {None, true.pupils}
            assert row.linked in {None, true.linked}
            assert row.not_linked in {None, true.pupils - true.linked}
            if row.rate is not None:
                assert row.rate.low <= true.linked / true.pupils <= row.rate.high
    for row, true in zip(quality.passes, receipt.passes, strict=True):
        assert row.linked in {None, true.linked}
        assert row.review in {None, true.review}
    assert from_json(to_json(quality)) == quality
    assert small_numbers(render_quality(quality)) == []


def small_numbers(page):
    """Numbers from 1 to 9 in the counts of the page."""
    cells = re.findall(r'<td class="n">([\d,]+)</td>|<b>([\d,]+)</b>', page)
    cells += [(found, "") for found in re.findall(r">([\d,]+), |, ([\d,]+) to review", page)]
    numbers = ["".join(part for part in cell if isinstance(part, str)) for cell in cells]
    return [n for n in numbers if n and 0 < int(n.replace(",", "")) < 10]


def test_large_counts_are_shown_with_age_and_verdicts():
    quality = make_quality(Inputs(LARGE))
    assert quality.totals.linked == 6200
    assert quality.totals.rate.estimate == 6200 / 6500
    assert [p.linked for p in quality.passes] == [5000, 300, 900, 0, 0]
    ages = [row.level for row in quality.groups if row.characteristic == "age"]
    assert ages == ["9", "12", "[total]"]
    assert [one.verdict for one in quality.verdicts] == ["not met", "not met"]
    assert quality.policy == POLICY.name == "linkage quality"


def test_a_group_that_is_linked_as_a_whole_is_shown():
    groups = {"number": {"BSN": (500, 0), "no number": (80, 20)}}
    quality = make_quality(Inputs(receipt_of([(580, 20)], 0, groups)))
    whole = quality.groups[0]
    assert (whole.level, whole.pupils, whole.linked, whole.not_linked) == ("BSN", 500, 500, 0)
    assert POLICY.maximum_group_share is None
    assert POLICY.minimum_units == 10


def test_the_totals_stay_though_groups_are_hidden():
    groups = {"sex": {"M": (60, 3), "V": (80, 30)}}
    quality = make_quality(Inputs(receipt_of([(140, 33)], 0, groups)))
    assert (quality.totals.linked, quality.totals.not_linked) == (140, 33)
    assert quality.groups[0].linked is None
    assert quality.groups[0].rate.estimate is None
    assert (quality.groups[0].rate.low, quality.groups[0].rate.high) != (0, 1)


def test_a_small_group_never_hides_the_totals_that_a_later_report_shows():
    groups = {"sex": {"M": (200, 60), "V": (3, 0), "unknown": (50, 0)}}
    totals = make_quality(Inputs(receipt_of([(253, 57)], 3, groups))).totals
    assert (totals.delivered, totals.linked, totals.not_linked) == (313, 253, 60)
    assert (totals.review, totals.unlinked) == (None, None)


@pytest.mark.parametrize(
    "receipt",
    [
        receipt_of([(0, 0)], 25, {"sex": {"unknown": (0, 25)}}),
        receipt_of([(0, 0)], 3),
        receipt_of([(1, 0)]),
        receipt_of([(30, 0)], 0, {"number": {"no number": (30, 0)}, "sex": {"unknown": (30, 0)}}),
        receipt_of([(0, 30)], 0, {"number": {"no number": (0, 30)}}),
    ],
    ids=["zero links", "three pupils", "one pupil", "everything unknown", "all in review"],
)
def test_odd_rounds_have_a_report(receipt, tmp_path):
    quality = make_quality(Inputs(receipt))
    page, record = write_report(quality, tmp_path / "out")
    assert from_json(record.read_bytes()) == quality
    assert small_numbers(page.read_text()) == []


def test_a_group_of_which_nothing_is_known_has_no_rate():
    quality = make_quality(Inputs(receipt_of([(20, 3)], 0, {"sex": {"M": (20, 3)}})))
    row = quality.groups[0]
    assert (row.pupils, row.linked, row.not_linked, row.rate) == (23, None, None, None)


def test_zero_links_are_a_rate_of_zero():
    quality = make_quality(Inputs(receipt_of([(0, 0)], 25)))
    assert (quality.totals.linked, quality.totals.unlinked) == (0, 25)
    assert quality.totals.rate.estimate == 0
    assert quality.totals.rate.low == 0


# The post-condition and writing.


def tell(quality, *places):
    """The report with counts set, by (part, place, field, value)."""
    for part, place, field, value in places:
        rows = list(getattr(quality, part))
        rows[place] = replace(rows[place], **{field: value})
        quality = replace(quality, **{part: tuple(rows)})
    return quality


SMALL = receipt_of([(140, 33)], 0, {"sex": {"M": (60, 3), "V": (80, 30)}})


@pytest.mark.parametrize(
    ("receipt", "spoil"),
    [
        (LARGE, lambda q: replace(q, totals=replace(q.totals, review=4))),
        (LARGE, lambda q: tell(without_reviews(q), ("passes", 0, "linked", 7))),
        (LARGE, lambda q: replace(without_reviews(q), totals=totals_of(q, None, 295))),
        (LARGE, lambda q: tell(q, ("passes", 0, "review", None), ("passes", 1, "review", 55))),
        (SMALL, lambda q: tell(q, ("groups", 0, "linked", 60))),
        (SMALL, lambda q: tell(q, ("groups", 1, "not_linked", 30))),
        (LARGE, lambda q: tell(q, ("rounds", 0, "linked", q.rounds[0].delivered - 5))),
        (LARGE, lambda q: tell(q, ("verdicts", 0, "rate", wilson(95, 100)))),
        (LARGE, lambda q: tell(q, ("groups", 0, "rate", wilson(3, 100)))),
        (LARGE, lambda q: replace(q, truth=TruthQuality(wilson(6195, 6200), None))),
        (
            LARGE,
            lambda q: replace(
                q, replay=(ReplayGroup("pass", "home", *[None] * 5, wilson(991, 1000)),)
            ),
        ),
        (LARGE, lambda q: replace(q, routes=RoutesQuality(100, 100, 95, None, None))),
    ],
)
def test_the_postcondition_sees_a_small_count_and_one_that_follows(tmp_path, receipt, spoil):
    quality = make_quality(Inputs(receipt))
    check_quality(quality)
    with pytest.raises(FindingsError, match="No count below 10 is shown or can be computed"):
        write_report(spoil(quality), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def totals_of(quality, review, unlinked):
    return replace(quality.totals, review=review, unlinked=unlinked)


def without_reviews(quality):
    hidden = tuple(replace(one, review=None) for one in quality.passes)
    return replace(quality, passes=hidden)


def test_the_postcondition_sees_counts_that_do_not_add_up():
    quality = make_quality(Inputs(LARGE))
    with pytest.raises(FindingsError, match="add up"):
        check_quality(tell(quality, ("passes", 0, "linked", 4000)))


def test_a_report_that_fails_leaves_the_earlier_one_as_it_was(tmp_path):
    quality = make_quality(Inputs(LARGE))
    paths = write_report(quality, tmp_path)
    before = [path.read_bytes() for path in paths]
    with pytest.raises(FindingsError):
        write_report(replace(quality, totals=replace(quality.totals, review=4)), tmp_path)
    assert [path.read_bytes() for path in paths] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_counts_that_contradict_each_other_have_no_report():
    with pytest.raises(FindingsError):
        make_quality(Inputs(receipt_of([(100, 20)], 0, {"sex": {"M": (90, 20)}})))


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"round_id": 3}'])
def test_another_json_is_no_report(text):
    with pytest.raises(InputError):
        from_json(text)
