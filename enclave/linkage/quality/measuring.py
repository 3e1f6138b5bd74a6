"""What is counted of the links while persons can still be told apart, for the receipt."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from enclave.custody import Custody
from enclave.files import PARTIAL
from enclave.linkage.engines import PolarsEngine
from enclave.linkage.linking import Keyed
from enclave.linkage.passes import LINKED
from enclave.linkage.quality import persons as people
from enclave.linkage.quality.absent import count_absent
from enclave.linkage.quality.persons import CHARACTERISTICS, PLACE, Registers
from enclave.linkage.quality.pooling import pooled
from enclave.linkage.quality.routes import count_routes
from enclave.linkage.tail import PatternTable
from enclave.measured import AbsentCount, LevelCount, MeasuredLinks, ReplayCount
from enclave.receipts import DeliveryReceipt

BY_PASS, NO_PASS = "pass", "no pass"
_REPLAYED = ("pupils", "right", "wrong")


@dataclass(frozen=True)
class Linked:
    """What was linked.

    ``rows``: one row per delivered pupil: status and person_id (null unless linked).
    ``replayed``: one row per replayed pupil: ROW, true_person, person_id, status, pass_name.
    ``keyed``: what was linked. ``table``: the pattern table that was used; null for none.
    """

    rows: pl.DataFrame
    replayed: pl.DataFrame
    keyed: Keyed
    table: PatternTable | None


def measure(custody: Custody, receipts: Sequence[DeliveryReceipt], linked: Linked) -> MeasuredLinks:
    """The counts of a round.

    Raises:
        InputError: a register is missing or is not as documented.
    """
    round_ = custody.config.round
    registers = people.open_registers(custody.config.registers, round_.reference_date)
    places = pl.concat(
        pl.scan_parquet(custody.site.root / receipt.results.path, glob=False).select(PLACE)
        for receipt in receipts
        if receipt.results is not None
    )
    year = round_.school_years[-1]
    found = known_persons(registers, places, year, linked.replayed)
    return MeasuredLinks(
        school_year=year,
        coverage=coverage(found, linked.rows),
        replay=replay_counts(found, linked.replayed),
        routes=count_routes(linked.keyed.pupils.to_native(), linked.keyed.spine.to_native()),
        absent=_absent(custody, linked),
    )


def _absent(custody: Custody, linked: Linked) -> AbsentCount:
    folder = custody.site.zone("linkage") / f"{PARTIAL}absent"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return count_absent(PolarsEngine(folder), linked.keyed, linked.replayed, linked.table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def known_persons(
    registers: Registers, places: pl.LazyFrame, year: str, replayed: pl.DataFrame
) -> pl.DataFrame:
    """One row per person who is enrolled where somebody delivered, or was replayed.

    Columns: person_id, the characteristics, and enrolled (whether there, that year).

    Args:
        registers: of the site.
        places: school_code, school_year, grade of what was delivered.
        year: the school year.
        replayed: true_person of every replayed pupil.
    """
    there = people.enrolled(registers, places, year).collect(engine="streaming")
    ids = pl.concat([there["person_id"], replayed["true_person"].rename("person_id")]).unique()
    who = pl.DataFrame({"person_id": ids}).join(there, on="person_id", how="left")
    facts = people.characteristics(registers, who)
    inside = facts.select("person_id").join(
        there.select("person_id", pl.lit(value=True).alias("enrolled")), on="person_id", how="left",
        maintain_order="left",
    )  # fmt: skip
    return facts.with_columns(inside["enrolled"].fill_null(value=False))


def coverage(persons: pl.DataFrame, rows: pl.DataFrame) -> tuple[LevelCount, ...]:
    """Enrolled persons by characteristic, and how many of them some pupil was linked to.

    Args:
        persons: ``known_persons``.
        rows: status and person_id of every delivered pupil.
    """
    linked = rows.lazy().filter(pl.col("status") == LINKED).select("person_id").unique()
    counted = (
        persons.lazy()
        .filter("enrolled")
        .join(linked.with_columns(pl.lit(value=True).alias("found")), on="person_id", how="left")
        .group_by(CHARACTERISTICS)
        .agg(pl.len().alias("pupils"), pl.col("found").sum().cast(pl.Int64).alias("linked"))
        .collect(engine="streaming")
    )
    return tuple(
        LevelCount(name, *row)
        for name in _known(counted)
        for row in pooled(counted, name, ("pupils", "linked")).iter_rows()
    )


def replay_counts(persons: pl.DataFrame, replayed: pl.DataFrame) -> tuple[ReplayCount, ...]:
    """Replayed pupils by pass (``no pass`` linked the rest) and by characteristic.

    Args:
        persons: ``known_persons``.
        replayed: true_person, person_id, status, pass_name of every replayed pupil.
    """
    right = (pl.col("person_id") == pl.col("true_person")).fill_null(value=False)
    linked = pl.col("status") == LINKED
    counted = (
        replayed.lazy()
        .with_columns(pl.when(linked).then("pass_name").otherwise(pl.lit(NO_PASS)).alias(BY_PASS))
        .join(persons.lazy(), left_on="true_person", right_on="person_id", how="left")
        .group_by(BY_PASS, *CHARACTERISTICS)
        .agg(
            pl.len().alias("pupils"),
            (linked & right).sum().alias("right"),
            (linked & ~right).sum().alias("wrong"),
        )
        .collect(engine="streaming")
    )
    passes = counted.group_by(BY_PASS).agg(pl.col(_REPLAYED).sum()).sort(BY_PASS)
    return (
        *(ReplayCount(BY_PASS, *row) for row in passes.iter_rows()),
        *(
            ReplayCount(name, *row)
            for name in _known(counted)
            for row in pooled(counted, name, _REPLAYED).iter_rows()
        ),
    )


def _known(counted: pl.DataFrame) -> list[str]:
    """The characteristics of which the registers know something."""
    return [name for name in CHARACTERISTICS if counted[name].null_count() < counted.height]
