"""Runs a program and says what it took: clock, processor and memory of it and its children."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LAUNCHER = Path(__file__).with_name("launcher.py")


def measure(command: Sequence[str], limit: int = 3_600) -> dict[str, float]:
    """``wall`` and ``cpu`` in seconds, ``peak_mb`` in MiB, of a program run to its end.

    Memory is that of the largest process among the program and its children.

    Raises:
        RuntimeError: it ended in error; the end of what it printed says why.
        TimeoutError: it did not end in time.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_LAUNCHER), str(limit), *command],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"not started: {done.stderr[-2_000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    code = found.pop("code")
    if code == -signal.SIGKILL:
        raise TimeoutError(f"killed, not done in {limit:,} s or out of memory")
    if code:
        raise RuntimeError(f"ended in error: {done.stderr[-2_000:]}")
    return found


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the benchmark with this Python."""
    return [sys.executable, "-m", module, *arguments]
