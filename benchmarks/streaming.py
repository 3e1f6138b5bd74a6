"""A protected crosstab of a file larger than the memory it may take.

The file is written in pieces, then read as a lazy frame by a process of its own, whose largest
memory is printed beside the size of the data in memory.

Run: ``python benchmarks/streaming.py [ROWS]``
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from crosstab import COLUMNS, ROWS, made_up

import disclosure_control as dc

PIECE = 2_500_000
BOUND_GB = 4.0


def write(path: Path, rows: int) -> None:
    """Writes ``rows`` pupils in pieces."""
    writer = None
    for start in range(0, rows, PIECE):
        piece = made_up(min(PIECE, rows - start))
        table = piece.with_columns(pl.col("pupil") + start).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measure(path: str, unit: str | None) -> None:
    """One crosstab in this process; prints seconds, hidden cells and peak memory."""
    start = time.perf_counter()
    study = dc.Study(policy="cbs", unit=unit)
    safe = study.crosstab(pl.scan_parquet(path), ROWS, COLUMNS).protect()
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    hidden = int((safe.released["status"] == "hidden").sum())
    print(json.dumps({"seconds": took, "peak": peak, "hidden": hidden}))


def main(rows: int) -> None:
    """Prints time and peak memory, with and without a unit column."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.parquet"
        write(path, rows)
        print(f"rows: {rows:,}; file: {path.stat().st_size / 2**30:.2f} GiB")
        for unit in ("", "pupil"):
            done = subprocess.run(
                [sys.executable, __file__, "--measure", str(path), unit],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            found = json.loads(done.stdout)
            name = f"unit {unit}" if unit else "every record its own unit"
            print(
                f"{name:28} {found['seconds']:7.1f} s, peak {found['peak']:.2f} GiB, "
                f"{found['peak'] / BOUND_GB:.2f} of the bound of {BOUND_GB:g}; "
                f"{found['hidden']} hidden cells"
            )


if __name__ == "__main__":
    if "--measure" in sys.argv:
        measure(sys.argv[2], sys.argv[3] or None)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000_000)
