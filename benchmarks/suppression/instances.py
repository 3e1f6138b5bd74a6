"""The tables by name: six public ones from files, the others drawn from their plans."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.suppression.generators import Plan, counts, totals
from benchmarks.suppression.trees import Growth
from disclosure_control.suppression.jj import read_jj
from disclosure_control.suppression.problem import SuppressionProblem

FOLDER = Path(__file__).resolve().parent / "instances"
COSTS = ("value", "count")


@dataclass(frozen=True)
class Instance:
    """A table that can be made.

    Args:
        name: by what it is asked for.
        cells: how many it has.
        build: makes its problem.
        sparse: by the engine for mostly empty tables; the general one does not end on it.
    """

    name: str
    cells: int
    build: Callable[[], SuppressionProblem]
    sparse: bool = False


def _file(name: str, cells: int) -> Instance:
    return Instance(name, cells, lambda: read_jj(FOLDER / f"{name}.jj"))


def _drawn(name: str, cells: int, plan: Plan, *, sparse: bool = False) -> Instance:
    make = counts if name.startswith("f_") else totals
    return Instance(name, cells, lambda: make(plan), sparse)


def _plan(records: int, seed: int, *axes: tuple[int, tuple[int, ...], str]) -> Plan:
    return Plan(tuple(Growth(*axis) for axis in axes), records, seed)


_SEX = (2, (2,), "X")
INSTANCES = {
    instance.name: instance
    for instance in (
        _file("targus", 162),
        _file("table7", 624),
        _file("hie1372d", 637),
        _drawn("m2_1k", 870, _plan(4_000, 1, (1, (5, 25), "R"), (2, (4, 24), "N"))),
        _drawn("m3_1k", 910, _plan(3_000, 2, (1, (3, 9), "R"), (2, (3, 9), "N"), (3, (4,), "S"))),
        _file("table8", 1_271),
        _file("table1", 1_584),
        _drawn("m2_2k", 1_948, _plan(10_000, 11, (1, (18, 468), "R"), (2, (3,), "N"))),
        _file("hier133a", 2_197),
        _drawn("m2_10k", 9_594, _plan(40_000, 3, (1, (12, 110), "R"), (2, (8, 70), "N"))),
        _drawn(
            "m3_10k", 10_032, _plan(30_000, 4, (1, (6, 30), "R"), (2, (6, 36), "N"), (3, (5,), "S"))
        ),
        _drawn(
            "f_10k",
            12_432,
            _plan(60_000, 8, (1, (12, 60), "R"), _SEX, (3, (3, 9), "G"), (4, (3,), "O")),
        ),
        _drawn("m2_20k", 19_260, _plan(100_000, 12, (1, (12, 167), "R"), (3, (10, 95), "N"))),
        _drawn(
            "m2_100k", 99_592, _plan(300_000, 5, (1, (12, 60, 400), "R"), (2, (10, 40, 160), "N"))
        ),
        _drawn(
            "m3_100k",
            104_535,
            _plan(300_000, 6, (1, (12, 100), "R"), (2, (10, 90), "N"), (3, (8,), "S")),
        ),
        _drawn(
            "f_100k",
            159_489,
            _plan(400_000, 9, (1, (12, 340, 1_600), "R"), _SEX, (3, (8,), "G"), (4, (2,), "O")),
        ),
        _drawn(
            "m2_1M",
            973_854,
            _plan(2_000_000, 7, (1, (12, 340, 2_000), "R"), (2, (10, 80, 320), "N")),
        ),
        _drawn(
            "f_6000",
            3_207_456,
            _plan(
                1_500_000, 10, (1, (12, 340, 6_000), "R"), _SEX, (3, (3, 9), "G"), (4, (3, 6), "O")
            ),
            sparse=True,
        ),
    )
}


def load(name: str, cost: str = "value") -> SuppressionProblem:
    """The problem of a name; with cost "count" every cell that may be hidden costs 1."""
    problem = INSTANCES[name].build()
    if cost == "count":
        return replace(problem, costs=np.where(np.isfinite(problem.costs), 1.0, np.inf))
    return problem
