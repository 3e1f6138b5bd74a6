"""Runs the real command line in a process of its own, as a user would."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PUPILS = 900
SEED = 7
ENCLAVE = Path(sys.executable).parent / "enclave"


@dataclass(frozen=True)
class Run:
    """A finished demonstration: its folder, its JSON record and everything it printed."""

    root: Path
    record: dict
    stdout: str
    stderr: str

    @property
    def site(self):
        return self.root / "site"

    @property
    def world(self):
        return self.root / "site-world"


def clean_environment():
    """Only what a login shell has: nothing of the test run leaks into the command."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ}


def enclave(*arguments, check=True, timeout=600):
    """Runs the command line and returns the finished process."""
    done = subprocess.run(
        [ENCLAVE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=clean_environment(),
        check=False,
    )
    if check and done.returncode != 0:
        pytest.fail(f"enclave {' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}")
    return done


def demo_arguments(root, pupils=PUPILS, seed=SEED):
    return ["demo", "--site", root / "site", "--pupils", pupils, "--seed", seed, "--json"]
