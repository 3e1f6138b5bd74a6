"""A suppression problem: cells, relations, what must be protected, what an attacker knows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from disclosure_control.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SuppressionProblem:
    """All arrays have one entry per cell; each row of ``relations`` sums to zero over the cells.

    Args:
        values: the true values.
        costs: what hiding a cell costs; infinite forbids it.
        relations: ``scipy.sparse`` matrix of -1, 0 and 1.
        primary: cells that must be protected.
        lower_protection: by how much an attacker's lower bound must lie below the value.
        upper_protection: and the upper bound above it.
        lower_bounds: what an attacker knows beforehand about each cell, at least.
        upper_bounds: and at most (infinite when nothing).
        integral: whether everybody knows that the values are whole numbers.
    """

    values: Floats
    costs: Floats
    relations: Any
    primary: Flags
    lower_protection: Floats
    upper_protection: Floats
    lower_bounds: Floats
    upper_bounds: Floats
    integral: bool = False

    def __post_init__(self) -> None:
        """Refuses arrays that do not fit together."""
        count = self.values.size
        for name in ("costs", "primary", "lower_protection", "upper_protection", "lower_bounds",
                     "upper_bounds"):  # fmt: skip
            if getattr(self, name).shape != (count,):
                raise InvalidInputError(f"{name} has one entry per cell")
        if self.relations.shape[1] != count:
            raise InvalidInputError("relations have one column per cell")
        if not np.isfinite(self.values).all():
            raise InvalidInputError("values are finite")
        slack = np.abs(self.relations @ self.values)
        if slack.size and slack.max() > 1e-6 * max(1.0, np.abs(self.values).max()):
            raise InvalidInputError("every relation sums to zero over the values")
