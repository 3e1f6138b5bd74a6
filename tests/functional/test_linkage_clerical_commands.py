"""The commands of clerical review on a site: what they show, record and refuse."""

import json

import polars as pl
import pytest
from clerical_site import (
    REVIEWERS,
    STRANGER,
    TWINS,
    agree,
    candidate_of,
    case_of,
    linked_site,
    people_of,
    rows_of,
)
from driver import enclave
from linkage_site import nation
from linkage_two_rounds import person

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.linkage.clerical.settling import settle_round
from enclave.progress import Silent
from enclave.receipts import CaseReceipt, SettlementReceipt, encode
from enclave.site import Site


@pytest.fixture
def site(tmp_path):
    with linked_site(tmp_path) as custody:
        yield custody


def opened(custody):
    return open_custody(Site(custody.site.root), system_clock, Silent())


def command(custody, *words, check=True):
    return enclave("link", *words, "--site", custody.site.root, check=check)


def test_two_reviewers_decide_and_the_pupil_is_linked(site):
    case = case_of(site, 6)
    place = ["--case", case, "--candidate", candidate_of(site, case, person(6))]
    said = [
        command(site, "decide", *place, "--reviewer", name, "--reason", "moved").stdout
        for name in REVIEWERS[:2]
    ]
    assert said[0].endswith("It is now: waits for a second reviewer\n")
    assert said[1].endswith("It is now: accepted\n")
    none = ["decide", "--case", case_of(site, STRANGER), "--none", "--reviewer", REVIEWERS[0]]
    recorded = json.loads(command(site, *none, "--json").stdout)
    assert (recorded["candidate"], recorded["turn"], recorded["reason"]) == (0, 1, "other")
    stands = json.loads(command(site, "review", "--json").stdout)
    assert {row["case"]: row["stands"] for row in stands} == {
        case: "accepted", case_of(site, 7): "open",
        case_of(site, STRANGER): "waits for a second reviewer",
    }  # fmt: skip
    assert "3 cases, 1 accepted, 0 none of them, 2 waiting" in command(site, "settle").stdout
    assert person(6) in people_of(opened(site))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--candidate", 1, "--none", "--reviewer", REVIEWERS[0]], 2),
        (["--reviewer", REVIEWERS[0]], 2),
        (["--candidate", 0, "--reviewer", REVIEWERS[0]], 2),
        (["--candidate", 9, "--reviewer", REVIEWERS[0]], 2),
        (["--candidate", 1, "--reviewer", "operator-1"], 4),
        (["--candidate", 1, "--reviewer", REVIEWERS[0], "--reason", "Jansen"], 2),
    ],
)
def test_what_is_no_decision_is_refused_and_not_recorded(site, words, code):
    done = command(site, "decide", "--case", 1, *words, check=False)
    assert done.returncode == code
    assert "Jansen" not in done.stdout + done.stderr
    assert opened(site).registry.all(CaseReceipt) == []


def test_no_value_and_no_person_is_in_the_ledger_or_in_what_is_shown(site):
    for twin in TWINS:
        agree(site, twin, person(twin))
    agree(site, STRANGER, None)
    settle_round(site)
    receipts = [*site.registry.all(CaseReceipt), *site.registry.all(SettlementReceipt)]
    written = b"".join(encode(one) for one in receipts).decode()
    review = pl.read_parquet(site.site.zone("linkage") / "review.parquet")
    words = " ".join(
        str(value)
        for column in review.drop("person_id", "s_key", "delivery_id")
        for value in column
    )
    site.close()
    shown = [
        enclave("link", *words_, "--site", site.site.root)
        for words_ in (["review"], ["review", "--json"], ["settle"], ["settle", "--json"])
    ]
    assert [one.returncode for one in shown] == [0] * 4
    assert "case 1: accepted" in shown[0].stdout
    assert "A project view that was built before does not change" in shown[2].stdout
    texts = [written, words, *(one.stdout + one.stderr for one in shown)]
    keys = ("bsn", "education_number", "birth_date", "postcode")
    values = {row[key] for row in [*rows_of(), *nation()] for key in keys} - {None}
    names = {row["person_id"] for row in nation()} | set(review["s_key"])
    found = {value for value in values | names for text in texts if value in text}
    assert found == set()
