"""Files made to deceive ``enclave link frames``: pupils the spine lacks, odd dates, odd columns."""

import datetime as dt

import polars as pl
import pytest
from linkage_files import IDENTIFIERS, Folder, make_town, sound_numbers

from enclave.errors import EnclaveError, FindingsError, InputError


@pytest.fixture(scope="module")
def town():
    return make_town()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def newcomers(town, **changes):
    """Pupils whom the spine lacks, each with a twin in it who was not delivered."""
    delivered = pl.Series(list(town.truth.values())).drop_nulls()
    twins = town.spine.filter(
        ~pl.col("person_id").is_in(delivered.implode()), pl.col("valid_to").is_null()
    ).head(100)
    numbers = sound_numbers(twins.height, first=70_000_000)
    return twins.select(
        (pl.lit("newcomer-") + pl.col("person_id")).alias("row_id"),
        *IDENTIFIERS,
        pl.lit(dt.date(2026, 10, 1)).alias("reference_date"),
    ).with_columns(pl.Series("bsn", numbers), **changes)


def linked_newcomers(folder, town, more):
    folder.write(pl.concat([town.delivery, more]), town.spine).link()
    links = folder.links.filter(pl.col("row_id").str.starts_with("newcomer-"))
    assert links.height == 100
    return links.filter(status="linked").height


OTHER_SEX = pl.when(pl.col("sex") == "M").then(pl.lit("V")).otherwise(pl.lit("M"))


def test_a_twin_with_another_number_is_not_taken_for_the_one_in_the_spine(folder, town):
    assert linked_newcomers(folder, town, newcomers(town)) == 0


def test_a_twin_of_the_other_sex_is_not_taken_for_the_one_in_the_spine(folder, town):
    more = newcomers(town, sex=OTHER_SEX).with_columns(pl.lit(None, pl.String).alias("bsn"))
    assert linked_newcomers(folder, town, more) == 0


def test_a_third_row_is_not_linked_to_a_person_whom_two_others_dispute(folder, town):
    one = town.delivery.filter(pl.col("bsn").is_not_null(), row_id=row_of(town, 300))
    assert one.height == 1
    rows = [
        one.with_columns(row_id=pl.lit("again")),
        one.with_columns(pl.lit(None, pl.String).alias("bsn"), row_id=pl.lit("without")),
    ]
    folder.write(pl.concat([town.delivery, *rows]), town.spine).link()
    three = pl.col("row_id").is_in([one["row_id"].item(), "again", "without"])
    assert folder.links.filter(three)["status"].to_list() == ["review"] * 3


def row_of(town, at_least):
    """A delivered row with a number and a birth date as in the spine."""
    known = town.delivery.join(
        town.spine.select("bsn", "birth_date", "person_id"), on=("bsn", "birth_date")
    )
    return known.filter(pl.col("person_id") >= f"person-{at_least:04d}").sort("person_id")[
        "row_id"
    ][0]


def test_a_shift_of_a_part_of_the_numbers_links_nobody_wrongly(folder, town):
    rows = town.delivery.sort("row_id")
    known = rows.filter(pl.col("bsn").is_not_null())
    others = pl.concat([rows.filter(pl.col("bsn").is_null()), known[80:]])
    part = known[:80]
    shifted = part.with_columns(pl.concat([part["bsn"][1:], part["bsn"][:1]]))
    folder.write(pl.concat([others, shifted]), town.spine).link()
    linked = folder.links.filter(status="linked")
    wrong = [
        row for row, who in linked.select("row_id", "person_id").rows() if town.truth[row] != who
    ]
    assert wrong == []


def test_an_open_end_written_as_the_year_9999_is_a_date(folder, town):
    spine = town.spine.with_columns(pl.col("valid_to").fill_null(dt.date(9999, 12, 31)))
    assert folder.write(town.delivery, spine).link().linked > 500


def test_a_far_end_does_not_cover_every_reference_date(folder, town):
    spine = town.spine.with_columns(pl.col("valid_to").fill_null(dt.date(2999, 12, 31)))
    delivery = town.delivery.with_columns(reference_date=pl.date(2500, 1, 1))
    with pytest.raises(InputError, match="covers the reference date"):
        folder.write(delivery, spine).link()


@pytest.mark.parametrize("kind", [pl.Date, pl.Null])
def test_a_spine_without_any_date_was_always_so(folder, town, kind):
    spine = town.spine.filter(pl.col("valid_to").is_null()).with_columns(
        pl.lit(None, kind).alias("valid_from"), pl.lit(None, kind).alias("valid_to")
    )
    assert folder.write(town.delivery, spine).link().linked > 500


