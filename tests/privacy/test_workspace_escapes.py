"""What research code tries from inside the jail, each row with a positive control outside.

A control runs the same lines as an ordinary process: where it fails too, the row proves nothing and
says so loudly. No row writes a kernel setting.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from enclave.errors import EnclaveError
from enclave.workspace.jail import TIMED_OUT, Cell, check_confinement, run_in_jail
from enclave.workspace.sandbox import find_sandbox, jail_uid

UID = jail_uid("tests")


def why_not():
    try:
        check_confinement(find_sandbox(), UID)
    except EnclaveError as error:
        return str(error)
    return None


REASON = why_not()
pytestmark = [
    pytest.mark.jail,
    pytest.mark.skipif(REASON is not None, reason=f"THE JAIL IS NOT TESTED HERE: {REASON}"),
    pytest.mark.xdist_group("jail"),
]


@pytest.fixture
def cell(tmp_path):
    folders = [tmp_path / name for name in ("data", "work", "outbox")]
    for folder in folders:
        folder.mkdir()
        if UID is not None:
            os.chown(folder, UID, UID)
    (folders[0] / "panel.txt").write_text("view")
    (folders[0] / "panel.txt").chmod(0o444)
    folders[0].chmod(0o555)
    return Cell(*folders, UID)


def inside(cell, code, seconds=60):
    """Exit code and output of ``code`` run as a job in the jail."""
    job = cell.data.parent / "job.py"
    job.write_text(code)
    job.chmod(0o444)
    log_path = cell.data.parent / "job.log"
    with log_path.open("wb") as log:
        code = run_in_jail(find_sandbox(), cell, job, log, seconds)
    return code, log_path.read_text(errors="replace")


def outside(code):
    """The control. In mounts of its own when that is possible, so that none touches the machine."""
    alone = ["/usr/bin/unshare", "--mount", "--propagation", "private"] if UID is not None else []
    command = [*alone, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def attempt(body):
    """Lines that print REACHED when ``body`` works and BLOCKED when it raises."""
    indented = "\n".join("    " + line for line in body.strip().splitlines())
    return f"try:\n{indented}\n    print('REACHED')\nexcept BaseException as error:\n    print('BLOCKED', type(error).__name__)\n"


@pytest.fixture(scope="module")
def listener():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                server.accept()[0].close()
            except TimeoutError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    stop.set()
    thread.join()
    server.close()


SYSCALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\ndef call(*a):\n    if libc.syscall(*a) < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
SECRET_FILES = ["/etc/shadow", "/etc/passwd", "/proc/1/environ"]


def test_a_job_runs_at_all_and_sees_its_view(cell):
    code, text = inside(
        cell,
        "import os, pathlib\n"
        "data = pathlib.Path(os.environ['ENCLAVE_DATA'], 'panel.txt').read_text()\n"
        "pathlib.Path(os.environ['ENCLAVE_OUTBOX'], 'x').write_text(data)\n"
        "import disclosure_control, polars\nprint('ran', data)\n",
    )
    assert (code, text.strip()) == (0, "ran view")
    assert (cell.outbox / "x").read_text() == "view"


def test_no_tcp_to_the_host(cell, listener):
    body = f"import socket\nsocket.create_connection(('127.0.0.1', {listener}), 2)"
    assert "REACHED" in outside(attempt(body))[1], "no positive control"
    assert "BLOCKED" in inside(cell, attempt(body))[1]


def test_no_abstract_socket_of_the_host(cell):
    name = f"\0enclave-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        body = f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})"
        assert "REACHED" in outside(attempt(body))[1], "no positive control"
        assert "BLOCKED" in inside(cell, attempt(body))[1]


def test_no_vsock(cell):
    body = "import socket\nsocket.socket(40, socket.SOCK_STREAM)"
    control = outside(attempt(body))[1]
    if "REACHED" not in control:
        pytest.skip("NO POSITIVE CONTROL: this kernel has no vsock")
    assert "BLOCKED" in inside(cell, attempt(body))[1]


def test_no_file_of_the_host(cell, tmp_path):
    secret = tmp_path / "identifiers.txt"
    secret.write_text("123")
    secret.chmod(0o644)
    for path in [*SECRET_FILES[:2], str(secret), __file__]:
        body = f"open({path!r}, 'rb').read(1)"
        assert "REACHED" in outside(attempt(body))[1], f"no positive control for {path}"
        assert "BLOCKED" in inside(cell, attempt(body))[1], path


def test_no_code_of_the_enclave_and_no_keys(cell):
    body = "import enclave.custody"
    assert "REACHED" in outside(attempt(body))[1], "no positive control"
    assert "BLOCKED" in inside(cell, attempt(body))[1]


def test_the_environment_is_empty_also_that_of_the_first_process(cell, monkeypatch):
    monkeypatch.setenv("ENCLAVE_TEST_TOKEN", "canary-token")
    code = "import os\nprint(dict(os.environ))\nprint(open('/proc/1/environ', 'rb').read())\n"
    assert "canary-token" in outside("import os\nprint(dict(os.environ))")[1]
    assert "canary-token" not in inside(cell, code)[1]


def test_the_view_cannot_be_changed_and_nothing_else_written(cell):
    body = "import os\nfor place in ('/', '/usr', '/run', os.environ['ENCLAVE_DATA']):\n    try:\n        open(place + '/x', 'w')\n    except OSError:\n        continue\n    raise SystemExit('WROTE ' + place)\nprint('NOTHING WRITTEN')\nopen(os.environ['HOME'] + '/x', 'w').write('mine')\nprint('WORK IS MINE')"
    text = inside(cell, body)[1]
    assert "NOTHING WRITTEN" in text
    assert "WORK IS MINE" in text
    assert "WROTE" not in text


def test_no_other_process_is_seen(cell):
    code = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]))"
    assert int(outside(code)[1]) > 4
    assert int(inside(cell, code)[1]) <= 4


def test_the_user_is_nobody_special_and_has_no_rights(cell):
    code = "import os\nprint(os.getuid(), [l for l in open('/proc/self/status') if l.startswith('CapEff')], os.access('/proc/sys/kernel/core_pattern', os.W_OK))"
    text = inside(cell, code)[1]
    uid, rest = text.split(" ", 1)
    assert int(uid) != 0
    assert "0000000000000000" in rest
    assert "False" in rest


CALLS = {
    "ptrace": "call(101, 0, 0, 0, 0)",
    "keyctl": "call(250, 0, -3, 0)",
    "unshare": "call(272, 0x10000000)",
    "mount": "call(165, b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
    "userfaultfd": "call(323, 1)",
    "memfd_create is allowed": "call(319, b'x', 0)",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="NUMBERS OF CALLS ARE THOSE OF X86-64")
@pytest.mark.parametrize("name", CALLS)
def test_dangerous_calls_are_refused_and_ordinary_ones_not(cell, name):
    body = SYSCALL + attempt(CALLS[name])
    text = inside(cell, body)[1]
    if "allowed" in name:
        assert "REACHED" in text
        return
    if name != "ptrace" and "REACHED" not in outside(body)[1]:
        pytest.skip(f"NO POSITIVE CONTROL for {name}: refused outside too")
    assert "BLOCKED" in text


def test_no_jail_within_the_jail(cell):
    body = "import subprocess\nsubprocess.run(['/usr/bin/unshare', '-Ur', '/usr/bin/true'], check=True)"
    if "REACHED" not in outside(attempt(body))[1]:
        pytest.skip("NO POSITIVE CONTROL: user namespaces are off for everybody")
    assert "BLOCKED" in inside(cell, attempt(body))[1]


def test_a_job_that_never_ends_is_ended_with_its_children(cell):
    code, _ = inside(
        cell,
        "import subprocess, time\nsubprocess.Popen(['/usr/bin/sleep', '7654'])\ntime.sleep(7654)",
        4,
    )
    assert code == TIMED_OUT
    running = subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout
    assert "sleep 7654" not in running


def test_a_notebook_runs_inside(cell):
    job = "# %%\nimport os\nvalue = 6 * 7\n\n# %%\nopen(os.environ['ENCLAVE_OUTBOX'] + '/n', 'w').write(str(value))\n"
    assert inside(cell, job, 120)[0] == 0
    assert (cell.outbox / "n").read_text() == "42"
    executed = json.loads(next(Path(cell.work).glob("*.ipynb")).read_text())
    assert executed["cells"][0]["execution_count"] == 1
