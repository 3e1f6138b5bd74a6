"""Killed at any step, custody ends where it would have ended, and loses nothing it promised."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from custody_round import config, make_site

from enclave.clock import system_clock
from enclave.custody import init_site

SUPPORT = Path(__file__).resolve().parents[1] / "support"
PATHS = os.environ.get("PYTHONPATH", "")
ALL = list(range(1, 500))


def crash(*arguments):
    done = subprocess.run(
        [sys.executable, SUPPORT / "custody_crash.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(SUPPORT), PATHS]))},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def linked_site(tmp_path_factory):
    root = tmp_path_factory.mktemp("linked") / "site"
    make_site(root, deliveries=2).close()
    return root


def check_destructions(found):
    """Every run ended in the same certificate and the same files."""
    certificates = [certificate for certificate, _ in found["results"]]
    assert all(certificate == certificates[0] for certificate in certificates)
    pupils, removed, keys, ciphertexts = certificates[0]
    assert (pupils, removed, len(keys), len(ciphertexts)) == (24, 8, 4, 4)
    for _, files in found["results"]:
        assert files == [
            "2026-E-sender-00001.results.parquet",
            "2026-E-sender-00002.results.parquet",
            "links.parquet",
        ]


def test_a_destruction_killed_at_chosen_steps_ends_the_same(linked_site, tmp_path):
    points = [1, 2, 4, 9, 15, 23, 29, 36]
    found = crash("destruction", tmp_path, linked_site, json.dumps(points))
    assert found["killed"] == len(points)
    check_destructions(found)


@pytest.mark.slow
def test_a_destruction_killed_at_every_step_ends_the_same(linked_site, tmp_path):
    found = crash("destruction", tmp_path, linked_site, json.dumps(ALL))
    assert 30 < found["killed"] == found["last"] - 1
    check_destructions(found)


def test_a_site_whose_making_is_killed_is_finished_by_the_next_run(tmp_path):
    found = crash("making", tmp_path, json.dumps([*range(1, 60, 4), 1000]))
    assert found["killed"] >= 12
    expected = found["results"][-1][0]
    assert ["site/ledger", "ed25519"] in expected
    for keys, leftovers in found["results"]:
        assert keys == expected
        assert leftovers == []


def test_forty_kills_of_a_writer_lose_no_acknowledged_record(tmp_path):
    init_site(tmp_path / "site", config(), system_clock).close()
    found = crash("writing", tmp_path / "site", 40)
    assert found["acknowledged"] > 40
    assert found["entries"] > found["acknowledged"]
    assert (found["gapless"], found["integrity"], found["problems"]) == (True, "ok", [])


def test_processes_that_make_the_same_key_at_once_get_the_same_key(tmp_path):
    found = crash("together", tmp_path, 6)
    assert found["codes"] == [0] * 6
    assert len(found["seen"]) == 1
    assert found["seen"][0].endswith(" content")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from enclave.clock import system_clock
from enclave.custody import Vault
vault = Vault.load(Path(sys.argv[1]), system_clock)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for attempt in (lambda: vault.ensure("new", "age"), lambda: vault.destroy("person/reviewer-1")):
    try:
        attempt()
    except OSError as error:
        print(error.errno)
"""


def test_a_full_disk_leaves_the_vault_as_it_was(tmp_path):
    with init_site(tmp_path / "site", config(), system_clock) as custody:
        before = custody.vault.infos()
        folder = custody.site.zone("vault")
        done = subprocess.run(
            [sys.executable, "-c", FULL_DISK, str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["27", "27"]
        assert custody.vault.infos() == before
        assert custody.vault.sign("person/reviewer-1", b"still works")
        assert list((folder / "partial").iterdir()) == []
        assert custody.vault.ensure("new", "age").destroyed_at is None
