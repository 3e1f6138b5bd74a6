"""A growing Cholesky factor, stored as blocks of rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.cells import Floats

_ROWS = 512


@dataclass(frozen=True, eq=False)
class Factor:
    """A lower triangle whose rows only grow in number; appending shares all older blocks.

    ``blocks``: each holds some rows, from the first column up to its own last row's diagonal.
    """

    blocks: tuple[Floats, ...] = ()

    @property
    def rank(self) -> int:
        """How many rows."""
        return int(self.blocks[-1].shape[1]) if self.blocks else 0

    @classmethod
    def of(cls, parts: Sequence[Floats]) -> "Factor":
        """The factor of blocks in their order; small ones are joined so that there are few."""
        blocks: list[Floats] = []
        waiting: list[Floats] = []
        for part in parts:
            waiting += [part] if part.shape[0] else []
            if sum(block.shape[0] for block in waiting) >= _ROWS:
                blocks.append(_stacked(waiting))
                waiting = []
        return cls(tuple(blocks + ([_stacked(waiting)] if waiting else [])))

    def solve(self, right: Floats) -> Floats:
        """``inverse(L) @ right``."""
        from scipy.linalg import solve_triangular

        found = np.empty_like(right)
        start = 0
        for block in self.blocks:
            stop = block.shape[1]
            rest = right[start:stop] - block[:, :start] @ found[:start]
            found[start:stop] = solve_triangular(
                block[:, start:], rest, lower=True, check_finite=False
            )
            start = stop
        return found

    def solve_transposed(self, right: Floats) -> Floats:
        """``inverse(L transposed) @ right``."""
        from scipy.linalg import solve_triangular

        found = right.copy()
        for block in reversed(self.blocks):
            stop = block.shape[1]
            start = stop - block.shape[0]
            found[start:stop] = solve_triangular(
                block[:, start:], found[start:stop], lower=True, trans="T", check_finite=False
            )
            found[:start] -= block[:, :start].T @ found[start:stop]
        return found


def _stacked(blocks: list[Floats]) -> Floats:
    if len(blocks) == 1:
        return blocks[0]
    whole = np.zeros((sum(block.shape[0] for block in blocks), blocks[-1].shape[1]))
    row = 0
    for block in blocks:
        whole[row : row + block.shape[0], : block.shape[1]] = block
        row += block.shape[0]
    return whole
