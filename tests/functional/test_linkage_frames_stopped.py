"""Runs of ``enclave link frames`` that fail or are killed: nothing half done, nothing left."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from linkage_files import Failing, Folder, make_town

FILES = {"links.parquet", "report.json", "review.parquet"}


@pytest.fixture(scope="module")
def town():
    return make_town()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.mark.parametrize("steps", range(7))
def test_a_failed_run_leaves_nothing(folder, town, steps):
    folder.write(town.delivery, town.spine)
    with pytest.raises(RuntimeError, match="on purpose"):
        folder.link(progress=Failing(steps))
    assert not folder.out.exists() or not list(folder.out.iterdir())


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from linkage_files import Folder
class Dying:
    def step(self, label, done, total):
        if done == 4:
            os.kill(os.getpid(), signal.SIGKILL)
Folder(Path(sys.argv[1])).link(progress=Dying())
"""


def test_what_a_killed_run_left_is_gone_after_the_next(folder, town, tmp_path):
    folder.write(town.delivery, town.spine)
    support = str(Path(sys.modules["linkage_files"].__file__).parent)
    command = [sys.executable, "-c", KILLED, str(folder.root), support]
    killed = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = list(folder.out.iterdir())
    assert [path.name.startswith(".partial-") for path in left] == [True]
    folder.link()
    assert {path.name for path in folder.out.iterdir()} == FILES
    (tmp_path / "whole").mkdir()
    whole = Folder(tmp_path / "whole").write(town.delivery, town.spine)
    whole.link()
    assert folder.links.equals(whole.links)


def test_a_killed_run_that_was_writing_leaves_nothing_after_the_next(folder, town):
    folder.write(town.delivery, town.spine)
    folder.out.mkdir()
    (folder.out / ".partial-left").write_bytes(b"half of links.parquet")
    folder.link()
    assert {path.name for path in folder.out.iterdir()} == FILES
