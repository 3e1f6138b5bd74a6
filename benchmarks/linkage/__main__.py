"""All parts in turn, each in its own process, then the page of results.

What is done is kept in ``--results`` and not done again with the same options: an interrupted run
goes on where it stopped; ``--fresh`` starts anew, as after a change of the linkage.
``python -m benchmarks.linkage --help`` lists the options.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.linkage.pages import page
from benchmarks.linkage.plans import ALL, HALF, NONE
from benchmarks.linkage.runs import read_all, run_once
from benchmarks.linkage.targets import verdicts

_QUICK, _ORDINARY, _LARGE = (50_000, 10_000), (1_000_000, 200_000), (17_500_000, 4_000_000)


@dataclass(frozen=True)
class Part:
    """A module of the benchmark, the name of its record, and its arguments after the file."""

    name: str
    module: str
    arguments: tuple[str, ...]


def main() -> None:
    """Runs what is asked and writes or prints the page."""
    wanted = _arguments()
    folder: Path = wanted.results.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if wanted.fresh:
        for file in folder.glob("*.json"):
            file.unlink()
    only = wanted.parts.split(",") if wanted.parts else None
    for part in _parts(wanted, folder / "work"):
        if only is None or part.name in only:
            record = run_once(part.module, folder / f"{part.name}.json", part.arguments,
                              wanted.limit)  # fmt: skip
            print(f"{part.name:24} {record.get('ended', 'done')}", flush=True)
    records = read_all(folder)
    for one in verdicts(records):
        print(f"{one.verdict.strip('*'):12} {one.target}: {one.found}")
    if wanted.write:
        wanted.write.write_text(page(records), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linkage", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help=f"worlds of {_QUICK[0]:,} persons, in minutes")
    add("--large", action="store_true", help=f"also the country: {_LARGE[0]:,} persons")
    add("--parts", metavar="A,B", help="these records only")
    add("--engines", default="polars", metavar="A,B", help="of polars, duckdb, spark")
    add("--with-peers", type=Path, metavar="DIR", help="their environment, made when missing")
    add("--limit", type=float, default=7_200.0, metavar="SECONDS", help="ends one part")
    add("--results", type=Path, default=Path("build/linkage"), metavar="DIR",
        help="where what is done and the worlds are kept (build/linkage)")  # fmt: skip
    add("--fresh", action="store_true", help="forget earlier results")
    add("--write", type=Path, metavar="FILE", help="the page of results")
    return parser.parse_args()


def _parts(wanted: argparse.Namespace, work: Path) -> list[Part]:
    """Hashing, the worlds, and what was asked for besides."""
    persons, delivered = _QUICK if wanted.quick else _ORDINARY
    peers = ("--peers", str(wanted.with_peers.resolve())) if wanted.with_peers else ()
    parts = [Part("hashing", "hashing", ())]
    for numbers in (ALL, HALF, NONE):
        arguments = (str(work), str(persons), str(delivered), numbers, "--engines", wanted.engines)
        parts.append(Part(f"{numbers}-{persons}", "quality", (*arguments, *peers)))
    if peers:
        parts.append(Part("febrl", "febrl", peers))
    if wanted.quick or wanted.large:
        persons, delivered = _LARGE if wanted.large else _QUICK
        sizes = ("--persons", str(persons), "--delivered", str(delivered))
        pupils = () if wanted.large else ("--pupils", str(persons // 12))
        parts.append(Part("national", "national", (str(work), *sizes, *pupils)))
        parts.append(Part("engines", "engines", (str(work), *sizes)))
    return parts


if __name__ == "__main__":
    main()
