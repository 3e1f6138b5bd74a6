"""Making the nation: everything drawn, everything written, ``nation.json`` last."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from enclave.errors import UsageError
from enclave.files import atomic_path, write_bytes
from enclave.progress import Progress
from enclave.synthetic.deliveries import write_broken_deliveries, write_deliveries
from enclave.synthetic.pupils import HOUSEHOLD_FORMS, LEVELS, ORIGINS, Pupils, draw_pupils
from enclave.synthetic.records import draw_records
from enclave.synthetic.schools import Schools, draw_schools
from enclave.synthetic.scores import draw_results
from enclave.synthetic.spec import NationSpec
from enclave.synthetic.spine import Population, draw_population, write_spine

BROKEN_SCHOOLS = 6
MARK = "nation.json"
VERSION = 1


@dataclass(frozen=True)
class NationSummary:
    """What was made. Counts of persons, spine rows, pupils, schools, learners and results."""

    folder: Path
    persons: int
    spine_rows: int
    pupils: int
    schools: int
    learners: int
    results: int
    objections: int


def make_nation(
    out: Path, spec: NationSpec, progress: Progress, *, force: bool = False
) -> NationSummary:
    """Makes the nation of ``spec`` in ``out``, or returns it when it is there already.

    A folder that was left half made is made anew. A folder with another nation is refused unless
    ``force`` is given.

    Raises:
        UsageError: ``out`` holds another nation.
    """
    wanted = _parameters(spec)
    mark = out / MARK
    if mark.is_file():
        found = json.loads(mark.read_text(encoding="utf-8"))
        if found["parameters"] == wanted:
            return NationSummary(folder=out, **found["counts"])
        if not force:
            raise UsageError(
                "The folder holds another made-up nation.",
                where="nation.json, parameters",
                next_step="choose another folder, or give --force to replace it",
            )
        mark.unlink()
    for part in ("registers", "deliveries", "deliveries-broken", "truth"):
        shutil.rmtree(out / part, ignore_errors=True)
    counts = _make(out, spec, progress)
    record = {"version": VERSION, "parameters": wanted, "counts": counts}
    write_bytes(mark, json.dumps(record, indent=2, sort_keys=True).encode())
    return NationSummary(folder=out, **counts)


def _parameters(spec: NationSpec) -> dict[str, object]:
    plain: dict[str, object] = json.loads(json.dumps(asdict(spec), default=str))
    return plain


def _make(out: Path, spec: NationSpec, progress: Progress) -> dict[str, int]:
    random = np.random.default_rng([spec.seed, 1])
    newest = int(spec.school_years[1][:4])
    schools = draw_schools(random, spec.pupils)
    pupils = draw_pupils(random, schools, newest)
    population = draw_population(random, schools, pupils, spec.spine_size, spec.reference_date)
    rows = write_spine(
        out / "registers/population_spine.parquet", population, pupils, spec.seed, progress
    )
    _write_registers(out / "registers", spec, schools, pupils, population)
    results = draw_results(random, schools, pupils, spec.school_years)
    everyone = results.select("school", "pupil").unique().sort("school", "pupil")
    objecting = _objecting(random, everyone, spec.objections)
    visits = everyone.join(objecting, on=["school", "pupil"], how="anti", maintain_order="left")
    records = draw_records(random, population, pupils, visits, spec.errors)
    _write_truth(out / "truth", population, records.learners, records.errors, objecting)
    broken = np.argsort(schools.size, kind="stable")[:BROKEN_SCHOOLS]
    book = (schools, records.learners, results, objecting)
    write_deliveries(out, spec, book, broken, progress)
    write_broken_deliveries(out, spec, book, broken)
    _write_senders(out, schools)
    return {
        "persons": int(population.person.size),
        "spine_rows": rows,
        "pupils": int(((pupils.grade < 9) & (pupils.grade > 0)).sum()),
        "schools": schools.count,
        "learners": records.learners.height,
        "results": results.height,
        "objections": objecting.height,
    }


def sender_id(school: int) -> str:
    """The opaque id of a school as a sender."""
    return f"sender-{school + 1:05d}"


def _objecting(random: np.random.Generator, everyone: pl.DataFrame, rate: float) -> pl.DataFrame:
    """Learners whose parents object; an objection holds for the pupil at every school."""
    pupils = everyone["pupil"].unique().sort()
    chosen = pupils.filter(pl.Series(random.uniform(size=len(pupils)) < rate))
    return everyone.filter(pl.col("pupil").is_in(chosen.implode()))


def _person(population: Population) -> pl.Series:
    """The person number of each pupil, null when not in the spine."""
    position = np.maximum(population.position, 0)
    text = pl.Series("person_id", population.person[position]).cast(pl.String).str.zfill(9)
    return text.set(pl.Series(population.position < 0), None)


def _write_registers(
    folder: Path, spec: NationSpec, schools: Schools, pupils: Pupils, population: Population
) -> None:
    person = _person(population)
    day = pl.Series("born", pupils.born).cast(pl.Int32).cast(pl.Date)
    background = pl.DataFrame(
        {
            "person_id": person,
            "sex": np.where(pupils.girl, "V", "M"),
            "birth_year": day.dt.year().cast(pl.Int16),
            "origin": np.array(ORIGINS)[pupils.origin],
            "household_income": np.array(LEVELS)[pupils.income],
            "household_form": np.array(HOUSEHOLD_FORMS)[pupils.household_form],
            "parental_education": np.array(LEVELS)[pupils.parental_education],
        }
    )
    _write(folder / "background.parquet", background.drop_nulls("person_id").sort("person_id"))
    years = (
        (spec.school_years[0], pupils.school_before, pupils.grade_before),
        (spec.school_years[1], pupils.school, pupils.grade),
    )
    enrolments = pl.concat(
        pl.DataFrame(
            {
                "person_id": person,
                "school_code": schools.code[school],
                "school_year": np.full(school.size, year),
                "grade": grade.astype(np.int8),
                "repeater": (pupils.grade == pupils.grade_before) & (number == 1),
            }
        ).filter(pl.col("grade").is_between(1, 8))
        for number, (year, school, grade) in enumerate(years)
    )
    _write(
        folder / "enrolments.parquet",
        enrolments.drop_nulls("person_id").sort("person_id", "school_year"),
    )
    _write(folder / "schools.parquet", schools.frame().sort("school_code"))


def _write_truth(
    folder: Path,
    population: Population,
    learners: pl.DataFrame,
    errors: pl.DataFrame,
    objecting: pl.DataFrame,
) -> None:
    person = _person(population)
    sender = pl.format("sender-{}", (pl.col("school") + 1).cast(pl.String).str.zfill(5))
    links = learners.select(
        sender.alias("sender_id"),
        "learner_id",
        person.gather(learners["pupil"].to_numpy()).alias("person_id"),
    )
    _write(folder / "links.parquet", links)
    _write(
        folder / "objections.parquet",
        objecting.select(
            sender.alias("sender_id"),
            person.gather(objecting["pupil"].to_numpy()).alias("person_id"),
        ),
    )
    _write(
        folder / "errors.parquet", errors.select(sender.alias("sender_id"), "learner_id", "error")
    )


def _write_senders(out: Path, schools: Schools) -> None:
    senders = [
        {"sender_id": sender_id(number), "school_code": str(code)}
        for number, code in enumerate(schools.code)
    ]
    write_bytes(out / "senders.json", json.dumps(senders, indent=1).encode())


def _write(target: Path, frame: pl.DataFrame) -> None:
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
