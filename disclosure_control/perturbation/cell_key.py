"""The cell key method: noise that is the same whenever the same records make a cell.

Every record carries a fixed record key; the cell key is the sum of the record keys in the cell,
modulo the number of keys; the p-table gives the noise for the count and the cell key. The same cell
has the same noise in every table, so averaging over tables takes nothing off. Margins get their own
noise and do not add up. Sources: Fraser and Wooton (2005), Thompson, Broadfoot and Elazar (2013)
for the Australian Bureau of Statistics; details as in the package cell-key-perturbation 3.1 of the
Office for National Statistics.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, collect, labels
from disclosure_control.margins import roll_up
from disclosure_control.perturbation.ptable import Whole, check_ptable, ptable_10_5
from disclosure_control.perturbation.record_keys import RECORD_KEY
from disclosure_control.table import Table

_KEY = "__record_key"


@dataclass(frozen=True)
class PerturbedTable:
    """Counts with noise; neither the true counts nor the cell keys are in it.

    Args:
        cells: one row per cell in the order of the table: the dimension columns (text) and value, a
            whole number; null where it is below ``threshold`` (an empty cell looks the same).
        threshold: values below are not shown.
    """

    cells: pl.DataFrame
    threshold: int


def cell_key(
    table: Table,
    keys: Any,
    ptable: Any = None,
    *,
    record_key: str = RECORD_KEY,
    threshold: int = 10,
) -> PerturbedTable:
    """``table`` with the noise of its cell keys.

    Args:
        table: a table of records (counts without weights), hierarchies included.
        keys: the records of the table, one row each: its dimension columns and the record key. The
            order does not matter; the rows must be exactly those that were counted.
        ptable: a p-table with columns pcv, ckey, pvalue; null: ``ptable_10_5()``.
        record_key: the column with record keys, whole numbers from 0 to the largest cell key.
        threshold: perturbed counts below are not shown; 0 shows all.

    Raises:
        InvalidInputError: the records are not those of the table, a record key is missing or
            outside the p-table, or the p-table is not complete.
    """
    if table.statistic != "count" or table.weighted:
        raise InvalidInputError("A table with cell keys is a table of counts without weights.")
    if type(threshold) is not int or threshold < 0:
        raise InvalidInputError("The threshold is a whole number of at least 0.")
    noise = check_ptable(ptable_10_5() if ptable is None else ptable)
    counts, sums = _gathered(table, keys, record_key, noise.keys)
    different = int((counts != table.cells["value"].to_numpy()).sum())
    if different:
        raise InvalidInputError(
            f"The records with keys are those of the table; {different} cells have another number."
        )
    value = counts + noise.of(counts, sums % noise.keys)
    shown = pl.Series("value", value).set(pl.Series(value < threshold), None)
    return PerturbedTable(table.cells.select(table.dimensions).with_columns(shown), threshold)


def _gathered(table: Table, keys: Any, record_key: str, available: int) -> tuple[Whole, Whole]:
    """For every cell how many records it has, and the sum of their keys."""
    if record_key in table.dimensions:
        raise InvalidInputError("The record key is no dimension of the table.")
    lazy = as_lazy(keys, [*table.dimensions, record_key])
    kind = lazy.collect_schema()[record_key]
    if not kind.is_integer():
        raise InvalidInputError(f"Record keys are whole numbers, not {kind}.")
    records = collect(
        lazy.select(*labels(lazy, table.dimensions), pl.col(record_key).cast(pl.Int64).alias(_KEY))
    )
    wrong = records.filter(~pl.col(_KEY).is_between(0, available - 1).fill_null(value=False)).height
    if wrong:
        raise InvalidInputError(
            f"Every record has a key from 0 to {available - 1}, the largest cell key of the "
            f"p-table; {wrong} have not."
        )
    cells = _cells(table, records)
    size = table.cells.height
    number = np.bincount(cells, minlength=size).astype(np.float64)
    total = np.bincount(cells, records[_KEY].to_numpy(), size).astype(np.float64)
    shape = table.grid.shape
    both = (roll_up(line.reshape(shape), table.axes, np.add).ravel() for line in (number, total))
    counts, sums = (line.astype(np.int64) for line in both)
    return counts, sums


def _cells(table: Table, records: pl.DataFrame) -> Whole:
    """The finest cell of every record."""
    places = []
    for axis in table.axes:
        finest = {label: p for p, label in enumerate(axis.labels) if not axis.children[p]}
        found = records[axis.name].replace_strict(finest, default=None, return_dtype=pl.Int64)
        unknown = found.null_count()
        if unknown:
            raise InvalidInputError(
                f"The records with keys are those of the table; {unknown} have a level of "
                f"{axis.name} that is none of its finest levels."
            )
        places.append(found.to_numpy())
    return np.asarray(table.grid.fold(places), dtype=np.int64)
