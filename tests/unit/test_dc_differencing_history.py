"""The history on disk: the same answers after a restart, a kill or a repeat; damage is noticed."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from differencing_worlds import plain, table

from disclosure_control.differencing import HistoryError, HistoryStore, exact, store
from disclosure_control.differencing.disk import LOCK, PARTIAL
from disclosure_control.errors import DisclosureControlError, InvalidInputError
from disclosure_control.verdict import Verdict

COUNTS = {"Sx": 40, "Sy": 4, "Sz": 18, "Nx": 30}
RECORDS = [(f"{key}-{place}", key) for key, number in COUNTS.items() for place in range(number)]
INNER = plain("T1", RECORDS, hidden={"Sy"})
OUTER = plain("T2", [(unit, key[0]) for unit, key in RECORDS])


def income(name, units):
    values = [float(place + 1) for place in range(len(units))]
    published = {"all": ({"all"}, True, sum(values))}
    return table(
        name,
        [(unit, "all") for unit in units],
        published,
        kind="sum",
        variable="income",
        values=values,
    )


UNITS = [unit for unit, _ in RECORDS]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "history"


@pytest.fixture(params=["exhaustive", "scaling"])
def route(request, monkeypatch):
    if request.param == "scaling":
        monkeypatch.setattr(exact, "MOST_COLUMNS", -1)


def test_a_folder_that_does_not_exist_is_an_empty_history(folder):
    history = HistoryStore(folder)
    assert len(history) == 0
    assert history.check(OUTER, minimum_units=10).verdict is Verdict.SAFE
    assert not folder.exists()


def test_what_was_added_is_compared_with_and_checking_changes_nothing(folder, route):
    history = HistoryStore(folder)
    history.add(INNER)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (found,) = history.check(OUTER, minimum_units=10).differences
    assert found.equation == "Sy of T1 = S of T2 - Sx of T1 - Sz of T1"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_history_that_is_opened_again_gives_the_same_answers(folder, route):
    history = HistoryStore(folder)
    history.add(INNER, income("T3", UNITS))
    again = HistoryStore(folder)
    assert (len(again), again.digest) == (1, history.digest)
    for new in ([OUTER], [income("T4", UNITS[:-2])], [plain("T5", RECORDS[5:])]):
        one, other = history.check(*new, minimum_units=10), again.check(*new, minimum_units=10)
        assert one == other
        assert one.differences
    again.verify()


def test_what_another_process_added_is_seen(folder):
    here, there = HistoryStore(folder), HistoryStore(folder)
    there.add(INNER)
    assert here.check(OUTER, minimum_units=10).differences
    here.add(OUTER)
    assert len(here) == 2
    assert there.check(OUTER, minimum_units=10).differences == ()
    assert here.digest == there.digest


def test_adding_the_same_release_again_changes_nothing(folder):
    history = HistoryStore(folder)
    digest = history.add(INNER)
    assert history.add(INNER) == digest
    assert HistoryStore(folder).add(INNER) == digest
    assert history.add(plain("T1 again", RECORDS, hidden={"Sy"})) != digest
    assert len(history) == 2


def test_units_keep_their_numbers_when_others_come(folder, route):
    history = HistoryStore(folder)
    history.add(plain("T1", RECORDS[20:-15]))
    history.add(plain("T2", [("A-new", "Nx"), ("zz-new", "Nx"), *RECORDS]))
    history = HistoryStore(folder)
    (found,) = history.check(plain("T3", RECORDS), minimum_units=10).differences
    assert found.units == 2
    history.verify()


def test_everything_in_the_folder_is_for_its_owner_only(folder):
    HistoryStore(folder).add(INNER)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_adding_nothing_is_refused(folder):
    with pytest.raises(InvalidInputError):
        HistoryStore(folder).add()
    with pytest.raises(InvalidInputError):
        HistoryStore(folder).check(minimum_units=10)


def two_releases(folder):
    history = HistoryStore(folder)
    history.add(INNER)
    history.add(OUTER)
    return history


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["000001.release", "000002.release", "history.json"])
@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_byte_is_noticed(folder, name, place):
    two_releases(folder)
    flip(folder / name, place)
    with pytest.raises(HistoryError) as told:
        HistoryStore(folder)
    assert name in str(told.value)
    assert isinstance(told.value, DisclosureControlError)


@pytest.mark.parametrize("name", ["000001.release", "history.json"])
def test_a_missing_file_is_noticed(folder, name):
    two_releases(folder)
    (folder / name).unlink()
    with pytest.raises(HistoryError):
        HistoryStore(folder)
    with pytest.raises(HistoryError):
        HistoryStore(folder).add(OUTER)


def test_a_shortened_file_is_noticed(folder):
    two_releases(folder)
    path = folder / "000002.release"
    path.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(HistoryError):
        HistoryStore(folder)


def test_a_release_taken_out_of_the_list_is_noticed_by_an_open_history_and_by_the_digest(folder):
    history = two_releases(folder)
    digest = history.digest
    first = HistoryStore(folder.parent / "other")
    first.add(INNER)
    (folder / "history.json").write_bytes((folder.parent / "other/history.json").read_bytes())
    with pytest.raises(HistoryError):
        history.check(OUTER, minimum_units=10)
    assert HistoryStore(folder).digest != digest


@pytest.mark.parametrize("forged", [False, True])
def test_releases_in_another_order_are_noticed_even_with_a_fitting_checksum(folder, forged):
    history = two_releases(folder)
    path = folder / "history.json"
    content = json.loads(path.read_bytes())
    content["releases"].reverse()
    entries = tuple(reversed(history._entries))
    path.write_bytes(store._index(entries) if forged else json.dumps(content, indent=1).encode())
    with pytest.raises(HistoryError, match=r"history\.json"):
        HistoryStore(folder)


def test_a_folder_of_something_else_is_not_an_empty_history(folder):
    folder.mkdir()
    (folder / "notes.txt").write_text("hello")
    with pytest.raises(HistoryError):
        HistoryStore(folder)
    with pytest.raises(HistoryError):
        HistoryStore(folder / "notes.txt")


def test_what_was_worked_out_wrongly_is_found_by_working_it_out_again(folder):
    history = two_releases(folder)
    known = history._known[""]
    block = known.state.factor.blocks[0].copy()
    block[1, 0] += 0.01
    object.__setattr__(known.state.factor, "blocks", (block,))
    with pytest.raises(HistoryError):
        history.verify()


SUPPORT = Path(__file__).resolve().parents[1] / "support"
STEPS = 20


def add_and_die(folder, cells, records):
    """Whether an addition of the table was killed at each of its touches of the disk."""
    wanted = json.dumps([str(folder), cells.name, STEPS, records])
    done = subprocess.run(
        [sys.executable, str(SUPPORT / "differencing_crash.py"), wanted],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_process_killed_while_adding_leaves_the_old_state_or_the_new_one(tmp_path):
    folders = [tmp_path / str(step) for step in range(1, STEPS + 1)]
    old = [HistoryStore(folder).add(INNER) for folder in folders]
    killed = add_and_die(tmp_path, OUTER, [(unit, key[0]) for unit, key in RECORDS])
    lengths = []
    for folder, digest, dead in zip(folders, old, killed, strict=True):
        history = HistoryStore(folder)
        lengths.append(len(history))
        assert len(history) == 2 or (dead and history.digest == digest)
        found = history.check(OUTER, minimum_units=10).differences
        assert bool(found) == (len(history) == 1)
        history.add(OUTER)
        assert len(HistoryStore(folder)) == 2
        history.verify()
        assert {path.name for path in folder.iterdir()} <= {
            "000001.release", "000002.release", "history.json", LOCK, PARTIAL,
        }  # fmt: skip
    assert lengths == sorted(lengths)
    assert lengths.count(1) > 5
    assert 2 in [length for length, dead in zip(lengths, killed, strict=True) if dead]
    assert not killed[-1]


def test_the_first_release_of_all_may_be_killed_too(tmp_path):
    killed = add_and_die(tmp_path, OUTER, [(unit, key[0]) for unit, key in RECORDS])
    assert sum(killed) > 10
    for step in range(1, STEPS + 1):
        HistoryStore(tmp_path / str(step)).add(OUTER)
        assert len(HistoryStore(tmp_path / str(step))) == 1