def test_dates_may_be_text(folder, town):
    written = [pl.col("valid_from", "valid_to").cast(pl.String)]
    delivery = town.delivery.with_columns(pl.col("reference_date").cast(pl.String))
    assert folder.write(delivery, town.spine.with_columns(written)).link().linked > 500


@pytest.mark.parametrize("text", ["1 October 2026", "2026-13-01", ""])
def test_text_that_is_no_date_is_counted_and_not_shown(folder, town, text):
    delivery = town.delivery.with_columns(
        pl.when(pl.int_range(pl.len()) < 4)
        .then(pl.lit(text))
        .otherwise(pl.col("reference_date").cast(pl.String))
        .alias("reference_date")
    )
    with pytest.raises(FindingsError, match="reference_date is no date: 4 rows") as caught:
        folder.write(delivery, town.spine).link()
    assert "October" not in str(caught.value)


def test_rows_without_a_delivery_are_refused(folder, town):
    group = pl.when(pl.int_range(pl.len()) > 9).then(pl.lit("d1"))
    with pytest.raises(EnclaveError):
        folder.write(town.delivery.with_columns(group.alias("delivery_id")), town.spine).link()


def test_a_delivery_that_is_a_list_is_refused(folder, town):
    with pytest.raises(InputError):
        folder.write(
            town.delivery.with_columns(pl.lit([1]).alias("delivery_id")), town.spine
        ).link()


def test_the_doubted_delivery_is_the_one_that_is_named(folder, town):
    second = town.delivery.with_columns(
        pl.col("row_id") + "-b", pl.concat([town.delivery["bsn"][9:], town.delivery["bsn"][:9]])
    )
    both = [
        one.with_columns(pl.lit(name).alias("delivery_id"))
        for name, one in (("a", town.delivery), ("b", second))
    ]
    report = folder.write(pl.concat(both), town.spine).link()
    shifted = folder.links.filter(pl.col("row_id").str.ends_with("-b"))
    assert "linked" not in shifted["status"].to_list()
    assert report.linked > 500
    doubts = [one for one in report.findings if "in doubt" in one]
    assert len(doubts) == 1
    assert not doubts[0].startswith("delivery 1 ")


def test_a_further_column_of_any_kind_changes_nothing(folder, town):
    delivery = town.delivery.with_columns(pl.lit(1, pl.UInt128).alias("more"))
    assert folder.write(delivery, town.spine).link().linked > 500


def test_a_blank_before_a_birth_date_of_the_spine_changes_nothing(folder, town):
    folder.write(town.delivery, town.spine).link()
    expected = folder.links
    spine = town.spine.with_columns((pl.lit(" ") + pl.col("birth_date")).alias("birth_date"))
    folder.write(town.delivery, spine).link()
    assert folder.links.equals(expected)


def test_a_damaged_file_is_refused(folder, town):
    folder.write(town.delivery, town.spine)
    place = folder.root / "delivery.parquet"
    content = bytearray(place.read_bytes())
    content[300:2300] = bytes(2000)
    place.write_bytes(content)
    with pytest.raises(InputError):
        folder.link()


def test_a_folder_is_no_file(folder, town):
    folder.write(town.delivery, town.spine)
    place = folder.root / "delivery.parquet"
    content = place.read_bytes()
    place.unlink()
    place.mkdir()
    (place / "part.parquet").write_bytes(content)
    with pytest.raises(InputError, match="whole Parquet file"):
        folder.link()


def test_an_output_that_is_a_file_is_refused(folder, town):
    folder.write(town.delivery, town.spine)
    folder.out.write_text("mine")
    with pytest.raises(EnclaveError):
        folder.link()
    assert folder.out.read_text() == "mine"


def test_a_second_run_in_the_same_folder_does_not_take_away_the_first(folder, town):
    class Again:
        tried = False

        def step(self, _label, done, _total):
            if done == 3 and not self.tried:
                self.tried = True
                with pytest.raises(EnclaveError):
                    folder.link()

    folder.write(town.delivery, town.spine)
    assert folder.link(progress=Again()).linked > 500


def test_a_column_that_cannot_be_read_is_named(folder, town):
    rows = town.delivery.with_columns(
        pl.col("birth_date").str.slice(6, 2)
        + pl.col("birth_date").str.slice(4, 2)
        + pl.col("birth_date").str.slice(0, 4)
    )
    report = folder.write(rows, town.spine).link()
    assert any("birth_date" in finding for finding in report.findings)
