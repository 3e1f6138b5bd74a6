"""The linked zone: education data under person numbers over the years, no identifiers.

Every round leaves its own files for good; the files that others read are made of those of all
rounds. A pupil that was not linked keeps its results under an S number, as Statistics Netherlands
keeps unmatched records apart from matched ones (R).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import FindingsError
from enclave.files import atomic_path
from enclave.linkage.education import panel as over_years
from enclave.linkage.education.blocks import BLOCK_PERSONS, PersonRange, ranges_of, write_blocks
from enclave.linkage.education.history import History, find_history, with_settled, without_clashes
from enclave.linkage.education.numbers import (
    MATCHED,
    PersonKeys,
    open_s_numbers,
    person_keys,
    spine_numbers,
)
from enclave.linkage.education.people import all_pupils, all_schools, round_pupils
from enclave.linkage.education.results import write_results, write_round_results
from enclave.linkage.education.rounds import (
    Rounds,
    all_rounds,
    known_s_numbers,
    unresolved,
)
from enclave.linkage.registers import BACKGROUND, ENROLMENTS, SCHOOLS, scan_register
from enclave.receipts import DeliveryReceipt, LinkedContent

__all__ = ["open_s_numbers", "person_keys", "spine_numbers", "write_linked"]

UNIONS = (
    "results", "pupils", "schools", "panel", "person-history", "key-history",
)  # fmt: skip
PLACES = {
    over_years.AS_ENROLLED: "enrolled",
    over_years.OTHER_GRADE: "other_grade",
    over_years.OTHER_SCHOOL: "other_school",
    over_years.NOT_ENROLLED: "not_enrolled",
}


def write_linked(
    custody: Custody,
    receipts: list[DeliveryReceipt],
    keys: PersonKeys,
    spine: pl.LazyFrame | None = None,
) -> tuple[tuple[Path, ...], LinkedContent]:
    """Writes the files of the open round and those of all rounds; returns their paths and counts.

    Args:
        custody: the site.
        receipts: the accepted deliveries of the round.
        keys: the number of every delivered pupil.
        spine: s_key and person_id of the spine (``spine_numbers``); it is read only when an S
            number of an earlier round is not resolved yet. Null: only linked pupils tell.

    Raises:
        InputError: a register, a delivery's results or a file of an earlier round is missing,
            changed or incomplete.
        FindingsError: a register names a person or a school twice.
    """
    registers = open_registers(custody)
    rounds = all_rounds(custody, keys.numbers)
    own = rounds.every[-1]
    write_round_results(own.path("results"), custody, receipts, keys.rows)
    _write(own.path("pupils"), round_pupils(keys.rows, registers.background))
    _write(own.path("schools"), registers.schools.collect().sort("school_code"))
    _write(own.path("found"), _found(rounds, keys, spine))
    targets, content = write_unions(custody, rounds, registers)
    return (*targets, *own.paths), content


@dataclass(frozen=True)
class Registers:
    """The registers that the linked data is joined with, lazily."""

    background: pl.LazyFrame
    enrolments: pl.LazyFrame
    schools: pl.LazyFrame


def open_registers(custody: Custody) -> Registers:
    """The registers, after it was checked that they name everything once.

    Raises:
        InputError: one is missing or lacks a column.
        FindingsError: one names a person or a school twice.
    """
    places = custody.config.registers
    background = scan_register(places.background, "background", BACKGROUND)
    enrolments = scan_register(places.enrolments, "enrolments", ENROLMENTS)
    schools = scan_register(places.schools, "schools", SCHOOLS)
    _refuse_repeats(background, "person_id", "background")
    _refuse_repeats(schools, "school_code", "schools")
    return Registers(background, enrolments, schools)


def write_unions(
    custody: Custody, rounds: Rounds, registers: Registers
) -> tuple[tuple[Path, ...], LinkedContent]:
    """Writes the files of all rounds, made of those of the rounds; returns their paths and counts.

    Raises:
        InputError: a register cannot be read.
    """
    background, enrolments, schools = (
        registers.background, registers.enrolments, registers.schools,
    )  # fmt: skip
    known = known_s_numbers(rounds)
    found = find_history(rounds.scan("found"), known)
    by_round = [frame for _, frame in rounds.scan("results")]
    history = without_clashes(with_settled(found, rounds.settlements, known), by_round)
    pupils = all_pupils([frame for _, frame in rounds.scan("pupils")], background, history.rows)
    targets = {name: custody.site.zone("linked") / f"{name}.parquet" for name in UNIONS}
    _write(targets["pupils"], pupils)
    _write(targets["schools"], all_schools([f for _, f in rounds.scan("schools")], schools))
    _write(targets["person-history"], history.rows)
    _write(targets["key-history"], rounds.key_history().collect())
    delivered = pl.concat(by_round)
    ranges = ranges_of(pupils["person_key"], BLOCK_PERSONS)
    kept = write_results(targets["results"], delivered, history.rows, ranges)
    results = pl.scan_parquet(targets["results"])
    write_blocks(targets["panel"], _panel_blocks(results, enrolments, ranges))
    duplicates = delivered.select(pl.len()).collect(engine="streaming").item() - kept
    content = _content(rounds, history, pupils, (kept, duplicates), targets["panel"])
    return tuple(targets.values()), content


def _found(rounds: Rounds, keys: PersonKeys, spine: pl.LazyFrame | None) -> pl.DataFrame:
    """What this round found out about S numbers that it or an earlier one gave."""
    told = [_among(keys.found.lazy(), known_s_numbers(rounds))]
    waiting = unresolved(rounds).collect(engine="streaming")
    if spine is not None and waiting.height:
        told.append(_among(spine.select("s_key", "person_id"), waiting.lazy()))
    return pl.concat(told).unique().collect(engine="streaming").sort("s_key", "person_id")


def _among(found: pl.LazyFrame, numbers: pl.LazyFrame) -> pl.LazyFrame:
    return found.join(numbers, left_on="s_key", right_on="person_key", how="semi")


def _panel_blocks(
    results: pl.LazyFrame, enrolments: pl.LazyFrame, ranges: list[PersonRange]
) -> Iterator[pl.DataFrame]:
    for part in ranges:
        sources = over_years.Sources(
            results.filter(part.holds()), enrolments.filter(part.holds("person_id"))
        )
        yield over_years.panel(sources).collect(engine="streaming")


def _content(
    rounds: Rounds,
    history: History,
    pupils: pl.DataFrame,
    counted: tuple[int, int],
    panel: Path,
) -> LinkedContent:
    matched = pupils.filter(pl.col("person_status") == MATCHED)
    places = (
        pl.scan_parquet(panel)
        .filter(pl.col("person_status") == MATCHED)
        .select(*over_years.PLACE, "enrolment")
        .unique()
        .group_by("enrolment")
        .len()
        .collect(engine="streaming")
    )
    found = dict(places.iter_rows())
    return LinkedContent(
        results=counted[0],
        duplicates=counted[1],
        persons=pupils.height,
        without_background=int(matched["birth_year"].is_null().sum()),
        **{field: found.get(name, 0) for name, field in PLACES.items()},
        rounds=len(rounds.every),
        became_matched=history.rows.height,
        contradicted=history.contradicted + rounds.settled_twice(),
        s_keys=rounds.numbers.chain,
    )


def _refuse_repeats(register: pl.LazyFrame, key: str, name: str) -> None:
    repeats, missing = (
        register.select(
            (pl.len() - pl.col(key).n_unique()).alias("repeats"),
            pl.col(key).null_count().alias("missing"),
        )
        .collect(engine="streaming")
        .row(0)
    )
    if repeats or missing:
        raise FindingsError(
            f"A register has one row per {key}.",
            where=f"registers.{name}: {repeats:,} repeated rows, {missing:,} without {key}",
            next_step="let the register's owner mend it, then run the linkage again",
        )


def _write(target: Path, frame: pl.DataFrame) -> None:
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
