"""Bad files of ``enclave link frames``: each is found, named, and stopped or sent to review."""

import datetime as dt

import polars as pl
import pytest
from linkage_files import Folder, make_town, sound_numbers

from enclave.errors import FindingsError, InputError

NOTHING = pl.lit(None, pl.String)


@pytest.fixture(scope="module")
def town():
    return make_town()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def wrong(folder, town):
    """How many links are not the truth."""
    links = folder.links.filter(status="linked").select("row_id", "person_id")
    return sum(town.truth[row] != who for row, who in links.rows())


def slipped(rows, column, end, start=0):
    """The rows with one column slipped by one between two places."""
    part = rows[start:end]
    moved = pl.concat([part[column][1:], part[column][:1]])
    return pl.concat([rows[:start], part.with_columns(moved.alias(column)), rows[end:]])


def by_household(town):
    """Families together, as in the export of many a school."""
    return town.delivery.sort("postcode", "house_number", "birth_date")


@pytest.mark.parametrize("share", [1, 2])
def test_a_slip_within_families_is_named_and_links_nobody(folder, town, share):
    rows = by_household(town)
    report = folder.write(slipped(rows, "bsn", rows.height // share), town.spine).link()
    assert any("numbers agree where birth date and address do not" in f for f in report.findings)
    assert report.linked == 0
    assert report.review > 500


@pytest.mark.parametrize("rows", [12, 30, 61])
def test_a_short_slip_within_families_sends_brothers_and_sisters_to_review(folder, town, rows):
    """What is left has two errors: another's number, and a birth date that is nobody's."""
    delivery = by_household(town)
    folder.write(slipped(delivery, "bsn", rows + 100, 100), town.spine).link()
    assert wrong(folder, town) <= 3
    assert folder.links.filter(status="linked").height > 600 - 2 * rows


@pytest.mark.parametrize("share", [1, 2, 10])
def test_a_slip_within_a_file_sorted_by_birth_date_links_nobody_wrongly(folder, town, share):
    known = town.delivery.filter(pl.col("bsn").is_not_null()).sort("birth_date")
    rest = town.delivery.filter(pl.col("bsn").is_null())
    rows = slipped(known, "bsn", known.height // share)
    folder.write(pl.concat([rows, rest]), town.spine).link()
    assert wrong(folder, town) <= 1


@pytest.mark.parametrize("share", [1, 2])
def test_birth_dates_that_slip_within_families_without_numbers_are_named(folder, town, share):
    rows = by_household(town).with_columns(bsn=NOTHING)
    report = folder.write(slipped(rows, "birth_date", rows.height // share), town.spine).link()
    assert report.linked == 0
    assert any("sex differs where birth date and address agree" in f for f in report.findings)


def test_sex_the_other_way_round_without_numbers_is_named_and_links_no_twin(folder, town):
    other = pl.when(pl.col("sex") == "M").then(pl.lit("V")).otherwise(pl.lit("M"))
    report = folder.write(town.delivery.with_columns(sex=other, bsn=NOTHING), town.spine).link()
    assert report.linked == 0
    assert any("sex differs where birth date and address agree" in f for f in report.findings)


def test_numbers_with_sex_alone_that_slipped_are_named_and_link_nobody(folder, town):
    bare = town.delivery.with_columns(birth_date=NOTHING, postcode=NOTHING)
    report = folder.write(slipped(bare, "bsn", bare.height), town.spine).link()
    assert report.linked == 0
    assert any("in doubt" in finding for finding in report.findings)


def test_one_birth_date_for_all_and_no_address_links_nobody(folder, town):
    bare = town.delivery.with_columns(birth_date=pl.lit("19000101"), postcode=NOTHING)
    report = folder.write(bare, town.spine).link()
    assert report.linked == 0
    assert any("in doubt" in finding for finding in report.findings)


def test_a_changed_number_and_a_move_do_not_look_like_somebody_else(folder, town):
    """Delivered with the old number and the new address: both are the same person's."""
    two = town.spine.filter(pl.col("person_id").is_duplicated())
    old = two.filter(pl.col("valid_to").is_not_null()).select("person_id", was="bsn")
    now = two.filter(pl.col("valid_to").is_null()).join(old, on="person_id")
    changed = now.filter(pl.col("was") != pl.col("bsn"))
    rows = changed.select(
        pl.col("person_id").alias("row_id"), pl.col("was").alias("bsn"), "education_number",
        "birth_date", "sex", "postcode", "house_number", "house_addition",
        pl.lit(dt.date(2026, 10, 1)).alias("reference_date"),
    )  # fmt: skip
    assert rows.height == 30
    folder.write(rows, town.spine).link()
    assert folder.links["status"].unique().to_list() == ["linked"]
    assert folder.links["row_id"].equals(folder.links["person_id"].rename("row_id"))


def few(spine):
    return pl.col("person_id").is_in(spine["person_id"].unique().sort()[300:303].implode())


def test_columns_of_dates_that_were_exchanged_stop_the_linkage(folder, town):
    spine = town.spine.with_columns(valid_from="valid_to", valid_to="valid_from")
    with pytest.raises(FindingsError, match=r"valid_to lies before valid_from: 60 rows"):
        folder.write(town.delivery, spine).link()
    assert not folder.out.exists()


def test_a_few_addresses_that_end_before_they_begin_are_named_and_link_nobody(folder, town):
    ended = pl.when(few(town.spine)).then(pl.date(2001, 1, 1)).otherwise("valid_to")
    spine = town.spine.with_columns(valid_to=ended)
    report = folder.write(town.delivery.with_columns(bsn=NOTHING), spine).link()
    assert any("end before they begin: 3 rows" in finding for finding in report.findings)
    links = folder.links.filter(few(town.spine), status="linked")
    assert not set(links["pass_name"]) & {"birth date, sex and address"}
    assert wrong(folder, town) == 0


@pytest.mark.parametrize("year", [2028, 2106, 2999])
def test_a_begin_in_a_far_year_does_not_cover_a_far_reference_date(folder, town, year):
    far = pl.when(pl.int_range(pl.len()) == 3).then(pl.date(year, 1, 1)).otherwise("valid_from")
    spine = town.spine.with_columns(valid_from=far)
    report = folder.write(town.delivery, spine).link()
    assert any("more than a year after all others: 1 rows" in f for f in report.findings)
    late = town.delivery.with_columns(reference_date=pl.date(year - 1, 12, 31))
    with pytest.raises(InputError, match="covers the reference date"):
        folder.write(late, spine).link()


def test_two_addresses_at_once_link_the_person_by_either(folder, town):
    both = town.spine.with_columns(valid_to=pl.lit(None, pl.Date))
    folder.write(town.delivery.with_columns(bsn=NOTHING), both).link()
    assert wrong(folder, town) == 0
    assert folder.links.filter(status="linked").height > 500


@pytest.mark.parametrize("persons", [5, 930])
def test_persons_who_are_in_the_spine_twice_under_two_names_stop_it(folder, town, persons):
    again = town.spine[:persons].with_columns(("again-" + pl.col("person_id")).alias("person_id"))
    with pytest.raises(FindingsError, match=r"\d+ of 930 numbers belong to two or more"):
        folder.write(town.delivery, pl.concat([town.spine, again])).link()


def with_education(town):
    """Everybody also has an education number, and half of the delivered only that."""
    now = pl.col("valid_to").is_null()
    spine = town.spine.with_columns(
        education_number=pl.Series(sound_numbers(town.spine.height, first=80_000_000))
    )
    who = pl.DataFrame(
        {"row_id": list(town.truth), "person_id": list(town.truth.values())},
        schema={"row_id": pl.String, "person_id": pl.String},
    )
    own = spine.filter(now).select("person_id", told="education_number")
    rows = town.delivery.join(who, on="row_id").join(own, on="person_id", how="left")
    rows = rows.with_columns(education_number="told", bsn=NOTHING).drop("told", "person_id")
    return rows, spine


def test_education_numbers_of_two_persons_are_named_and_link_nobody(folder, town):
    rows, spine = with_education(town)
    paired = spine.sort("person_id").with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0)
        .then("education_number")
        .otherwise(pl.col("education_number").shift(1))
        .alias("education_number")
    )
    report = folder.write(rows, paired).link()
    assert any("belong to two or more persons: 4" in finding for finding in report.findings)
    linked = folder.links.filter(status="linked")
    assert wrong(folder, town) == 0
    assert linked.filter(pass_name="education number").height < 100


def test_two_education_numbers_of_one_person_both_find_them(folder, town):
    rows, spine = with_education(town)
    second = spine.with_columns(
        education_number=pl.Series(sound_numbers(spine.height, first=90_000_000))
    )
    folder.write(rows, pl.concat([spine, second])).link()
    found = folder.links.filter(status="linked", pass_name="education number")
    assert found.height > 550
    assert wrong(folder, town) == 0


def test_a_bsn_and_an_education_number_of_two_persons_link_nobody(folder, town):
    rows, spine = with_education(town)
    both = rows.drop("bsn").join(town.delivery.select("row_id", "bsn"), on="row_id")
    crossed = both.with_columns(pl.col("education_number").shift(1))
    report = folder.write(crossed.select(town.delivery.columns), spine).link()
    assert wrong(folder, town) == 0
    assert report.linked == 0


MOMENTS = {
    "naive": pl.Datetime("us"),
    "in UTC": pl.Datetime("us", "UTC"),
    "in Amsterdam": pl.Datetime("ms", "Europe/Amsterdam"),
}


@pytest.mark.parametrize("kind", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("column", ["reference_date", "valid_from", "valid_to"])
def test_a_moment_is_no_date(folder, town, kind, column):
    frames = [
        one.with_columns(pl.col(column).cast(kind)) if column in one.columns else one
        for one in (town.delivery, town.spine)
    ]
    with pytest.raises(InputError, match=f"time zone.*columns {column}"):
        folder.write(*frames).link()


@pytest.mark.parametrize(
    "text",
    ["2026-10-01T00:00:00", "2026-10-01T00:00:00+02:00", "2026-10-01Z", "01-10-2026", "2026-10"],
)
def test_text_with_a_clock_or_in_another_order_is_no_date(folder, town, text):
    delivery = town.delivery.with_columns(reference_date=pl.lit(text))
    with pytest.raises(FindingsError, match="reference_date is no date: 610 rows") as caught:
        folder.write(delivery, town.spine).link()
    assert text not in str(caught.value)


def test_the_key_file_that_others_may_read_is_a_finding(folder, town):
    folder.write(town.delivery, town.spine)
    (folder.root / "key").chmod(0o644)
    assert any("chmod 600" in finding for finding in folder.link().findings)
    (folder.root / "key").chmod(0o600)
    assert folder.link().findings == ()
