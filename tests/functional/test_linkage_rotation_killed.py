"""A change of S key that is killed again and again: it ends as one that never was."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from linkage_two_rounds import read, two_rounds

from enclave.clock import system_clock
from enclave.custody import checked_linked, open_custody, verify_ledger
from enclave.linkage.education.rewriting import FILES, rotate_s_key
from enclave.linkage.education.rotation import FIRST_KEY
from enclave.progress import Silent
from enclave.site import Site

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "rotation_crash.py"
ONE_AFTER_ANOTHER = ("ensure", "aside 2", "event", "place 1", "aside 1", "place 2", "place 1")


def opened(root):
    return open_custody(Site(root), system_clock, Silent())


@pytest.mark.parametrize("stops", [(*ONE_AFTER_ANOTHER, "record"), ("record", "record")])
def test_killed_many_times_it_ends_as_one_that_was_not(tmp_path, stops):
    custody, _ = two_rounds(tmp_path)
    root, plain = custody.site.root, tmp_path / "plain"
    custody.close()
    shutil.copytree(root, plain)
    for stop in stops:
        task = json.dumps({"site": str(root), "stop": stop})
        killed = subprocess.run([sys.executable, SCRIPT, task], capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    shutil.rmtree(plain / "vault")
    shutil.copytree(root / "vault", plain / "vault")
    with opened(root) as custody, opened(plain) as whole:
        receipt = rotate_s_key(custody, "steward-1")
        assert (receipt.keys, receipt.added) == ((FIRST_KEY, f"{FIRST_KEY}/2"), 1)
        assert {file.path for file in receipt.files} == {f"linked/{n}.parquet" for n in FILES}
        assert receipt.files == rotate_s_key(whole, "steward-1").files
        assert read(custody, "person-history").height == 3
        checked_linked(custody, [f"{name}.parquet" for name in FILES])
        assert verify_ledger(custody).ok
        assert not list(custody.site.zone("linked").rglob(".partial-*"))
