"""What the independent audit says of anybody's pattern."""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from disclosure_control.audit import find_unprotected
from disclosure_control.suppression.problem import Flags, SuppressionProblem

_TRIFLE = 1e-3


@dataclass(frozen=True)
class Judged:
    """How many primary cells an attacker knows exactly, or too closely; seconds of the audit."""

    exact: int
    under: int
    seconds: float

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def judge(problem: SuppressionProblem, hidden: Flags) -> Judged:
    """Audits a pattern without its certificate.

    Only primary cells that miss their requirement are asked once more, for any doubt at all.
    """
    start = time.perf_counter()
    weak, _ = find_unprotected(problem, hidden)
    seconds = time.perf_counter() - start
    return Judged(int(_known(problem, hidden, weak).sum()), int(weak.sum()), seconds)


def _known(problem: SuppressionProblem, hidden: Flags, weak: Flags) -> Flags:
    """Which of these cells can move neither up nor down, not even a little."""
    known = weak.copy()
    size = np.maximum(problem.lower_protection, problem.upper_protection)
    least = np.where(weak, 1.0 if problem.integral else size * _TRIFLE, 0.0)
    none = np.zeros(least.size)
    for lower, upper in ((least, none), (none, least)):
        if known.any():
            asked = replace(
                problem, primary=weak, lower_protection=lower, upper_protection=upper, doubts=()
            )
            known &= find_unprotected(asked, hidden)[0]
    return known
