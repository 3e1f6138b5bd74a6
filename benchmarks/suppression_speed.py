"""Speed of cell suppression and of its audit, against plain ways of doing the same, in one run.

Two peers: one whole-number program of ``scipy.optimize.milp`` per primary cell and side over the
whole table (how a first engine works), timed on some cells and multiplied; and one linear program
per bound and hidden cell for the attack, likewise.

Run: ``python benchmarks/suppression_speed.py``
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from disclosure_control.audit import attacker_bounds, find_unprotected, verify
from disclosure_control.hierarchy import Axis, Hierarchy
from disclosure_control.suppression.construct import Pattern, try_suppress
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations

THRESHOLD = 10
SAMPLE = 12


@dataclass(frozen=True)
class Shape:
    """A table of counts: leaves per axis, records, and how uneven the levels are."""

    leaves: tuple[int, ...]
    records: int
    steepness: float


SHAPES = (
    Shape((40, 6, 5), 5_000_000, 2.2),
    Shape((199, 99), 1_000_000, 1.2),
    Shape((60, 20, 14), 2_000_000, 1.2),
)


def made_up(shape: Shape) -> SuppressionProblem:
    """Counts that follow Zipf's law on each axis; those below the threshold are primary."""
    random = np.random.default_rng(1)
    chances = np.ones(())
    for size in shape.leaves:
        level = np.arange(1, size + 1) ** -shape.steepness
        chances = np.multiply.outer(chances, level / level.sum())
    grid = random.multinomial(shape.records, chances.ravel()).reshape(shape.leaves).astype(float)
    for axis in range(grid.ndim):
        grid = np.concatenate([grid, grid.sum(axis=axis, keepdims=True)], axis=axis)
    axes = tuple(
        Axis.of(f"axis {number}", Hierarchy.flat([f"{number}.{leaf}" for leaf in range(size)]))
        for number, size in enumerate(shape.leaves)
    )
    values = grid.ravel()
    primary = (values > 0) & (values < THRESHOLD)
    return SuppressionProblem(
        values=values,
        costs=values + 1,
        relations=grid_relations(axes),
        primary=primary,
        lower_protection=np.where(primary, values, 0.0),
        upper_protection=np.where(primary, THRESHOLD - values, 0.0),
        lower_bounds=np.zeros(values.size),
        upper_bounds=np.full(values.size, np.inf),
        integral=True,
        axes=axes,
    )


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """The least time of ``repeats`` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def one_by_one(problem: SuppressionProblem) -> float:
    """Seconds for one whole-number program per primary cell and side, from a sample."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    count = problem.values.size
    balance = hstack([problem.relations, -problem.relations], format="csr")
    price = np.tile(np.where(problem.primary, 1e-6, problem.costs), 2)
    cells = np.flatnonzero(problem.primary)
    chosen = cells[:: max(1, cells.size // SAMPLE)][:SAMPLE]

    def lift(cell: int) -> object:
        low, high = np.zeros(2 * count), np.r_[np.full(count, np.inf), problem.values]
        low[cell] = high[cell] = problem.upper_protection[cell]
        high[count + cell] = 0.0
        whole = np.ones(2 * count)
        rows = LinearConstraint(balance, 0.0, 0.0)
        return milp(price, constraints=rows, bounds=Bounds(low, high), integrality=whole)

    return seconds(lambda: [lift(int(cell)) for cell in chosen]) / chosen.size * 2 * cells.size


def bound_by_bound(problem: SuppressionProblem, hidden: np.ndarray) -> float:
    """Seconds for one linear program per bound of every hidden cell, from a sample."""
    from scipy.optimize import linprog

    cells = np.flatnonzero(hidden)
    matrix = problem.relations.tocsc()[:, cells].tocsr()
    matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
    right = matrix @ problem.values[cells]
    chosen = np.arange(0, cells.size, max(1, cells.size // SAMPLE))[:SAMPLE]

    def push(place: int) -> object:
        aim = np.zeros(cells.size)
        aim[place] = 1.0
        return linprog(aim, A_eq=matrix, b_eq=right, method="highs")

    return seconds(lambda: [push(int(place)) for place in chosen]) / chosen.size * 2 * cells.size


def report(name: str, ours: float, peer: float | None = None) -> None:
    """One line: time, and how many times the peer takes."""
    against = "" if peer is None else f"   peer {peer:9.2f} s, {peer / ours:7.0f} times ours"
    print(f"  {name:<34}{ours:9.3f} s{against}")


def main() -> None:
    """Prints all times."""
    for shape in SHAPES:
        problem = made_up(shape)
        patterns: list[Pattern] = []
        build = seconds(lambda problem=problem, to=patterns: to.append(try_suppress(problem)), 3)
        pattern = patterns[-1]
        hidden = pattern.suppressed
        proof = seconds(lambda: verify(problem, hidden, pattern.certificate), 3)  # noqa: B023
        proven, _ = verify(problem, hidden, pattern.certificate)
        print(
            f"{' x '.join(str(size + 1) for size in shape.leaves)} = {hidden.size:,} cells, "
            f"{int(problem.primary.sum()):,} primary, {int(pattern.secondary.sum()):,} secondary, "
            f"{int((problem.primary & ~proven).sum())} unproven"
        )
        small = hidden.size < 5_000
        report("construct", build, one_by_one(problem) if small else None)
        report("verify the certificate", proof)
        report("audit without a certificate", seconds(lambda: find_unprotected(problem, hidden)))  # noqa: B023
        if small:
            taken = seconds(lambda: attacker_bounds(problem, hidden))  # noqa: B023
            report("exact bounds of all hidden cells", taken, bound_by_bound(problem, hidden))


if __name__ == "__main__":
    main()
