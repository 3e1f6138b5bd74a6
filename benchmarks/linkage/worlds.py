"""Writes a world: ``spine.parquet``, ``delivery.parquet`` and ``truth.parquet`` in a folder.

The same plan gives the same rows. Both sides are written piece by piece: memory holds some arrays
of whole numbers per person, never the text.

Run: ``python -m benchmarks.linkage.worlds FOLDER PERSONS DELIVERED [--numbers half] [--seed 1]``
"""

import argparse
import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from benchmarks.linkage.delivering import delivered_pieces
from benchmarks.linkage.people import make_people
from benchmarks.linkage.plans import ALL, HALF, NONE, Plan
from benchmarks.linkage.rows import spine_pieces


def make_world(plan: Plan, folder: Path) -> Path:
    """Writes the world unless the folder holds it already; returns the folder.

    The truth has one row per delivered row: row_id, person_id (null: not in the spine) and
    numbers_left_out, whether the deliverer left both numbers out on purpose.
    """
    done = folder / "plan.json"
    text = json.dumps(plan.as_record(), indent=1)
    if done.is_file() and done.read_text(encoding="utf-8") == text:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    people = make_people(plan)
    _write((folder / "spine.parquet",), ((piece,) for piece in spine_pieces(plan, people)))
    files = (folder / "delivery.parquet", folder / "truth.parquet")
    _write(files, delivered_pieces(plan, people))
    done.write_text(text, encoding="utf-8")
    return folder


def _write(paths: tuple[Path, ...], pieces: Iterable[tuple[pl.DataFrame, ...]]) -> None:
    """Every piece is one row group of each file."""
    writers: list[pq.ParquetWriter] = []
    with ExitStack() as stack:
        for piece in pieces:
            tables = [frame.to_arrow() for frame in piece]
            if not writers:
                writers = [
                    stack.enter_context(pq.ParquetWriter(path, table.schema))
                    for path, table in zip(paths, tables, strict=True)
                ]
            for writer, table in zip(writers, tables, strict=True):
                writer.write_table(table)


def main() -> None:
    """Writes one world."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linkage.worlds")
    parser.add_argument("folder", type=Path)
    parser.add_argument("persons", type=int)
    parser.add_argument("delivered", type=int)
    parser.add_argument("--numbers", choices=(ALL, HALF, NONE), default=ALL)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    plan = Plan(wanted.persons, wanted.delivered, wanted.seed, wanted.numbers)
    print(make_world(plan, wanted.folder))


if __name__ == "__main__":
    main()
