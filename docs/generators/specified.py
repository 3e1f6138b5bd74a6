"""Examples of specifications as Markdown: what is given, what is asked, what is expected."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import polars as pl
from specifications.forms import REPEATED, Ask, Case, File, Given, Tree, only

import disclosure_control as dc

SHOWN_VALUES = 20
"""How many values of one row are printed."""
FLOAT = pl.Float64
_QUIET = only()
_ESCAPED = {"\\": "\\\\", "|": "\\|", "<": "&lt;", "[": "\\[", "*": "\\*", "_": "\\_", "\n": "\\n"}


def example(case: Case, number: str) -> str:
    """An example under a heading of its own."""
    parts = [f"#### {number}. {case.says}\n"]
    shown: list[Given | File] = []
    for place, ask in enumerate(case.asks, 1):
        if ask.given not in shown:
            shown.append(ask.given)
            parts.append(given(ask, found(case)))
        name = f"Output {place}: " if len(case.asks) > 1 else ""
        parts.append(f"{name}`{call(ask)}`\n")
    parts.append(f"Policy: {policy(case.policy)}.\n")
    parts += [f"Handed in: {words}.\n" for words in changes(case)]
    parts.append("\n".join(f"- {one.says()}" for one in case.expects) + "\n")
    if case.elsewhere:
        parts.append(f"Seen elsewhere: {case.elsewhere}.\n")
    return "\n".join(parts)


def found(case: Case) -> set[tuple[str, ...]]:
    """The cells that some rule finds."""
    return {cell for one in case.expects for cell in getattr(one, "cells", ()) if cell}


def given(ask: Ask, unsafe: set[tuple[str, ...]]) -> str:
    """The records or the file."""
    kinds = getattr(ask.given, "kinds", {})
    typed = [f"`{name}` is `{kind!r}`" for name, kind in kinds.items() if kind not in (None, FLOAT)]
    note = f"\n{', '.join(typed)}.\n" if typed else ""
    return _records(ask, unsafe) + note


def _records(ask: Ask, unsafe: set[tuple[str, ...]]) -> str:
    records = ask.given
    if isinstance(records, File):
        return f"`{records.name}`:\n\n```text\n{content(records.content)}\n```\n"
    if not records.rows:
        return "No records.\n"
    if records.columns == (*dimensions(ask), REPEATED) and len(records.columns) == 3:
        return grid(records, unsafe)
    rows = [[cell(value) for value in row] for row in records.rows]
    return table(list(map(escaped, records.columns)), rows)


def content(data: bytes) -> str:
    """The bytes of a file as people read them; what does not show is written in escapes."""
    if b"\x00" in data:
        return f"{data[:4]!r} ... ({len(data)} bytes)"
    text = data.decode()
    return "".join(
        sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text
    ).rstrip("\n")


def dimensions(ask: Ask) -> tuple[str, ...]:
    """What the records are broken down by."""
    names = ("dimensions", "rows", "by", "columns")
    own = [name for key in names for name in ask.arguments.get(key, ())]
    return (*own, *([ask.arguments["column"]] if ask.call == "mode" else []))


def grid(records: Given, unsafe: set[tuple[str, ...]]) -> str:
    """Numbers of records by two columns, with their totals; what is found is bold."""
    counts = {(label(one), label(other)): many for one, other, many in records.rows}
    rows = list(dict.fromkeys(row for row, _ in counts))
    columns = list(dict.fromkeys(column for _, column in counts))
    body = []
    for row in [*rows, dc.TOTAL]:
        line = [f"**{escaped(dc.plain(row))}**"]
        for column in [*columns, dc.TOTAL]:
            number = sum(many for key, many in counts.items() if _within(key, (row, column)))
            line.append(f"**{number}** ✗" if (row, column) in unsafe else str(number))
        body.append(line)
    corner = " x ".join(escaped(name) for name in records.columns[:2])
    return table([corner, *(escaped(dc.plain(name)) for name in [*columns, dc.TOTAL])], body)


def _within(key: tuple[str, str], cell_labels: tuple[str, str]) -> bool:
    return all(b in {a, dc.TOTAL} for a, b in zip(key, cell_labels, strict=True))


def label(value: object) -> str:
    """The label that a value has in a table."""
    if value is None:
        return dc.MISSING
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"[{text}" if text.startswith("[") else text


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cell(value: Any) -> str:
    """A value, or the values that a row is spread over."""
    if isinstance(value, range):
        return f"{value[0]} to {value[-1]}"
    if not isinstance(value, tuple):
        return one(value)
    runs = [(one(item), len(list(same))) for item, same in groupby(value)]
    told = [
        text if many == 1 else f"{text} ({many} times)" if many > 3 else ", ".join([text] * many)
        for text, many in runs
    ]
    rest = f", ... ({len(value):,} values)" if len(told) > SHOWN_VALUES else ""
    return ", ".join(told[:SHOWN_VALUES]) + rest


def one(value: object) -> str:
    """One value."""
    if value is None:
        return "missing"
    return f"{value:.12g}" if isinstance(value, float) else escaped(str(value) or '""')


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(_ESCAPED.get(sign, sign) for sign in text)


def call(ask: Ask) -> str:
    """The call as a researcher types it."""
    frame = "path" if isinstance(ask.given, File) else "frame"
    inner = ", ".join([frame, *named(ask.arguments)])
    if ask.call == "scan_file":
        return f"scan_file(path, policy, {', '.join(named(ask.arguments))})"
    if ask.call in {"count_table", "magnitude_table"}:
        return f"dc.assess(dc.{ask.call}({inner}), policy)"
    study = ", ".join(["policy", *named(ask.study)])
    then = "".join(f".{name}({', '.join(map(repr, rest))})" for name, *rest in ask.then)
    return f"dc.Study({study}).{ask.call}({inner}){then}"


def named(arguments: Mapping[str, Any]) -> list[str]:
    """Arguments by name."""
    return [f"{name}={written(value)}" for name, value in arguments.items()]


def written(value: Any) -> str:
    """An argument as it is typed."""
    if isinstance(value, Tree):
        return f"dc.Hierarchy.from_parents({dict(value.parents)!r})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {written(item)}" for key, item in value.items()) + "}"
    return value.__name__ if callable(value) else repr(value)


def policy(chosen: dc.Policy | str) -> str:
    """A named policy, or the numbers of the example."""
    if isinstance(chosen, str):
        return f"`{chosen}`"
    numbers = {
        name: value
        for name, value in chosen.to_mapping().items()
        if value != _QUIET.to_mapping()[name]
    }
    told = ", ".join(f"`{name}` = {value}" for name, value in numbers.items())
    return told or "one in which no threshold can be broken"


def changes(case: Case) -> Iterator[str]:
    """What is handed in instead of the figures."""
    if case.hand_in is None:
        return
    told = []
    for labels, (value, status) in case.hand_in.changes.items():
        figure = "nothing" if value is None else f"{value:.12g}"
        told.append(f"({', '.join(map(dc.plain, labels))}) as {figure}, {status}")
    told += [f"({', '.join(map(dc.plain, cell))}) left out" for cell in case.hand_in.without]
    yield "the released figures, with " + "; ".join(told) if told else "the released figures"
