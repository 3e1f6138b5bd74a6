"""The pattern table on any two files of hashed columns, in a process of its own.

Fields compare by exact agreement. Where ``soc_sec_id`` is given it plays the part of a number: it
links first, and what it links teaches the table. Where it is not, the delivery is linked in two
halves, each with the table that the other half taught with its numbers, as a table of an earlier
round would be used.

Run: ``python -m benchmarks.linkage.generic_run DELIVERY SPINE OUT FIELD...``
"""

import sys
from itertools import combinations
from pathlib import Path

import polars as pl

from enclave.linkage.engines import PolarsEngine, take
from enclave.linkage.passes import LINKED, Pass
from enclave.linkage.tail import Limits, PatternTable, Spec, Tail, TailResult, plain, run_tail

NUMBER = "soc_sec_id"
BLOCKS = (
    ("date_of_birth",), ("given_name", "surname"), ("given_name", "postcode"),
    ("surname", "postcode"), ("surname", "suburb"),
)  # fmt: skip
PASSES = (
    Pass(NUMBER, NUMBER, (), at_reference_date=False, source="this benchmark", yardstick="none"),
)
LIMITS = Limits(minimum_rate=0.5, minimum_advantage=1.0)
"""Splink's threshold here is a weight of 0: more likely one person than two."""

_KEYS = ("delivery_id", "pupil_row")


def spec_of(fields: tuple[str, ...]) -> Spec:
    """Every field by exact agreement; any two of them can carry a link."""
    own = tuple(field for field in fields if field != NUMBER)
    return Spec(
        comparisons=tuple(plain(field, field) for field in own),
        numbers=(plain(NUMBER, NUMBER),) if NUMBER in fields else (),
        blocks=BLOCKS,
        telling=tuple(((a, "agrees"), (b, "agrees")) for a, b in combinations(fields, 2)),
        contradicting=False,
    )


def read(path: Path, name: str) -> pl.DataFrame:
    """A file with its hashes as numbers."""
    frame = pl.read_parquet(path).rename({"unique_id": name})
    fields = [column for column in frame.columns if column != name]
    numbers = [pl.col(one).str.slice(0, 14).str.to_integer(base=16, strict=False) for one in fields]
    return frame.select(name, *(n.alias(f) for n, f in zip(numbers, fields, strict=True)))


def by_number(pupils: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """The pupils whose number one person has, and no other pupil."""
    pairs = pupils.drop_nulls(NUMBER).join(persons.drop_nulls(NUMBER), on=NUMBER)
    alone = pairs.filter((pl.len().over("pupil_row") == 1) & (pl.len().over("person_id") == 1))
    others = [field for field in persons.columns if field not in {NUMBER, "person_id"}]
    same = [pl.col(field) == pl.col(f"{field}_right") for field in others]
    sure = alone.filter(pl.any_horizontal(same))
    return sure.select(
        *_KEYS, "person_id", pl.lit(LINKED).alias("status"), pl.lit(NUMBER).alias("pass_name"),
        pl.lit(1, pl.Int64).alias("candidates"),
    )  # fmt: skip


def tail_of(
    folder: Path, decided: pl.DataFrame, pupils: pl.DataFrame, persons: pl.DataFrame, tail: Tail
) -> TailResult:
    """The pattern table at work in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = PolarsEngine(folder)
    frames = [
        take(engine, frame, name)
        for frame, name in ((decided, "decided"), (pupils, "pupils"), (persons, "persons"))
    ]
    return run_tail(engine, *frames, tail)


def with_number(
    out: Path, pupils: pl.DataFrame, persons: pl.DataFrame, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, PatternTable | None]:
    """Links by the number and by the table that it teaches; and the table."""
    decided = by_number(pupils, persons)
    tail = Tail(None, spec=spec_of(fields), passes=PASSES, limits=LIMITS)
    found = tail_of(out, decided, pupils, persons, tail)
    rows = decided if found.rows is None else pl.concat([decided, _frame(found, decided)])
    return rows, found.table


def without_number(
    out: Path, pupils: pl.DataFrame, persons: pl.DataFrame, fields: tuple[str, ...]
) -> pl.DataFrame:
    """Links by tables alone, each half by the one of the other."""
    half = pl.col("pupil_row").hash(seed=1) % 2
    parts = [pupils.filter(half == number) for number in (0, 1)]
    decided = []
    for own, other in ((0, 1), (1, 0)):
        _, table = with_number(out / f"taught-{other}", parts[other], persons, (*fields, NUMBER))
        tail = Tail(table, spec=spec_of(fields), passes=PASSES, limits=LIMITS, learns=False)
        nothing = by_number(parts[own], persons).clear()
        found = tail_of(out / f"linked-{own}", nothing, parts[own], persons, tail)
        decided.append(_frame(found, nothing))
    return pl.concat(decided)


def _frame(found: TailResult, like: pl.DataFrame) -> pl.DataFrame:
    if found.rows is None:
        return like.clear()
    rows: pl.DataFrame = found.rows.to_native().select(like.columns).collect()
    return rows


def main() -> None:
    """Links and writes ``links.parquet``."""
    delivery, spine, out = (Path(one) for one in sys.argv[1:4])
    fields = tuple(sys.argv[4:])
    named = read(delivery, "pupil_row").with_columns(pl.lit("file").alias("delivery_id"))
    persons = read(spine, "person_id")
    if NUMBER in fields:
        rows, _ = with_number(out / "work", named, persons, fields)
    else:
        rows = without_number(out / "work", named, persons, fields)
    rows.select(pl.col("pupil_row").alias("row_id"), "person_id", "status").write_parquet(
        out / "links.parquet"
    )


if __name__ == "__main__":
    main()
