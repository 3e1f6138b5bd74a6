"""Totals, rounds and truth of one report tell of the same pupils: no two of them tell a few."""

from dataclasses import replace

import pytest
from linkage_quality_cases import LARGE, earlier, truth_of
from msgspec.structs import replace as changed

from enclave.errors import FindingsError
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.report import RoundRate, Totals, TruthQuality

BEFORE = (earlier("2025-E", 2025, 4000, 900),)
HIDDEN = Totals(None, None, None, None, None, None)


def made(**changes):
    return make_quality(Inputs(changed(LARGE, **changes), BEFORE))


def test_a_truth_that_tells_how_few_could_not_be_linked_is_stopped():
    few = truth_of(LARGE.linked, 40, LARGE.delivered - 4)
    quality = made(truth=few)
    assert quality.truth.recall is None
    many = made(truth=truth_of(LARGE.linked, 40, LARGE.delivered - 60))
    share = replace(many.truth.recall, whole=LARGE.delivered - 4)
    with pytest.raises(FindingsError, match="No count below"):
        check_quality(replace(many, truth=TruthQuality(many.truth.precision, share)))


def test_a_truth_about_other_links_than_these_is_stopped():
    quality = made(truth=truth_of(LARGE.linked, 40, LARGE.delivered - 60))
    check_quality(quality)
    share = replace(quality.truth.precision, whole=LARGE.linked - 30)
    with pytest.raises(FindingsError, match="add up"):
        check_quality(replace(quality, truth=TruthQuality(share, None)))


def test_the_round_of_the_report_does_not_tell_what_its_totals_hide():
    quality = made()
    assert quality.rounds[-1].delivered == quality.totals.delivered
    near = RoundRate("2026-E", quality.totals.linked + 3, None, None, None, fell=False)
    shown = Totals(None, quality.totals.linked, None, None, None, None)
    told = replace(quality, totals=shown, passes=(), groups=(), rounds=(near,))
    with pytest.raises(FindingsError, match="No count below"):
        check_quality(told)


def test_earlier_rounds_are_not_taken_for_this_one():
    first = made().rounds[0]
    check_quality(replace(made(), totals=HIDDEN, passes=(), groups=(), rounds=(first,)))
