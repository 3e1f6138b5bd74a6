"""One renderer for notebook, terminal and desk. Unsafe cells are masked in all of them.

A cell that is unsafe, hidden for another, or left to people carries three signals: a fill, a border
and a letter. Text is escaped, and there is no script.
"""

from collections.abc import Sequence
from html import escape

from disclosure_control.explain import summary
from disclosure_control.frames import TOTAL, plain
from disclosure_control.markup import Figure, Line, table_markup
from disclosure_control.outputs.output import Output

MASK = "."
PRIMARY_LETTER, SECONDARY_LETTER, REVIEW_LETTER = "p", "s", "r"
STYLE = {
    "table": "border-collapse:collapse",
    "caption": "text-align:left;white-space:nowrap;font-weight:bold",
    "head": "border:1px solid #c8ccd2;padding:2px 8px;text-align:left;background:#eef1f5;"
    "color:#111",
    "figure": "border:1px solid #c8ccd2;padding:2px 8px;text-align:right",
    PRIMARY_LETTER: "padding:2px 8px;text-align:right;background:#fde2e0;"
    "border:2px solid #8c1d18;color:#5c0f0b",
    SECONDARY_LETTER: "padding:2px 8px;text-align:right;background:#fff1d6;"
    "border:2px dashed #7a4a00;color:#4d2f00",
    REVIEW_LETTER: "padding:2px 8px;text-align:right;background:#e3eefc;"
    "border:2px dotted #1b4f8f;color:#0f2f57",
}
MAXIMUM_ROWS = 200
"""How many rows a notebook or terminal shows; the rest is in ``released``."""

Shown = tuple[tuple[str, ...], float | None, str]


def marks(output: Output) -> list[str]:
    """For each cell ``p`` (unsafe itself), ``s`` (hidden for another), ``r`` or nothing."""
    evaluation = output.evaluation
    unsafe = evaluation.flagged(evaluation.unsafe)
    decide = evaluation.flagged()
    return [
        _mark(unsafe=bool(bad), hidden=bool(gone), decide=bool(odd))
        for bad, gone, odd in zip(unsafe, output.flags, decide, strict=True)
    ]


def _mark(*, unsafe: bool, hidden: bool, decide: bool) -> str:
    if unsafe or (hidden and decide):
        return PRIMARY_LETTER
    if hidden:
        return SECONDARY_LETTER
    return REVIEW_LETTER if decide else ""


def as_text(output: Output) -> str:
    """The output for a terminal, unsafe cells masked."""
    lines = [f"{output.recipe.title}  [{output.verdict.name}, policy {output.policy.name}]"]
    every = _cells(output)
    digits = _digits(every, output)
    for labels, value, mark in every[:MAXIMUM_ROWS]:
        shown = MASK if value is None and mark else _number(value, digits)
        note = f" ({mark})" if mark else ""
        names = " | ".join(plain(text) for text in labels)
        lines.append(f"  {names}: {shown}{note}")
    if len(every) > MAXIMUM_ROWS:
        lines.append(f"  ... {len(every) - MAXIMUM_ROWS} more cells in .released")
    return "\n".join([*lines, *summary(output)])


def as_html(output: Output) -> str:
    """The output as HTML, unsafe cells masked, with caption, headers and legend."""
    words = "".join(f"<p>{escape(line)}</p>" for line in summary(output))
    return f'<div style="font:14px sans-serif">{_table(output)}{words}</div>'


def _inline(kind: str) -> str:
    return f' style="{STYLE[kind]}"'


def _table(output: Output) -> str:
    every = _cells(output)
    digits = _digits(every, output)
    cells = {labels: _cell(value, mark, digits) for labels, value, mark in every}
    split = _split(output)
    rows = list(dict.fromkeys(labels[:split] for labels in cells))
    columns = list(dict.fromkeys(labels[split:] for labels in cells))
    name = output.recipe.statistic
    lines = [
        Line(
            (_words(row, output) or name,),
            tuple(cells.get(row + column, Figure("")) for column in columns),
            _depth(row, output),
        )
        for row in rows[:MAXIMUM_ROWS]
    ]
    caption = f"{output.recipe.title} ({output.verdict.name}, policy {output.policy.name})"
    heads = [_corner(output, split), *(_words(column, output) or name for column in columns)]
    more = len(rows) - MAXIMUM_ROWS
    rest = f"<p>{more} more rows in .released</p>" if more > 0 else ""
    return table_markup(caption, heads, lines, _inline) + rest


def _corner(output: Output, split: int) -> str:
    """What stands in the rows and what above the columns."""
    sides = (output.columns[:split], output.columns[split:])
    return " \\ ".join(" x ".join(names) for names in sides if names)


def _depth(row: tuple[str, ...], output: Output) -> int:
    """How deep the node of a row lies in its tree."""
    trees = {name: (nodes, parents) for name, nodes, parents in output.recipe.hierarchies}
    if len(row) != 1 or output.columns[0] not in trees or row[0] == TOTAL:
        return 0
    nodes, parents = trees[output.columns[0]]
    depth, place = 0, nodes.index(row[0]) if row[0] in nodes else -1
    while place >= 0 and parents[place] >= 0:
        depth, place = depth + 1, parents[place]
    return depth


def _cells(output: Output) -> list[Shown]:
    labels = output.released.select(output.columns).rows()
    values = output.released["value"]
    return [
        (tuple(row), value, mark)
        for row, value, mark in zip(labels, values, marks(output), strict=True)
    ]


def _split(output: Output) -> int:
    """How many label columns stand in front of the rows; the others head the columns."""
    if output.columns == output.recipe.dimensions:
        return len(output.columns) - len(output.recipe.columns)
    return max(1, len(output.columns) - 1)


def _cell(value: float | None, mark: str, digits: int | None) -> Figure:
    return Figure(MASK if value is None and mark else _number(value, digits), mark)


def _words(labels: tuple[str, ...], output: Output) -> str:
    last = len(labels) == 1 and labels and output.columns[-1:] == ("until",)
    before = "until " if last and output.columns[:1] != output.columns[-1:] else ""
    return before + " x ".join(plain(text) for text in labels)


def _digits(cells: Sequence[Shown], output: Output) -> int | None:
    """How many decimals all figures of a table have; null where each goes by its own size."""
    values = [value for _, value, _ in cells if value is not None]
    if "measure" in output.columns and "term" in output.columns:
        return None
    if all(float(value).is_integer() for value in values):
        return 0
    largest = max(abs(value) for value in values)
    return 2 if largest >= 10 else 3 if largest >= 1 else 4


def _number(value: float | None, digits: int | None) -> str:
    """A figure with ``digits`` decimals, or to four digits that matter."""
    if value is None:
        return ""
    if digits is not None:
        return f"{value:,.{digits}f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
