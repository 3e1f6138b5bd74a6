"""A small site whose round was received and linked: real keys, real ciphertexts, real receipts."""

import hashlib
import io
from datetime import UTC, date, datetime

import polars as pl

from enclave.clock import system_clock
from enclave.custody import init_site, linkage_key, transit_key
from enclave.files import write_bytes
from enclave.receipts import DeliveryReceipt, FileDigest, LinkageReceipt
from enclave.site import Config, Person, RegistersConfig, RoundConfig

ROUND = "2026-E"
PEOPLE = ("operator-1", "operator-2", "witness-1", "researcher-1", "reviewer-1")
PUPILS = 12
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def config(**changes):
    fields = {
        "round": RoundConfig(
            id=ROUND, reference_date=date(2026, 7, 1), school_years=("2024-2025", "2025-2026")
        ),
        "registers": RegistersConfig(
            population_spine="spine", background="background", enrolments="enrol", schools="schools"
        ),
        "people": tuple(Person(name=name, role=name.rpartition("-")[0]) for name in PEOPLE),
    }
    return Config(**{**fields, **changes})


def bsns(count, start=123_456_700):
    """Numbers that pass the eleven test, as text."""
    found = []
    number = start
    while len(found) < count:
        text = f"{number:09d}"
        if sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 11 == 0:
            found.append(text)
        number += 1
    return found


def identifiers(number):
    """The identifiers of one school, as intake would seal them. Every value is a canary."""
    rows = range(PUPILS)
    return pl.DataFrame(
        {
            "pupil_row": pl.Series(list(rows), dtype=pl.UInt32),
            "learner_id": [f"learner-{number}-{row}" for row in rows],
            "bsn": bsns(PUPILS, 123_456_700 + 10_000 * number),
            "birth_date": [f"2015{1 + row % 12:02d}{10 + row}" for row in rows],
            "postcode": [f"{2000 + row}{chr(65 + number % 26)}{chr(65 + row)}" for row in rows],
        }
    )


def results(number):
    rows = range(PUPILS)
    return pl.DataFrame(
        {
            "pupil_row": pl.Series(list(rows), dtype=pl.UInt32),
            "school_code": [f"{number:02d}AB00"] * PUPILS,
            "score": [100.5 + row for row in rows],
            "test_date": [date(2026, 1, 10 + row) for row in rows],
        }
    )


def parquet(frame):
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def stored(custody, path, data):
    write_bytes(path, data)
    return FileDigest(
        path=custody.site.relative(path),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def receive(custody, number):
    """One accepted delivery with its files."""
    delivery_id = f"{ROUND}-sender-{number:05d}"
    key = f"delivery/{delivery_id}"
    linkage, transit = custody.site.zone("linkage"), custody.site.zone("transit")
    custody.vault.ensure(key, "age")
    plain = parquet(identifiers(number))
    package = custody.vault.seal(transit_key(ROUND), plain)
    write_bytes(transit / f"{delivery_id}.json", b"{}")
    return DeliveryReceipt(
        round_id=ROUND,
        delivery_id=delivery_id,
        sender=f"sender-{number:05d}",
        outcome="accepted",
        reason=None,
        format="parquet-las",
        package=stored(custody, transit / f"{delivery_id}.age", package),
        rows_delivered=PUPILS,
        rows_accepted=PUPILS,
        rows_rejected=(),
        pupils=PUPILS,
        identifiers=stored(
            custody, linkage / f"{delivery_id}.identifiers.age", custody.vault.seal(key, plain)
        ),
        results=stored(
            custody, linkage / f"{delivery_id}.results.parquet", parquet(results(number))
        ),
        data_key=key,
        received_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def quarantine(custody):
    """One refused delivery, sealed as it came."""
    sealed = custody.vault.seal(transit_key(ROUND), parquet(identifiers(99)))
    path = custody.site.zone("quarantine") / f"{ROUND}-sender-99999.age"
    return DeliveryReceipt(
        round_id=ROUND,
        delivery_id=f"{ROUND}-sender-99999",
        sender=None,
        outcome="quarantined",
        reason="unknown sender",
        format=None,
        package=stored(custody, path, sealed),
        rows_delivered=0,
        rows_accepted=0,
        rows_rejected=(),
        pupils=0,
        identifiers=None,
        results=None,
        data_key=None,
        received_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def link(custody, receipts):
    """Hashed keys, links, linked results, and the receipt of the linkage."""
    linkage = custody.site.zone("linkage")
    pupils = sum(receipt.pupils for receipt in receipts)
    secret = custody.vault.derive(linkage_key(ROUND), "linkage bsn").reveal()
    hashed = [hashlib.blake2b(b"%d" % row, key=secret).hexdigest() for row in range(pupils)]
    keys = pl.DataFrame({"key": hashed})
    write_bytes(linkage / "keys-deliveries.parquet", parquet(keys))
    write_bytes(linkage / "spine.keys.parquet", parquet(keys))
    people = [f"{100_000_000 + 7 * row:09d}" for row in range(pupils)]
    links = stored(custody, linkage / "links.parquet", parquet(pl.DataFrame({"person_id": people})))
    linked = pl.DataFrame({"person_key": people, "score": [1.5] * pupils})
    return LinkageReceipt(
        round_id=ROUND,
        reference_date=date(2026, 7, 1),
        delivered=pupils,
        linked=pupils,
        review=0,
        unlinked=0,
        passes=(),
        rates=(),
        truth=None,
        links=links,
        outputs=(
            stored(custody, custody.site.zone("linked") / "results.parquet", parquet(linked)),
        ),
        keys=(linkage_key(ROUND),),
        finished_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def make_site(root, *, deliveries=3, linked=True, clock=system_clock):
    """An open site with ``deliveries`` accepted deliveries, one refused, and their linkage."""
    custody = init_site(root, config(), clock)
    receipts = [receive(custody, number) for number in range(1, deliveries + 1)]
    every = [*receipts, quarantine(custody)]
    custody.registry.record_many((receipt.delivery_id, receipt) for receipt in every)
    if linked:
        custody.registry.record(ROUND, link(custody, receipts))
    return custody


def canaries(deliveries=3):
    """Every identifying value of the deliveries, as bytes."""
    frames = [identifiers(number) for number in (*range(1, deliveries + 1), 99)]
    return [
        str(value).encode()
        for frame in frames
        for column in ("learner_id", "bsn", "postcode")
        for value in frame[column]
    ]
