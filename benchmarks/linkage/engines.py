"""Three passes over the same keyed files on every engine: are the links the same?

Run: ``python -m benchmarks.linkage.engines FILE WORK [--persons 17500000] [--delivered 4000000]``
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.linkage.national import DELIVERED, PERSONS, decisions
from benchmarks.linkage.ours import keyed_world, link_keyed
from benchmarks.linkage.plans import Plan
from benchmarks.linkage.quality import ENGINES
from benchmarks.linkage.worlds import make_world


def compare(plan: Plan, work: Path) -> dict[str, Any]:
    """What every engine took, and whether their decisions are alike."""
    world = make_world(plan, work / f"world-{plan.persons}-{plan.delivered}")
    keyed, _ = keyed_world(world)
    found = {
        engine: link_keyed(keyed, world / f"passes-{engine}", "passes", engine)
        for engine in ENGINES
    }
    first, *others = (decisions(linked.folder) for linked in found.values())
    return {
        "engines": {engine: linked.as_record() for engine, linked in found.items()},
        "alike": all(rows.equals(first) for rows in others),
        "decided": first.height,
    }


def main() -> None:
    """Writes one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--delivered", type=int, default=DELIVERED)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    plan = Plan(wanted.persons, wanted.delivered, wanted.seed)
    found = {"plan": plan.as_record(), **compare(plan, wanted.work), "finished": True}
    wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
