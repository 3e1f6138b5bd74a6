"""Estimates of linkage quality against published figures and exact computation."""

from fractions import Fraction

import pytest

from enclave.errors import InputError
from enclave.linkage.quality import chapman, judge_yardstick, wilson
from enclave.linkage.quality.estimates import between, difference

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(part, whole, low, high):
    share = wilson(part, whole)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


@pytest.mark.parametrize(("part", "whole"), [(1, 2), (7, 9), (999, 1000), (5, 10)])
def test_both_ends_solve_the_score_equation(part, whole):
    share = wilson(part, whole)
    for end in (share.low, share.high):
        assert (part / whole - end) ** 2 == pytest.approx(Z * Z * end * (1 - end) / whole)


def test_no_pupils_give_no_share():
    assert wilson(0, 0).estimate is None
    assert wilson(0, 0).low is None


def test_all_linked_ends_at_one_and_none_at_zero():
    assert wilson(7, 7).high == 1.0
    assert wilson(0, 7).low == 0.0


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 4)])
def test_impossible_shares_are_refused(part, whole):
    with pytest.raises(InputError):
        wilson(part, whole)


@pytest.mark.parametrize(("first", "second", "both"), [(10, 15, 5), (200, 180, 170), (3, 0, 0)])
def test_chapman_against_exact_fractions(first, second, both):
    found = chapman(first, second, both)
    total = Fraction((first + 1) * (second + 1), both + 1) - 1
    assert found.total == pytest.approx(float(total))
    assert found.missed == pytest.approx(float(total - (first + second - both)))
    alone = (first - both) * (second - both)
    variance = Fraction((first + 1) * (second + 1) * alone, (both + 1) ** 2 * (both + 2))
    assert found.standard_error**2 == pytest.approx(float(variance))


@pytest.mark.parametrize(
    ("later", "earlier", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_differences_have_the_published_intervals(later, earlier, low, high):
    found = difference(wilson(*later), wilson(*earlier))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.estimate == later[0] / later[1] - earlier[0] / earlier[1]
    back = difference(wilson(*earlier), wilson(*later))
    assert (round(back.low, 4), round(back.high, 4)) == (-high, -low)


def test_a_hidden_or_empty_share_has_no_difference():
    assert difference(wilson(0, 0), wilson(3, 9)) is None
    assert difference(wilson(3, 9), between(2, 5, 9)) is None


@pytest.mark.parametrize(("low", "high", "whole"), [(0, 9, 40), (31, 40, 40), (12, 12, 40)])
def test_a_share_between_two_parts_covers_the_intervals_of_all_parts(low, high, whole):
    found = between(low, high, whole)
    every = [wilson(part, whole) for part in range(low, high + 1)]
    assert (found.low, found.high) == (min(s.low for s in every), max(s.high for s in every))
    assert (found.part, found.estimate) == (None, None)


def test_chapman_refuses_more_in_both_than_in_one():
    with pytest.raises(InputError):
        chapman(4, 9, 5)


def test_a_yardstick_inside_the_interval_cannot_be_judged():
    assert judge_yardstick(wilson(10, 10), 0.999) == "cannot be judged"
    assert judge_yardstick(wilson(100_000, 100_000), 0.999) == "met"
    assert judge_yardstick(wilson(900, 1000), 0.95) == "not met"
    assert judge_yardstick(wilson(0, 0), 0.95) == "cannot be judged"
