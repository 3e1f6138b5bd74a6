"""Perfect and quasi-perfect separation: regressors that tell some responses for certain.

Then no finite coefficients exist, and a model shows the response of everybody in a group. Whether
there is a direction along which the likelihood rises for ever is a linear program. Sources: Albert
and Anderson, Biometrika 71 (1984) for logit and probit; Konis (2007), thesis, Oxford, chapter 4,
for the linear program; Correia, Guimaraes and Zylkin (2019), arXiv 1903.01633, for Poisson.
"""

import numpy as np
import numpy.typing as npt

from disclosure_control.models.algebra import Floats, dependent, scales, triangle

ROUNDS = 100
STARTING_ROWS = 2_000
_MET = 1e-6
_ZERO = 1e-9
_UNIT = 0.5
"""A true direction can be lengthened to the box [-1, 1]; a rounding error cannot."""


def is_separated(matrix: Floats, response: Floats, family: str) -> bool:
    """Whether some responses are certain; also true when that could not be worked out.

    Args:
        matrix: the design, one row per distinct combination of regressors and response.
        response: 0 or 1, or counts for ``poisson``.
        family: ``logit``, ``probit`` or ``poisson``.
    """
    rows = _orthogonal(matrix)
    if family != "poisson":
        return _has_direction(rows * np.where(response > 0, 1.0, -1.0)[:, None])
    free = _null_space(rows[response > 0])
    if free.shape[1] == 0:
        return False
    return _has_direction(-rows[response == 0] @ free)


def _orthogonal(matrix: Floats) -> Floats:
    """Columns with the same span that are orthogonal: nearly dependent ones look like separation.

    Their root mean square is 1.
    """
    from scipy.linalg import solve_triangular

    scaled, ones = matrix / scales(matrix), np.ones(len(matrix))
    gone = set(dependent(triangle(scaled, ones)))
    kept = scaled[:, [place for place in range(matrix.shape[1]) if place not in gone]]
    solved = solve_triangular(triangle(kept, ones), kept.T, trans="T") if kept.shape[1] else kept.T
    return np.asarray(solved.T * np.sqrt(len(matrix)), dtype=np.float64)


def _null_space(rows: Floats) -> Floats:
    """An orthonormal basis of the directions in which all ``rows`` are zero."""
    _, values, directions = np.linalg.svd(triangle(rows, np.ones(len(rows))))
    return np.asarray(directions[values <= _ZERO * max(values[0], 1.0)].T, dtype=np.float64)


def _has_direction(rows: Floats) -> bool:
    """Whether some b has ``rows`` b >= 0 everywhere and > 0 somewhere.

    The program is solved on some rows; rows that its solution breaks are added until none is left.
    """
    if len(rows) == 0:
        return False
    target = rows.sum(axis=0)
    used = np.unique(np.linspace(0, len(rows) - 1, STARTING_ROWS).astype(np.int64))
    for _ in range(ROUNDS):
        found = _best(rows[used], target)
        if found is None:
            return True
        if np.abs(found).max() < _UNIT or target @ found <= _MET:
            return False
        values = rows @ found
        broken = np.flatnonzero(values < -_MET)
        if len(broken) == 0:
            return True
        worst = broken[np.argsort(values[broken])[:STARTING_ROWS]]
        used = np.union1d(used, worst)
    return True


def _best(rows: Floats, target: Floats) -> npt.NDArray[np.float64] | None:
    """The b in the unit box with ``rows`` b >= 0 that is best for ``target``; null if unsolved."""
    from scipy.optimize import linprog

    solved = linprog(-target, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    return np.asarray(solved.x, dtype=np.float64) if solved.status == 0 else None
