"""Runs parts of the benchmark in processes of their own and keeps what each found."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.suppression.runs import ROOT, Record, read, read_all

__all__ = ["Record", "read_all", "run_once"]


def run_once(part: str, file: Path, arguments: Sequence[str], limit: float) -> Record:
    """The record in ``file``; the part is run first unless it was, to its end, and asked the same.

    A part that ends in error or runs out of time leaves what it had found, and says which.
    """
    asked = list(arguments)
    record = read(file)
    if record.get("finished") and record.get("asked") == asked:
        return record
    file.unlink(missing_ok=True)
    ended = _run(part, [str(file), *arguments], limit)
    record = read(file) | {"asked": asked}
    if ended is not None:
        record |= {"ended": ended, "limit": limit}
    file.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return record


def _run(part: str, arguments: Sequence[str], limit: float) -> str | None:
    """How a part was ended; null when it came to its end by itself."""
    command = [sys.executable, "-m", f"benchmarks.linkage.{part}", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return "time"
    return "error" if done.returncode else None
