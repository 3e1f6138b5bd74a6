"""Starts a program and prints what it used, as JSON.

A new process begins with the peak of memory of the process that started it. This one is small, so
that the figure is the program's own. It imports nothing that is large.

Run: ``python -I -S launcher.py SECONDS PROGRAM ARGUMENT...``
"""

import json
import os
import signal
import sys
import time


def main(limit: int, command: list[str]) -> None:
    """Runs the program to its end or its limit. What it prints goes where errors go."""
    start = time.perf_counter()
    process = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)], setpgroup=0
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process, signal.SIGKILL))
    signal.alarm(limit)
    _, status, used = os.wait4(process, 0)
    found = {
        "wall": time.perf_counter() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
