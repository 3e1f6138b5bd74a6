"""The linkage of a whole round: what it decides, what it writes, and being stopped on the way."""

import json
import shutil
from datetime import date

import polars as pl
import pytest
from linkage_site import (
    MOVED,
    NEWCOMER,
    ROUND,
    SAME_SEX_TWINS,
    TWINS,
    identifiers,
    make_site,
    nation,
    pupils,
    receive,
    results,
    school_of,
    schools,
)
from msgspec.structs import replace

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.linkage import late_deliveries, link_round, stage
from enclave.linkage import linked as linked_zone
from enclave.linkage.education.rotation import FIRST_KEY
from enclave.linkage.education.rounds import PARTS
from enclave.progress import Silent
from enclave.receipts import LinkageReceipt, LinkedContent, TruthScore, decode, encode
from enclave.site import Site

NUMBERS = ("bsn", "education_number")


def links_of(custody):
    return pl.read_parquet(custody.site.zone("linkage") / "links.parquet")


def linked(custody, name):
    return pl.read_parquet(custody.site.zone("linked") / f"{name}.parquet")


def without(rows, names):
    return [row | dict.fromkeys(names) for row in rows]


def outcome(custody, number, sender="sender-1"):
    """Status and pass of one pupil."""
    row = links_of(custody).filter(delivery_id=f"{ROUND}-{sender}", pupil_row=number).row(0)
    return row[3:5]


def test_everybody_is_linked_when_nothing_is_wrong(tmp_path):
    with make_site(tmp_path) as custody:
        receipt = link_round(custody)
        links = links_of(custody)
    assert (receipt.delivered, receipt.linked, receipt.review, receipt.unlinked) == (40, 40, 0, 0)
    assert receipt.truth == TruthScore(40, 40, 0, 0, 1.0, 1.0)
    assert [count.linked for count in receipt.passes] == [39, 1, 0, 0, 0]
    assert links.columns == [
        "delivery_id", "pupil_row", "person_id", "status", "pass_name", "candidates",
    ]  # fmt: skip
    assert links["person_id"].to_list() == [row["person_id"] for row in nation()[:40]]
    assert receipt.doubted == ()


def test_without_numbers_the_address_links_and_twins_of_one_sex_wait(tmp_path):
    persons = nation()
    deliveries = {name: without(rows, NUMBERS) for name, rows in schools(persons).items()}
    with make_site(tmp_path, deliveries) as custody:
        receipt = link_round(custody)
        for number in SAME_SEX_TWINS:
            assert outcome(custody, number) == ("review", "birth date, sex and address")
        for number in (*TWINS, MOVED, NEWCOMER):
            assert outcome(custody, number) == ("linked", "birth date, sex and address")
        reviewed = linked(custody, "results").filter(person_status="S")
    assert (receipt.linked, receipt.review, receipt.unlinked) == (38, 2, 0)
    assert receipt.truth == TruthScore(40, 38, 0, 2, 1.0, 0.95)
    assert reviewed.height == 2


def test_an_address_of_another_time_links_by_the_pattern_table_alone(tmp_path):
    persons = nation()
    stale = pupils(persons, [MOVED])[0] | {"postcode": "9711LM", "bsn": None}
    with make_site(tmp_path, {"sender-1": [stale]}) as custody:
        link_round(custody)
        assert outcome(custody, 0) == ("linked", "pattern table")
        assert links_of(custody)["person_id"][0] == persons[MOVED]["person_id"]


def test_an_addition_written_otherwise_is_found_by_the_last_pass(tmp_path):
    persons = nation()
    row = pupils(persons, [10])[0] | {"bsn": None, "house_addition": "B"}
    with make_site(tmp_path, {"sender-1": [row]}) as custody:
        link_round(custody)
        assert outcome(custody, 0) == ("linked", "the same without addition")


def test_a_birth_date_with_unknown_parts_makes_no_key(tmp_path):
    persons = nation()
    persons[10]["birth_date"] = "20150000"
    row = pupils(persons, [10])[0] | {"bsn": None}
    with make_site(tmp_path, {"sender-1": [row]}, persons) as custody:
        link_round(custody)
        assert outcome(custody, 0) == ("unlinked", None)


def test_the_linked_zone_holds_what_the_contract_says_and_no_identifier(tmp_path):
    persons = nation()
    deliveries = schools(persons)
    deliveries["sender-2"][3] |= dict.fromkeys((*NUMBERS, "postcode"))
    with make_site(tmp_path, deliveries) as custody:
        receipt = link_round(custody)
        results_, people, places = (linked(custody, n) for n in ("results", "pupils", "schools"))
    assert results_.columns == [
        "person_key", "person_status", "school_code", "school_year", "grade", "moment", "domain",
        "provider", "scale", "score", "test_date",
    ]  # fmt: skip
    assert people.columns == [
        "person_key", "person_status", "sex", "birth_year", "origin", "household_income",
        "household_form", "parental_education",
    ]  # fmt: skip
    assert places.columns == ["school_code", "denomination", "province", "municipality", "pupils"]
    unmatched = people.filter(person_status="S")
    assert unmatched.height == 1
    assert unmatched["person_key"].str.contains(r"^S[0-9a-f]{32}$").all()
    assert unmatched.select(pl.exclude("person_key", "person_status")).row(0) == (None,) * 6
    assert people.filter(person_status="R").null_count().sum_horizontal().item() == 0
    assert people.height == people["person_key"].n_unique() == 40
    assert receipt.content == LinkedContent(40, 0, 40, 0, 39, 0, 0, 0, s_keys=(FIRST_KEY,))
    assert {file.path for file in receipt.outputs} == {
        *(f"linked/{name}.parquet" for name in linked_zone.UNIONS),
        *(f"linked/rounds/{ROUND}.{part}.parquet" for part in PARTS),
    }  # fmt: skip


