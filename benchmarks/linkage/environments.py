"""The peers' environment of their own, made on demand."""

import subprocess
import sys
from pathlib import Path

WANTED = ("splink==5.0.0", "recordlinkage==0.16", "pyarrow")


def environment(folder: Path) -> Path:
    """The Python of the peers' environment, made when it is not there."""
    python = folder / "bin" / "python"
    if not (folder / "made").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *WANTED], check=True)
        (folder / "made").write_text("\n".join(WANTED), encoding="utf-8")
    return python
