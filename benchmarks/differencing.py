"""One new table against many earlier ones, beside one plain group-by pass over the same codes.

Run it from the repository: ``python benchmarks/differencing.py [units] [tables ...]``
"""

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from disclosure_control.differencing import Cells, PublishedCell
from disclosure_control.differencing.coding import Numbering, encode
from disclosure_control.differencing.compare import Known, compare_known
from disclosure_control.differencing.regression import State, step

MINIMUM_UNITS = 10
VARIABLES = 14
LAST = 10


class World:
    """A made-up population with correlated variables, and the tables that people make of it."""

    def __init__(self, units: int, seed: int = 1) -> None:
        """Draws the variables and the standard cuts."""
        self.random = np.random.default_rng(seed)
        hidden = self.random.normal(size=(units, 3))
        mix = self.random.normal(size=(3, VARIABLES))
        self.values = hidden @ mix + 1.5 * self.random.normal(size=(units, VARIABLES))
        self.labels = np.array([f"u{number:07d}" for number in range(units)])
        self.past: list[tuple[np.ndarray, np.ndarray]] = []

    def table(self, name: str) -> Cells:
        """One more table: one to three dimensions, mostly standard cuts, mostly a subpopulation."""
        chance = self.random
        if self.past and chance.random() < 0.10:
            members, place = self.past[chance.integers(len(self.past))]
            return self._cells(name, members, place)
        members = self._members()
        place = np.zeros(self.labels.size, dtype=np.int64)
        for variable in chance.choice(VARIABLES, chance.choice([1, 2, 3], p=[0.3, 0.5, 0.2])):
            cuts = self._cuts()
            level = np.searchsorted(np.quantile(self.values[:, variable], cuts),
                                    self.values[:, variable])  # fmt: skip
            place = place * (cuts.size + 1) + level
        self.past.append((members, place))
        return self._cells(name, members, place)

    def leak(self, name: str) -> Cells:
        """An earlier table over all its people but three."""
        members, place = self.past[self.random.integers(len(self.past))]
        fewer = members.copy()
        fewer[self.random.choice(np.flatnonzero(members), 3, replace=False)] = False
        return self._cells(name, fewer, place)

    def _cuts(self) -> np.ndarray:
        standard = self.random.random() < 0.75
        count = int(self.random.integers(1, 7))
        return np.linspace(0, 1, count + 2)[1:-1] if standard else np.sort(
            self.random.uniform(0.02, 0.98, count))  # fmt: skip

    def _members(self) -> np.ndarray:
        chance, size = self.random, self.labels.size
        members = np.ones(size, dtype=bool)
        if chance.random() < 0.45:
            column = self.values[:, chance.integers(VARIABLES)]
            members &= column > np.quantile(column, chance.choice([0.25, 0.5, 0.75]))
        if chance.random() < 0.15:
            members[chance.choice(size, size // 100, replace=False)] = False
        if chance.random() < 0.05:
            members[chance.choice(size, chance.choice([3, 5, 12, 40]), replace=False)] = False
        return members

    def _cells(self, name: str, members: np.ndarray, place: np.ndarray) -> Cells:
        number, size = np.unique(place[members], return_inverse=True, return_counts=True)[1:]
        codes = pl.DataFrame({"unit": self.labels[members], "cell": number.astype(np.int32)})
        published = tuple(
            PublishedCell(
                f"(c{cell})", np.array([cell]), bool(count >= MINIMUM_UNITS), float(count)
            )
            for cell, count in enumerate(size)
        )
        return Cells(name, codes, published)


def seconds(work: Callable[[], object]) -> float:
    """The time of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain(state: State, codes: np.ndarray) -> float:
    """The time of one group-by of the new codes with those of each earlier table."""
    frames = [
        pl.DataFrame({"old": table.codes, "new": codes[: table.codes.size]})
        for table in state.tables
    ]
    return seconds(lambda: [frame.group_by("old", "new").len() for frame in frames])


def main(units: int, counts: list[int]) -> None:
    """Prints the time of a check, of adding, and their ratio to the plain pass."""
    world = World(units)
    numbering = Numbering.empty(valued=False).extended(
        [Cells("all", pl.DataFrame({"unit": world.labels, "cell": np.zeros(units, np.int32)}), ())]
    )
    state, spent = State(), 0.0
    for number in range(max(counts)):
        coded = encode(world.table(f"table {number + 1}"), numbering)
        start = time.perf_counter()
        state = state.after(step(state, coded))
        spent += time.perf_counter() - start
        if number + 1 in counts:
            report(world, numbering, state, spent)


def report(world: World, numbering: Numbering, state: State, spent: float) -> None:
    """Checks some new tables against ``state`` and prints the figures."""
    known = {"": Known(numbering, state.tables, state)}
    usual = [world.table(f"new {number + 1}") for number in range(LAST)]
    leaks = [world.leak(f"leak {number + 1}") for number in range(LAST)]
    cells_shown = sum(len(table.shown_cells) for table in state.tables)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"units {world.labels.size:,}; tables {len(state.tables)}; shown cells {cells_shown:,}; "
          f"rank {state.factor.rank:,}; all worked in: {spent:.0f} s; "
          f"peak {peak:,.0f} MB")  # fmt: skip
    limit = float(np.median([plain(state, encode(one, numbering).codes) for one in usual]))
    print(f"  plain group-by pass over the same codes: {limit:.2f} s")
    for what, tables in (("usual new tables", usual), ("earlier tables without 3 units", leaks)):
        times, found = [], []
        for cells in tables:
            start = time.perf_counter()
            found.append(compare_known([cells], known, MINIMUM_UNITS).differences)
            times.append(time.perf_counter() - start)
        proven = sum(any(one.exact for one in differences) for differences in found)
        raised = sum(map(bool, found))
        print(f"  {what}: check {np.median(times):.2f} s (at most {max(times):.2f}); "
              f"ratio {np.median(times) / limit:.1f}; raised {raised} of {len(found)}, "
              f"with an equation {proven}")  # fmt: skip


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(arguments[0] if arguments else 200_000, arguments[1:] or [100, 300])
