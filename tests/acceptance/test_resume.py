"""A SIGKILL at any moment, then the same command, ends in the same state."""

import json
import os
import random
import signal
import subprocess
import time

import pytest
from driver import ENCLAVE, clean_environment, demo_arguments, enclave

PUPILS = 400
KILLS = 20
KILLS_PER_SITE = 5


def start(root):
    return subprocess.Popen(
        [ENCLAVE, *map(str, demo_arguments(root, pupils=PUPILS))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        start_new_session=True,
    )


def kill_after(root, seconds):
    """Starts the command and kills it with all its children; true when it was still running."""
    process = start(root)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def comparable(record):
    """The record without places and times."""
    kept = {k: v for k, v in record.items() if k not in {"seconds", "site", "summary"}}
    outputs = kept["stages"].pop("outputs")
    kept["outputs"] = sorted(
        json.dumps({k: v for k, v in output.items() if k != "request"}, sort_keys=True)
        for output in outputs
    )
    return kept


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.xdist_group("kills")
def test_twenty_kills_at_random_points_end_in_the_same_state(tmp_path):
    clean = tmp_path / "clean"
    clean.mkdir()
    started = time.monotonic()
    expected = comparable(json.loads(enclave(*demo_arguments(clean, pupils=PUPILS)).stdout))
    whole = time.monotonic() - started
    chance = random.Random(20261123)
    killed = 0
    for number in range(KILLS // KILLS_PER_SITE):
        root = tmp_path / f"site-{number}"
        root.mkdir()
        for kill in range(KILLS_PER_SITE):
            if kill_after(root, chance.uniform(0.3, whole * (0.9 - 0.12 * kill))):
                killed += 1
            else:
                # The run by which the time was taken was slowed by other work.
                whole = max(0.5, 0.7 * whole)
        record = json.loads(enclave(*demo_arguments(root, pupils=PUPILS)).stdout)
        assert comparable(record) == expected
        left = list((root / "site").rglob(".partial-*"))
        assert left == [], "a half-written file was left behind"
        verdict = json.loads(enclave("ledger", "verify", "--site", root / "site", "--json").stdout)
        assert verdict["ok"] is True
    assert killed >= KILLS // 2, "too few runs were still busy when they were killed"


def test_a_second_journey_at_the_same_time_is_refused(demo):
    import fcntl

    with (demo.site / "journey.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        done = enclave("journey", "run", "--site", demo.site, check=False)
    assert done.returncode == 4
    assert "another one is running" in " ".join(done.stderr.split())
