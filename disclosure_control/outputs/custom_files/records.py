"""Finding tables in JSON: every list of records, every form in which tables are written."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from disclosure_control.outputs.custom_files.content import Column, Grid, grid_of
from disclosure_control.outputs.custom_files.faults import Fault, over
from disclosure_control.outputs.custom_files.limits import FileLimits

_FEWEST_PLAIN = 5
_FEWEST_PAIRS = 10


@dataclass(frozen=True)
class _Draft:
    """A table before its cells are laid out: names, and rows from name or place to text.

    ``loose``: a list of plain values, or pairs of label and figure.
    """

    names: tuple[str, ...]
    rows: Sequence[dict[int, str]]
    loose: bool = False

    @property
    def size(self) -> int:
        return len(self.names) * len(self.rows)

    def cells(self) -> list[tuple[str, ...]]:
        places = range(len(self.names))
        return [tuple(row.get(place, "") for place in places) for row in self.rows]


def find_grids(value: Any, limits: FileLimits) -> tuple[list[Grid], list[Fault]]:
    """The tables below ``value``, the outermost first, and what is too large."""
    found: list[Grid] = []
    faults: list[Fault] = []
    room = limits.maximum_cells
    queue: deque[tuple[str, Any]] = deque([("", value)])
    while queue:
        name, item = queue.popleft()
        item = _joined(item)
        used = False
        for draft in _drafts(name, item):
            first = replace(draft, rows=draft.rows[: limits.maximum_rows])
            if first.size > room:
                return found, [*faults, over("cells", limits.maximum_cells, limits.maximum_cells)]
            if len(draft.rows) > limits.maximum_rows:
                faults.append(over("records in a list", len(draft.rows), limits.maximum_rows))
            room -= first.size
            where = f"list {len(found) + 1}"
            cells = first.cells()
            found.append(grid_of(where, first.names, cells, above=name, loose=first.loose))
            used = used or not first.loose
        queue += [entry for entry in _below(name, item) if not (used and _is_flat(entry[1]))]
    return found, faults


def _below(name: str, item: Any) -> list[tuple[str, Any]]:
    """What stands directly below, with the nearest key above it; plain values left out."""
    pairs = item.items() if isinstance(item, dict) else ((name, entry) for entry in item)
    return [pair for pair in pairs if isinstance(pair[1], dict | list)]


def _joined(item: Any) -> Any:
    """Columns beside data, as pandas writes split tables, as records; else unchanged."""
    if not isinstance(item, dict | list):
        return []
    names: Any = item.get("columns") if isinstance(item, dict) else None
    data: Any = item.get("data") if isinstance(item, dict) else None
    if not (_is_plain(names) and isinstance(data, list) and all(map(_is_plain, data))):
        return item
    if any(len(row) != len(names) for row in data):
        return item
    return [dict(zip(map(str, names), row, strict=True)) for row in data]


def find_figures(value: Any) -> tuple[Column, ...]:
    """Single values of objects that stand in no list: one column per key."""
    columns: dict[str, list[str]] = {}
    open_values = [value]
    while open_values:
        item = open_values.pop()
        if isinstance(item, dict):
            for key, inner in item.items():
                if isinstance(inner, str):
                    columns.setdefault(key, []).append(inner)
            open_values += item.values()
    return tuple(
        Column(place, key, tuple(cells)) for place, (key, cells) in enumerate(columns.items(), 1)
    )


def _drafts(name: str, item: Any) -> Iterator[_Draft]:
    if isinstance(item, list):
        records = [entry for entry in item if isinstance(entry, dict)]
        lines = [entry for entry in item if isinstance(entry, list)]
        plain = [entry for entry in item if not isinstance(entry, dict | list)]
        if records:
            yield _from_records(records)
        if len(lines) > 1 and any(map(_is_plain, lines)):
            yield _Draft(("",) * max(map(len, lines)), [_numbered(line) for line in lines])
        if len(plain) >= _FEWEST_PLAIN:
            yield _Draft((name,), [{0: _text(entry)} for entry in plain], loose=True)
    elif isinstance(item, dict):
        yield from _from_mapping(name, item)


def _from_mapping(name: str, item: dict[str, Any]) -> Iterator[_Draft]:
    """Tables written as columns, as rows under a key, or as pairs of a label and a figure."""
    lists = {key: value for key, value in item.items() if _is_plain(value)}
    if len(lists) > 1 and len({len(value) for value in lists.values()}) < len(lists):
        yield _Draft(tuple(lists), _turned(lists.values()))
    inner = {key: value for key, value in item.items() if isinstance(value, dict)}
    if len(inner) > 1:
        yield _from_nested(inner)
    pairs = {key: value for key, value in item.items() if not isinstance(value, dict | list)}
    if len(pairs) >= _FEWEST_PAIRS:
        rows = [{0: key, 1: _text(value)} for key, value in pairs.items()]
        yield _Draft(("", name), rows, loose=True)


def _from_nested(inner: dict[str, dict[str, Any]]) -> _Draft:
    """An object of objects: the longer side holds the rows."""
    keys = dict.fromkeys(key for value in inner.values() for key in value)
    if len(keys) <= len(inner):
        return _from_records([{"": key, **value} for key, value in inner.items()])
    rows: dict[str, dict[int, str]] = {key: {0: key} for key in keys}
    for place, value in enumerate(inner.values(), start=1):
        for key, entry in value.items():
            rows[key][place] = _text(entry)
    return _Draft(("", *inner), list(rows.values()))


def _from_records(records: list[dict[str, Any]]) -> _Draft:
    places: dict[str, int] = {}
    rows = []
    for record in records:
        row: dict[int, str] = {}
        for key, text in _flat(record):
            row[places.setdefault(key, len(places))] = text
        rows.append(row)
    return _Draft(tuple(places), rows)


def _flat(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """The plain values of a record, inner objects included; inner lists are tables of their own."""
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif not isinstance(value, list):
            yield f"{above}{key}", _text(value)


def _turned(lists: Iterable[list[Any]]) -> list[dict[int, str]]:
    """Columns as rows; a shorter column ends earlier."""
    several = list(lists)
    rows: list[dict[int, str]] = [{} for _ in range(max(map(len, several)))]
    for place, column in enumerate(several):
        for row, entry in zip(rows, column, strict=False):
            row[place] = _text(entry)
    return rows


def _numbered(line: list[Any]) -> dict[int, str]:
    return {place: _text(entry) for place, entry in enumerate(line)}


def _is_plain(value: Any) -> bool:
    """Whether it is a list of two or more plain values."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and not any(isinstance(entry, dict | list) for entry in value)
    )


def _is_flat(value: Any) -> bool:
    """Whether a list or object has nothing but plain values: a table above shows it whole."""
    entries = value.values() if isinstance(value, dict) else value
    return not any(isinstance(entry, dict | list) for entry in entries)


def _text(value: Any) -> str:
    """A plain value as text; null, and whatever is no plain value, is nothing."""
    return value if isinstance(value, str) else str(value) if isinstance(value, bool) else ""
