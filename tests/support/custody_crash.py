"""Kills custody in the middle of its work, from a process that is safe to fork.

Everything is imported here once and used only in forked children, so that a kill costs
milliseconds and no thread of a library is alive when the fork happens. Prints one JSON result.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from custody_round import ROUND, canaries, config

from enclave.clock import system_clock
from enclave.custody import (
    Registry,
    Vault,
    destroy_identifiers,
    init_site,
    open_custody,
    scan_site,
    verify_certificate,
    verify_ledger,
)
from enclave.progress import Silent
from enclave.receipts import DestructionCertificate
from enclave.site import Site


def in_child(work):
    """The JSON that ``work`` returns in a forked child, or null when it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as stream:
                json.dump(work(), stream)
            code = 0
        except Exception:  # noqa: BLE001 - a forked child tells its own story and ends here
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if status:
        raise SystemExit("the child failed; see its traceback above")
    return json.loads(text)


def kill_at(number):
    """Kills this process before its ``number``-th step that the disk can see."""
    steps = 0

    def counted(function):
        def wrapper(*arguments, **keywords):
            nonlocal steps
            steps += 1
            if steps == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **keywords)

        return wrapper

    os.fsync = counted(os.fsync)
    Path.unlink = counted(Path.unlink)
    Path.replace = counted(Path.replace)
    Path.mkdir = counted(Path.mkdir)
    Registry.event = counted(Registry.event)
    Registry.record = counted(Registry.record)
    Registry._publish = counted(Registry._publish)


def destroy(root):
    with open_custody(Site(root), system_clock, Silent()) as custody:
        certificate = destroy_identifiers(custody, ROUND, "operator-1", "witness-1")
        return [
            certificate.pupils,
            certificate.files_removed,
            [[key.name, key.fingerprint] for key in certificate.keys],
            list(certificate.ciphertexts),
        ]


def check_destroyed(root):
    with open_custody(Site(root), system_clock, Silent()) as custody:
        certificate = custody.registry.find(DestructionCertificate, ROUND)
        verify_certificate(custody, certificate)
        custody.registry.checkpoint()
        verify_ledger(custody).require_ok()
        scan_site(custody.site, canaries()).require_clean()
        return [path.name for path in sorted(custody.site.zone("linkage").iterdir())]


def destruction(original, folder, points):
    """What the destruction ends in after a kill at each point and a second run."""
    killed, results, point = 0, [], 0
    for point in points:
        root = folder / f"killed-at-{point}"
        shutil.copytree(original, root)

        def once(root=root, point=point):
            kill_at(point)
            return destroy(root)

        alive = in_child(once)
        killed += alive is None
        results.append(
            [
                in_child(lambda root=root: destroy(root)),
                in_child(lambda root=root: check_destroyed(root)),
            ]
        )
        shutil.rmtree(root)
        if alive is not None:
            break
    return {"killed": killed, "results": results, "last": point}


def make(root):
    with init_site(root, config(), system_clock) as custody:
        verify_ledger(custody).require_ok()
        return [[key.name, key.kind] for key in custody.vault.infos()]


def making(folder, points):
    """What ``init_site`` ends in after a kill at each point and a second run."""
    killed, results = 0, []
    for point in points:
        root = folder / f"site-{point}"

        def once(root=root, point=point):
            kill_at(point)
            return make(root)

        alive = in_child(once)
        killed += alive is None
        first = in_child(lambda root=root: make(root))
        leftovers = [path.name for path in (root / "vault/partial").iterdir()]
        results.append([first, leftovers])
        shutil.rmtree(root)
        if alive is not None:
            break
    return {"killed": killed, "results": results}


def writing(root, kills, seed):
    """How many acknowledged events of a writer are in the ledger after all its deaths."""
    chance = random.Random(seed)
    acknowledged = 0
    for life in range(kills):
        reading, telling = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with open_custody(Site(root), system_clock, Silent()) as custody:
                while True:
                    position = custody.registry.event("written", {"life": life})
                    os.write(telling, b"%d\n" % position)
        os.close(telling)
        time.sleep(chance.uniform(0.02, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading) as stream:
            told = [int(line) for line in stream.read().split("\n")[:-1]]
        acknowledged = max([acknowledged, *told])
    return {"acknowledged": acknowledged, **in_child(lambda: count(root))}


def count(root):
    with open_custody(Site(root), system_clock, Silent()) as custody:
        entries = custody.registry.entries(1_000_000)
        problems = verify_ledger(custody).problems
        with custody.registry._engine.connect() as connection:
            integrity = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        gapless = [entry.seq for entry in entries] == list(range(len(entries)))
        return {
            "entries": len(entries),
            "gapless": gapless,
            "integrity": integrity,
            "problems": list(problems),
        }


def together(folder, processes):
    """What many processes get that make the same vault and the same key at the same moment."""
    start = time.time() + 0.3
    children = []
    for number in range(processes):
        child = os.fork()
        if child == 0:
            time.sleep(max(0.0, start - time.time()))
            vault = Vault.create(folder / "vault", system_clock)
            info = vault.ensure("delivery/one", "age")
            opened = vault.open("delivery/one", vault.seal("delivery/one", b"content"))
            (folder / f"seen-{number}").write_text(f"{info.fingerprint} {opened.decode()}")
            os._exit(0)
        children.append(child)
    codes = [os.waitpid(child, 0)[1] for child in children]
    seen = {path.read_text() for path in folder.glob("seen-*")}
    return {"codes": codes, "seen": sorted(seen)}


def main():
    what, *arguments = sys.argv[1:]
    folder = Path(arguments[0])
    if what == "destruction":
        result = destruction(Path(arguments[1]), folder, json.loads(arguments[2]))
    elif what == "making":
        result = making(folder, json.loads(arguments[1]))
    elif what == "writing":
        result = writing(folder, int(arguments[1]), seed=11)
    else:
        result = together(folder, int(arguments[1]))
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
