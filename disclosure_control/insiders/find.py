"""Who the insiders of a table are: its units, and the entities above them.

A table tells the largest contributions to its finest cells. Of units (or entities) that lie in one
finest cell each, a few stand for all: the largest of a cell knows most, and what lies between it
and a stranger follows, because changes that convince both can be mixed. Only where a demand asks
more of a cell than the largest expects, one more matters for it: the one whose own contribution is
just what the demand leaves. Amounts that must be whole cannot be mixed, so there everyone counts.
Those who lie in several cells are listed in ``Members``.
"""

from collections.abc import Sequence

import numpy as np

from disclosure_control.contributions import Source, contributions
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy
from disclosure_control.margins import ancestors
from disclosure_control.members import Entries, Members, members_of
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Floats, Places, SuppressionProblem
from disclosure_control.table import Table

_TOPS = (1, 2, 3)


def read_members(frame: object, source: Source, table: Table) -> Members:
    """The members of a table from its records."""
    lazy = as_lazy(frame, source.columns)
    return members_of(contributions(lazy, source), table.grid)


def find_insiders(
    table: Table, problem: SuppressionProblem, members: Members | None = None
) -> tuple[Insiders, ...]:
    """The insiders of a table: units, then entities when they are known.

    Args:
        table: the table.
        problem: what must be protected in it; its first cells are those of the table.
        members: who lies in several finest cells.

    Raises:
        InvalidInputError: some lie in several finest cells and ``members`` do not tell who.
    """
    if not problem.axes or table.statistic == "median":
        return ()
    count = table.cells["units"].to_numpy().astype(np.int64)
    whole = table.statistic == "count" and not table.weighted
    # Who is counted does not learn from a count that it is the only one.
    lone = (count == 1) & (not whole)
    found = [
        _kind(table, problem, "unit", (count, lone), None if members is None else members.units)
    ]
    if table.has_entities:
        count = table.cells["entities"].to_numpy().astype(np.int64)
        every = None if members is None else members.entities
        found.append(_kind(table, problem, "entity", (count, count == 1), every))
    return tuple(found)


def _kind(
    table: Table,
    problem: SuppressionProblem,
    who: str,
    counts: tuple[Places, Flags],
    listed: Entries | None,
) -> Insiders:
    count, lone = counts
    tops, name = _tops(table, who), {"unit": "units", "entity": "entities"}[who]
    apart = is_apart(table, name)
    if listed is None and not apart:
        raise InvalidInputError(
            f"Some {name} lie in several finest cells; give the members of the table."
        )
    leaves = np.flatnonzero(_finest(table) & (count > 0))
    if apart or listed is None:
        entries = _standing_for_all(table, problem, tops, (leaves, count[leaves]))
    elif who == "entity":
        entries = listed
    else:
        # Who is listed and alone in a cell need not be stood for there.
        asked = leaves[~(np.isin(leaves, listed[1]) & (count[leaves] == 1))]
        one, other = _standing_for_all(table, problem, tops, (asked, count[asked])), listed
        first = int(one[0].max(initial=-1)) + 1
        entries = (
            np.concatenate([one[0], other[0] + first]),
            np.concatenate([one[1], other[1]]),
            np.concatenate([one[2], other[2]]),
        )
    return Insiders(*entries, tops[0], lone, table.axes)


def is_apart(table: Table, name: str) -> bool:
    """Whether nobody lies in two finest cells; ``name`` is units or entities."""
    if name == "entities" and not table.has_entities:
        return False
    count = table.cells[name].to_numpy()
    return bool(count[_finest(table)].sum() == count[-1])


def _finest(table: Table) -> Flags:
    """Which cells have no others below them."""
    finest = np.ones(table.grid.shape, dtype=np.bool_)
    for position, axis in enumerate(table.axes):
        inner = [number for number, below in enumerate(axis.children) if below]
        np.moveaxis(finest, position, 0)[inner] = False
    return finest.ravel()


