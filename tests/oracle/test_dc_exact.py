"""The optimum against brute force: every subset of secondary cells of small tables.

The brute force knows nothing of programs. It lists every whole movement of the inner cells that an
attacker cannot rule out, notes which cells each movement needs hidden and which demands it meets,
and finds the cheapest set of cells that allows a movement for every demand. In the two-way tables
used without whole numbers vertices of the movements are whole, so the same list decides there.
"""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit import find_unprotected, verify
from disclosure_control.errors import ProtectionError
from disclosure_control.suppression import SuppressionProblem
from disclosure_control.suppression.exact import suppress_optimally
from disclosure_control.suppression.problem import GroupDoubt

TABLES, PARTS = 2_000, 8


def sums(shape):
    """One row per cell of a table with totals, one column per inner cell."""
    lines = []
    for labels in product(*(range(size + 1) for size in shape)):
        inner = product(*(range(size) for size in shape))
        lines.append(
            [
                all(a in {b, len_} for a, b, len_ in zip(labels, one, shape, strict=True))
                for one in inner
            ]
        )
    return np.array(lines, dtype=np.float64)


def tree():
    """A total of two branches with three and two leaves."""
    leaves = np.eye(5)
    return np.vstack([leaves, leaves[:3].sum(0), leaves[3:].sum(0), np.ones(5)])


def relations_of(cells):
    """Relations that say no more and no less than that cells are these sums of inner cells."""
    inner = [int(np.flatnonzero((cells == one).all(1))[0]) for one in np.eye(cells.shape[1])]
    rows = []
    for number in sorted(set(range(len(cells))) - set(inner)):
        row = np.zeros(len(cells))
        row[inner] = cells[number]
        row[number] = -1
        rows.append(row)
    return np.array(rows), inner


def random_problem(seed):
    chance = np.random.default_rng(seed)
    kind = int(chance.integers(4))
    cells = [sums((2, 2)), sums((2, 3)), tree(), sums((2, 2, 2))][kind]
    values = cells @ chance.integers(0, 5, cells.shape[1]).astype(float)
    matrix, _ = relations_of(cells)
    need = 2 if kind in {1, 3} else 3
    count = len(cells)
    primary = np.zeros(count, dtype=bool)
    primary[chance.choice(count, int(chance.integers(1, 4)), replace=False)] = True
    up = np.where(primary, chance.integers(0, need + 1, count), 0).astype(float)
    down = np.where(primary, np.minimum(chance.integers(0, need + 1, count), values), 0.0)
    costs = chance.choice([values + 1, np.ones(count), chance.integers(0, 9, count).astype(float)])
    forbidden = chance.random(count) < (0.15 if kind < 3 else 0.0)
    costs = np.where(forbidden & ~primary, np.inf, costs)
    others = np.flatnonzero(~primary & np.isfinite(costs))
    costs[chance.permutation(others)[11:]] = np.inf
    known = kind == 3 or chance.random() < 0.3
    upper = values + chance.integers(1, need + 1, count) if known else np.full(count, np.inf)
    integral = bool(kind == 3 or chance.random() < 0.5)
    return cells, SuppressionProblem(
        values=values, costs=costs, relations=csr_matrix(matrix), primary=primary,
        lower_protection=down, upper_protection=up, lower_bounds=np.zeros(count),
        upper_bounds=upper, integral=integral,
        doubts=random_doubts(chance, primary) if known and integral and kind < 3 else (),
    )  # fmt: skip


def random_doubts(chance, primary):
    """Doubts about some primary cells and any other cell as the group; the shares are tenths."""
    pairs = [(int(cell), int(chance.integers(primary.size))) for cell in np.flatnonzero(primary)]
    share = float(chance.choice([0.5, 0.8, 0.9]))
    return tuple(GroupDoubt(*pair, share) for pair in pairs if pair[0] != pair[1])


def movements(cells, problem):
    """Every whole movement of the table that an attacker cannot rule out."""
    _, inner = relations_of(cells)
    most = max(problem.upper_protection.max(), problem.lower_protection.max())
    low, high = (
        np.minimum(problem.values, most),
        np.minimum(problem.upper_bounds - problem.values, most),
    )
    if problem.doubts:
        low, high = problem.values, problem.upper_bounds - problem.values
    reach = [np.arange(-low[one], high[one] + 1) for one in inner]
    moved = (
        np.stack([axis.ravel() for axis in np.meshgrid(*reach, indexing="ij")], axis=1) @ cells.T
    )
    table = problem.values + moved
    fits = ((table >= problem.lower_bounds) & (table <= problem.upper_bounds)).all(1)
    shown = ~problem.primary & ~np.isfinite(problem.costs)
    return moved[fits & (moved[:, shown] == 0).all(1)]


def demands(problem, moved):
    """For every demand which movements meet it."""
    for cell in np.flatnonzero(problem.primary):
        yield moved[:, cell] >= problem.upper_protection[cell]
        yield -moved[:, cell] >= problem.lower_protection[cell]
    for doubt in problem.doubts:
        table = problem.values + moved
        yield 10 * table[:, doubt.cell] < round(10 * doubt.share) * table[:, doubt.group]


def cheapest(cells, problem):
    """What the cheapest pattern costs; infinite when none protects."""
    moved = movements(cells, problem)
    free = np.flatnonzero(~problem.primary & np.isfinite(problem.costs))
    needs = (moved[:, free] != 0) @ (1 << np.arange(free.size))
    possible = np.ones(1 << free.size, dtype=bool)
    for met in demands(problem, moved):
        allowed = np.zeros(1 << free.size, dtype=bool)
        allowed[needs[met]] = True
        for bit in range(free.size):
            halves = allowed.reshape(-1, 2, 1 << bit)
            halves[:, 1] |= halves[:, 0]
        possible &= allowed
    if not possible.any():
        return np.inf
    members = (np.flatnonzero(possible)[:, None] >> np.arange(free.size)) & 1
    return float((members @ problem.costs[free]).min())


@pytest.mark.parametrize("part", range(PARTS))
def test_the_optimum_is_what_trying_every_set_of_cells_finds(part):
    answers = set()
    for seed in range(part, TABLES, PARTS):
        cells, problem = random_problem(seed)
        best = cheapest(cells, problem)
        answers.add(best)
        if np.isinf(best):
            with pytest.raises(ProtectionError):
                suppress_optimally(problem)
            continue
        found = suppress_optimally(problem)
        assert found.proven, seed
        assert found.value == pytest.approx(best, abs=1e-6), seed
        assert found.bound == pytest.approx(best, abs=1e-5), seed
        secondary = found.suppressed & ~problem.primary
        assert problem.costs[secondary].sum() == pytest.approx(found.value)
        weak, certain = find_unprotected(problem, found.suppressed)
        assert not weak.any(), seed
        assert not certain.any(), seed
        proven, doubted = verify(problem, found.suppressed, found.pattern.certificate)
        assert proven[problem.primary].all(), seed
        assert doubted.all(), seed
    assert len(answers) > 10
