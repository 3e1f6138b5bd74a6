"""The route for many tables: each new table is checked against all before it, one after another.

Least squares decide over all combinations with whole coefficients, pairs of tables are decided by
cuts on their own, and what is flagged is explained as far as it can be.
"""

import numpy as np

from disclosure_control.differencing.candidates import find_candidates, pointing
from disclosure_control.differencing.cells import Difference, Flags, Floats, Ints, PublishedCell
from disclosure_control.differencing.coding import CodedTable
from disclosure_control.differencing.empties import Given, find_empty
from disclosure_control.differencing.equations import as_whole
from disclosure_control.differencing.pairs import Cut, find_cuts
from disclosure_control.differencing.regression import SOMETHING, State, step
from disclosure_control.differencing.rounds import Round, is_new, key_of, tell_group, tell_hidden
from disclosure_control.differencing.system import System, suspected

MOST_NAMED = 20
MOST_FIGURES = 16
_SLACK = 1e-6
Found = dict[bytes, Difference]


def advance(state: State, tables: tuple[CodedTable, ...]) -> State:
    """The state with more tables, nothing asked."""
    for table in tables:
        state = state.after(step(state, table))
    return state


def compare_many(system: System, state: State, minimum_units: int) -> tuple[Difference, ...]:
    """Differences of the new tables of ``system``, given the state of its earlier ones."""
    found: list[Difference] = []
    given: dict[PublishedCell, Given] = {}
    start = state
    for table in system.new:
        one = Round(system, start, state, step(state, table), minimum_units - 1)
        named, now = _hidden(one)
        for cell in now:
            given.setdefault(cell.cell, cell)
        if one.step.kept.size:
            _pairs(one, named)
            found += _undecided(one, named)
        found += named.values()
        state = one.after
    return (*found, *find_empty(system, list(given.values())))


def _undecided(one: Round, named: Found) -> list[Difference]:
    """What is flagged and not explained; explanations that are found are added to ``named``."""
    name = one.step.table.name
    found = []
    if one.step.doubtful or one.step.multiple() is None:
        text = f"{name} could not be told apart from earlier tables within rounding"
        found.append(suspected(one.system, text, "undecided", (name,)))
    if any(difference.exact for difference in named.values()):
        return found
    flagged, figures = _flagged(one)
    if flagged.any() and not _explained(one, figures, named):
        text = (
            f"cells of {name} and of earlier tables may give a small group away; no combination "
            "was found"
        )
        found.append(suspected(one.system, text, "undecided", (name,)))
    return found


def _flagged(one: Round) -> tuple[Flags, Floats]:
    """Kept new cells that may be in a small group, and the least figure of some of them.

    A figure of a small group has a sum of absolute coefficients of at most its units, times how
    often a cell counts a unit. The least sum of squares in which the cell counts once is a bound
    for its own squares; divided by the largest entry of the figure that reaches it, it is also a
    bound for absolute coefficients, by duality of linear programs.
    """
    scale = one.entry * (one.step.multiple() or 1)
    limit = one.most * one.parts * scale
    distances = one.step.distances()
    flagged = distances <= limit * scale + _SLACK
    places = np.flatnonzero(flagged)[np.argsort(distances[flagged], kind="stable")]
    figures = pointing(one.after, one.step, places[:MOST_FIGURES], one.system.owners.size)
    if 0 < places.size <= MOST_FIGURES:
        largest = np.abs(figures).max(axis=0)
        open_cells = distances[places] <= largest * (limit + _SLACK)
        flagged[places[~open_cells]] = False
        figures = figures[:, open_cells]
    return np.asarray(flagged, dtype=np.bool_), figures


def _explained(one: Round, figures: Floats, named: Found) -> bool:
    """Adds the groups that a search behind some figures finds and proves; whether there are any."""
    owners = one.system.owners
    before = len(named)
    for group in find_candidates(one, figures)[:MOST_NAMED]:
        whole = as_whole(group.values)
        if whole is None:
            continue
        figure = np.zeros(owners.size, dtype=np.int64)
        figure[group.atoms] = whole[1]
        difference = tell_group(one, figure, None)
        if difference is not None:
            named.setdefault(key_of(figure), difference)
    return len(named) > before


def _pairs(one: Round, named: Found) -> None:
    """Adds small cuts between the new table and each earlier one, proven and new."""
    table = one.step.table
    for old, shared in zip(one.state.tables, one.step.shared, strict=True):
        cuts, _ = find_cuts(_by_group(shared, old, table).T, one.most * one.parts)
        for cut in cuts:
            if len(named) < MOST_NAMED:
                _add_cut(one, old, cut, named)


def _by_group(shared: Floats, old: CodedTable, table: CodedTable) -> Floats:
    """Contingency of groups of classes that shown cells treat alike, later numbers included."""
    full = shared.copy()
    full[0] += table.sizes - shared.sum(axis=0)
    full[:, 0] += old.sizes - shared.sum(axis=1)
    rows, columns = old.groups, table.groups
    found = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1))
    np.add.at(found, (rows[:, None], columns[None, :]), full)
    return found


def _add_cut(one: Round, old: CodedTable, cut: Cut, named: Found) -> None:
    """Adds a cut as a difference unless it was known, or hidden cells prevent it."""
    table = one.step.table
    inside, outside = cut.new[table.groups], cut.old[old.groups]
    numbers = np.arange(one.system.owners.size)
    figure: Ints = inside[table.of_units(numbers)].astype(np.int64)
    figure -= outside[old.of_units(numbers)].astype(np.int64)
    key = key_of(figure)
    if key not in named and is_new(one.state, figure):
        difference = tell_group(one, figure, (table, old))
        if difference is not None:
            named[key] = difference


def _hidden(one: Round) -> tuple[Found, list[Given]]:
    """Hidden cells that are newly given back, and all that can be computed."""
    tables = (*one.state.tables, one.step.table)
    places = [(table, column) for table in tables for column in range(len(table.hidden_cells))]
    alone = np.square(one.step.own[: one.state.factor.rank]).sum(axis=0)
    squares = one.step.table.hidden.power(2).T @ one.step.table.sizes
    before = np.concatenate([one.state.remains, squares - alone])
    named: Found = {}
    given = []
    for place in np.flatnonzero(one.step.remains < SOMETHING).tolist():
        table, column = places[place]
        cell, figure = table.hidden_cells[column], _figure(one, table, column)
        if not figure.any():
            continue
        then = one.start if table is one.step.table else one.state
        if before[place] < SOMETHING and not is_new(then, figure):
            given.append(Given(table, cell, before=True))
            continue
        difference = named.setdefault(key_of(figure), tell_hidden(one, table, column, figure))
        if difference.exact:
            given.append(Given(table, cell, before=False))
    return named, given


def _figure(one: Round, table: CodedTable, column: int) -> Ints:
    per_class = np.asarray(table.hidden[:, [column]].toarray()).ravel()
    return np.asarray(per_class[table.of_units(np.arange(one.system.owners.size))])