def _tops(table: Table, who: str) -> list[Floats]:
    """The three largest contributions to each cell's additive figure, at most."""
    if table.statistic != "std":
        return [table.cells[f"{who}_top_{place}"].to_numpy().astype(np.float64) for place in _TOPS]
    records = np.maximum(table.cells["records"].to_numpy().astype(np.float64), 1.0)
    mean = table.cells["sum"].to_numpy()[-1] / records[-1]
    ends = [table.cells[name].fill_null(mean).to_numpy() for name in ("lowest", "highest")]
    farthest = np.max([(end - mean) ** 2 for end in ends], axis=0)
    squares = table.cells["squares"].to_numpy().astype(np.float64)
    return [np.minimum(squares if who == "entity" else farthest, squares)] * 3


def _standing_for_all(
    table: Table,
    problem: SuppressionProblem,
    tops: Sequence[Floats],
    finest: tuple[Places, Places],
) -> tuple[Places, Places, Floats]:
    """A few contributors of each finest cell: number, cell and contribution."""
    leaves, count = finest
    cell, amount = [leaves], [tops[0][leaves]]
    several = leaves[count > 1]
    left = _left_by_demands(table, problem, tops[0], several)
    if problem.integral:
        for one, lowest in sorted(_lowest(left).items()):
            number = int(count[np.searchsorted(leaves, one)])
            sizes = _whole_sizes([float(top[one]) for top in tops], number, lowest)
            cell.append(np.full(sizes.size, one))
            amount.append(sizes)
    else:
        cell.append(left[0])
        amount.append(left[1])
    cells = np.concatenate(cell)
    return np.arange(cells.size), cells, np.concatenate(amount)


def _left_by_demands(
    table: Table, problem: SuppressionProblem, largest: Floats, leaves: Places
) -> tuple[Places, Floats]:
    """Finest cells below demands that ask more than their largest contributor expects.

    Returns:
        The finest cell, and what the demand leaves in its own cell: pairs, each once.
    """
    size = table.cells.height
    values, lower = problem.values[:size], problem.lower_protection[:size]
    asked = problem.primary[:size] & (lower > 0) & (problem.lower_bounds[:size] >= 0)
    found = []
    places = np.unravel_index(leaves, table.grid.shape)
    for above in _margins(table, places):
        inside = np.flatnonzero(above >= 0)
        cell, leaf = above[inside], leaves[inside]
        kept = asked[cell] & (lower[cell] > values[cell] - largest[leaf])
        found.append((leaf[kept], np.maximum(values[cell] - lower[cell], 0.0)[kept]))
    leaf, left = (np.concatenate(column) for column in zip(*found, strict=True))
    pairs = np.unique(np.stack([leaf.astype(np.float64), left]), axis=1)
    return pairs[0].astype(np.int64), pairs[1]


def _margins(table: Table, places: Sequence[Places]) -> Sequence[Places]:
    """For every margin the cell above each finest cell, -1 where there is none."""
    from itertools import product

    found = []
    for margin in product(*(ancestors(axis) for axis in table.axes)):
        above = [line[place] for line, place in zip(margin, places, strict=True)]
        inside = np.all([line >= 0 for line in above], axis=0)
        cell = table.grid.fold([np.maximum(line, 0) for line in above])
        found.append(np.where(inside, cell, -1))
    return found


def _lowest(left: tuple[Places, Floats]) -> dict[int, float]:
    lowest: dict[int, float] = {}
    for one, size in zip(left[0].tolist(), left[1].tolist(), strict=True):
        lowest[one] = min(lowest.get(one, size), size)
    return lowest


def _whole_sizes(tops: Sequence[float], number: int, lowest: float) -> Floats:
    """The sizes below the largest that somebody in a cell of ``number`` has or may have."""
    sizes = set(tops[1:number])
    if number > len(tops):
        sizes |= set(np.arange(max(1.0, np.floor(lowest)), tops[-1]).tolist())
    return np.array(sorted(sizes - {tops[0], 0.0}))
