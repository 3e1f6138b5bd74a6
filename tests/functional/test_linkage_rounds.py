"""Several rounds in one site: results side by side, S numbers that last, and S that becomes R."""

import re
import shutil

import polars as pl
import pytest
from linkage_site import IDENTIFIERS, nation
from linkage_two_rounds import (
    ABSENT,
    LATER,
    NEVER,
    NUMBER_OWNER,
    OTHER_NUMBER,
    PUPILS,
    SPINE_ONLY,
    STRANGER,
    bytes_of,
    first_rows,
    one_round,
    person,
    read,
    second_delivered,
    second_rows,
    spine_without,
    two_rounds,
)
from linkage_years import (
    FIRST,
    SECOND,
    THIRD,
    deliver,
    destroy,
    next_round,
    scores,
)

from enclave.clock import system_clock
from enclave.custody import KeyDestroyedError, open_custody, scan_site
from enclave.errors import InputError
from enclave.linkage import link_round, linked
from enclave.linkage.education import blocks
from enclave.linkage.education.rotation import FIRST_KEY, rotate
from enclave.progress import Silent
from enclave.projects import build_view
from enclave.receipts import LinkageReceipt
from enclave.reports.growth import NationalRule, pupil_growth
from enclave.site import Site


def test_the_results_of_both_rounds_stand_side_by_side(tmp_path):
    custody, receipt = two_rounds(tmp_path)
    found = read(custody, "results")
    rows = 2 * (PUPILS + len(second_rows()))
    assert found.height == rows == receipt.content.results
    assert found.group_by("school_year").len().sort("school_year").rows() == [
        ("2024-2025", 2 * PUPILS),
        ("2025-2026", 2 * len(second_rows())),
    ]
    assert (receipt.content.rounds, receipt.content.duplicates) == (2, 0)
    assert found.columns == [
        "person_key", "person_status", "school_code", "school_year", "grade", "moment", "domain",
        "provider", "scale", "score", "test_date",
    ]  # fmt: skip
    people = read(custody, "pupils")
    assert people.height == people["person_key"].n_unique() == receipt.content.persons
    assert set(found["person_key"]) == set(people["person_key"])


def test_a_pupil_who_is_never_found_has_one_number_in_both_rounds(tmp_path):
    custody, _ = two_rounds(tmp_path)
    found = read(custody, "results").filter(person_status="S")
    years = found.group_by("person_key").agg(pl.col("school_year").n_unique()).sort("school_year")
    assert years["school_year"].to_list() == [1, 2], "the stranger once, the newcomer twice"
    assert found["person_key"].str.contains("^S[0-9a-f]{32}$").all()


def test_whoever_is_found_later_is_one_person_from_the_start(tmp_path):
    custody = one_round(tmp_path)
    before = read(custody, "results").filter(person_status="S")["person_key"].unique()
    assert before.len() == len(ABSENT) + 1
    assert read(custody, "person-history").height == 0
    custody = second_delivered(tmp_path, custody)
    receipt = link_round(custody)
    history = read(custody, "person-history")
    assert set(history["new_key"]) == {person(n) for n in (LATER, SPINE_ONLY, OTHER_NUMBER)}
    assert set(history["old_key"]) < set(before)
    assert history["since_round"].unique().to_list() == [SECOND.id]
    assert (receipt.content.became_matched, receipt.content.contradicted) == (3, 0)
    late = read(custody, "panel").filter(person_key=person(LATER)).sort("school_year", "test_date")
    assert late["growth"].to_list() == [None, 10.0, 10.0, 10.0]
    assert late["person_status"].unique().to_list() == ["R"]
    assert late["previous_school_year"].to_list()[2] == "2024-2025"
    assert read(custody, "pupils").filter(person_key=person(SPINE_ONLY))["sex"].item() == "V"


def test_a_number_that_contradicted_its_owner_never_leads_to_him(tmp_path):
    custody, _ = two_rounds(tmp_path)
    owner = read(custody, "results").filter(person_key=person(NUMBER_OWNER))
    assert owner["school_year"].unique().to_list() == ["2025-2026"]
    assert person(STRANGER) not in set(read(custody, "person-history")["new_key"])


def test_enrolments_of_both_years_are_in_the_panel(tmp_path):
    custody, receipt = two_rounds(tmp_path)
    panel = read(custody, "panel")
    matched = panel.filter(person_status="R")
    assert panel.height == read(custody, "results").height
    assert panel.filter(person_status="S")["enrolment"].null_count() == 6
    assert set(matched["enrolled_grade"]) == {4, 5}
    places = matched.select("person_key", "school_year").unique().height
    content = receipt.content
    assert content.enrolled + content.other_school == places
    assert content.other_school == 1, "the owner of the number is enrolled elsewhere"


def test_stopped_anywhere_the_second_round_ends_with_the_same_bytes(tmp_path, monkeypatch):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    shutil.copytree(custody.site.root, tmp_path / "copy")
    receipt = link_round(custody)
    expected = bytes_of(custody)
    written = len(receipt.outputs)
    for stop_at in range(1, written + 1):
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        shutil.copytree(tmp_path / "copy", tmp_path / "again")
        with open_custody(Site(tmp_path / "again"), system_clock, Silent()) as copy:
            with monkeypatch.context() as patch:
                stop_writing(patch, stop_at)
                with pytest.raises(KeyboardInterrupt):
                    link_round(copy)
            assert copy.registry.find(LinkageReceipt, SECOND.id) is None
            link_round(copy)
            assert bytes_of(copy) == expected


