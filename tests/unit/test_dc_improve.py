"""The improvement of patterns on small tables: taking a draft apart, putting it back, optima."""

from itertools import combinations

import numpy as np

from disclosure_control.audit import find_unprotected
from disclosure_control.hierarchy import Axis
from disclosure_control.suppression import improve as search_module
from disclosure_control.suppression.construct import as_pattern, drafted
from disclosure_control.suppression.demands import find_demands
from disclosure_control.suppression.draft import UNSERVED
from disclosure_control.suppression.improve import Effort, improve
from disclosure_control.suppression.problem import SuppressionProblem, grid_relations
from disclosure_control.suppression.rework import Rework
from disclosure_control.suppression.routes import Routes, Steer

ROWS = Axis("r", ("a", "b", "c", "Total"), (3, 3, 3, -1))
COLUMNS = Axis("k", ("p", "q", "r", "Total"), (3, 3, 3, -1))


def problem_of(seed, share=0.2):
    """A square of nine amounts with its sums; some leaves are primary."""
    chance = np.random.default_rng(seed)
    leaves = chance.integers(1, 40, (3, 3)).astype(np.float64)
    values = np.pad(leaves, (0, 1))
    values[3, :3], values[:3, 3], values[3, 3] = leaves.sum(0), leaves.sum(1), leaves.sum()
    values = values.ravel()
    primary = np.zeros((4, 4), dtype=np.bool_)
    primary[:3, :3] = chance.random((3, 3)) < share
    primary[0, 0] = True
    primary = primary.ravel()
    need = np.where(primary, np.ceil(values * 0.4), 0.0)
    return SuppressionProblem(
        values=values,
        costs=values.copy(),
        relations=grid_relations((ROWS, COLUMNS)),
        primary=primary,
        lower_protection=need,
        upper_protection=need,
        lower_bounds=np.zeros(16),
        upper_bounds=np.full(16, np.inf),
    )


def first(problem):
    return drafted(problem, find_demands(problem))


def cheapest(problem, most):
    """The least cost of any pattern that protects, if below ``most``: every pattern is tried."""
    others = np.flatnonzero(~problem.primary)
    best = most
    for size in range(others.size + 1):
        for chosen in combinations(others.tolist(), size):
            cost = problem.costs[list(chosen)].sum()
            if cost < best:
                hidden = problem.primary.copy()
                hidden[list(chosen)] = True
                if not find_unprotected(problem, hidden)[0].any():
                    best = cost
    return best


def test_the_cheapest_of_all_patterns_of_a_small_square_is_nearly_always_found():
    problems = [problem_of(seed) for seed in range(12)]
    before = np.array([first(problem).loss() for problem in problems])
    found = np.array([improve(first(one), Effort(work=10_000)).loss() for one in problems])
    least = np.array([cheapest(*pair) for pair in zip(problems, found + 1e-6, strict=True)])
    assert (found >= least - 1e-5).all()
    assert (found <= 1.02 * least).all()
    assert (found <= least + 1e-5).sum() >= 11
    assert found.sum() < before.sum()


def test_a_draft_that_was_taken_apart_and_changed_is_put_back_as_it_was():
    draft = Rework.of(first(problem_of(3)))
    mark, loss = draft.mark(), draft.loss()
    prices, inside = draft.terrain.price.copy(), draft.inside.price.copy()
    cells = np.flatnonzero(draft.hidden).tolist()
    users = [draft.users(cell) for cell in cells]
    draft.release(list(range(draft.row.size)))
    assert draft.loss() == 0
    assert draft.missing() == draft.row.size
    assert (draft.hidden == draft.problem.primary).all()
    nothing = np.zeros(draft.hidden.size, dtype=np.bool_)
    change = Routes(draft).cheapest(0, Steer(np.ones(nothing.size), 1.0, nothing, np.inf, 2))
    draft.serve(draft.add(change))
    draft.undo(mark)
    assert draft.loss() == loss
    assert (draft.row == mark.row).all()
    assert (draft.hidden == mark.hidden).all()
    assert (draft.terrain.price == prices).all()
    assert (draft.inside.price == inside).all()
    assert [draft.users(cell) for cell in cells] == users
    assert len(draft.witnesses) == mark.witnesses


def test_banned_cells_and_cells_above_the_budget_are_not_used():
    draft = Rework.of(first(problem_of(5)))
    draft.release(list(range(draft.row.size)))
    routes, size = Routes(draft), draft.hidden.size
    free = Steer(np.ones(size), 1.0, np.zeros(size, dtype=np.bool_), np.inf, 2)
    used = routes.cheapest(0, free).cells
    secondary = used[~draft.problem.primary[used]]
    assert secondary.size
    for cell in secondary.tolist():
        banned = np.zeros(size, dtype=np.bool_)
        banned[cell] = True
        other = routes.cheapest(0, Steer(np.ones(size), 1.0, banned, np.inf, 2))
        assert other is None or cell not in other.cells
    least = Steer(np.ones(size), 1.0, np.zeros(size, dtype=np.bool_), 0.0, 2)
    assert routes.cheapest(0, least) is None


def test_demands_that_cannot_be_met_stay_unmet_and_the_others_are_improved():
    problem = problem_of(7, share=0.0)
    cell = int(np.flatnonzero(problem.primary)[0])
    problem.lower_protection[cell] = problem.values[cell] + 1
    draft = first(problem)
    assert draft.missing() == 1
    better = improve(draft, Effort(work=3_000))
    assert better.missing() == 1
    assert (better.row != UNSERVED).sum() == 1
    assert as_pattern(better).failed.sum() == 1


def test_no_work_and_no_time_leave_a_pattern_as_it_was():
    for effort in (Effort(work=0), Effort(seconds=0.0)):
        draft = first(problem_of(9))
        hidden = draft.hidden.copy()
        assert (improve(draft, effort).hidden == hidden).all()


def test_worse_patterns_on_the_way_are_not_returned(monkeypatch):
    monkeypatch.setattr(search_module, "_TOLERATED", 0.5)
    for seed in range(12):
        problem = problem_of(seed)
        losses = [first(problem).loss()]
        losses += [improve(first(problem), Effort(work=work)).loss() for work in (300, 900, 2_000)]
        assert losses == sorted(losses, reverse=True)
