"""An environment of its own for peers, whose requirements are not ours, made on demand."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def environment(folder: Path, wanted: Sequence[str]) -> Path:
    """The Python of the environment, made with the wanted packages when it is not there."""
    python = folder / "bin" / "python"
    if not (folder / "made").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        (folder / "made").write_text("\n".join(wanted), encoding="utf-8")
    return python
