"""Runs one job inside the jail: sets limits that cannot be raised again, then the job.

A script runs as ``__main__``. A script of ``# %%`` cells runs as a notebook; the executed notebook
is kept in the private work folder. This file is the only one of the enclave that the jail shows.
"""

import resource
import runpy
import sys
from pathlib import Path

MEMORY = 16 << 30
ADDRESS_SPACE = 256 << 30
"""Much more than memory: the program that draws charts reserves addresses that it never uses."""
FILE_SIZE = 1 << 30
OPEN_FILES = 4096
CELL = "# %%"
CELL_SECONDS = 600


def main(job: Path) -> None:
    """Limits the process, then runs ``job``."""
    for limit, value in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    if is_notebook(job):
        run_notebook(job)
    else:
        runpy.run_path(str(job), run_name="__main__")


def is_notebook(job: Path) -> bool:
    """Whether the script consists of cells."""
    return any(line.startswith(CELL) for line in job.read_text(encoding="utf-8").splitlines())


def run_notebook(job: Path) -> None:
    """Executes the cells with a kernel over sockets in the file system, never over a network."""
    import jupytext
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    runtime = Path("/tmp/j")  # noqa: S108 - the jail's private folder
    runtime.mkdir(exist_ok=True)
    notebook = jupytext.read(job, fmt="py:percent")
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(runtime / "k"))
    client = NotebookClient(notebook, km=manager, timeout=CELL_SECONDS)
    try:
        client.execute()
    finally:
        nbformat.write(notebook, Path.cwd() / f"{job.stem}.executed.ipynb")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
