"""Started as root, ends as the jail's own user: stages folders, drops all rights, executes.

Root's interpreter and checkout often lie where another user may not go. In a mount namespace of its
own this program binds every folder that the jail needs below ``/mnt``, which nobody else sees, then
gives up its user, its groups and its capabilities for good, and becomes bubblewrap. It imports
nothing of the enclave and gets its plan as one JSON argument.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

STAGE = "/mnt"
_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MS_NOSUID, _MS_NODEV = 2, 4


def main(plan: str) -> None:
    """Carries out the plan: ``binds`` (sources), ``uid``, ``command``."""
    wanted = json.loads(plan)
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWNS))
    _mount(libc, None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount(libc, "tmpfs", STAGE, "tmpfs", _MS_NOSUID | _MS_NODEV)
    for number, source in enumerate(wanted["binds"]):
        place = Path(STAGE) / str(number)
        if Path(source).is_dir():
            place.mkdir()
        else:
            place.touch()
        _mount(libc, source, str(place), None, _MS_BIND)
    uid = int(wanted["uid"])
    if uid == 0:
        raise SystemExit(3)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execve(wanted["command"][0], wanted["command"], {})  # noqa: S606 - a fixed program, no shell


def _mount(
    libc: ctypes.CDLL, source: str | None, target: str, kind: str | None, flags: int
) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    _check(libc.mount(*texts, ctypes.c_ulong(flags), None))


def _check(result: int) -> None:
    if result != 0:
        raise SystemExit(4)


if __name__ == "__main__":
    main(sys.argv[1])
