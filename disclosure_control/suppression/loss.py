"""What a pattern costs the reader of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from disclosure_control.suppression.costs import COSTS, named_costs
from disclosure_control.suppression.problem import Flags
from disclosure_control.table import Table


@dataclass(frozen=True)
class Loss:
    """What hiding safe cells for the sake of others costs.

    Args:
        secondary: how many cells are hidden that are safe themselves.
        value: the sum of the absolute figures beneath them; in the unit of the table (counts,
            sums; sums of squares of a standard deviation, records of a median).
        share_of_value: that, as a share of the same sum over all cells; 0 when that is 0.
        share_of_cells: secondary cells as a share of all cells that can have contributors.
        by_cost: what the secondary cells cost by each named cost function.
    """

    secondary: int
    value: float = field(repr=False)
    share_of_value: float
    share_of_cells: float
    by_cost: Mapping[str, float] = field(repr=False)

    def __repr__(self) -> str:
        """Counts and shares; the figures are in the fields."""
        return (
            f"Loss({self.secondary} safe cells hidden, {self.share_of_cells:.1%} of the cells, "
            f"{self.share_of_value:.1%} of the value)"
        )


def measure_loss(table: Table, secondary: Flags) -> Loss:
    """The loss of hiding the cells ``secondary`` of a table."""
    size = np.abs(table.additive().to_numpy().astype(np.float64))
    value, whole = float(size[secondary].sum()), float(size.sum())
    number = int(secondary.sum())
    return Loss(
        secondary=number,
        value=value,
        share_of_value=value / whole if whole > 0 else 0.0,
        share_of_cells=number / max(1, int(table.cells["possible"].sum())),
        by_cost={name: float(named_costs(table, name)[secondary].sum()) for name in COSTS},
    )
