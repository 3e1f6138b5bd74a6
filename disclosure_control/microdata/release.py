"""From a recoding of classes back to records: labels put in, cells emptied."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.frames import labels
from disclosure_control.microdata.borrowing import spaced
from disclosure_control.microdata.classes import Classes, grouped, unit_codes
from disclosure_control.microdata.lattice import Problem, Solution
from disclosure_control.microdata.recoding import NULL

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Released:
    """Records after recoding and suppression.

    Args:
        data: the same rows and columns in the same order.
        emptied: rows by quasi-identifiers: cells that are empty and were not before.
        losses: the mean loss of a cell of each quasi-identifier.
    """

    data: pl.DataFrame
    emptied: Booleans
    losses: tuple[float, ...]


def released(
    data: pl.DataFrame, names: Sequence[str], unit: str | None, found: tuple[Problem, Solution]
) -> Released:
    """``data`` as the solution wants it."""
    problem, solution = found
    classes = problem.classes
    masks = solution.pieces.masks[_piece_of_row(data, unit, classes, solution)]
    emptied = np.zeros_like(masks)
    columns, losses = [], []
    for place, (name, level) in enumerate(zip(names, solution.node, strict=True)):
        step = problem.steps[place][level]
        codes = classes.codes[classes.of_row, place]
        emptied[:, place] = masks[:, place] & (step.codes[codes] != NULL)
        kept = np.bincount(codes[~emptied[:, place]], minlength=step.codes.size)
        lost = float(kept @ step.losses) + float(emptied[:, place].sum())
        losses.append(lost / data.height)
        column = data[name]
        if level:
            column = pl.Series(name, step.labels, pl.String).gather(codes)
        columns.append(_without(column, emptied[:, place]))
    return Released(data.with_columns(columns), emptied, tuple(losses))


def _without(column: pl.Series, emptied: Booleans) -> pl.Series:
    if not emptied.any():
        return column
    keep = pl.Series(~emptied)
    return pl.select(pl.when(keep).then(column).alias(column.name)).to_series()


def _piece_of_row(
    data: pl.DataFrame, unit: str | None, classes: Classes, solution: Solution
) -> Integers:
    """The piece in which each record stands."""
    pieces = solution.pieces
    of_row = solution.groups[classes.of_row]
    number = int(of_row.max()) + 1
    lent = np.arange(number, len(pieces.codes))
    if lent.size == 0:
        return of_row
    if unit is not None:
        return _by_unit(of_row, unit_codes(data, unit), solution, lent)
    rows = pieces.rows
    order, starts = grouped(of_row, number)
    for origin in np.unique(pieces.origin[lent]):
        parts = lent[pieces.origin[lent] == origin]
        mine = order[starts[origin] : starts[origin + 1]]
        mine = mine[_content_order(data[mine])]
        chosen = mine[spaced(mine.size, int(rows[parts].sum()))]
        of_row[chosen] = np.repeat(parts, rows[parts])
    return of_row


def _by_unit(of_row: Integers, units: Integers, solution: Solution, lent: Integers) -> Integers:
    """The same, where whole units were lent."""
    members = solution.pieces.members
    entries = members.entries(lent)
    moved = pl.DataFrame(
        {
            "group": solution.pieces.origin[members.groups[entries]],
            "unit": members.units[entries] if members.units is not None else entries,
            "piece": members.groups[entries],
        }
    )
    rows = pl.DataFrame({"group": of_row, "unit": units})
    joined = rows.join(moved, on=["group", "unit"], how="left", maintain_order="left")
    return joined["piece"].fill_null(pl.Series(of_row)).to_numpy()


def _content_order(data: pl.DataFrame) -> Integers:
    """The order of the records by their contents, whatever order they come in.

    Records that lend cells are taken from it at equal distances: the choice then depends neither on
    the order of the frame nor leans to one end of a sensitive column.
    """
    plain = [name for name, kind in data.schema.items() if not _is_odd(kind)]
    if not plain:
        return np.arange(data.height)
    text = data.lazy().select(labels(data.lazy(), plain)).collect()
    return text.select(pl.arg_sort_by(plain)).to_series().to_numpy().astype(np.int64)


def _is_odd(kind: pl.DataType) -> bool:
    return kind.is_nested() or kind in (pl.Object, pl.Binary)
