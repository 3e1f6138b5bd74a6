"""All tables in turn, each part in its own process, then the page of results.

What is done is kept in ``--results`` and not done again with the same options: an interrupted run
goes on where it stopped; ``--fresh`` starts anew, as after a change of the engine.
``python -m benchmarks.suppression --help`` lists the options.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.suppression.instances import INSTANCES, Instance
from benchmarks.suppression.runs import Record, read_all, run_once
from benchmarks.suppression.table import page
from benchmarks.suppression.targets import verdicts

_QUICK, _ORDINARY, _IMPROVED = 2_000, 200_000, 20_000
_FREQUENCY = "f_10k"


def main() -> None:
    """Runs what is asked and writes or prints the page."""
    wanted = _arguments()
    folder: Path = wanted.results
    folder.mkdir(parents=True, exist_ok=True)
    chosen = _chosen(wanted)
    if wanted.fresh:
        for file in folder.glob("*.json"):
            file.unlink()
    for instance in chosen:
        _report(instance.name, run_once(*_engine(instance, wanted), wanted.limit))
        if wanted.with_gconfid and _suits_gconfid(instance):
            _report(f"gconfid {instance.name}", run_once(*_gconfid(instance, wanted), wanted.limit))
        if instance.name == _FREQUENCY:
            file = (folder / "frequency.json").resolve()
            options = [_FREQUENCY, str(file), "--improve", str(wanted.improve)]
            _report("frequency", run_once("frequency", file, options, wanted.limit))
    file = (folder / "crosstab.json").resolve()
    _report("crosstab", run_once("researcher", file, [str(file)], wanted.limit))
    if wanted.sparse:
        file = (folder / "sparse.json").resolve()
        _report("sparse", run_once("sparse_table", file, [str(wanted.sparse)], 2 * wanted.limit))
    records = read_all(folder)
    for one in verdicts(records):
        print(f"{one.verdict.strip('*'):12} {one.target}: {one.found}")
    if wanted.write:
        wanted.write.write_text(page(records), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suppression", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help=f"tables of up to {_QUICK:,} cells")
    add("--up-to", type=int, metavar="CELLS", help="tables of up to so many cells")
    add("--instances", metavar="A,B", help="these tables only")
    add("--large", action="store_true", help="also the tables of a million cells and more")
    add("--sparse", type=float, metavar="SHARE",
        help="also this share of the table of 114 million cells; 1 is all of it")  # fmt: skip
    add("--improve", type=float, default=60.0, metavar="SECONDS",
        help=f"time for improving, on tables of up to {_IMPROVED:,} cells")  # fmt: skip
    add("--bound", type=float, default=60.0, metavar="SECONDS",
        help=f"time for a lower bound, on tables of up to {_QUICK:,} cells")  # fmt: skip
    add("--limit", type=float, default=3_600.0, metavar="SECONDS", help="ends one table's run")
    add("--with-gconfid", type=Path, metavar="DIR", help="its environment, made when missing")
    add("--gconfid-limit", type=int, default=120, metavar="SECONDS", help="of processor time")
    add("--results", type=Path, default=Path("build/suppression"), metavar="DIR",
        help="where what is done is kept (build/suppression)")  # fmt: skip
    add("--fresh", action="store_true", help="forget earlier results")
    add("--write", type=Path, metavar="FILE", help="the page of results")
    return parser.parse_args()


def _chosen(wanted: argparse.Namespace) -> list[Instance]:
    if wanted.instances:
        return [INSTANCES[name] for name in wanted.instances.split(",")]
    most = _QUICK if wanted.quick else wanted.up_to or _ORDINARY
    return [one for one in INSTANCES.values() if wanted.large or one.cells <= most]


def _engine(instance: Instance, wanted: argparse.Namespace) -> tuple[str, Path, Sequence[str]]:
    file = (wanted.results / f"{instance.name}.json").resolve()
    if instance.sparse:
        return "run_sparse", file, [instance.name, str(file)]
    improve = wanted.improve if instance.cells <= _IMPROVED else 0.0
    bound = wanted.bound if instance.cells <= _QUICK else 0.0
    options = ["--improve", str(improve), "--bound", str(bound)]
    return "run_engine", file, [instance.name, str(file), *options]


def _gconfid(instance: Instance, wanted: argparse.Namespace) -> tuple[str, Path, Sequence[str]]:
    file = (wanted.results / f"gconfid-{instance.name}.json").resolve()
    folder = str(wanted.with_gconfid.resolve())
    options = ["--folder", folder, "--limit", str(wanted.gconfid_limit)]
    return "gconfid_peer", file, [instance.name, str(file), *options]


def _suits_gconfid(instance: Instance) -> bool:
    """Totals only, of a size that it may finish; it has no notion of whole numbers."""
    return instance.cells <= _IMPROVED and not instance.name.startswith("f_")


def _report(name: str, record: Record) -> None:
    """One line per part."""
    found = record.get("improved") or record.get("first") or record.get("phases_1") or record
    parts = [f"{key} {found[key]:,.10g}" for key in ("wall", "number", "value") if key in found]
    if record.get("ended") or found.get("ended"):
        parts.append(f"ended by {record.get('ended') or found['ended']}")
    print(f"{name:18} {', '.join(parts)}", flush=True)


if __name__ == "__main__":
    main()
