"""Whether an attacker is left in doubt that nearly all of a group lies in one cell."""

from collections.abc import Iterator

import numpy as np

from disclosure_control.audit.blocks import among
from disclosure_control.audit.program import Program
from disclosure_control.audit.shifts import Shifts
from disclosure_control.audit.unknowns import Unknowns
from disclosure_control.suppression.problem import (
    Flags,
    Floats,
    GroupDoubt,
    Places,
    SuppressionProblem,
)

_ROUNDING = 1e-6
_STRICT = 1e-12
_SMALL = 1_000


def hold_already(problem: SuppressionProblem, suppressed: Flags) -> Flags:
    """Doubts that the true table itself raises."""
    held = np.zeros(len(problem.doubts), dtype=np.bool_)
    for place, one in enumerate(problem.doubts):
        limit = one.share * problem.values[one.group]
        below = problem.values[one.cell] < limit - _STRICT * max(1.0, abs(limit))
        held[place] = bool(suppressed[one.cell] and below)
    return held


def is_raised(problem: SuppressionProblem, unknowns: Unknowns, doubt: GroupDoubt) -> bool:
    """Whether some table that fits leaves the cell below its share of the group."""
    weights = np.zeros(unknowns.size)
    for cell, weight in ((doubt.cell, -1.0), (doubt.group, doubt.share)):
        if unknowns.number[cell] >= 0:
            weights[unknowns.number[cell]] += weight * unknowns.sign[cell]
    near = np.isin(unknowns.label, unknowns.label[weights != 0])
    part = np.flatnonzero(near).astype(np.int64)
    weights = weights[part]
    limit = doubt.share * problem.values[doubt.group]
    excess = float(problem.values[doubt.cell] - limit + _STRICT * max(1.0, abs(limit)))
    size = float(np.abs(problem.values).max(initial=0.0)) + 1.0
    return bool(weights.any()) and _falls(unknowns, part, weights, (excess, size))


def _falls(unknowns: Unknowns, part: Places, weights: Floats, amounts: tuple[float, float]) -> bool:
    """Whether a table has weighted movements of at least the excess."""
    excess, size = amounts
    unit = 1.0 if unknowns.integral or excess <= 0 else excess
    low, high = unknowns.low[part] / unit, unknowns.high[part] / unit
    matrix = among(unknowns.matrix.tocsc(), part)
    shifts = Shifts(matrix)
    fixed = np.flatnonzero(weights)
    program = Program(matrix, np.maximum(low, -2 * size / unit), np.minimum(high, 2 * size / unit),
                      warm=False)  # fmt: skip
    for aim in _aims(program, weights, excess / unit, integral=unknowns.integral):
        inside = bool(((aim >= low) & (aim <= high))[fixed].all())
        if inside and weights @ aim >= excess / unit:
            least, most = low.copy(), high.copy()
            least[fixed] = most[fixed] = aim[fixed]
            found = shifts.find(least, most)
            if found is not None and unknowns.integral:
                found = shifts.whole(found, exhaustive=True)
            if found is not None and weights @ found >= excess / unit:
                return True
    return False


def _aims(program: Program, weights: Floats, needed: float, *, integral: bool) -> Iterator[Floats]:
    """Movements worth trying: one unknown alone; the furthest there is, then whole."""
    alone = np.zeros(weights.size)
    place = int(np.argmax(np.abs(weights)))
    step = needed / abs(weights[place])
    alone[place] = np.sign(weights[place]) * (np.ceil(step) if integral else step * (1 + _ROUNDING))
    yield alone
    found = program.best(weights)
    if found is not None:
        yield np.where(weights > 0, np.floor(found), np.ceil(found)) if integral else found
    if found is not None and integral and weights.size <= _SMALL:
        found = program.best_whole(weights)
        if found is not None:
            yield np.rint(found)
