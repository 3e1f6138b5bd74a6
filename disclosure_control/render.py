"""One renderer for notebook, terminal and desk. Unsafe cells are masked in all of them.

A cell that is unsafe, hidden for another, or left to people carries three signals: a fill, a border
and a letter. Text is escaped, and there is no script.
"""

from html import escape

from disclosure_control.explain import summary
from disclosure_control.frames import plain
from disclosure_control.outputs.output import Output

MASK = "."
PRIMARY_LETTER, SECONDARY_LETTER, REVIEW_LETTER = "p", "s", "r"
STYLE = {
    PRIMARY_LETTER: "background:#fde2e0;border:2px solid #8c1d18;color:#5c0f0b",
    SECONDARY_LETTER: "background:#fff1d6;border:2px dashed #7a4a00;color:#4d2f00",
    REVIEW_LETTER: "background:#e3eefc;border:2px dotted #1b4f8f;color:#0f2f57",
}
_PLAIN_CELL = "border:1px solid #c8ccd2;padding:2px 8px;text-align:right"
_HEAD_CELL = (
    "border:1px solid #c8ccd2;padding:2px 8px;text-align:left;background:#eef1f5;color:#111"
)
MAXIMUM_ROWS = 200
"""How many rows a notebook or terminal shows; the rest is in ``released``."""


def marks(output: Output) -> list[str]:
    """For each cell ``p`` (unsafe itself), ``s`` (hidden for another), ``r`` or nothing."""
    evaluation = output.evaluation
    unsafe = evaluation.flagged(evaluation.unsafe)
    decide = evaluation.flagged()
    return [
        PRIMARY_LETTER
        if bad or (gone and odd)
        else SECONDARY_LETTER
        if gone
        else REVIEW_LETTER
        if odd
        else ""
        for bad, gone, odd in zip(unsafe, output.flags, decide, strict=True)
    ]


def as_text(output: Output) -> str:
    """The output for a terminal, unsafe cells masked."""
    lines = [f"{output.recipe.title}  [{output.verdict.name}, policy {output.policy.name}]"]
    every = _cells(output)
    for labels, value, mark in every[:MAXIMUM_ROWS]:
        shown = f"{MASK} ({mark})" if value is None and mark else _number(value)
        note = f" ({mark})" if value is not None and mark else ""
        lines.append("  " + " | ".join(plain(text) for text in labels) + f": {shown}{note}")
    if len(every) > MAXIMUM_ROWS:
        lines.append(f"  ... {len(every) - MAXIMUM_ROWS} more cells in .released")
    return "\n".join([*lines, *summary(output)])


def as_html(output: Output) -> str:
    """The output as HTML, unsafe cells masked, with caption, headers and legend."""
    title = f"<strong>{escape(output.recipe.title)}</strong>"
    verdict = f"{escape(output.verdict.name)}, policy {escape(output.policy.name)}"
    words = "".join(f"<p>{escape(line)}</p>" for line in summary(output))
    table = _table(output, f"{title} ({verdict})")
    return f'<div style="font:14px sans-serif">{table}{words}</div>'


def _table(output: Output, caption: str) -> str:
    cells = {labels: _html_cell(value, mark) for labels, value, mark in _cells(output)}
    split = _split(output)
    rows = list(dict.fromkeys(labels[:split] for labels in cells))
    columns = list(dict.fromkeys(labels[split:] for labels in cells))
    head = "".join(f'<th scope="col" style="{_HEAD_CELL}">{_title(c)}</th>' for c in columns)
    blank = f'<td style="{_PLAIN_CELL}"></td>'
    body = "".join(
        f'<tr><th scope="row" style="{_HEAD_CELL}">{_title(row)}</th>'
        + "".join(cells.get(row + column, blank) for column in columns)
        + "</tr>"
        for row in rows[:MAXIMUM_ROWS]
    )
    more = len(rows) - MAXIMUM_ROWS
    rest = f"<p>{more} more rows in .released</p>" if more > 0 else ""
    corner = escape(" x ".join(output.columns[:split]) or output.recipe.statistic)
    return (
        f'<table style="border-collapse:collapse"><caption style="text-align:left">{caption}'
        f'</caption><thead><tr><th scope="col" style="{_HEAD_CELL}">{corner}</th>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table>{rest}"
    )


def _cells(output: Output) -> list[tuple[tuple[str, ...], float | None, str]]:
    labels = output.released.select(output.columns).rows()
    values = output.released["value"]
    return [
        (tuple(row), value, mark)
        for row, value, mark in zip(labels, values, marks(output), strict=True)
    ]


def _split(output: Output) -> int:
    """How many label columns stand in front of the rows; the others head the columns."""
    beside = len(output.recipe.columns) if output.columns == output.recipe.dimensions else 1
    return len(output.columns) - beside


def _html_cell(value: float | None, mark: str) -> str:
    style = f"{_PLAIN_CELL};{STYLE[mark]}" if mark else _PLAIN_CELL
    shown = MASK if value is None and mark else escape(_number(value))
    letter = f"<sup>{mark}</sup>" if mark else ""
    return f'<td style="{style}">{shown}{letter}</td>'


def _title(labels: tuple[str, ...]) -> str:
    return escape(" x ".join(plain(text) for text in labels) or "value")


def _number(value: float | None) -> str:
    """Whole numbers whole, others to four digits that matter."""
    if value is None:
        return ""
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 100 else f"{value:.4g}"
