"""What hiding a cell costs.

By name: ``value`` the size of the figure beneath, ``sqrt`` and ``log`` of it (tau-Argus: the powers
1/2 and 0 of Box and Cox), ``frequency`` the number of records, ``count`` and ``equal`` the same for
every cell. Or a column of one's own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.placing import rows_of
from disclosure_control.suppression.problem import Floats
from disclosure_control.table import Table

COSTS = ("value", "count", "equal", "sqrt", "frequency", "log")
COST = "cost"
_LESSER = 1e-3


def check_cost(cost: Any) -> None:
    """Raises unless ``cost`` is a name, names in order of importance, or something with figures."""
    names = [cost] if isinstance(cost, str) else cost
    if isinstance(names, list | tuple):
        known = bool(names) and all(isinstance(one, str) and one in COSTS for one in names)
        if not known or len(set(names)) < len(names):
            raise InvalidInputError(
                f"A cost is one of {', '.join(COSTS)}, several of them each once, or figures of "
                "your own."
            )
    elif cost is None or isinstance(cost, int | float):
        raise InvalidInputError("A cost is a name, several names, a frame, or one figure per cell.")


def find_costs(table: Table, cost: Any) -> Floats:
    """One cost per cell of the table, at least 0; infinite forbids hiding.

    Several names are taken in their order of importance: the costs of the second are scaled so that
    the largest is a thousandth of the least cost above 0 of the first, and added; and so on. So of
    two patterns the one with the lower sum of first costs is preferred whenever the sums differ by
    more than that thousandth for every cell hidden, which for ``count`` means always below 1,000
    hidden cells; else the second costs decide. As far as the search goes: it is no exact optimum.

    Args:
        table: the table.
        cost: a name, names, a frame with one row per cell, dimension columns and a numeric column
            ``cost``, or one figure per cell in the order of ``table.cells``.

    Raises:
        InvalidInputError: unknown names, or figures that are missing, negative or not numbers.
    """
    check_cost(cost)
    if isinstance(cost, str):
        return named_costs(table, cost)
    if isinstance(cost, list | tuple):
        return in_order([named_costs(table, str(name)) for name in cost])
    return _own_costs(table, cost)


def named_costs(table: Table, name: str) -> Floats:
    """One cost per cell by a name of ``COSTS``."""
    values = table.additive().to_numpy().astype(np.float64)
    size = np.abs(values)
    if name == "value":
        return np.asarray(size + 1.0)
    if name in {"count", "equal"}:
        return np.ones(values.size)
    if name == "sqrt":
        return np.asarray(np.sqrt(size) + 1.0)
    if name == "log":
        return np.asarray(np.log1p(size) + 1.0)
    if name == "frequency":
        return table.cells["records"].to_numpy().astype(np.float64) + 1.0
    raise InvalidInputError(f"A cost is one of {', '.join(COSTS)}.")


def in_order(costs: Sequence[Floats]) -> Floats:
    """The sum of costs of which each counts next to nothing beside the one before."""
    total = costs[0].copy()
    least = float(total[total > 0].min(initial=np.inf))
    for other in costs[1:]:
        share = _LESSER * least / max(float(other.max(initial=0.0)), 1e-300)
        total = total + share * other
        least = float((share * other)[other > 0].min(initial=np.inf))
    return total


def _own_costs(table: Table, cost: Any) -> Floats:
    size = table.cells.height
    framed = isinstance(cost, pl.DataFrame | pl.LazyFrame) or hasattr(cost, "columns")
    if not framed:
        given = _column(cost)
        if given.shape != (size,):
            raise InvalidInputError(f"Costs of your own have one figure for each of {size} cells.")
    else:
        given = _placed(table, cost)
    bad = int((np.isnan(given) | (given < 0)).sum())
    if bad:
        raise InvalidInputError(f"A cost is a number of at least 0; {bad} are not.")
    return given


def _column(cost: Any) -> Floats:
    try:
        return np.array(cost, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInputError("Costs of your own are numbers, one for each cell.") from None


def _placed(table: Table, frame: Any) -> Floats:
    rows = rows_of(table, frame, {COST: pl.Float64()}, (COST,))
    places = rows["cell"].to_numpy()
    if np.unique(places).size < places.size or places.size < table.cells.height:
        raise InvalidInputError(
            "A frame of costs names every cell of the table once, totals included; "
            f"{table.cells.height - np.unique(places).size} cells have none."
        )
    costs = np.full(table.cells.height, np.nan)
    costs[places] = rows[COST].fill_null(float("nan")).to_numpy()
    return costs
