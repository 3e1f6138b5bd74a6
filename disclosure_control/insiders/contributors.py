"""How many contribute to unions of cells, and the largest contributions.

Exact where nobody lies in two finest cells, and of entities that are listed. Of units that may lie
in several cells the listed ones are followed, so the largest is exact and the next are not too
small. What is neither known nor listed is bounded from the unsafe side: as few contributors as the
largest part has, and as large ones as if those of the parts were the same.
"""

from collections.abc import Sequence

import numpy as np

from disclosure_control.contributions import TOPS
from disclosure_control.insiders.find import is_apart
from disclosure_control.insiders.knowledge import knowledge_of
from disclosure_control.insiders.sums import Union
from disclosure_control.members import NOBODY_KNOWS, Members
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Floats, Places
from disclosure_control.table import Table

Parts = tuple[Places, Places]


def contributors(
    table: Table, unions: Sequence[Union], parts: Parts, members: Members | None
) -> dict[str, Floats]:
    """Columns units, active, entities (when known), unit_top_1 to entity_top_3 of every union.

    ``parts``: number of the union and cell, one entry per cell of a union.
    """
    columns = {}
    shared = None if members is None else members.units
    if is_apart(table, "units"):
        columns["units"], columns["active"] = (
            _added(table, name, parts, len(unions)) for name in ("units", "active")
        )
        tops = _merged(table, "unit", parts, [np.zeros(len(unions))] * 3)
    elif shared is None:
        columns["units"], columns["active"] = (
            _most(table, name, parts, len(unions)) for name in ("units", "active")
        )
        tops = _together(table, "unit", parts, len(unions))
    else:
        twice, top = _twice(table, unions, shared)
        for name in ("units", "active"):
            least = _most(table, name, parts, len(unions))
            columns[name] = np.maximum(_added(table, name, parts, len(unions)) - twice, least)
        tops = _merged(table, "unit", parts, top)
    columns |= {f"unit_{name}": top for name, top in zip(TOPS, tops, strict=True)}
    return columns | _entities(table, unions, parts, members)


def _entities(
    table: Table, unions: Sequence[Union], parts: Parts, members: Members | None
) -> dict[str, Floats]:
    count = len(unions)
    if not table.has_entities:
        return {f"entity_{name}": np.zeros(count) for name in TOPS}
    if members is not None:
        number, tops = _listed(table, unions, members.entities)
    elif is_apart(table, "entities"):
        number = _added(table, "entities", parts, count)
        tops = _merged(table, "entity", parts, [np.zeros(count)] * 3)
    else:
        number = _most(table, "entities", parts, count)
        tops = _together(table, "entity", parts, count)
    named = {f"entity_{name}": top for name, top in zip(TOPS, tops, strict=True)}
    return {"entities": number, **named}


def _column(table: Table, name: str, parts: Parts) -> Floats:
    return table.cells[name].cast(float).to_numpy()[parts[1]]


def _added(table: Table, name: str, parts: Parts, count: int) -> Floats:
    found = np.zeros(count)
    np.add.at(found, parts[0], _column(table, name, parts))
    return found


def _most(table: Table, name: str, parts: Parts, count: int) -> Floats:
    found = np.zeros(count)
    np.maximum.at(found, parts[0], _column(table, name, parts))
    return found


def _together(table: Table, who: str, parts: Parts, count: int) -> list[Floats]:
    """As if the largest of all parts were the same."""
    return [_added(table, f"{who}_{name}", parts, count) for name in TOPS]


def _merged(table: Table, who: str, parts: Parts, more: Sequence[Floats]) -> list[Floats]:
    """The three largest of each union among those of its parts and three more."""
    count = more[0].size
    sizes = np.concatenate([*(_column(table, f"{who}_{name}", parts) for name in TOPS), *more])
    owner = np.concatenate([*([parts[0]] * len(TOPS)), *([np.arange(count)] * len(more))])
    return _three(owner, sizes, count)


def _three(owner: Places, sizes: Floats, count: int) -> list[Floats]:
    """The three largest sizes of each owner, 0 where there are fewer."""
    order = np.lexsort((-sizes, owner))
    sizes, owner = sizes[order], owner[order]
    rank = np.arange(owner.size) - np.searchsorted(owner, owner)
    found = []
    for place in range(len(TOPS)):
        top = np.zeros(count)
        top[owner[rank == place]] = sizes[rank == place]
        found.append(top)
    return found


def _listed(
    table: Table, unions: Sequence[Union], listed: tuple[Places, Places, Floats]
) -> tuple[Floats, list[Floats]]:
    """How many of the listed contribute to each union, and the three largest."""
    owner, who, sizes = _entries(table, unions, listed)
    number = np.bincount(owner[who != NOBODY_KNOWS], minlength=len(unions)).astype(np.float64)
    return number, _three(owner, sizes, len(unions))


def _entries(
    table: Table, unions: Sequence[Union], listed: tuple[Places, Places, Floats]
) -> tuple[Places, Places, Floats]:
    """Union, number and contribution of each of the listed in each union."""
    first = table.cells.height
    size = first + len(unions)
    kind = Insiders(
        *listed, np.zeros(size), np.zeros(size, dtype=np.bool_), table.axes, tuple(unions)
    )
    found = knowledge_of([kind], np.arange(size) >= first)
    return found.cell - first, found.who, found.amount


def _twice(
    table: Table, unions: Sequence[Union], listed: tuple[Places, Places, Floats]
) -> tuple[Floats, list[Floats]]:
    """How often the parts of each union count a unit again, and the largest of the listed."""
    owner, _, sizes = _entries(table, unions, listed)
    number = np.bincount(owner, minlength=len(unions))
    each = [(cell,) for union in unions for cell in union]
    part = _entries(table, each, listed)[0]
    whose = np.repeat(np.arange(len(unions)), [len(union) for union in unions])
    inside = np.bincount(whose[part], minlength=len(unions))
    return (inside - number).astype(np.float64), _three(owner, sizes, len(unions))
