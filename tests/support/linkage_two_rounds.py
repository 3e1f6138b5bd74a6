"""Two rounds in one site, with pupils who are found late, early, wrongly or never."""

import hashlib

import polars as pl
from linkage_site import nation, pupils, write_registers
from linkage_years import (
    SECOND,
    deliver,
    first_site,
    next_round,
    scores,
)

from enclave.linkage import link_round

PUPILS = 16
LATER = 10
"""Not in the spine of the first round; delivered and linked in the second."""
SPINE_ONLY = 11
"""The same, but not delivered again: the spine alone tells."""
OTHER_NUMBER = 12
"""First with an education number only; later with a BSN too."""
STRANGER = 13
"""Delivered with the BSN of another, who is delivered in the second round."""
NEVER = 15
"""In the spine of neither round."""
NUMBER_OWNER = 20
ABSENT = (LATER, SPINE_ONLY, OTHER_NUMBER, NEVER)


def first_rows():
    rows = pupils(nation(), range(PUPILS))
    rows[OTHER_NUMBER]["bsn"] = None
    rows[STRANGER] |= {"bsn": nation()[NUMBER_OWNER]["bsn"], "birth_date": "20140101"}
    return rows


def second_rows():
    numbers = [number for number in range(PUPILS) if number not in {SPINE_ONLY, STRANGER}]
    return [*pupils(nation(), numbers), *pupils(nation(), [NUMBER_OWNER])]


def spine_without(root, numbers):
    persons = nation()
    absent = {persons[number]["person_id"] for number in numbers}
    path = root / "registers/spine.parquet"
    write_registers(root / "registers", persons)
    spine = pl.read_parquet(path)
    spine.filter(~pl.col("person_id").is_in(absent)).write_parquet(path)
    register = pl.read_parquet(root / "registers/enrolments.parquet")
    earlier = register.with_columns(school_year=pl.lit("2024-2025"), grade=pl.lit(4, pl.Int8))
    pl.concat([register, earlier]).write_parquet(root / "registers/enrolments.parquet")


def one_round(root):
    """The site after its first round."""
    spine_without(root, ABSENT)
    custody = first_site(root / "site", root / "registers")
    deliver(custody, "sender-1", first_rows(), scores(PUPILS, "2024-2025", 4))
    link_round(custody)
    return custody


def second_delivered(root, custody):
    """The site in its second round, everything delivered and nothing linked."""
    spine_without(root, [NEVER])
    custody = next_round(custody, SECOND)
    rows = second_rows()
    deliver(custody, "sender-1", rows, scores(len(rows), "2025-2026", 5))
    return custody


def two_rounds(root):
    """The site after both, and the receipt of the second."""
    custody = second_delivered(root, one_round(root))
    return custody, link_round(custody)


def read(custody, name):
    return pl.read_parquet(custody.site.zone("linked") / f"{name}.parquet")


def person(number):
    return nation()[number]["person_id"]


def bytes_of(custody):
    zone = custody.site.zone("linked")
    return {
        path.relative_to(zone).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in zone.rglob("*")
        if path.is_file()
    }
