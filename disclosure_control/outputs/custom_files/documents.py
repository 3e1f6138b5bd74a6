"""Reading JSON with distrust: no deep nesting, no double keys, no numbers that are none."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from disclosure_control.outputs.custom_files.faults import STRUCTURE_RULE, Fault, over
from disclosure_control.outputs.custom_files.limits import FileLimits

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_LONGEST_NUMBER = 40
_REMEDY = "write it with a JSON library, each key once, and null for missing numbers"


class Number(str):
    """A number of the file, as it is written there."""

    __slots__ = ()


@dataclass
class _Tally:
    """What the parser meets on its way; filled while it runs, read once."""

    doubles: int = 0
    strange: int = 0
    strings: list[str] = field(default_factory=list)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.doubles += len(pairs) - len(found)
        self.strings += [key for key, _ in pairs]
        return found

    def constant(self, name: str) -> Number:
        self.strange += 1
        return Number(name)


@dataclass(frozen=True)
class Document:
    """A parsed JSON file: its value (null when it could not be read), texts and faults."""

    value: Any
    strings: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_json(text: str, limits: FileLimits) -> Document:
    """The value of ``text``; numbers stay text. Size and depth are measured before parsing."""
    values, depth = _measure(text, limits.maximum_values)
    if depth > limits.maximum_depth:
        return Document(None, (), (over("levels inside each other", depth, limits.maximum_depth),))
    if values > limits.maximum_values:
        return Document(None, (), (over("values", values, limits.maximum_values),))
    tally = _Tally()
    try:
        value = json.loads(
            text,
            object_pairs_hook=tally.pairs,
            parse_int=Number,
            parse_float=Number,
            parse_constant=tally.constant,
        )
    except (ValueError, RecursionError):
        return Document(None, (), (Fault(STRUCTURE_RULE, "the content is no JSON", _REMEDY),))
    strings = (*tally.strings, *(t for t in scalars(value) if not isinstance(t, Number)))
    return Document(value, strings, tuple(_faults(tally, value)))


def scalars(value: Any) -> Iterator[str]:
    """All texts and numbers below ``value``, as text."""
    open_values = [value]
    while open_values:
        item = open_values.pop()
        if isinstance(item, dict):
            open_values += item.values()
        elif isinstance(item, list):
            open_values += item
        elif isinstance(item, str):
            yield item


def _measure(text: str, most: int) -> tuple[int, int]:
    """The number of values and the depth of nesting, without parsing."""
    bare = _STRING.sub("", text)
    values = sum(map(bare.count, "[{,]}")) + 1
    if values > most:
        return values, 0
    depth = deepest = 0
    for match in _BRACKETS.finditer(bare):
        depth += 1 if match.group() in "[{" else -1
        deepest = max(deepest, depth)
    return values, deepest


def _faults(tally: _Tally, value: Any) -> Iterator[Fault]:
    if tally.doubles:
        yield Fault(STRUCTURE_RULE, f"{tally.doubles} keys stand twice in one object", _REMEDY)
    if tally.strange:
        yield Fault(STRUCTURE_RULE, f"{tally.strange} numbers are NaN or infinite", _REMEDY)
    long = sum(len(n) > _LONGEST_NUMBER for n in scalars(value) if isinstance(n, Number))
    if long:
        yield Fault(STRUCTURE_RULE, f"{long} numbers are longer than numbers are", _REMEDY)
    if isinstance(value, dict) and ("nbformat" in value or _has_cells(value)):
        yield Fault(
            STRUCTURE_RULE,
            "the file is a notebook, whose outputs hold data",
            "release single tables and pictures, and the code as text",
        )


def _has_cells(value: dict[str, Any]) -> bool:
    cells = value.get("cells")
    return isinstance(cells, list) and any(
        isinstance(cell, dict) and "cell_type" in cell for cell in cells
    )
