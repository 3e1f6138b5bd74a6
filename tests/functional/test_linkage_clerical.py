"""Deciding on doubtful cases of a site and applying it: what counts, and being stopped."""

import json
import shutil

import polars as pl
import pytest
from clerical_site import (
    OWNER,
    REVIEWERS,
    STRANGER,
    TWINS,
    agree,
    case_of,
    cases_of,
    linked_site,
    people_of,
)
from linkage_two_rounds import bytes_of, person, read
from linkage_years import FIRST
from msgspec.structs import replace

from enclave.clock import system_clock
from enclave.custody import (
    checked_linked,
    destroy_identifiers,
    open_custody,
    scan_site,
    verify_ledger,
)
from enclave.errors import FindingsError, InputError, RefusedError, UsageError
from enclave.files import write_bytes
from enclave.linkage import linked
from enclave.linkage.clerical import settling
from enclave.linkage.clerical.decisions import Decision
from enclave.linkage.clerical.recording import decide_case, open_review, standing
from enclave.linkage.clerical.settling import settle_round
from enclave.progress import Silent
from enclave.receipts import CaseReceipt, LinkageReceipt, SettlementReceipt
from enclave.site import Site, render_config

UNIONS = [f"{name}.parquet" for name in linked.UNIONS]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A linked site with three cases, to be copied."""
    root = tmp_path_factory.mktemp("clerical")
    linked_site(root).close()
    return root


@pytest.fixture
def site(made, tmp_path):
    """A copy of it, opened; its registers are shared and not touched."""
    shutil.copytree(made / "site", tmp_path / "site")
    with open_custody(Site(tmp_path / "site"), system_clock, Silent()) as custody:
        yield custody


def s_numbers(custody):
    return {key for key in people_of(custody, "pupils") if key.startswith("S")}


def test_every_pupil_in_review_is_a_case_with_the_persons_it_was_found_with(site):
    links = pl.read_parquet(site.site.zone("linkage") / "links.parquet")
    waiting = set(links.filter(status="review")["pupil_row"])
    pairs = cases_of(site).select("pupil_row", "person_id").rows()
    assert waiting == {*TWINS, STRANGER} == {row for row, _ in pairs}
    assert (STRANGER, person(OWNER)) in pairs
    assert {who for row, who in pairs if row in TWINS} == {person(twin) for twin in TWINS}


def test_the_linkage_receipt_vouches_for_the_review_file(site):
    receipt = site.registry.find(LinkageReceipt, FIRST.id)
    assert receipt.review_file.path == "linkage/review.parquet"
    assert receipt.replayed_file.path == "linkage/replayed.parquet"
    assert receipt.table_file.path == "linkage/pattern-table.2025-E.json"
    table = json.loads((site.site.zone("linkage") / "pattern-table.2025-E.json").read_bytes())
    assert receipt.table_name == table["name"]


def test_two_reviewers_make_an_s_number_a_person_everywhere(site):
    before, rounds = s_numbers(site), bytes_of(site)
    receipt = site.registry.find(LinkageReceipt, FIRST.id)
    for twin in TWINS:
        agree(site, twin, person(twin))
    settled = settle_round(site)
    assert (settled.cases, settled.accepted, settled.refused, settled.waiting) == (3, 2, 0, 1)
    assert (settled.number, settled.shared, settled.content.became_matched) == (1, 0, 2)
    assert len(before) == 3
    assert len(s_numbers(site)) == 1
    scores = read(site, "results").filter(pl.col("person_key").is_in([person(t) for t in TWINS]))
    assert scores.group_by("person_key").agg(pl.col("score").sum()).sort("person_key").rows() == [
        (person(6), 2 * 186.0 + 10), (person(7), 2 * 187.0 + 10),
    ]  # fmt: skip
    assert read(site, "panel").filter(person_key=person(6))["enrolment"].null_count() == 0
    assert read(site, "pupils").filter(person_key=person(6))["origin"].to_list() == ["Netherlands"]
    history = read(site, "person-history")
    assert set(history["old_key"]) == before - s_numbers(site)
    assert set(history["since_round"]) == {FIRST.id}
    # What the round left stays as it is, to the byte, and so does the receipt of its linkage.
    after = bytes_of(site)
    own = [name for name in rounds if name.startswith("rounds/")]
    assert {name: after[name] for name in own} == {name: rounds[name] for name in own}
    assert site.registry.find(LinkageReceipt, FIRST.id) == receipt
    checked_linked(site, UNIONS)
    assert verify_ledger(site).problems == ()


def test_one_reviewer_or_two_who_differ_change_nothing(site):
    before = bytes_of(site)
    agree(site, 6, person(6), reviewers=REVIEWERS[:1])
    agree(site, 6, person(6), reviewers=REVIEWERS[:1])
    agree(site, 7, person(7), reviewers=REVIEWERS[:1])
    agree(site, 7, person(6), reviewers=REVIEWERS[1:2])
    assert standing(site, open_review(site))["stands"].to_list() == [
        "waits for a second reviewer", "reviewers differ", "open",
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="two reviewers agree"):
        settle_round(site)
    assert bytes_of(site) == before


def test_a_third_who_differs_undoes_what_two_agreed_on(site):
    agree(site, 6, person(6))
    assert settle_round(site).accepted == 1
    agree(site, 6, None, reviewers=REVIEWERS[2:])
    settled = settle_round(site)
    assert (settled.number, settled.accepted, settled.waiting) == (2, 0, 3)
    assert len(s_numbers(site)) == 3
    assert read(site, "person-history").height == 0


def test_a_later_decision_of_the_same_reviewer_takes_the_place_and_both_stay_on_record(site):
    case = agree(site, 6, person(7), reviewers=REVIEWERS[:1])
    agree(site, 6, person(6), reviewers=REVIEWERS[:1])
    agree(site, 6, person(6), reviewers=REVIEWERS[:1])
    agree(site, 6, person(6), reviewers=REVIEWERS[1:2])
    assert settle_round(site).superseded == 1
    said = [(one.reviewer, one.turn) for one in site.registry.all(CaseReceipt)]
    assert said == [(REVIEWERS[0], 1), (REVIEWERS[0], 2), (REVIEWERS[1], 1)]
    assert standing(site, open_review(site)).filter(case=case)["stands"][0] == "accepted"


def test_more_decisions_later_make_another_settlement_with_all_of_them(site):
    agree(site, 6, person(6))
    first = settle_round(site)
    assert settle_round(site) == first
    agree(site, 7, person(7))
    agree(site, STRANGER, None)
    second = settle_round(site)
    assert (second.number, second.accepted, second.refused, second.waiting) == (2, 2, 1, 0)
    assert people_of(site) >= {person(6), person(7)}
    assert len(site.registry.all(SettlementReceipt)) == 2


def test_two_pupils_of_a_delivery_are_never_one_person(site):
    before = bytes_of(site)
    cases = [agree(site, twin, person(6)) for twin in TWINS]
    with pytest.raises(FindingsError) as error:
        settle_round(site)
    assert f"cases {cases[0]}, {cases[1]}" in str(error.value)
    assert person(6) not in str(error.value)
    assert bytes_of(site) == before
    agree(site, 7, None)
    assert settle_round(site).accepted == 1


def test_after_identifiers_are_destroyed_it_is_decided_and_settled_all_the_same(site):
    destroy_identifiers(site, FIRST.id, "operator-1", "witness-1")
    assert not list(site.site.zone("linkage").glob("keys-*"))
    agree(site, 6, person(6))
    assert settle_round(site).accepted == 1
    assert person(6) in people_of(site)
    assert scan_site(site.site).identifiers == 0


@pytest.mark.parametrize("step", range(1, 9))
def test_stopped_anywhere_it_is_finished_by_the_next_run(site, tmp_path, monkeypatch, step):
    """Each written file, and the receipt, is a step before which the process may die."""
    agree(site, 6, person(6))
    shutil.copytree(site.site.root, tmp_path / "copy")
    steps = iter(range(1, 100))

    def stopping(work):
        def stopped(*given, **named):
            if next(steps) == step:
                raise KeyboardInterrupt
            return work(*given, **named)

        return stopped

    with monkeypatch.context() as patch:
        patch.setattr(settling, "atomic_path", stopping(settling.atomic_path))
        patch.setattr(linked, "_write", stopping(linked._write))
        patch.setattr(linked, "write_results", stopping(linked.write_results))
        patch.setattr(linked, "write_blocks", stopping(linked.write_blocks))
        patch.setattr(site.registry, "record", stopping(site.registry.record))
        with pytest.raises(KeyboardInterrupt):
            settle_round(site)
    assert site.registry.all(SettlementReceipt) == []
    settled = settle_round(site)
    checked_linked(site, UNIONS)
    with open_custody(Site(tmp_path / "copy"), system_clock, Silent()) as copy:
        undisturbed = settle_round(copy)
        assert bytes_of(copy) == bytes_of(site)
    assert replace(settled, finished_at=undisturbed.finished_at) == undisturbed


def test_taken_back_after_being_stopped_the_zone_is_whole_again(site, monkeypatch):
    agree(site, 6, person(6))
    first = settle_round(site)
    agree(site, 7, person(7))

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(linked, "write_blocks", stop)
        with pytest.raises(KeyboardInterrupt):
            settle_round(site)
    with pytest.raises(InputError):
        checked_linked(site, UNIONS)
    agree(site, 7, None, reviewers=REVIEWERS[:1])
    again = settle_round(site)
    assert again.number == 2
    assert again.outputs == first.outputs
    checked_linked(site, UNIONS)


def test_only_reviewers_of_the_configuration_decide_and_count(site, tmp_path):
    with pytest.raises(RefusedError, match="Only reviewers"):
        agree(site, 6, person(6), reviewers=["operator-1"])
    agree(site, 6, person(6))
    people = tuple(one for one in site.config.people if one.name != REVIEWERS[1])
    write_bytes(site.site.config_path, render_config(replace(site.config, people=people)).encode())
    with open_custody(Site(site.site.root), system_clock, Silent()) as fewer:
        stands = standing(fewer, open_review(fewer))
    assert stands.filter(case=case_of(site, 6))["stands"][0] == "waits for a second reviewer"


def test_a_decision_with_the_signature_of_nobody_does_not_count(site):
    case = agree(site, 6, person(6), reviewers=REVIEWERS[:1])
    (signed,) = site.registry.all(CaseReceipt)
    forged = replace(signed, reviewer=REVIEWERS[1])
    site.registry.record(f"{FIRST.id}/{case}/{REVIEWERS[1]}/1", forged)
    stands = standing(site, open_review(site))
    assert stands.filter(case=case)["stands"][0] == "waits for a second reviewer"


def test_decisions_count_for_the_file_they_were_made_on_alone(site):
    agree(site, 6, person(6))
    path = site.site.zone("linkage") / "review.parquet"
    cases = pl.read_parquet(path)
    cases.reverse().write_parquet(path)
    for work in (lambda: agree(site, 7, person(7)), lambda: settle_round(site)):
        with pytest.raises(InputError, match="The review file is that of"):
            work()


def test_a_reason_is_a_code_and_never_a_text(site):
    with pytest.raises(UsageError) as error:
        decide_case(site, Decision(1, 1, REVIEWERS[0]), "Jansen moved")
    assert "Jansen" not in str(error.value)
