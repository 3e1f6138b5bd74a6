"""Runs parts of the benchmark in processes of their own and keeps what each found."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Record = dict[str, Any]


def run_once(part: str, file: Path, arguments: Sequence[str], limit: float) -> Record:
    """The record in ``file``; the part is run first unless it was, to its end, and asked the same.

    A part that writes no file leaves what it printed. One that ends in error or runs out of time
    leaves what it had found, and says which.
    """
    asked = [one for one in arguments if one != str(file)]
    record = read(file)
    if record.get("finished") and record.get("asked") == asked:
        return record
    file.unlink(missing_ok=True)
    ended, text = _run(part, arguments, limit)
    record = read(file) or {"text": text, "finished": ended is None}
    record["asked"] = asked
    if ended is not None:
        record |= {"ended": ended, "limit": limit}
    file.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return record


def _run(part: str, arguments: Sequence[str], limit: float) -> tuple[str | None, str]:
    """How a part was ended, null when it came to its end by itself; and what it printed."""
    command = [sys.executable, "-m", f"benchmarks.suppression.{part}", *arguments]
    single = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as printed:
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=single, timeout=limit, check=False, stdout=printed
            )
            ended = None if done.returncode == 0 else "error"
        except subprocess.TimeoutExpired:
            ended = "time"
        printed.seek(0)
        return ended, printed.read()


def read(file: Path) -> Record:
    """What a file holds; nothing when it is not there."""
    if not file.is_file():
        return {}
    record: Record = json.loads(file.read_text(encoding="utf-8"))
    return record


def read_all(folder: Path) -> dict[str, Record]:
    """Every record of a folder by its file's name."""
    return {file.stem: read(file) for file in sorted(folder.glob("*.json"))}