def stop_writing(patch, number):
    """The write of the given number, and what follows, does not happen."""
    calls = []
    whole = linked.atomic_path

    def stopping(target):
        calls.append(target)
        if len(calls) == number:
            raise KeyboardInterrupt
        return whole(target)

    patch.setattr(linked, "atomic_path", stopping)
    patch.setattr(blocks, "atomic_path", stopping)


def test_running_the_second_round_again_changes_nothing(tmp_path):
    custody, receipt = two_rounds(tmp_path)
    before = bytes_of(custody)
    assert link_round(custody) == receipt
    assert bytes_of(custody) == before
    assert {file.path for file in receipt.outputs} == {
        f"linked/{name}" for name in before if not name.startswith(f"rounds/{FIRST.id}")
    }


@pytest.mark.parametrize("part", ["results", "pupils", "schools", "found"])
def test_a_file_of_an_earlier_round_that_was_changed_stops_the_linkage(tmp_path, part):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    path = custody.site.zone("linked") / f"rounds/{FIRST.id}.{part}.parquet"
    whole = path.read_bytes()
    for damaged in (whole[:-1], None):
        path.unlink()
        if damaged:
            path.write_bytes(damaged)
        with pytest.raises(InputError, match=f"linked, {part} of round {FIRST.id}"):
            link_round(custody)
        path.write_bytes(whole)
    assert link_round(custody).content.rounds == 2


def test_a_new_s_key_wraps_every_number_and_changes_nothing_else(tmp_path):
    custody, plain = two_rounds(tmp_path / "plain")
    before = read(custody, "panel")
    custody = one_round(tmp_path / "rotated")
    given = read(custody, "pupils").filter(person_status="S")["person_key"]
    chain = rotate(custody.vault)
    custody = second_delivered(tmp_path / "rotated", custody)
    receipt = link_round(custody)
    after = read(custody, "panel")
    rest = pl.exclude("person_key")
    assert after.filter(person_status="R").equals(before.filter(person_status="R"))
    order = ["school_year", "score"]
    assert (
        after.filter(person_status="S").select(rest).sort(order)
        .equals(before.filter(person_status="S").select(rest).sort(order))
    )  # fmt: skip
    assert receipt.content.s_keys == chain == (FIRST_KEY, f"{FIRST_KEY}/2")
    assert plain.content.s_keys == (FIRST_KEY,)
    keys = read(custody, "key-history")
    assert set(keys["old_key"]) == set(given)
    assert not set(keys["new_key"]) & set(given)
    now = set(read(custody, "pupils")["person_key"])
    became = dict(read(custody, "person-history").select("old_key", "new_key").rows())
    assert {became.get(key, key) for key in keys["new_key"]} <= now


def test_without_the_first_s_key_no_round_is_linked(tmp_path):
    custody = second_delivered(tmp_path, one_round(tmp_path))
    custody.vault.destroy(FIRST_KEY)
    with pytest.raises(KeyDestroyedError):
        link_round(custody)


def test_a_test_delivered_again_in_a_later_round_counts_once(tmp_path):
    custody = one_round(tmp_path)
    spine_without(tmp_path, [NEVER])
    custody = next_round(custody, THIRD)
    again = scores(PUPILS, "2024-2025", 4).with_columns(pl.col("score") + 1)
    deliver(custody, "sender-1", first_rows(), again)
    receipt = link_round(custody)
    found = read(custody, "results")
    newer = found.filter(person_key=person(3))["score"].to_list()
    assert sorted(newer) == [184.0, 194.0]
    assert receipt.content.duplicates == 2 * PUPILS
    assert found.height == 2 * PUPILS


def test_no_identifier_is_in_any_linked_file_and_the_site_counts_as_clean(tmp_path):
    custody = one_round(tmp_path)
    custody = destroy(custody)
    custody = second_delivered(tmp_path, custody)
    link_round(custody)
    custody = destroy(custody)
    wanted = {
        row[name]
        for row in (*nation(), *first_rows())
        for name in (*IDENTIFIERS, "learner_id")
        if row.get(name) is not None and len(row[name]) >= 6
    }
    pattern = re.compile("|".join(sorted(wanted, key=len, reverse=True)))
    paths = sorted(custody.site.zone("linked").rglob("*.parquet"))
    assert len(paths) == 14
    for path in paths:
        frame = pl.read_parquet(path)
        assert pl.Binary not in frame.dtypes
        shown = "\n".join(
            value for name in frame.columns
            for value in frame[name].cast(pl.String).drop_nulls().unique()
        )  # fmt: skip
        assert not pattern.search(path.read_bytes().decode("latin-1") + shown), path.name
        assert "learner" not in shown
    assert scan_site(custody.site).clean


def test_a_view_and_the_reports_of_the_open_round_are_right_with_two_rounds(tmp_path):
    custody, _ = two_rounds(tmp_path)
    custody = destroy(custody)
    build_view(custody, "one")
    view = pl.read_parquet(custody.site.zone("projects") / "one/panel.parquet")
    growth = view.select("school_year", "growth", "sex").drop_nulls()
    assert view.height == PUPILS + len(second_rows())
    assert view["growth"].unique().to_list() == [10.0]
    assert growth["school_year"].unique().len() == 2
    assert view["pupil"].n_unique() == read(custody, "pupils").height
    results, people = (pl.scan_parquet(custody.site.zone("linked") / f"{n}.parquet")
                       for n in ("results", "pupils"))  # fmt: skip
    rule = NationalRule(minimum_schools=1, maximum_school_share=1.0, minimum_pupils=1)
    order = ["person_key", "domain", "school_year"]
    both = pupil_growth(results, people, rule).filter(school_year="2025-2026")
    alone = pupil_growth(results.filter(school_year="2025-2026"), people, rule)
    assert both.sort(order).collect().equals(alone.sort(order).collect())
    assert both.collect().height == len(second_rows())
