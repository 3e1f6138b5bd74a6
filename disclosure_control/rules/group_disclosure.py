"""Nearly all members of a group share a category, so belonging to the group tells it.

A group is a slice of the table along one dimension, or below one node of its tree. Categories
absent from the data count when the schema names them; impossible ones do not. Source: DwB / ESSnet
guidelines, rule of thumb 3 (no category with 90 % of a group).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.policy import Policy
from disclosure_control.rules.rule import findings
from disclosure_control.table import Table
from disclosure_control.verdict import Finding

_REMEDY = "hide the cell with others of its group, or join categories"


@dataclass(frozen=True)
class Concentration:
    """A cell that holds nearly all of a group.

    ``cell`` and ``group`` are places in the table, ``along`` the dimension, ``whole`` whether it
    is all of the group.
    """

    cell: int
    group: int
    along: str
    whole: bool


def group_disclosure(table: Table, policy: Policy) -> list[Finding]:
    """Cells that hold at least ``policy.maximum_group_share`` of a group."""
    share = policy.maximum_group_share
    if share is None:
        return []
    found: list[Finding] = []
    every = concentrations(table, policy)
    for axis in table.axes:
        for whole in (True, False):
            places = [item.cell for item in every if (item.along, item.whole) == (axis.name, whole)]
            flags = np.zeros(table.cells.height, dtype=np.bool_)
            flags[places] = True
            reason = (
                f"100 % of the group is in this category of {axis.name}, the others have 0 %"
                if whole
                else f"at least {share:.0%} of the group is in this category of {axis.name}"
            )
            found += findings(table, pl.Series(flags), ("group_disclosure", reason, _REMEDY))
    return found


def concentrations(table: Table, policy: Policy) -> list[Concentration]:
    """Every cell that holds at least the policy's share of a group with another possibility."""
    share = policy.maximum_group_share
    if share is None or table.statistic != "count":
        return []
    shape = table.grid.shape
    number = np.arange(table.cells.height).reshape(shape)
    possible = table.cells["possible"].to_numpy().reshape(shape)
    found: list[Concentration] = []
    for position, axis in enumerate(table.axes):
        places = np.moveaxis(number, position, 0)
        open_cells = np.moveaxis(possible, position, 0)
        for node, below in enumerate(axis.children):
            if len(below) < 2:
                continue
            choices = open_cells[list(below)].sum(axis=0)
            for child in below:
                held = _held(table, places[child], places[node], share) & (choices > 1)
                found += _listed(table, places[child][held], places[node][held], axis.name)
    return found


def _held(
    table: Table, cells: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], share: float
) -> npt.NDArray[np.bool_]:
    """Whether the cells hold the share of their groups, in records or in weights."""
    held = np.zeros(cells.shape, dtype=np.bool_)
    for name in ("records", "sum"):
        values = table.cells[name].to_numpy().astype(np.float64)
        part, whole = values[cells], values[groups]
        held |= (whole > 0) & (part >= share * whole - 1e-9 * np.abs(whole))
    return held


def _listed(
    table: Table, cells: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], along: str
) -> list[Concentration]:
    records = table.cells["records"].to_numpy()
    return [
        Concentration(int(cell), int(group), along, bool(records[cell] == records[group]))
        for cell, group in zip(cells.ravel(), groups.ravel(), strict=True)
    ]
