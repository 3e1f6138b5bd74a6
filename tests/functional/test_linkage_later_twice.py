"""What a later round finds out never makes two pupils of one school one person."""

import polars as pl
import pytest
from linkage_site import nation, pupils, write_registers
from linkage_two_rounds import person, read
from linkage_years import SECOND, deliver, first_site, next_round, scores

from enclave.linkage import link_round

OWNER, OTHER = 20, 13
ROWS = [*range(10), OWNER, OTHER]
"""The last two rows are of whom the number is, and of another pupil who carries it."""


def by_address(persons, rows):
    """The owner is linked by address; the register learns its BSN a round later."""
    persons[OWNER]["bsn"] = None
    rows[-2] |= {"bsn": None, "education_number": None}


def by_two_numbers(persons, rows):
    """Nobody is linked: one has the owner's BSN, another its education number."""
    unknown = {"bsn": None, "education_number": None, "birth_date": "20080101"}
    persons[OWNER] |= unknown | {"postcode": "8888QQ"}
    rows[-2]["bsn"] = None


def registers(root, persons):
    write_registers(root / "registers", persons)
    path = root / "registers/enrolments.parquet"
    now = pl.read_parquet(path)
    before = now.with_columns(school_year=pl.lit("2024-2025"), grade=pl.lit(4, pl.Int8))
    pl.concat([now, before]).write_parquet(path)


@pytest.mark.parametrize("early", [by_address, by_two_numbers])
def test_two_pupils_with_one_test_stay_two(tmp_path, early):
    persons, rows = nation(), pupils(nation(), ROWS)
    rows[-1] |= {
        "bsn": nation()[OWNER]["bsn"],
        "education_number": None,
        "birth_date": "20140101",
        "postcode": "9999ZZ",
    }
    early(persons, rows)
    registers(tmp_path, persons)
    custody = first_site(tmp_path / "site", tmp_path / "registers")
    deliver(custody, "sender-1", rows, scores(len(rows), "2024-2025", 4))
    link_round(custody)
    before = read(custody, "results")
    registers(tmp_path, nation())
    custody = next_round(custody, SECOND)
    deliver(custody, "sender-1", pupils(nation(), range(10)), scores(10, "2025-2026", 5))
    with custody:
        receipt = link_round(custody)
        after = read(custody, "results").filter(school_year="2024-2025")
    assert sorted(after["score"]) == sorted(before["score"])
    assert receipt.content.duplicates == 0
    assert receipt.content.contradicted > 0
    own = before.filter(person_key=person(OWNER))["score"].to_list()
    assert after.filter(person_key=person(OWNER))["score"].to_list() == own
