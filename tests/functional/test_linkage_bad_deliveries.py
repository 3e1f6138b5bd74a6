"""Bad deliveries and registers of a site: each is found, named, and stopped or sent to review."""

from datetime import date

import polars as pl
import pytest
from linkage_site import (
    DAY,
    PERSONS,
    ROUND,
    identifiers,
    make_site,
    nation,
    pupils,
    receive,
    refused,
    results,
    school_of,
    schools,
    spell,
)
from msgspec.structs import replace

from enclave.errors import FindingsError, InputError
from enclave.linkage import link_round


def families():
    """40 pupils in households of four, with other birthdays: two boys and two girls each."""
    return [
        spell(number) | {
            "bsn": f"{91_000_000 + 13 * number:09d}",
            "education_number": "104999991" if number == 0 else None,
            "postcode": f"{3100 + number // 4}KX", "house_number": str(20 + number // 4),
            "house_addition": "bis" if number < 4 else None,
            "birth_date": f"2015{1 + number % 12:02d}{10 + number % 17:02d}",
            "sex": "MMVV"[number % 4], "valid_from": date(2018 if number else 2026, 3, 1),
        }
        for number in range(PERSONS)
    ]  # fmt: skip


def slipped(rows, end, column="bsn"):
    part = [row[column] for row in rows[:end]]
    moved = zip(rows[:end], [*part[1:], *part[:1]], strict=True)
    return [row | {column: value} for row, value in moved] + rows[end:]


@pytest.mark.parametrize("end", [4, 8, 12, 20])
def test_a_slip_within_households_links_nobody_wrongly(tmp_path, end):
    persons = families()
    deliveries = schools(persons)
    deliveries["sender-2"] = slipped(deliveries["sender-2"], end)
    with make_site(tmp_path, deliveries, persons) as custody:
        receipt = link_round(custody)
    assert receipt.truth.wrong == 0
    assert receipt.linked >= 20
    if end > 4:
        assert [doubt.delivery_id for doubt in receipt.doubted] == [f"{ROUND}-sender-2"]


def test_every_second_row_that_slipped_links_nobody_wrongly(tmp_path):
    persons = families()
    deliveries = schools(persons)
    rows = deliveries["sender-2"]
    deliveries["sender-2"] = [
        row | {"bsn": rows[(number + 2) % 20]["bsn"]} if number % 2 else row
        for number, row in enumerate(rows)
    ]
    with make_site(tmp_path, deliveries, persons) as custody:
        receipt = link_round(custody)
    assert receipt.truth.wrong == 0
    assert [doubt.delivery_id for doubt in receipt.doubted] == [f"{ROUND}-sender-2"]


@pytest.mark.parametrize("known", [("bsn",), ("bsn", "sex"), ("bsn", "birth_date")])
def test_numbers_that_agree_while_nothing_else_does_link_nobody(tmp_path, known):
    """Shifted, with what little else there is; a number alone says nothing against itself."""
    persons = families()
    deliveries = schools(persons)
    bare = dict.fromkeys(("sex", "birth_date", "postcode", "house_number", "house_addition"))
    rows = [row | {n: None for n in bare if n not in known} for row in deliveries["sender-2"]]
    deliveries["sender-2"] = slipped(rows, 20)
    with make_site(tmp_path, deliveries, persons) as custody:
        receipt = link_round(custody)
    if known == ("bsn",):
        assert receipt.truth.wrong == 20, "what nothing can tell; told in the reference"
    else:
        assert receipt.truth.wrong == 0
        assert receipt.doubted[0].reason == "numbers agree where birth date and address do not"


def sent(root, deliveries, places):
    """A site in which senders delivered for the schools named in ``places``."""
    custody = make_site(root, {}, nation())
    truth = [
        {"sender_id": sender, "learner_id": row["learner_id"], "person_id": "none"}
        for sender, rows in deliveries.items()
        for row in rows
    ]
    pl.DataFrame(truth).write_parquet(root / "registers/truth.parquet")
    for sender, rows in deliveries.items():
        receive(custody, sender, identifiers(rows), results(rows, places[sender]))
    return custody


def test_two_schools_that_changed_their_deliveries_are_both_named(tmp_path):
    one, two = schools(nation()).values()
    places = {name: school_of(name) for name in ("sender-1", "sender-2")}
    with sent(tmp_path, {"sender-1": two, "sender-2": one}, places) as custody:
        receipt = link_round(custody)
    assert [doubt.reason for doubt in receipt.doubted] == ["pupils enrolled at another school"] * 2
    assert (receipt.linked, receipt.review) == (0, 40)


def test_a_school_with_half_of_another_schools_pupils_is_named(tmp_path):
    rows = pupils(nation(), [*range(10), *range(20, 30)])
    with sent(tmp_path, {"sender-1": rows}, {"sender-1": school_of("sender-1")}) as custody:
        receipt = link_round(custody)
    assert [doubt.reason for doubt in receipt.doubted] == ["pupils enrolled at another school"]
    assert receipt.linked == 0


def test_pupils_of_another_school_who_are_few_stay_and_are_counted(tmp_path):
    rows = pupils(nation(), [*range(18), 20, 21])
    with sent(tmp_path, {"sender-1": rows}, {"sender-1": school_of("sender-1")}) as custody:
        receipt = link_round(custody)
    assert receipt.doubted == ()
    assert receipt.content.other_school == 2


MOMENTS = {
    "naive": pl.Datetime("us"),
    "in UTC": pl.Datetime("us", "UTC"),
    "in Amsterdam": pl.Datetime("ms", "Europe/Amsterdam"),
}


def changed_spine(root, **columns):
    path = root / "registers/spine.parquet"
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


@pytest.mark.parametrize("kind", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("column", ["valid_from", "valid_to"])
def test_a_moment_in_the_spine_is_no_date(tmp_path, kind, column):
    with make_site(tmp_path) as custody:
        changed_spine(tmp_path, **{column: pl.col(column).cast(kind)})
        refused(custody, InputError, f"population_spine, columns {column}")


def test_an_address_that_ends_before_it_begins_stops_the_linkage(tmp_path):
    with make_site(tmp_path) as custody:
        early = pl.when(pl.int_range(pl.len()) == 3).then(pl.date(2001, 1, 1))
        changed_spine(tmp_path, valid_to=early.otherwise("valid_to"))
        refused(custody, FindingsError, "valid_to before valid_from 1")


def test_dates_that_were_exchanged_stop_the_linkage(tmp_path):
    persons = [row | {"valid_to": date(2026, 6, 20)} for row in nation()[:PERSONS]]
    with make_site(tmp_path, persons=persons) as custody:
        changed_spine(tmp_path, valid_from="valid_to", valid_to="valid_from")
        refused(custody, FindingsError, f"valid_to before valid_from {PERSONS}")


@pytest.mark.parametrize("end", [date(2999, 12, 31), date(9999, 12, 31), date(2100, 1, 1)])
def test_a_far_end_does_not_cover_a_far_reference_date(tmp_path, end):
    with make_site(tmp_path) as custody:
        changed_spine(tmp_path, valid_to=pl.col("valid_to").fill_null(end))
        round_then = replace(custody.config.round, reference_date=date(2090, 1, 1))
        now = custody.config
        object.__setattr__(custody, "config", replace(now, round=round_then))
        refused(custody, InputError, "covers the reference date")
        object.__setattr__(custody, "config", now)
        assert link_round(custody).linked == PERSONS


def test_a_begin_in_a_far_year_stops_the_linkage(tmp_path):
    persons = nation()
    more = [
        spell(number) | {"person_id": f"{400000000 + number}", "bsn": f"{80_000_000 + number:09d}"}
        for number in range(100, 400)
    ]
    more[0]["valid_from"] = date(2999, 1, 1)
    with make_site(tmp_path, schools(persons), [*persons, *more]) as custody:
        refused(custody, FindingsError, "valid_from more than a year after all others 1")


def test_two_addresses_at_once_and_two_numbers_link_one_person(tmp_path):
    persons = nation()
    second = spell(3) | {"postcode": "1011AB", "bsn": "088888882", "education_number": "104999991"}
    third = spell(3) | {"education_number": "104888881"}
    rows = [
        spell(3) | {"learner_id": "learner-3", "bsn": None, "education_number": None},
        second | {"learner_id": "learner-3", "education_number": None},
        third | {"learner_id": "learner-3", "bsn": None, "postcode": "2022BB"},
    ]
    deliveries = {f"sender-{n}": [row] for n, row in enumerate(rows, start=1)}
    with make_site(tmp_path, deliveries, [*persons, second, third]) as custody:
        link_round(custody)
        links = pl.read_parquet(custody.site.zone("linkage") / "links.parquet")
    assert links["person_id"].to_list() == [persons[3]["person_id"]] * 3


def test_a_bsn_and_an_education_number_of_two_persons_wait(tmp_path):
    persons = nation()
    rows = pupils(persons, [0, 4, 8, 12])
    crossed = [
        row | {"education_number": other["education_number"]}
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)
    ]
    with make_site(tmp_path, {"sender-1": crossed}, persons) as custody:
        receipt = link_round(custody)
    assert receipt.truth.wrong == 0


def test_a_delivery_of_the_day_after_the_spine_ends_is_covered_and_two_years_later_is_not(tmp_path):
    persons = nation()
    rows = pupils(persons, range(5))
    with make_site(tmp_path, {}, persons) as custody:
        (tmp_path / "registers/truth.parquet").unlink()
        object.__setattr__(
            custody,
            "config",
            replace(custody.config, registers=replace(custody.config.registers, truth=None)),
        )
        receive(custody, "sender-1", identifiers(rows), results(rows, "01AB00"))
        late = identifiers(pupils(persons, range(20, 25)), DAY.replace(year=DAY.year + 2))
        receive(custody, "sender-2", late, results(rows, "02AB00"))
        receipt = link_round(custody)
    assert [(doubt.delivery_id, doubt.reason) for doubt in receipt.doubted] == [
        (f"{ROUND}-sender-2", "reference date outside the period of the spine")
    ]
