"""Kills additions to a history at every touch of the disk, from a process that is safe to fork.

Everything is imported here once and used only in forked children. ``folder/<step>`` is the history
whose addition dies at that touch. Prints, per step, whether the child was killed.
"""

import json
import os
import signal
import sys
from pathlib import Path

from differencing_worlds import plain

from disclosure_control.differencing import HistoryStore


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

    os.fsync, os.open, os.fdopen = counted(os.fsync), counted(os.open), counted(os.fdopen)
    Path.replace, Path.mkdir = counted(Path.replace), counted(Path.mkdir)


def main():
    folder, name, steps, records = json.loads(sys.argv[1])
    killed = []
    for step in range(1, steps + 1):
        child = os.fork()
        if child == 0:
            kill_at(step)
            HistoryStore(Path(folder) / str(step)).add(plain(name, records))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if not (os.WIFSIGNALED(status) or status == 0):
            raise SystemExit("the child failed")
        killed.append(os.WIFSIGNALED(status))
    sys.stdout.write(json.dumps(killed))


if __name__ == "__main__":
    main()
