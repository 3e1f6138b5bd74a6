"""Kills a change of S key at a named moment: ``{"site": DIR, "stop": WHERE}`` as its argument."""

import json
import os
import signal
import sys
from pathlib import Path

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.custody.registry import Registry
from enclave.linkage.education import blocks, rewriting
from enclave.progress import Silent
from enclave.site import Site


def main(site, stop):
    """Runs until the moment comes."""
    kind, _, number = stop.partition(" ")
    counted = dict.fromkeys(("aside", "place"), 0)

    def reached(name):
        counted[name] = counted.get(name, 0) + 1
        if name == kind and counted[name] == int(number or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    class Watched:
        """``atomic_path`` that tells when a file took its place."""

        def __init__(self, target):
            self.target, self.real = target, real(target)

        def __enter__(self):
            return self.real.__enter__()

        def __exit__(self, *error):
            result = self.real.__exit__(*error)
            reached("aside" if ".partial-" in str(self.target) else "place")
            return result

    real = rewriting.atomic_path
    rewriting.atomic_path = blocks.atomic_path = Watched
    rotate = rewriting.rotate
    rewriting.rotate = lambda vault: (rotate(vault), reached("ensure"))
    event, record = Registry.event, Registry.record
    Registry.event = lambda *given: (event(*given), reached("event"))
    Registry.record = lambda *given: (reached("record"), record(*given))
    with open_custody(Site(Path(site)), system_clock, Silent()) as custody:
        rewriting.rotate_s_key(custody, "steward-1")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
