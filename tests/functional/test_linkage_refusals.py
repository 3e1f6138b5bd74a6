"""Bad registers, changed files and contradicting deliveries stop the linkage or are set aside."""

from datetime import date

import polars as pl
import pytest
from linkage_site import (
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
)
from msgspec.structs import replace

from enclave.custody import KeyDestroyedError
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.linkage import link_round


def test_without_a_delivery_there_is_nothing_to_link(tmp_path):
    with make_site(tmp_path, {}) as custody:
        refused(custody, RefusedError, "at least one accepted delivery")


REGISTERS = ("spine", "background", "enrolments", "schools", "truth")


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_that_is_missing_is_named(tmp_path, name):
    with make_site(tmp_path) as custody:
        (tmp_path / f"registers/{name}.parquet").unlink()
        refused(custody, InputError, f"registers.*{name}")


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_that_is_no_parquet_file_is_named(tmp_path, name):
    with make_site(tmp_path) as custody:
        (tmp_path / f"registers/{name}.parquet").write_bytes(b"person_id;bsn\n3000000;1\n")
        refused(custody, InputError, f"whole Parquet file.*{name}")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("spine", "house_addition"),
        ("background", "origin"),
        ("enrolments", "grade"),
        ("schools", "province"),
        ("truth", "learner_id"),
    ],
)
def test_a_register_without_a_column_or_with_another_type_is_named(tmp_path, name, column):
    path = tmp_path / f"registers/{name}.parquet"
    with make_site(tmp_path) as custody:
        whole = pl.read_parquet(path)
        whole.drop(column).write_parquet(path)
        refused(custody, InputError, f"{name}, columns {column}")
        whole.with_columns(pl.lit(1.5).alias(column)).write_parquet(path)
        refused(custody, InputError, f"{name}, columns {column}")


def test_a_spine_in_which_two_persons_share_a_bsn_is_refused(tmp_path):
    persons = nation()
    persons[11]["bsn"] = persons[12]["bsn"]
    with make_site(tmp_path, persons=persons) as custody:
        refused(custody, FindingsError, "BSN belongs to one person.*1 numbers")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("bsn", "12345678"),
        ("education_number", "1040000001"),
        ("birth_date", "2015-01-01"),
        ("postcode", "3100 KX"),
        ("sex", "vrouw"),
        ("person_id", None),
        ("valid_from", None),
    ],
)
def test_a_spine_with_values_in_another_form_is_refused(tmp_path, column, value):
    persons = nation()
    persons[11][column] = value
    with make_site(tmp_path, {"sender-1": pupils(nation(), [1])}, persons) as custody:
        refused(custody, FindingsError, f"documented form.*{column} 1")


@pytest.mark.parametrize("day", [date(2018, 2, 28), date(2027, 6, 17)])
def test_a_reference_date_outside_the_period_of_the_spine_is_refused(tmp_path, day, monkeypatch):
    with make_site(tmp_path) as custody:
        config = replace(custody.config, round=replace(custody.config.round, reference_date=day))
        object.__setattr__(custody, "config", config)
        refused(custody, InputError, "covers the reference date")


def test_an_empty_spine_is_refused(tmp_path):
    with make_site(tmp_path) as custody:
        path = tmp_path / "registers/spine.parquet"
        pl.read_parquet(path).clear().write_parquet(path)
        refused(custody, InputError, "holds persons")


@pytest.mark.parametrize(("name", "key"), [("background", "person_id"), ("schools", "school_code")])
def test_a_register_that_names_one_twice_is_refused(tmp_path, name, key):
    with make_site(tmp_path) as custody:
        path = tmp_path / f"registers/{name}.parquet"
        whole = pl.read_parquet(path)
        pl.concat([whole, whole[:1]]).write_parquet(path)
        refused(custody, FindingsError, f"one row per {key}.*1 repeated")


@pytest.mark.parametrize("role", ["identifiers.age", "results.parquet"])
def test_files_that_are_not_those_of_the_receipt_are_refused(tmp_path, role):
    with make_site(tmp_path) as custody:
        path = custody.site.zone("linkage") / f"{ROUND}-sender-1.{role}"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(InputError, match=f"{role.partition('.')[0]} of delivery"):
            link_round(custody)
        path.unlink()
        with pytest.raises(InputError, match=f"{role.partition('.')[0]} of delivery"):
            link_round(custody)


def test_results_of_a_pupil_whom_the_delivery_does_not_have_are_refused(tmp_path):
    rows = pupils(nation(), range(5))
    with make_site(tmp_path, {}) as custody:
        receive(custody, "sender-1", identifiers(rows[:4]), results(rows, "01AB00"))
        (tmp_path / "registers/truth.parquet").unlink()
        pl.DataFrame(
            schema=dict.fromkeys(("sender_id", "learner_id", "person_id"), pl.String)
        ).write_parquet(tmp_path / "registers/truth.parquet")
        refused(custody, InputError, "belongs to a pupil of its delivery")


