"""Who lies in several finest cells of a table: what hiding must reckon with, without names."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from disclosure_control.contributions import ENTITY, UNIT, Contributions
from disclosure_control.margins import Floats, Grid, Places

Entries = tuple[Places, Places, Floats]
NOBODY_KNOWS = 0
"""The number of entities that are not known; units without a name have it too."""


@dataclass(frozen=True, repr=False)
class Members:
    """Who lies in several finest cells, one entry per member and finest cell, without names.

    Args:
        unit: numbers of the units, from 0.
        unit_cell: the finest cell.
        unit_amount: the absolute contribution there.
        entity: the same of all entities, 0 for those without a name; empty when none is known.
        entity_cell: the finest cell.
        entity_amount: the absolute contribution there.
    """

    unit: Places
    unit_cell: Places
    unit_amount: Floats
    entity: Places
    entity_cell: Places
    entity_amount: Floats

    @property
    def units(self) -> Entries:
        """Number, finest cell and contribution of the units."""
        return self.unit, self.unit_cell, self.unit_amount

    @property
    def entities(self) -> Entries:
        """The same of the entities."""
        return self.entity, self.entity_cell, self.entity_amount

    def __repr__(self) -> str:
        """Counts only."""
        return f"Members({self.unit.size} of units, {self.entity.size} of entities)"


def members_of(found: Contributions, grid: Grid) -> Members:
    """The members of a table from the contributions that it was made of."""
    shared, first = [_numbered(pl.DataFrame(), UNIT, grid, 0)], 0
    for frame in found.shared:
        shared.append(_numbered(frame, UNIT, grid, first))
        first = int(shared[-1][0].max(initial=first - 1)) + 1
    who, cell, amount = (np.concatenate(column) for column in zip(*shared, strict=True))
    every = pl.DataFrame() if found.entities is None else found.entities
    return Members(who, cell, amount, *_numbered(every, ENTITY, grid, 0))


def _numbered(
    frame: pl.DataFrame, who: str, grid: Grid, first: int
) -> tuple[Places, Places, Floats]:
    if frame.is_empty():
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0)
    code = frame[who].rank("dense").cast(pl.Int64).fill_null(NOBODY_KNOWS).to_numpy()
    amount = frame["absolute"].cast(pl.Float64).to_numpy()
    return code + first, grid.fold(grid.places(frame)), np.asarray(amount)
