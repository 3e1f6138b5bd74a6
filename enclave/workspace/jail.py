"""The jail: what a job sees, and nothing else.

The interpreter, ``disclosure_control``, the project's view (read-only), a private work folder and
the outbox; a network without a way out; an empty environment; its own user, process and mount
namespaces. Source: bubblewrap's documentation and the escape table in
docs/explanation/measurements.md.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from enclave.errors import RefusedError
from enclave.workspace.sandbox import Sandbox
from enclave.workspace.seccomp import open_filter
from enclave.workspace.staging import STAGE

LIBRARY = "/enclave-jail/library"
DATA, WORK, OUTBOX = "/enclave-jail/data", "/enclave-jail/work", "/enclave-jail/outbox"
SCRATCH_BYTES = 1 << 30
TIMED_OUT = 124
PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class Mount:
    """A file or folder of the host and where the jail shows it."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Cell:
    """The folders of one project's jail, on the host, and the user inside."""

    data: Path
    work: Path
    outbox: Path
    uid: int | None


def run_in_jail(sandbox: Sandbox, cell: Cell, job: Path, log: IO[bytes], seconds: float) -> int:
    """Runs ``job`` in the jail and returns its exit code; ``TIMED_OUT`` when it took too long.

    Everything that the job prints goes to ``log``, which stays in the workspace.
    """
    inside = [sys.executable, "-B", f"{LIBRARY}/jail_runner.py", f"{LIBRARY}/jobs/{job.name}"]
    return run_confined(sandbox, cell.uid, _mounts(cell, job), inside, (log, seconds))


def run_confined(
    sandbox: Sandbox,
    uid: int | None,
    mounts: list[Mount],
    inside: list[str],
    watch: tuple[IO[bytes], float],
) -> int:
    """Runs a command in the jail with the given mounts; output goes to the log of ``watch``."""
    log, seconds = watch
    with _filter() as rules:
        process = subprocess.Popen(
            _command(sandbox, uid, mounts, rules, inside),
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(rules,),
        )
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        finally:
            process.kill()
            process.wait()


def check_confinement(sandbox: Sandbox, uid: int | None) -> None:
    """Raises ``RefusedError`` unless this machine confines a process in just the way jobs are."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        Path(folder).chmod(0o755)
        mounts = [Mount(Path(folder), WORK)]
        try:
            code = run_confined(sandbox, uid, mounts, ["/usr/bin/true"], (log, PROBE_SECONDS))
        except OSError:
            code = -1
    if code != 0:
        raise RefusedError(
            "Research code runs in namespaces of its own.",
            where="this machine refuses them to bubblewrap",
            next_step=(
                "allow user namespaces (in containers often switched off; on Ubuntu an AppArmor "
                "profile is needed), or go on without research code: --skip-workspace REASON"
            ),
        )


def _command(
    sandbox: Sandbox, uid: int | None, mounts: list[Mount], rules: int, inside: list[str]
) -> list[str]:
    """The command line that confines; as root it goes through ``staging`` to lose all rights."""
    options = []
    for number, mount in enumerate(mounts):
        source = str(mount.source) if uid is None else f"{STAGE}/{number}"
        options += ["--bind" if mount.writable else "--ro-bind", source, mount.target]
    for hidden in _own_code():
        options += ["--tmpfs", str(hidden)]
    for name, value in _environment().items():
        options += ["--setenv", name, value]
    confined = [
        str(sandbox.path), *ISOLATION, *options, "--seccomp", str(rules),
        "--remount-ro", "/", "--remount-ro", "/run", "--chdir", WORK, "--", *inside,
    ]  # fmt: skip
    if uid is None:
        return confined
    plan = {"uid": uid, "binds": [str(mount.source) for mount in mounts], "command": confined}
    launcher = str(Path(__file__).with_name("staging.py"))
    return [sys.executable, "-I", "-S", "-B", launcher, json.dumps(plan)]


ISOLATION = (
    "--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session",
    "--clearenv", "--cap-drop", "ALL", "--hostname", "enclave",
    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
    "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
    "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
    "--proc", "/proc", "--dev", "/dev",
    "--size", str(SCRATCH_BYTES), "--tmpfs", "/tmp",  # noqa: S108 - a private one, inside the jail
    "--tmpfs", "/run",
)  # fmt: skip


@contextmanager
def _filter() -> Iterator[int]:
    handle = open_filter()
    try:
        yield handle
    finally:
        os.close(handle)


def _mounts(cell: Cell, job: Path) -> list[Mount]:
    """Everything that a job sees of the host beside ``/usr``."""
    here = Path(__file__)
    return [
        *interpreter_mounts(),
        Mount(_library_folder(), f"{LIBRARY}/disclosure_control"),
        Mount(here.with_name("jail_runner.py"), f"{LIBRARY}/jail_runner.py"),
        Mount(job, f"{LIBRARY}/jobs/{job.name}"),
        Mount(cell.data, DATA),
        Mount(cell.work, WORK, writable=True),
        Mount(cell.outbox, OUTBOX, writable=True),
    ]


def interpreter_mounts() -> list[Mount]:
    """The running interpreter at its own place."""
    return [Mount(folder, str(folder)) for folder in interpreter_folders()]


def interpreter_folders() -> list[Path]:
    """Folders of the running interpreter that are not below ``/usr``."""
    wanted = [Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()]
    outside = [folder for folder in wanted if not folder.is_relative_to("/usr")]
    return list(dict.fromkeys(outside))


def _own_code() -> list[Path]:
    """Where an installed ``enclave`` package would be visible inside the jail."""
    site = Path(sysconfig.get_paths()["purelib"]) / "enclave"
    return [site] if site.is_dir() else []


def _library_folder() -> Path:
    """The folder of ``disclosure_control``, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec("disclosure_control")
    if spec is None or spec.origin is None:
        raise RefusedError(
            "The jail offers disclosure_control.",
            where="the package is not installed",
            next_step="install the project again",
        )
    return Path(spec.origin).resolve().parent


def _environment() -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin",
        "HOME": WORK,
        "LANG": "C.UTF-8",
        "PYTHONPATH": LIBRARY,
        "PYTHONDONTWRITEBYTECODE": "1",
        "ENCLAVE_DATA": DATA,
        "ENCLAVE_OUTBOX": OUTBOX,
        "JUPYTER_RUNTIME_DIR": "/tmp/j",  # noqa: S108 - inside the jail; socket paths must be short
        "IPYTHONDIR": "/tmp/i",  # noqa: S108 - same
        "JUPYTER_PLATFORM_DIRS": "1",
    }
