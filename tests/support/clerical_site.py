"""A small site with reviewers and pupils in review, and what its linked zone says of them."""

import polars as pl
from linkage_site import nation, pupils, write_registers
from linkage_two_rounds import spine_without
from linkage_years import FIRST, deliver, first_site, scores
from msgspec.structs import replace

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.files import write_bytes
from enclave.linkage import link_round
from enclave.linkage.clerical.decisions import Decision
from enclave.linkage.clerical.recording import decide_case, open_review
from enclave.progress import Silent
from enclave.site import Person, Site, render_config

TWINS = (6, 7)
"""Of one sex at one address, delivered without numbers: two candidates each."""
STRANGER = 13
"""Delivered with the BSN of ``OWNER`` and a birth date of nobody."""
OWNER = 20
MIXED_BSN = 13
"""For deliveries in which this pupil has everything of its own but the BSN."""
REVIEWERS = ("reviewer-1", "reviewer-2", "reviewer-3")
PUPILS = 16
TYPO = "other"


def rows_of():
    """Sixteen pupils: the twins have no numbers, one has another's number."""
    rows = pupils(nation(), range(PUPILS))
    for number in TWINS:
        rows[number] |= {"bsn": None, "education_number": None}
    rows[STRANGER] |= {"bsn": nation()[OWNER]["bsn"], "birth_date": "20140101"}
    return rows


def with_reviewers(custody):
    """The same site, with three reviewers in its configuration and their keys."""
    people = tuple(Person(name=name, role="reviewer") for name in REVIEWERS)
    edited = replace(custody.config, people=(*custody.config.people, *people))
    write_bytes(custody.site.config_path, render_config(edited).encode())
    for name in REVIEWERS:
        custody.vault.ensure(f"person/{name}", "ed25519")
    custody.close()
    return open_custody(Site(custody.site.root), system_clock, Silent())


def delivered(root, rows=None, persons=None):
    """The site with one delivery of the first round, not linked; null: the usual ones."""
    spine_without(root, ())
    if persons is not None:
        write_registers(root / "registers", persons)
    custody = with_reviewers(first_site(root / "site", root / "registers"))
    rows = rows_of() if rows is None else rows
    deliver(custody, "sender-1", rows, scores(len(rows), "2024-2025", 4))
    return custody


def linked_site(root, rows=None, persons=None):
    """The site after the linkage of its first round."""
    custody = delivered(root, rows, persons)
    link_round(custody)
    return custody


def cases_of(custody):
    """case, candidate, pupil_row, person_id and s_key of every pair."""
    return open_review(custody).cases


def case_of(custody, row, delivery=f"{FIRST.id}-sender-1"):
    """The number of a pupil's case."""
    found = cases_of(custody).filter(pupil_row=row, delivery_id=delivery)
    return found["case"][0]


def candidate_of(custody, case, person):
    """The number of a person among the candidates of a case."""
    return cases_of(custody).filter(case=case, person_id=person)["candidate"][0]


def agree(custody, row, person, reviewers=REVIEWERS[:2], **place):
    """Reviewers accept a pupil as a person; null: as none of the candidates."""
    case = case_of(custody, row, **place)
    candidate = 0 if person is None else candidate_of(custody, case, person)
    for reviewer in reviewers:
        decide_case(custody, Decision(case, candidate, reviewer), TYPO)
    return case


def people_of(custody, name="results"):
    """The person keys in a file of the linked zone."""
    path = custody.site.zone("linked") / f"{name}.parquet"
    return set(pl.read_parquet(path)["person_key"].to_list())
