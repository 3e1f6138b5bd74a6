"""The proof that a pattern of a sparse table protects: for every small cell two other tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, repr=False)
class SparseCertificate:
    """Changes of leaves that no attacker can rule out. One entry per small cell and side.

    Args:
        changes: ``scipy.sparse`` matrix of whole numbers, one row per change, one column per leaf.
        cell: for each entry the place of the small cell.
        side: 1 it rises to the threshold, -1 it falls to nobody.
        row: which row of ``changes`` shows that.
    """

    changes: Any
    cell: npt.NDArray[np.int64]
    side: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]

    def __repr__(self) -> str:
        """Sizes only."""
        return f"SparseCertificate({self.changes.shape[0]} changes, {self.cell.size} entries)"
