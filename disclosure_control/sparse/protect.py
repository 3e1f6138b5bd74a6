"""Protecting a huge sparse table of counts: from records to shown cells and a proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.frames import plain
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.sparse.cells import Flags, SparseTable, cell_labels, read_table
from disclosure_control.sparse.construct import Costs, Effort, SparsePattern, construct
from disclosure_control.sparse.demands import Demands, find_demands
from disclosure_control.sparse.proof import SparseCertificate
from disclosure_control.sparse.verify import subtract_sparse, verify_sparse

COSTS = ("value", "count", "sqrt")
_NAMED = 12


@dataclass(frozen=True, repr=False)
class SparseProtected:
    """A sparse table with hidden cells.

    Args:
        table: its non-empty cells; all others are shown as 0.
        hidden: which of them are hidden.
        primary: which of them are small.
        minimum_units: below how many a cell is small.
        certificate: the proof that small cells are protected.
    """

    table: SparseTable
    hidden: Flags
    primary: Flags
    minimum_units: int
    certificate: SparseCertificate

    @property
    def cells(self) -> pl.DataFrame:
        """One row per non-empty cell: labels, value (null when hidden), status.

        Status is shown, primary or secondary. Cells without a row are empty and known to be.
        """
        status = np.where(~self.hidden, "shown", np.where(self.primary, "primary", "secondary"))
        value = pl.Series(self.table.values).set(pl.Series(self.hidden), None)
        labels = cell_labels(self.table, np.arange(self.table.keys.size))
        return labels.with_columns(value.alias("value"), pl.Series("status", status))

    def __repr__(self) -> str:
        """Counts only."""
        shown, secondary = (~self.hidden).sum(), (self.hidden & ~self.primary).sum()
        return (
            f"SparseProtected({shown} shown, {self.primary.sum()} primary, {secondary} secondary)"
        )


@dataclass(frozen=True)
class SparseRequest:
    """How a sparse table is protected.

    Args:
        minimum_units: a shown cell that is not empty has at least so many records.
        cost: what hiding a cell costs: value, count or sqrt.
        effort: how much work to spend.
    """

    minimum_units: int = 3
    cost: str = "value"
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        """Refuses thresholds and costs that are none."""
        if type(self.minimum_units) is not int or self.minimum_units < 1:
            raise InvalidInputError("minimum_units is a whole number of at least 1.")
        if self.cost not in COSTS:
            raise InvalidInputError(f"A cost is one of {', '.join(COSTS)}.")


def protect_sparse(
    frame: Any,
    dimensions: Sequence[str],
    hierarchies: Mapping[str, Hierarchy] | None = None,
    records: str | None = None,
    request: SparseRequest | None = None,
) -> SparseProtected:
    """The table of counts of ``dimensions`` with small cells hidden and protected.

    For each cell with fewer records than ``minimum_units`` an attacker who knows every shown cell,
    every empty cell and all sums cannot rule out 0, nor the threshold.

    Args:
        frame: one row per record, or per group of records when ``records`` is given.
        dimensions: columns that span the table.
        hierarchies: the trees of some dimensions; others are flat.
        records: column with how many records a row stands for.
        request: threshold, cost and effort.

    Raises:
        InvalidInputError: the arguments do not fit.
        ProtectionError: the audit could not prove some cells; they are named.
    """
    table = read_table(frame, dimensions, hierarchies, records)
    return protect_cells(table, request or SparseRequest())


def protect_cells(table: SparseTable, request: SparseRequest) -> SparseProtected:
    """As ``protect_sparse`` for a table that was read already."""
    protected = try_protect(table, request)
    _check(protected)
    return protected


def try_protect(table: SparseTable, request: SparseRequest) -> SparseProtected:
    """The protected table before its audit."""
    demands = find_demands(table, request.minimum_units)
    pattern = construct(table, demands, _costs(table, request.cost), request.effort)
    primary = table.values < request.minimum_units
    proof = _certificate(demands, pattern)
    return SparseProtected(table, pattern.hidden, primary, request.minimum_units, proof)


def failed_cells(protected: SparseProtected) -> Flags:
    """Small cells that are shown, not proven, or found by subtraction; an audit from scratch."""
    table, hidden = protected.table, protected.hidden
    small = table.values < protected.minimum_units
    proven = verify_sparse(table, hidden, protected.minimum_units, protected.certificate)
    return np.asarray(small & (~proven | subtract_sparse(table, hidden)))


def _costs(table: SparseTable, cost: str) -> Costs:
    if cost == "count":
        return np.ones(table.values.size)
    size = table.values.astype(np.float64)
    return np.sqrt(size) if cost == "sqrt" else size


def _certificate(demands: Demands, pattern: SparsePattern) -> SparseCertificate:
    """Every small cell borrows the witnesses of its group; to rise, those of one of its leaves."""
    groups = demands.groups.shape[0]
    falls = np.arange(groups)
    single = np.flatnonzero(np.diff(demands.groups.indptr) == 1)
    leaf_rises = np.full(demands.groups.shape[1], -1, dtype=np.int64)
    leaf_rises[demands.groups.indices[demands.groups.indptr[single]]] = groups + np.arange(
        single.size
    )
    rises = leaf_rises[demands.groups.indices[demands.groups.indptr[:-1]]]
    ones = np.ones(demands.cells.size, dtype=np.int64)
    changes = pattern.witnesses.copy()
    changes.sum_duplicates()
    return SparseCertificate(
        changes=changes,
        cell=np.concatenate([demands.cells, demands.cells]),
        side=np.concatenate([-ones, ones]),
        row=np.concatenate([falls[demands.group_of], rises[demands.group_of]]),
    )


def _check(protected: SparseProtected) -> None:
    failed = np.flatnonzero(failed_cells(protected))
    if failed.size == 0:
        return
    rows = cell_labels(protected.table, failed[:_NAMED]).rows()
    names = "; ".join(" x ".join(plain(text) for text in row) for row in rows)
    more = f" and {failed.size - _NAMED} more" if failed.size > _NAMED else ""
    raise ProtectionError(f"Hiding cells does not protect these; join categories: {names}{more}")
