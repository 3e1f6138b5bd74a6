"""A made-up site that is linked more than once: rounds, results over the years, plain oracles."""

from datetime import UTC, date, datetime

import polars as pl
from linkage_site import config, identifiers, parquet, stored
from msgspec.structs import replace

from enclave.clock import system_clock
from enclave.custody import destroy_identifiers, init_site, linkage_key, open_custody, transit_key
from enclave.files import write_bytes
from enclave.progress import Silent
from enclave.receipts import DeliveryReceipt, FileDigest
from enclave.site import Person, ProjectGrant, RoundConfig, Site, render_config

FIRST = RoundConfig(id="2025-E", reference_date=date(2026, 7, 1), school_years=("2024-2025",))
SECOND = RoundConfig(
    id="2026-E", reference_date=date(2026, 7, 1), school_years=("2024-2025", "2025-2026")
)
THIRD = RoundConfig(id="2027-E", reference_date=date(2026, 7, 1), school_years=("2025-2026",))


def first_site(root, registers):
    """The site, made for the first round."""
    people = tuple(Person(name=f"{r}-1", role=r) for r in ("operator", "witness", "steward"))
    grant = ProjectGrant(id="one", purpose="x", members=(), columns=("sex",))
    made = replace(config(registers, truth=False), round=FIRST, people=people, projects=(grant,))
    return init_site(root, made, system_clock)


def next_round(custody, settings):
    """The same site, opened for another round: its configuration edited, its key made."""
    edited = replace(custody.config, round=settings)
    write_bytes(custody.site.config_path, render_config(edited).encode())
    custody.close()
    again = open_custody(Site(custody.site.root), system_clock, Silent())
    again.vault.ensure(linkage_key(settings.id))
    again.vault.ensure(transit_key(settings.id), "age")
    return again


def scores(count, year, grade, **changes):
    """Mid-year and end-of-year arithmetic of ``count`` pupils: 100, 101 ... and ten more at the end.

    ``changes`` replace columns.
    """
    moments = [("M", 0.0, 1), ("E", 10.0, 6)]
    rows = [
        {
            "pupil_row": pupil,
            "school_code": "01AB00",
            "school_year": year,
            "grade": grade,
            "moment": moment,
            "domain": "RW",
            "provider": "cito",
            "scale": "cito-3.0-RW",
            "score": 100.0 + 20 * grade + pupil + gain,
            "test_date": date(int(year[5:]), month, 20),
            **changes,
        }
        for pupil in range(count)
        for moment, gain, month in moments
    ]
    kinds = {"pupil_row": pl.UInt32, "grade": pl.Int8}
    return pl.DataFrame(rows, schema_overrides=kinds)


def deliver(custody, sender, rows, content):
    """What intake leaves behind for one accepted delivery of the open round."""
    round_id = custody.config.round.id
    delivery = f"{round_id}-{sender}"
    key, zone = f"delivery/{delivery}", custody.site.zone("linkage")
    custody.vault.ensure(key, "age")
    found = identifiers(rows, custody.config.round.reference_date)
    receipt = DeliveryReceipt(
        round_id=round_id,
        delivery_id=delivery,
        sender=sender,
        outcome="accepted",
        reason=None,
        format="parquet-las",
        package=FileDigest(path=f"inbox/{delivery}.age", size=1, sha256="0" * 64),
        rows_delivered=content.height,
        rows_accepted=content.height,
        rows_rejected=(),
        pupils=found.height,
        identifiers=stored(
            custody, zone / f"{delivery}.identifiers.age", custody.vault.seal(key, parquet(found))
        ),
        results=stored(custody, zone / f"{delivery}.results.parquet", parquet(content)),
        data_key=key,
        received_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    custody.registry.record(delivery, receipt)


TIMES = {"M": 0, "E": 1}


def when(row):
    """School year and moment of a test as a number."""
    return 2 * int(row["school_year"][:4]) + TIMES[row["moment"]]


def plain_panel(results, enrolments):
    """The panel's own columns of every test, by looking at every other test of the person."""
    found = []
    for row in results:
        mine = [other for other in results if other["person_key"] == row["person_key"]]
        earlier = [o for o in mine if o["domain"] == row["domain"] and when(o) < when(row)]
        found.append(
            {
                **row,
                **plain_previous(row, earlier),
                **plain_career(row, mine),
                **plain_enrolment(row, enrolments),
            }
        )
    return found


def plain_previous(row, earlier):
    same = [other for other in earlier if other["scale"] == row["scale"]]
    last = [o for o in same if when(o) == max(when(x) for x in same)]
    one = last[0] if len(last) == 1 else dict.fromkeys(("score", "school_year", "grade", "moment"))
    newest = {o["scale"] for o in earlier if when(o) == max(when(x) for x in earlier)}
    return {
        "previous_score": one["score"],
        "previous_school_year": one["school_year"],
        "previous_grade": one["grade"],
        "previous_moment": one["moment"],
        "growth": None if one["score"] is None else row["score"] - one["score"],
        "scale_break": bool(newest) and row["scale"] not in newest,
    }


def plain_career(row, mine):
    year = int(row["school_year"][:4])
    before = [o for o in mine if int(o["school_year"][:4]) < year]
    if not before:
        return {"repeated_grade": None, "skipped_grade": None}
    latest = max(int(o["school_year"][:4]) for o in before)
    top = max(o["grade"] for o in before if int(o["school_year"][:4]) == latest)
    return {
        "repeated_grade": any(o["grade"] == row["grade"] for o in before),
        "skipped_grade": row["grade"] - top > year - latest,
    }


def plain_enrolment(row, enrolments):
    if row["person_status"] != "R":
        return {"enrolled_school": None, "enrolled_grade": None, "enrolment": None}
    there = sorted(
        (
            (e["school_code"] != row["school_code"]) * 2
            + (e["school_code"] == row["school_code"] and e["grade"] != row["grade"]),
            e["school_code"],
            e["grade"],
        )
        for e in enrolments
        if e["person_id"] == row["person_key"] and e["school_year"] == row["school_year"]
    )
    rank, school, grade = there[0] if there else (3, None, None)
    word = ("as enrolled", "other grade", "other school", "not enrolled")[rank]
    return {"enrolled_school": school, "enrolled_grade": grade, "enrolment": word}


def destroy(custody):
    """The same site after the identifiers of its open round were destroyed."""
    destroy_identifiers(custody, custody.config.round.id, "operator-1", "witness-1")
    return custody
