"""The one place where the benchmark calls the linkage it measures.

``link_frames`` runs the command line on a world. ``key_world`` and ``link_keyed`` run keying and
what follows it. ``link_generic`` runs the pattern table on any hashed columns.

Run: ``python -m benchmarks.linkage.ours key|passes|whole FOLDER OUT [ENGINE]``
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.linkage.measured import measure, python

PASSES = 3
"""The deterministic passes by BSN, by education number and by whole address."""
_DELIVERY = "made-up"
_ROW = ("delivery_id", "pupil_row")
_NAME = "benchmarks.linkage.ours"


@dataclass(frozen=True)
class Linked:
    """Links in ``folder``, in ``links.parquet``; seconds and MiB of the whole program."""

    folder: Path
    wall: float
    cpu: float
    peak_mb: float

    @property
    def links(self) -> Path:
        """The file of links."""
        return self.folder / "links.parquet"

    def as_record(self) -> dict[str, float]:
        """For JSON."""
        return {"wall": self.wall, "cpu": self.cpu, "peak_mb": self.peak_mb}


def link_frames(world: Path, engine: str) -> Linked:
    """Links a world by ``enclave link frames``, hashing included."""
    key = world / "key"
    key.write_text(hashlib.sha256(b"made-up").hexdigest(), encoding="utf-8")
    out = world / f"links-{engine}"
    out.mkdir(exist_ok=True)
    for file in out.iterdir():
        file.unlink()
    command = [
        str(Path(sys.executable).with_name("enclave")), "link", "frames",
        "--delivery", str(world / "delivery.parquet"), "--spine", str(world / "spine.parquet"),
        "--key-file", str(key), "--out", str(out), "--engine", engine,
    ]  # fmt: skip
    return _linked(out, measure(command))


def key_world(world: Path, out: Path) -> Linked:
    """Keys a world into ``pupils.parquet`` and ``spine.parquet`` in ``out``, in its own process."""
    out.mkdir(exist_ok=True)
    return _linked(out, measure(python(_NAME, "key", str(world), str(out))))


def keyed_world(world: Path) -> tuple[Path, Linked | None]:
    """The folder of a world's keyed files, and what keying took; null when it was done before."""
    keyed = world / "keyed"
    if (keyed / "done").is_file():
        return keyed, None
    took = key_world(world, keyed)
    (keyed / "done").touch()
    return keyed, took


def link_keyed(keyed: Path, out: Path, part: str = "passes", engine: str = "polars") -> Linked:
    """What follows the keying, in its own process: one decision per pupil found.

    ``passes``: three of them, alone. ``whole``: all passes and the pattern table.
    """
    out.mkdir(exist_ok=True)
    return _linked(out, measure(python(_NAME, part, str(keyed), str(out), engine)))


def link_generic(delivery: Path, spine: Path, fields: tuple[str, ...], out: Path) -> dict[str, Any]:
    """The pattern table on two files of hashed columns with ``unique_id``.

    Fields compare by exact agreement; ``soc_sec_id``, where given, plays the part of a number.

    Returns:
        ``links``, a file with row_id, person_id and status, and what it took (``wall``, ``cpu``,
        ``peak_mb``); ``ended`` alone where the linkage has no such function.
    """
    run = Path(__file__).with_name("generic_run.py")
    if not run.is_file():
        return {"ended": "not available"}
    out.mkdir(exist_ok=True)
    took = measure(
        python("benchmarks.linkage.generic_run", str(delivery), str(spine), str(out), *fields)
    )
    return {**_linked(out, took).as_record(), "links": str(out / "links.parquet")}


def _linked(out: Path, took: dict[str, Any]) -> Linked:
    return Linked(out, took["wall"], took["cpu"], took["peak_mb"])


def _key(world: Path, out: Path) -> None:
    from enclave.linkage.engines.polars_engine import PolarsEngine
    from enclave.linkage.fields import FieldHashes
    from enclave.linkage.keyfile import FileKey
    from enclave.linkage.keying import DeliveryKeying, SpineKeying, TailKeying
    from enclave.linkage.prepared import Forms

    key = out / "key"
    key.write_text(hashlib.sha256(b"made-up").hexdigest(), encoding="utf-8")
    engine, hashes, forms = PolarsEngine(out), FieldHashes(FileKey(key)), Forms()
    # As in the columns that other tools get: a BSN that fails its test is no BSN.
    tested = Forms(sound_numbers=True)
    delivery = DeliveryKeying(hashes, tested, (*_ROW, "reference_date"))

    def keyed(block: pl.DataFrame) -> pl.DataFrame:
        row = pl.col("row_id").str.slice(1).cast(pl.UInt32).alias(_ROW[1])
        return delivery(block.with_columns(pl.lit(_DELIVERY).alias(_ROW[0]), row))

    engine.keyed([world / "delivery.parquet"], keyed, "pupils")
    spine = [world / "spine.parquet"]
    engine.keyed(spine, SpineKeying(hashes, forms, None), "spine")
    engine.keyed(spine, TailKeying(hashes, forms, _every_year(spine[0])), "persons")


def _every_year(spine: Path) -> frozenset[str]:
    """As if anybody could have been delivered: others are not told whom to leave out either."""
    year = pl.col("birth_date").str.slice(0, 4)
    years = pl.scan_parquet(spine).select(year).unique().collect(engine="streaming")
    return frozenset(years.to_series().drop_nulls())


def _engine(name: str, out: Path) -> Any:
    from enclave.linkage.engines import ENGINES

    return ENGINES[name](out)


def _passes(keyed: Path, out: Path, name: str) -> None:
    from enclave.linkage.dataflow import run_passes
    from enclave.linkage.dataflow.deciding import DECISION
    from enclave.linkage.passes import PASSES as EVERY

    engine = _engine(name, out)
    pupils = engine.scan([keyed / "pupils.parquet"])
    spine = engine.scan([keyed / "spine.parquet"])
    decided = run_passes(engine, pupils, spine, EVERY[:PASSES])
    engine.checkpoint(decided.rows.select(*DECISION), "links")


def _whole(keyed: Path, out: Path, name: str) -> None:
    from enclave.linkage.linking import Keyed, link
    from enclave.linkage.tail import PUPILS, Tail, shipped

    engine = _engine(name, out)
    frames = (engine.scan([keyed / f"{one}.parquet"]) for one in ("pupils", "spine", "persons"))
    link(engine, Keyed(*frames), Tail(shipped(PUPILS)))


def main() -> None:
    """One part, in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("key", "passes", "whole"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("engine", nargs="?", default="polars")
    wanted = parser.parse_args()
    if wanted.part == "key":
        _key(wanted.folder, wanted.out)
    else:
        run = {"passes": _passes, "whole": _whole}[wanted.part]
        run(wanted.folder, wanted.out, wanted.engine)


if __name__ == "__main__":
    main()