def test_a_pupil_of_two_schools_is_one_person_and_a_test_delivered_twice_counts_once(tmp_path):
    persons = nation()
    both = {"sender-1": pupils(persons, range(20)), "sender-2": pupils(persons, [3, 25])}
    with make_site(tmp_path, both) as custody:
        late = results(both["sender-2"], "02AB00", score=90.0, day=date(2026, 2, 10))
        receive(custody, "sender-3", identifiers(pupils(persons, [3, 25])), late)
        receipt = link_round(custody)
        kept = linked(custody, "results").filter(person_key=persons[3]["person_id"])
    assert receipt.linked == 24
    assert kept.select("score", "school_code").rows() == [(90.0, "02AB00")]
    assert receipt.content.duplicates == 3
    assert receipt.content.persons == 21


def test_places_that_the_register_does_not_know_are_counted(tmp_path):
    persons = nation()
    with make_site(tmp_path, {"sender-1": pupils(persons, range(10))}) as custody:
        path = tmp_path / "registers/enrolments.parquet"
        register = pl.read_parquet(path)
        number = pl.int_range(pl.len())
        register.filter(number > 0).with_columns(
            pl.when(pl.col("person_id") == persons[1]["person_id"]).then(4).otherwise("grade")
            .cast(pl.Int8).alias("grade"),
            pl.when(pl.col("person_id") == persons[2]["person_id"]).then(pl.lit("09ZZ00"))
            .otherwise("school_code").alias("school_code"),
        ).write_parquet(path)  # fmt: skip
        content = link_round(custody).content
    found = (content.enrolled, content.other_grade, content.other_school, content.not_enrolled)
    assert found == (7, 1, 1, 1)


def test_running_it_twice_changes_nothing(tmp_path):
    with make_site(tmp_path) as custody:
        first = link_round(custody)
        files = sorted(custody.site.root.rglob("*.parquet"))
        before = [(path.stat().st_mtime_ns, path.stat().st_ino) for path in files]
        second = link_round(custody)
        after = [(path.stat().st_mtime_ns, path.stat().st_ino) for path in files]
    assert encode(first) == encode(second)
    assert before == after


def state(custody):
    """Everything that linkage wrote."""
    paths = [path for zone in ("linkage", "linked") for path in custody.site.zone(zone).iterdir()]
    return {path.name: pl.read_parquet(path) for path in paths if path.suffix == ".parquet"}


@pytest.mark.parametrize("step", range(1, stage.STEPS))
def test_stopped_after_any_step_it_ends_in_the_same_state(tmp_path, monkeypatch, step):
    def stop(custody, done):
        if done == step:
            raise KeyboardInterrupt

    with make_site(tmp_path) as custody:
        custody.vault.ensure(FIRST_KEY)
        shutil.copytree(custody.site.root, tmp_path / "copy")
        with monkeypatch.context() as patch:
            patch.setattr(stage, "_tell", stop)
            with pytest.raises(KeyboardInterrupt):
                link_round(custody)
        assert custody.registry.find(LinkageReceipt, ROUND) is None
        receipt = link_round(custody)
        found = state(custody)
    with open_custody(Site(tmp_path / "copy"), system_clock, Silent()) as copy:
        undisturbed = link_round(copy)
        expected = state(copy)
    assert found.keys() == expected.keys()
    assert all(found[name].equals(expected[name]) for name in expected)
    assert replace(receipt, finished_at=undisturbed.finished_at) == undisturbed


def test_a_delivery_accepted_afterwards_is_named_and_not_in_the_links(tmp_path):
    persons = nation()
    with make_site(tmp_path, {"sender-1": pupils(persons, range(20))}) as custody:
        receipt = link_round(custody)
        assert late_deliveries(custody, receipt) == []
        rows = pupils(persons, range(20, 30))
        found, content = identifiers(rows), results(rows, school_of("sender-2"))
        receive(custody, "sender-2", found, content, received_at=custody.clock())
        assert late_deliveries(custody, receipt) == [f"{ROUND}-sender-2"]
        assert link_round(custody) == receipt
        assert links_of(custody).height == 20


def test_receipts_of_before_the_newer_fields_still_decode(tmp_path):
    with make_site(tmp_path) as custody:
        receipt = link_round(custody)
    plain = json.loads(encode(receipt))
    del plain["doubted"], plain["content"], plain["truth"]["wrong_same_home"]
    old = decode(json.dumps(plain).encode())
    assert (old.doubted, old.content, old.linked) == ((), None, 40)
