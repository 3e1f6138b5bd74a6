"""A small site with registers and sealed deliveries, ready to be linked."""

import hashlib
import io
from datetime import UTC, date, datetime

import polars as pl
import pytest

from enclave.clock import system_clock
from enclave.custody import init_site
from enclave.files import write_bytes
from enclave.linkage import link_round
from enclave.receipts import DeliveryReceipt, FileDigest, LinkageReceipt
from enclave.site import Config, RegistersConfig, RoundConfig

ROUND = "2026-E"
DAY = date(2026, 7, 1)
YEAR = "2025-2026"
PERSONS = 40
IDENTIFIERS = (
    "bsn", "education_number", "sex", "birth_date", "postcode", "house_number", "house_addition",
)  # fmt: skip
TWINS = (4, 5)
SAME_SEX_TWINS = (6, 7)
NEWCOMER = 8
MOVED = 9


def nation():
    """40 pupils of two schools: twins (4 and 5, 6 and 7), a newcomer (8), one who moved (9)."""
    return [spell(number) for number in range(PERSONS)] + [old_home()]


def spell(number):
    home = {5: 4, 7: 6}.get(number, number)
    return {
        "person_id": f"{300000000 + 7 * number:09d}",
        "bsn": None if number == NEWCOMER else f"{91_000_000 + 13 * number:09d}",
        "education_number": f"10{4_000_000 + 17 * number:07d}" if number % 4 == 0 else None,
        "sex": "V" if number in {6, 7} or number % 2 else "M",
        "birth_date": f"2015{1 + home % 12:02d}{10 + home % 18:02d}",
        "postcode": f"{3100 + home}KX",
        "house_number": str(20 + home),
        "house_addition": "bis" if home % 5 == 0 else None,
        "valid_from": date(2026, 6, 15) if number == MOVED else date(2018, 3, 1),
        "valid_to": None,
    }


def old_home():
    return spell(MOVED) | {
        "postcode": "9711LM", "valid_from": date(2018, 3, 1), "valid_to": date(2026, 6, 15),
    }  # fmt: skip


def pupils(persons, numbers):
    """Delivered pupils with the identifiers of the named persons, each with a learner id."""
    return [
        {"learner_id": f"learner-{number}", **{name: persons[number][name] for name in IDENTIFIERS}}
        for number in numbers
    ]


def schools(persons):
    """The two schools' deliveries: sender -> pupils. Nobody is in both."""
    return {"sender-1": pupils(persons, range(20)), "sender-2": pupils(persons, range(20, PERSONS))}


def identifiers(rows, reference_date=DAY):
    kinds = {
        "pupil_row": pl.UInt32,
        "learner_id": pl.String,
        **dict.fromkeys(IDENTIFIERS, pl.String),
    }
    data = [{"pupil_row": number, **row} for number, row in enumerate(rows)]
    return pl.DataFrame(data, schema=kinds).with_columns(
        pl.lit(reference_date, pl.Date).alias("reference_date")
    )


def results(rows, school, score=100.0, day=date(2026, 1, 20)):
    """One arithmetic result per pupil."""
    return pl.DataFrame(
        {
            "pupil_row": pl.Series(range(len(rows)), dtype=pl.UInt32),
            "school_code": school,
            "school_year": YEAR,
            "grade": pl.Series([5] * len(rows), dtype=pl.Int8),
            "moment": "M",
            "domain": "RW",
            "provider": "cito",
            "scale": "cito-3.0-RW",
            "score": score,
            "test_date": day,
        }
    )


def school_of(sender):
    return f"{int(sender.rpartition('-')[2]):02d}AB00"


