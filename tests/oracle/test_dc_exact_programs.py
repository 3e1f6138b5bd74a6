"""The optimum against every set of cells, each judged by scipy's linear programs.

For tables of amounts whose movements need not be whole: three-way and linked relations, needs that
are fractions, negative values, known bounds.
"""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from disclosure_control.errors import ProtectionError
from disclosure_control.suppression import SuppressionProblem
from disclosure_control.suppression.exact import lower_bound, suppress_optimally

PARTS, EACH = 4, 20
FREE = 10


def random_relations(chance):
    """Relations in which a cell is the sum of others, now and then with cells in common."""
    if chance.random() < 0.3:
        inner = np.eye(8)
        cube = inner.reshape(2, 2, 2, 8)
        sums = [cube.sum(axis).reshape(4, 8) for axis in range(3)]
        return np.hstack([np.vstack(sums), -np.eye(12)])
    rows = np.zeros((int(chance.integers(3, 6)), 12))
    for number, row in enumerate(rows):
        row[chance.choice(8, int(chance.integers(2, 5)), replace=False)] = 1
        row[8 + number % 4] = -1
    return rows


def random_problem(seed):
    chance = np.random.default_rng(seed)
    matrix = random_relations(chance)
    count = matrix.shape[1]
    lowest = 0 if chance.random() < 0.7 else -4
    values = np.round(chance.uniform(lowest, 6, count), 1)
    known = [int(np.flatnonzero(row == -1)[0]) for row in matrix]
    if len(set(known)) == len(known):
        values[known] = [row @ values + values[at] for row, at in zip(matrix, known, strict=True)]
    else:
        values[:] = 0.0
        values[:8] = 1.0
        values = values if not (matrix @ values).any() else np.zeros(count)
    primary = np.zeros(count, dtype=bool)
    primary[chance.choice(count, 2, replace=False)] = True
    up = np.where(primary, chance.uniform(0.1, 4, count), 0.0)
    down = np.where(primary, chance.uniform(0, 2, count), 0.0)
    low = np.where(lowest < 0, -np.inf, np.minimum(0.0, values)) + np.zeros(count)
    down = np.minimum(down, values - low)
    high = (
        values + chance.uniform(0.5, 5, count) if chance.random() < 0.5 else np.full(count, np.inf)
    )
    costs = np.round(chance.uniform(0, 9, count), 1)
    chosen = chance.permutation(np.flatnonzero(~primary))
    costs[chosen[FREE:]] = np.inf
    return SuppressionProblem(
        values=values, costs=costs, relations=csr_matrix(matrix), primary=primary,
        lower_protection=down, upper_protection=up, lower_bounds=low, upper_bounds=high,
    )  # fmt: skip


def protects(problem, hidden):
    """Whether programs over the table itself, not over movements, leave every interval wide."""
    low = np.where(hidden, problem.lower_bounds, problem.values)
    high = np.where(hidden, problem.upper_bounds, problem.values)
    for cell in np.flatnonzero(problem.primary):
        for sign, need in (
            (1, problem.upper_protection[cell]),
            (-1, problem.lower_protection[cell]),
        ):
            price = np.zeros(problem.values.size)
            price[cell] = -sign
            right = np.zeros(problem.relations.shape[0])
            found = linprog(
                price, A_eq=problem.relations, b_eq=right, bounds=np.stack([low, high], axis=1)
            )
            if found.status == 3:
                continue
            if found.status != 0 or -found.fun - sign * problem.values[cell] < need - 1e-7:
                return False
    return True


def cheapest(problem):
    """What the cheapest pattern costs: sets of cells by rising cost, the first that protects."""
    free = np.flatnonzero(~problem.primary & np.isfinite(problem.costs))
    members = ((np.arange(1 << free.size)[:, None] >> np.arange(free.size)) & 1).astype(bool)
    costs = members @ problem.costs[free]
    everything = problem.primary.copy()
    everything[free] = True
    if not protects(problem, everything):
        return np.inf
    for number in np.argsort(costs, kind="stable"):
        hidden = problem.primary.copy()
        hidden[free[members[number]]] = True
        if protects(problem, hidden):
            return float(costs[number])
    return np.inf


@pytest.mark.parametrize("part", range(PARTS))
def test_the_optimum_is_the_cheapest_set_that_linear_programs_accept(part):
    costs = set()
    for seed in range(part * EACH, (part + 1) * EACH):
        problem = random_problem(seed)
        best = cheapest(problem)
        costs.add(best)
        if np.isinf(best):
            with pytest.raises(ProtectionError):
                suppress_optimally(problem)
            continue
        found = suppress_optimally(problem)
        assert found.proven, seed
        assert found.value == pytest.approx(best), seed
        assert lower_bound(problem, 5.0) <= best + 1e-5, seed
    assert len(costs) > 5
