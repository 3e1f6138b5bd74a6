"""One renderer for notebook, terminal and desk. Unsafe cells are masked in all of them.

A hidden or unsafe cell carries three signals: a fill, a border and a letter. Text is escaped, and
there is no script.
"""

from html import escape
from itertools import product

import polars as pl

from disclosure_control.frames import TOTAL, plain
from disclosure_control.outputs.crosstab import Output

MASK = "."
PRIMARY_LETTER, SECONDARY_LETTER = "p", "s"
STYLE = {
    PRIMARY_LETTER: "background:#fde2e0;border:2px solid #8c1d18;color:#5c0f0b",
    SECONDARY_LETTER: "background:#fff1d6;border:2px dashed #7a4a00;color:#4d2f00",
}
_PLAIN_CELL = "border:1px solid #c8ccd2;padding:2px 8px;text-align:right"
_HEAD_CELL = (
    "border:1px solid #c8ccd2;padding:2px 8px;text-align:left;background:#eef1f5;color:#111"
)


def marks(output: Output) -> list[str]:
    """For each cell ``p`` (unsafe itself), ``s`` (hidden for another) or nothing."""
    from disclosure_control.suppression.build import flag_cells

    unsafe = flag_cells(output.table, output.findings)
    hidden = (output.released["status"] != "shown").to_numpy()
    return [
        PRIMARY_LETTER if bad else SECONDARY_LETTER if gone else ""
        for bad, gone in zip(unsafe, hidden, strict=True)
    ]


def as_text(output: Output) -> str:
    """The table for a terminal, unsafe cells masked."""
    recipe = output.recipe
    lines = [f"{recipe.title}  [{output.verdict.name}, policy {output.policy.name}]"]
    rows = output.released.select(recipe.dimensions).rows()
    for labels, value, mark in zip(rows, output.released["value"], marks(output), strict=True):
        shown = f"{MASK} ({mark})" if mark else _number(value)
        lines.append("  " + " | ".join(plain(text) for text in labels) + f": {shown}")
    lines.append(_summary(output))
    return "\n".join(lines)


def as_html(output: Output) -> str:
    """The table as HTML, unsafe cells masked, with caption, headers and legend."""
    recipe = output.recipe
    cells = _by_labels(output)
    row_heads = _heads(output, recipe.rows)
    column_heads = _heads(output, recipe.columns)
    head = "".join(f'<th scope="col" style="{_HEAD_CELL}">{_title(c)}</th>' for c in column_heads)
    body = "".join(
        f'<tr><th scope="row" style="{_HEAD_CELL}">{_title(row)}</th>'
        + "".join(cells[row + column] for column in column_heads)
        + "</tr>"
        for row in row_heads
    )
    corner = escape(" x ".join(recipe.rows) or recipe.title)
    return (
        f'<table style="border-collapse:collapse;font:14px sans-serif"><caption '
        f'style="text-align:left"><strong>{escape(recipe.title)}</strong> '
        f"({escape(output.verdict.name)}, policy {escape(output.policy.name)})</caption>"
        f'<thead><tr><th scope="col" style="{_HEAD_CELL}">{corner}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table><p>{escape(_summary(output))}</p>"
    )


def explain(output: Output) -> str:
    """Every finding in words, with what to do."""
    if output.protected is not None:
        return _summary(output)
    if output.findings.is_empty():
        return "Nothing unsafe was found."
    lines = []
    for row in output.findings.iter_rows(named=True):
        place = ", ".join(plain(row[name] or TOTAL) for name in output.recipe.dimensions)
        lines.append(f"({place}): {row['reason']}. {row['remedy'].capitalize()}.")
    return "\n".join(lines)


def _by_labels(output: Output) -> dict[tuple[str, ...], str]:
    labels: list[tuple[str, ...]] = output.released.select(output.recipe.dimensions).rows()
    found = {}
    for key, value, mark in zip(labels, output.released["value"], marks(output), strict=True):
        style = f"{_PLAIN_CELL};{STYLE[mark]}" if mark else _PLAIN_CELL
        shown = f"{MASK}<sup>{mark}</sup>" if mark else escape(_number(value))
        found[key] = f'<td style="{style}">{shown}</td>'
    return found


def _heads(output: Output, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    places = [output.recipe.dimensions.index(name) for name in names]
    return list(product(*((*output.table.levels[place], TOTAL) for place in places)))


def _title(labels: tuple[str, ...]) -> str:
    return escape(" x ".join(plain(text) for text in labels) or "value")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _summary(output: Output) -> str:
    letters = pl.Series(marks(output))
    unsafe = int((letters == PRIMARY_LETTER).sum())
    others = int((letters == SECONDARY_LETTER).sum())
    if not unsafe and not others:
        return "No cell is hidden."
    words = f"{MASK} = not shown: {unsafe} unsafe ({PRIMARY_LETTER})"
    if output.protected is None:
        return f"{words}. Use .protect() to hide what must be hidden besides."
    return f"{words}, {others} hidden so that those cannot be computed back ({SECONDARY_LETTER})."