def write_registers(folder, persons):
    """Spine, background, enrolments and schools; everybody sits where the deliveries say."""
    folder.mkdir(parents=True, exist_ok=True)
    spine = pl.DataFrame(persons, infer_schema_length=None).with_columns(
        pl.col("valid_from", "valid_to").cast(pl.Date)
    )
    people = spine.unique("person_id", keep="first", maintain_order=True)
    background = people.select(
        "person_id",
        "sex",
        pl.col("birth_date").str.slice(0, 4).cast(pl.Int16).alias("birth_year"),
        pl.lit("Netherlands").alias("origin"),
        pl.lit("low").alias("household_income"),
        pl.lit("other").alias("household_form"),
        pl.lit("high").alias("parental_education"),
    )
    place = pl.int_range(pl.len()) // 20 + 1
    enrolments = people.select(
        "person_id",
        pl.format("{}AB00", place.cast(pl.String).str.zfill(2)).alias("school_code"),
        pl.lit(YEAR).alias("school_year"),
        pl.lit(5, pl.Int8).alias("grade"),
        pl.lit(value=False).alias("repeater"),
    )
    known = pl.DataFrame(
        {
            "school_code": ["01AB00", "02AB00"],
            "name": ["one", "two"],
            "denomination": ["public", "other"],
            "province": ["Utrecht", "Utrecht"],
            "municipality": ["Utrecht", "Zeist"],
            "pupils": pl.Series([20, 20], dtype=pl.Int32),
        }
    )
    for name, frame in (
        ("spine", spine),
        ("background", background),
        ("enrolments", enrolments),
        ("schools", known),
    ):
        frame.write_parquet(folder / f"{name}.parquet")


def write_truth(folder, deliveries, persons):
    """Whose identifiers each learner has: the number is in the learner id."""
    rows = [
        {
            "sender_id": sender,
            "learner_id": row["learner_id"],
            "person_id": persons[int(row["learner_id"].split("-")[1])]["person_id"],
        }
        for sender, learners in deliveries.items()
        for row in learners
    ]
    pl.DataFrame(rows).write_parquet(folder / "truth.parquet")


def config(folder, *, truth=True):
    places = {n: str(folder / f"{n}.parquet") for n in ("background", "enrolments", "schools")}
    return Config(
        round=RoundConfig(id=ROUND, reference_date=DAY, school_years=(YEAR,)),
        registers=RegistersConfig(
            population_spine=str(folder / "spine.parquet"),
            truth=str(folder / "truth.parquet") if truth else None,
            **places,
        ),
    )


def stored(custody, path, data):
    write_bytes(path, data)
    digest = hashlib.sha256(data).hexdigest()
    return FileDigest(path=custody.site.relative(path), size=len(data), sha256=digest)


def parquet(frame):
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def receive(custody, sender, found, content, received_at=datetime(2026, 11, 1, tzinfo=UTC)):
    """What intake leaves behind for one accepted delivery."""
    delivery = f"{ROUND}-{sender}"
    key, zone = f"delivery/{delivery}", custody.site.zone("linkage")
    custody.vault.ensure(key, "age")
    sealed = custody.vault.seal(key, parquet(found))
    receipt = DeliveryReceipt(
        round_id=ROUND,
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
        identifiers=stored(custody, zone / f"{delivery}.identifiers.age", sealed),
        results=stored(custody, zone / f"{delivery}.results.parquet", parquet(content)),
        data_key=key,
        received_at=received_at,
    )
    custody.registry.record(delivery, receipt)
    return receipt


def make_site(root, deliveries=None, persons=None, *, truth=True):
    """An open site in which the deliveries (sender -> pupils) were accepted."""
    persons = nation() if persons is None else persons
    deliveries = schools(persons) if deliveries is None else deliveries
    write_registers(root / "registers", persons)
    write_truth(root / "registers", deliveries, persons)
    custody = init_site(root / "site", config(root / "registers", truth=truth), system_clock)
    for sender, rows in deliveries.items():
        receive(custody, sender, identifiers(rows), results(rows, school_of(sender)))
    return custody


SECRETS = ("learner-", "KX", "910000", "3000000", "registers/", ".parquet")


def refused(custody, error, words):
    """The linkage stops with ``error``; nothing is recorded, no value or path is told."""
    with pytest.raises(error, match=words) as caught:
        link_round(custody)
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert not [secret for secret in SECRETS if secret in told]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert custody.registry.find(LinkageReceipt, ROUND) is None
