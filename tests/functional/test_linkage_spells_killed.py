"""A spine that is written by a process that dies: nothing half-written counts, nothing stays."""

import os
import signal
import stat
import subprocess
import sys
from datetime import date

import polars as pl
import pytest

from enclave.errors import FindingsError, RefusedError
from enclave.linkage.spells import build_file, check_file
from enclave.linkage.spells.scratch import scratch, scratch_of

DAY = date(2026, 1, 1)
KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from enclave.linkage.spells import keeping
stop, extract, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if stop == "parts":
    keeping.write_sorted = die
elif stop == "sorted":
    keeping.put_in_place = die
else:
    real = keeping.put_in_place
    keeping.put_in_place = lambda *given: (real(*given), die())
keeping.build_file(extract, date(2026, 1, 1), out, shard_rows=2)
"""


@pytest.fixture
def extract(tmp_path):
    rows = [
        {
            "person_id": f"{number:09d}", "bsn": f"{91_000_000 + 13 * number:09d}",
            "education_number": None, "sex": "M", "birth_date": "20150101",
            "postcode": "3100KX", "house_number": str(number), "house_addition": None,
        }
        for number in range(1, 6)
    ]  # fmt: skip
    kinds = {"education_number": pl.String, "house_addition": pl.String}
    path = tmp_path / "extract.parquet"
    pl.DataFrame(rows, schema_overrides=kinds).write_parquet(path)
    return path


def die(stop, extract, out):
    command = [sys.executable, "-c", KILLED, stop, str(extract), str(out)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.fixture
def others(tmp_path):
    """What belongs to others: unfinished work on a file of another name, and of another kind."""
    mine = [
        tmp_path / ".partial-abc",
        scratch_of(tmp_path / "spine.parquet.new") / "part-0.parquet",
    ]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("another's")
    return mine


@pytest.mark.parametrize("stop", ["parts", "sorted"])
def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else(
    tmp_path, extract, others, stop
):
    out = tmp_path / "spine.parquet"
    die(stop, extract, out)
    left = scratch_of(out)
    assert not out.exists()
    assert list(left.glob("*.parquet"))
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    build_file(extract, DAY, out)
    assert check_file(out).persons == 5
    assert not left.exists()
    assert [path.read_text() for path in others] == ["another's"] * 2
    build_file(extract, DAY, tmp_path / "whole.parquet")
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_killed_after_the_file_was_written_it_counts_and_its_work_is_removed(tmp_path, extract):
    out = tmp_path / "spine.parquet"
    die("placed", extract, out)
    assert check_file(out).persons == 5
    assert list(scratch_of(out).iterdir())
    with pytest.raises(RefusedError, match="never written over"):
        build_file(extract, DAY, out)
    assert not scratch_of(out).exists()
    assert check_file(out).persons == 5


def test_a_run_that_fails_leaves_nothing(tmp_path, extract):
    shared = pl.read_parquet(extract).with_columns(bsn=pl.lit("091000013"))
    shared.write_parquet(extract)
    with pytest.raises(FindingsError):
        build_file(extract, DAY, tmp_path / "spine.parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"extract.parquet"}


def test_what_a_killed_run_left_is_gone_before_the_next_begins(tmp_path):
    out = tmp_path / "spine.parquet"
    left = scratch_of(out)
    (left / "deeper").mkdir(parents=True)
    (left / "deeper/part-0.parquet").write_text("left")
    (left / "part-7.parquet").write_text("left")
    with scratch(out) as folder:
        assert list(folder.iterdir()) == []


def test_two_runs_for_one_file_do_not_touch_each_other(tmp_path, extract):
    out = tmp_path / "spine.parquet"
    with scratch(out) as folder:
        (folder / "part-0.parquet").write_text("at work")
        with pytest.raises(RefusedError, match="another run is at work"):
            build_file(extract, DAY, out)
        assert (folder / "part-0.parquet").read_text() == "at work"
    build_file(extract, DAY, out)


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path, extract):
    out, elsewhere = tmp_path / "spine.parquet", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    scratch_of(out).symlink_to(elsewhere)
    with pytest.raises(RefusedError, match="whoever writes the spine"):
        build_file(extract, DAY, out)
    assert (elsewhere / "precious").exists()


def test_the_spine_can_be_read_by_its_owner_alone(tmp_path, extract):
    before = os.umask(0o022)
    build_file(extract, DAY, tmp_path / "spine.parquet")
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "spine.parquet").stat().st_mode) == 0o600
