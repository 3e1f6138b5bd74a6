"""The days of which a spine tells something, by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from enclave.linkage.period import Period, later, period_of

OLD, NEW = date(2019, 5, 1), date(2026, 2, 1)
FAR = date(2999, 1, 1)


def spells(*rows):
    kinds = {"valid_from": pl.Date, "valid_to": pl.Date}
    return pl.DataFrame(list(rows), schema=kinds, orient="row").lazy()


def test_from_the_first_begin_to_the_last_begin_or_end():
    rows = [(OLD, None), (OLD, NEW), (NEW, None)]
    assert period_of(spells(*rows)) == Period(OLD, NEW, strays=0, backwards=0)
    end = NEW + timedelta(days=90)
    assert period_of(spells(*rows, (OLD, end))).last == end


@pytest.mark.parametrize("end", [date(9999, 12, 31), date(2100, 1, 1), FAR])
def test_an_end_far_after_every_begin_is_no_date(end):
    assert period_of(spells((OLD, end), (NEW, end))).last == NEW


def test_a_rare_begin_far_after_all_others_is_not_believed():
    many = [(OLD, None)] * 300 + [(NEW, None)] * 100
    assert period_of(spells(*many, (FAR, None))) == Period(OLD, NEW, strays=1, backwards=0)
    two = period_of(spells(*many, (FAR, None), (date(2150, 1, 1), None)))
    assert (two.last, two.strays) == (NEW, 2), "one hides behind the other"
    ended = period_of(spells(*many, (FAR, FAR + timedelta(days=5))))
    assert ended.last == NEW, "and neither does its end count"


def test_a_begin_that_is_near_or_not_rare_counts():
    many = [(OLD, None)] * 300
    near = OLD + timedelta(days=366)
    assert period_of(spells(*many, (near, None))).last == near
    assert period_of(spells(*many, (near + timedelta(days=1), None))).last == OLD
    assert period_of(spells(*many, *[(NEW, None)] * 2)).last == NEW, "2 of 302 are more than 0.5 %"
    assert period_of(spells((OLD, None), (NEW, None))).last == NEW, "a small spine is believed"


def test_spells_that_end_before_they_begin_are_counted():
    rows = [(NEW, OLD), (NEW, NEW), (OLD, NEW), (NEW, None)]
    assert period_of(spells(*rows)).backwards == 1


def test_without_dates_there_is_no_period():
    assert period_of(spells()) == Period(None, None, strays=0, backwards=0)
    always = period_of(spells((date(1, 1, 1), None)), date(1, 1, 1))
    assert (always.first, always.last) == (None, None)


def test_a_year_later_never_passes_the_last_day_there_is():
    assert later(OLD) == OLD + timedelta(days=366)
    assert later(date.max) == date.max
