"""Choosing complementary cells: for every primary cell and side one cheapest flow.

A flow is a change of the table that keeps all relations, moves the primary cell by what it needs,
and is paid per unit on cells that would have to be hidden. The cells it uses become hidden, so the
flow stays possible: it is the witness that the cell is protected. A witness that happens to move
another primary far enough serves that one too. For counts a witness is whole numbers, because an
attacker knows that counts are. Source of the idea: Kelly, Golden and Assad (1992), Fischetti and
Salazar (2001), of which this is the simplest, heuristic form.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.errors import ProtectionError
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_TOLERANCE = 1e-7
_SECONDS_PER_PROGRAM = 60.0


@dataclass(frozen=True)
class Pattern:
    """Which cells are hidden; ``secondary`` ones are not primary, ``failed`` not protectable."""

    suppressed: Flags
    secondary: Flags
    failed: Flags
    witnesses: tuple[Floats, ...]


def suppress(problem: SuppressionProblem) -> Pattern:
    """A pattern in which every primary cell has its protection; deterministic.

    Raises:
        ProtectionError: some cell cannot be protected by hiding others, even all of them.
    """
    pattern = try_suppress(problem)
    if pattern.failed.any():
        raise ProtectionError(f"{int(pattern.failed.sum())} cells cannot be protected by hiding.")
    return pattern


def try_suppress(problem: SuppressionProblem) -> Pattern:
    """As ``suppress``, but tells the cells that cannot be protected instead of raising."""
    hidden = problem.primary.copy()
    failed = np.zeros(hidden.size, dtype=np.bool_)
    witnesses: list[Floats] = []
    need = problem.lower_protection + problem.upper_protection
    for cell in sorted(np.flatnonzero(problem.primary), key=lambda place: (-need[place], place)):
        for side, amount in (
            (1.0, problem.upper_protection[cell]),
            (-1.0, problem.lower_protection[cell]),
        ):
            if amount <= _TOLERANCE or _is_served(witnesses, int(cell), side * amount):
                continue
            flow = _cheapest_flow(problem, hidden, int(cell), side * float(amount))
            if flow is None:
                failed[cell] = True
                continue
            witnesses.append(flow)
            hidden |= np.abs(flow) > _TOLERANCE
    return Pattern(hidden, hidden & ~problem.primary, failed, tuple(witnesses))


def _is_served(witnesses: list[Floats], cell: int, wanted: float) -> bool:
    """Whether a witness found before moves the cell at least as far to the same side."""
    return any(np.sign(wanted) * flow[cell] >= abs(wanted) - _TOLERANCE for flow in witnesses)


def _cheapest_flow(
    problem: SuppressionProblem, hidden: Flags, cell: int, wanted: float
) -> Floats | None:
    """The cheapest change that moves ``cell`` by ``wanted``, or null when there is none."""
    flow = _solve(problem, hidden, (cell, wanted), whole=False)
    if flow is None or not problem.integral:
        return flow
    wanted = float(np.sign(wanted) * np.ceil(abs(wanted) - _TOLERANCE))
    rounded = np.round(flow)
    exact = np.abs(problem.relations @ rounded).max(initial=0.0) == 0
    if exact and np.abs(rounded - flow).max() < 1e-6 and abs(rounded[cell]) >= abs(wanted):
        return rounded
    return _solve(problem, hidden, (cell, wanted), whole=True)


def _solve(
    problem: SuppressionProblem, hidden: Flags, target: tuple[int, float], *, whole: bool
) -> Floats | None:
    """One linear (or whole-number) program in the increases and decreases of every cell."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    cell, wanted = target
    count = problem.values.size
    up = problem.upper_bounds - problem.values
    down = problem.values - problem.lower_bounds
    free = np.isfinite(problem.costs) | hidden
    up, down = np.where(free, up, 0.0), np.where(free, down, 0.0)
    price = np.where(hidden, 1e-6, np.where(np.isfinite(problem.costs), problem.costs, 0.0))
    low = np.zeros(2 * count)
    high = np.concatenate([up, down])
    low[cell], high[cell] = max(wanted, 0.0), max(wanted, 0.0)
    low[count + cell], high[count + cell] = max(-wanted, 0.0), max(-wanted, 0.0)
    if max(wanted, 0.0) > up[cell] + _TOLERANCE or max(-wanted, 0.0) > down[cell] + _TOLERANCE:
        return None
    balance = hstack([problem.relations, -problem.relations], format="csr")
    solved = milp(
        np.concatenate([price, price]),
        constraints=LinearConstraint(balance, 0.0, 0.0),
        bounds=Bounds(low, high),
        integrality=np.full(2 * count, int(whole)),
        options={"time_limit": _SECONDS_PER_PROGRAM},
    )
    if solved.x is None:
        return None
    flow = np.asarray(solved.x[:count] - solved.x[count:], dtype=np.float64)
    return np.round(flow) if whole else flow
