"""The quality report: what it shows is true, nothing small is in it or follows from it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from html.parser import HTMLParser
from itertools import groupby

import msgspec
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from enclave.errors import FindingsError, InputError
from enclave.linkage.passes import PASSES
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.estimates import chapman, wilson
from enclave.linkage.quality.extras import Routes
from enclave.linkage.quality.gathered import count_routes
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.plots import Interval, in_words, interval_chart, percent
from enclave.linkage.quality.policy import POLICY
from enclave.linkage.quality.report import (
    PassQuality,
    RoutesQuality,
    TruthQuality,
    from_json,
    to_json,
)
from enclave.linkage.quality.small import cautious
from enclave.linkage.quality.writing import write_report
from enclave.linkage.tail import PASS_NAME
from enclave.receipts import (
    DoubtedDelivery,
    FileDigest,
    LevelCount,
    LinkageReceipt,
    PassCount,
    TruthScore,
)

NAMES = (*(step.name for step in PASSES), PASS_NAME)
KINDS = ("pupils", "linked", "not_linked")


def receipt_of(passes, unlinked=0, groups=None, **changes):
    """A receipt from (linked, review) per pass, and (linked, not linked) by level per group."""
    padded = [*passes, *[(0, 0)] * (len(NAMES) - len(passes))]
    counts = tuple(PassCount(name, *pair) for name, pair in zip(NAMES, padded, strict=True))
    linked, review = (sum(pair[place] for pair in padded) for place in (0, 1))
    rates = tuple(
        LevelCount(name, level, good + bad, good)
        for name, levels in (groups or {}).items()
        for level, (good, bad) in levels.items()
    )
    facts = {
        "round_id": "2026-E",
        "reference_date": date(2026, 7, 1),
        "truth": None,
        "doubted": (),
        **changes,
    }
    return LinkageReceipt(
        delivered=linked + review + unlinked,
        linked=linked,
        review=review,
        unlinked=unlinked,
        passes=counts,
        rates=rates,
        links=FileDigest(path="linkage/links.parquet", size=1, sha256="0" * 64),
        outputs=(),
        keys=(),
        finished_at=datetime(2026, 11, 1, tzinfo=UTC),
        **facts,
    )


LARGE = receipt_of(
    [(5000, 40), (300, 20), (900, 60)],
    180,
    {
        "number": {"BSN": (5100, 60), "no number": (1100, 240)},
        "sex": {"M": (3100, 140), "V": (3100, 160)},
        "birth_year": {"2014": (2200, 100), "2017": (4000, 200)},
    },
)


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
@settings(max_examples=40, deadline=None)
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
        (LARGE, lambda q: replace(q, replay=(PassQuality("home", None, wilson(991, 1000)),))),
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


# Replay, routes, truth: fewer than ten wrong look the same, whatever their number.


def replay_of(wrong, links=400, deciding="pattern table", rest=60):
    rows = [("p", "x" if n < wrong else "p", "linked", deciding) for n in range(links)]
    rows += [("p", None, "unlinked", None)] * rest
    names = ("true_person", "person_id", "status", "pass_name")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def truth_of(linked, wrong, linkable):
    correct = linked - wrong
    return TruthScore(linkable, correct, wrong, linkable - correct, 1.0, 1.0)


def test_few_wrong_links_of_a_replay_cannot_be_counted():
    found = {make_quality(Inputs(LARGE, replay=replay_of(n))).replay for n in range(10)}
    (one,) = found.pop()
    assert found == set()
    assert (one.precision.estimate, one.precision.high) == (None, 1.0)
    assert one.precision.low == wilson(391, 400).low
    (exact,) = make_quality(Inputs(LARGE, replay=replay_of(10))).replay
    assert (exact.precision.part, exact.recall.part, exact.recall.whole) == (390, 390, 460)


@pytest.mark.parametrize("rest", [1, 9])
def test_few_pupils_without_a_link_hide_the_size_of_the_sample(rest):
    (one,) = make_quality(Inputs(LARGE, replay=replay_of(20, rest=rest))).replay
    assert one.recall is None
    assert one.precision.part == 380


def test_a_sample_that_is_nearly_a_shown_count_is_hidden():
    assert 5000 in {p.linked for p in LARGE.passes}
    (one,) = make_quality(Inputs(LARGE, replay=replay_of(20, links=4900, rest=95))).replay
    assert one.recall is None


def test_passes_of_a_replay_come_in_the_order_of_passes():
    parts = [replay_of(0, deciding=name, rest=0) for name in ("pattern table", PASSES[2].name)]
    names = [one.name for one in make_quality(Inputs(LARGE, replay=pl.concat(parts))).replay]
    assert names == [PASSES[2].name, "pattern table"]


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
    routes = make_quality(Inputs(LARGE, routes=Routes(5040, 700, 500, 480))).routes
    assert (routes.by_bsn, routes.by_education_number, routes.by_both) == (5040, 700, 500)
    assert routes.agreement.part == 480
    assert routes.captured == chapman(5040, 700, 500)


@pytest.mark.parametrize(
    "routes",
    [
        Routes(5004, 700, 500, 480),
        Routes(5040, 505, 500, 480),
        Routes(5040, 304, 280, 280),
        Routes(505, 700, 500, 480),
        Routes(5040, 700, 5, 5),
        Routes(5040, 700, 0, 0),
    ],
)
def test_two_routes_that_tell_a_small_count_are_hidden(routes):
    found = make_quality(Inputs(LARGE, routes=routes)).routes
    assert (found.by_bsn, found.by_both, found.agreement, found.captured) == (None,) * 4


def test_two_routes_do_not_tell_the_links_of_a_hidden_pass():
    receipt = receipt_of([(5000, 40), (4, 20), (900, 60)], 180)
    found = make_quality(Inputs(receipt, routes=Routes(5040, 544, 500, 480))).routes
    assert found.by_bsn is None


KEY = st.sampled_from([None, "a", "b", "c"])


@given(
    st.lists(st.tuples(KEY, KEY), max_size=8),
    st.lists(st.tuples(st.sampled_from("pqr"), KEY, KEY), max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_routes_count_as_a_plain_loop_does(pupils, spine):
    def owner(place, key):
        found = {row[0] for row in spine if key is not None and row[place] == key}
        return next(iter(found)) if len(found) == 1 else None

    pairs = [(owner(1, bsn), owner(2, number)) for bsn, number in pupils]
    both = [pair for pair in pairs if None not in pair]
    expected = Routes(
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


def earlier(round_id, year, linked, rest):
    return receipt_of([(linked, rest)], round_id=round_id, reference_date=date(year, 7, 1))


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


# The page.


class Page(HTMLParser):
    """Tags with attributes, and what is open at the end."""

    EMPTY = frozenset({"meta", "line", "rect", "circle", "polyline"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.loose = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.loose.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def count(self, tag):
        return [name for name, _ in self.tags].count(tag)


def test_the_page_is_whole_and_loads_nothing():
    inputs = Inputs(
        msgspec.structs.replace(LARGE, truth=truth_of(6200, 30, 6400)),
        (earlier("2025-E", 2025, 950, 50),),
        replay_of(20),
        Routes(5040, 700, 500, 480),
        "learnt <here>",
    )
    text = render_quality(make_quality(inputs))
    page = Page(text)
    assert (page.open, page.loose) == ([], [])
    assert page.count("svg") == 4
    assert page.count("title") == 5
    assert page.count("desc") == 4
    assert (page.count("h1"), page.count("h2")) == (1, 8)
    assert page.count("script") == page.count("link") == page.count("img") == 0
    attributes = {name for _, given_ in page.tags for name in given_}
    assert attributes & {"src", "href", "onclick", "onload", "xlink:href"} == set()
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    policy = next(a for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy["content"].startswith("default-src 'none'")
    assert "learnt &lt;here&gt;" in text


def test_a_page_without_measurements_says_so():
    text = render_quality(make_quality(Inputs(receipt_of([(4, 0)]))))
    page = Page(text)
    assert (page.open, page.loose) == ([], [])
    assert "Nobody was linked again without numbers" in text
    assert "Too few pupils" in text
    assert "It was not measured" in text
    assert page.count("svg") == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "100.00 %"),
        (0.999999, "> 99.99 %"),
        (0.98765, "98.77 %"),
        (0.00001, "< 0.01 %"),
        (0.0, "0.00 %"),
        (None, "not shown"),
    ],
)
def test_nearly_all_is_not_all(value, text):
    assert percent(value) == text


def test_the_least_possible_share_is_rounded_down():
    share = cautious(400, 400)
    assert 0.95779 < share.low < 0.957999
    assert in_words(share) == "between 95.77 % and 100.00 %"
    assert in_words(wilson(90, 100)) == "90.00 % (82.56 % to 94.48 %)"
    assert in_words(wilson(0, 0)) == in_words(None) == "not shown"
    chart = interval_chart("t", [Interval("a", share), Interval("b", None)])
    assert ("at least 95.77 %" in chart, "not shown" in chart) == (True, True)


@pytest.mark.parametrize("whole", [20, 35, 100])
def test_a_cautious_share_holds_the_truth_and_tells_no_small_count(whole):
    for part in range(whole + 1):
        share = cautious(part, whole)
        exact = wilson(part, whole)
        assert share.low <= exact.low <= exact.high <= share.high
        assert share.part is None or min(share.part, whole - share.part) >= 10
    assert {cautious(part, 19) for part in range(20)} == {None}