def test_destroyed_keys_end_every_linkage(tmp_path):
    with make_site(tmp_path) as custody:
        custody.vault.destroy(f"delivery/{ROUND}-sender-1")
        refused(custody, KeyDestroyedError, "not been destroyed")


def shifted(rows, column):
    """The rows with one column slipped down by one row."""
    values = [row[column] for row in rows]
    return [
        row | {column: value} for row, value in zip(rows, [*values[1:], values[0]], strict=True)
    ]


def test_a_delivery_with_a_slipped_column_goes_to_review_whole_and_is_named(tmp_path):
    deliveries = schools(nation())
    deliveries["sender-2"] = shifted(deliveries["sender-2"], "bsn")
    with make_site(tmp_path, deliveries) as custody:
        receipt = link_round(custody)
    assert (receipt.linked, receipt.review) == (20, 20)
    assert [(d.delivery_id, d.reason) for d in receipt.doubted] == [
        (f"{ROUND}-sender-2", "numbers agree where birth date and address do not")
    ]
    assert receipt.truth.wrong == 0


def test_a_column_that_slipped_halfway_is_found_too(tmp_path):
    deliveries = schools(nation())
    rows = deliveries["sender-2"]
    deliveries["sender-2"] = rows[:14] + shifted(rows[14:], "bsn")
    with make_site(tmp_path, deliveries) as custody:
        receipt = link_round(custody)
    assert receipt.truth.wrong == 0
    assert (receipt.linked, receipt.review) == (20, 20)


def test_a_school_that_swaps_the_codes_for_sex_links_by_number_only(tmp_path):
    other = {"M": "V", "V": "M"}
    deliveries = schools(nation())
    rows = [row | {"sex": other[row["sex"]]} for row in deliveries["sender-1"]]
    without = [4, 5, 11]
    deliveries["sender-1"] = [
        row | (dict.fromkeys(("bsn", "education_number")) if number in without else {})
        for number, row in enumerate(rows)
    ]
    with make_site(tmp_path, deliveries) as custody:
        receipt = link_round(custody)
        links = pl.read_parquet(custody.site.zone("linkage") / "links.parquet")
    assert receipt.truth.wrong == 0, "brother and sister changed places"
    assert links["status"].to_list()[:20].count("linked") == 17
    assert [links["status"][number] for number in without] == ["review", "review", "unlinked"]
    assert receipt.doubted[0].reason == "sex differs where numbers agree"


def test_a_delivery_with_a_reference_date_of_its_own_outside_the_spine_is_doubted(tmp_path):
    persons = nation()
    rows = [row | {"bsn": None} for row in pupils(persons, range(20, 25))]
    with make_site(tmp_path, {"sender-1": pupils(persons, range(20))}) as custody:
        found = identifiers(rows, reference_date=date(2036, 7, 1))
        receive(custody, "sender-2", found, results(rows, school_of("sender-2")))
        receipt = link_round(custody)
        links = pl.read_parquet(custody.site.zone("linkage") / "links.parquet")
    assert receipt.doubted[0].reason == "reference date outside the period of the spine"
    late = links.filter(delivery_id=f"{ROUND}-sender-2")
    assert set(late.filter(pl.col("status") == "linked")["pass_name"]) <= {"education number"}
    assert late.filter(pass_name="birth date, sex and address")["status"].unique().to_list() == [
        "review"
    ]


def test_a_school_that_delivers_another_schools_pupils_is_named_and_its_links_wait(tmp_path):
    with make_site(tmp_path) as custody:
        place = tmp_path / "registers/enrolments.parquet"
        register = pl.read_parquet(place)
        own = set(persons_of("sender-1"))
        elsewhere = pl.when(pl.col("person_id").is_in(sorted(own))).then(pl.lit("99ZZ"))
        register.with_columns(
            elsewhere.otherwise("school_code").alias("school_code")
        ).write_parquet(place)
        receipt = link_round(custody)
        links = pl.read_parquet(custody.site.zone("linkage") / "links.parquet")
    assert [doubt.reason for doubt in receipt.doubted] == ["pupils enrolled at another school"]
    doubted = links.filter(delivery_id=f"{ROUND}-sender-1")
    assert set(doubted["status"]) == {"review"}
    assert doubted["person_id"].null_count() == doubted.height
    assert set(links.filter(pl.col("delivery_id") != f"{ROUND}-sender-1")["status"]) == {"linked"}


def persons_of(sender):
    persons = nation()
    numbers = {row["bsn"] or row["education_number"] for row in schools(persons)[sender]}
    return [one["person_id"] for one in persons
            if (one["bsn"] or one["education_number"]) in numbers]  # fmt: skip
