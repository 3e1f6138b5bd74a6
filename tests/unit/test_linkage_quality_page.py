"""The page and the text of the quality report."""

from html.parser import HTMLParser

import msgspec
import pytest
from linkage_quality_cases import LARGE, earlier, measured, receipt_of, replay_of, truth_of

from enclave.linkage.quality.estimates import wilson
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.plots import Interval, in_words, interval_chart, percent
from enclave.linkage.quality.small import cautious
from enclave.measured import LevelCount, ReplayCount, RouteCount


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
    coverage = [LevelCount("twin", "<img>", 6400, 6100)]
    counts = [*replay_of(20), ReplayCount("twin", "no", 460, 380, 20)]
    receipt = msgspec.structs.replace(
        LARGE,
        truth=truth_of(6200, 30, 6400),
        measured=measured(counts, coverage, RouteCount(5040, 700, 500, 480)),
        table_name="learnt <here>",
    )
    inputs = Inputs(receipt, (earlier("2025-E", 2025, 950, 50),))
    text = render_quality(make_quality(inputs))
    page = Page(text)
    assert (page.open, page.loose) == ([], [])
    assert page.count("svg") == 5
    assert page.count("title") == 6
    assert page.count("desc") == 5
    assert (page.count("h1"), page.count("h2")) == (1, 9)
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
