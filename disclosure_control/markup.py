"""One way of drawing a table in HTML, for notebook and desk: escaped, without script.

A notebook takes inline styles, for its page has none of ours; the desk takes classes, for its
content security policy forbids inline styles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

Look = Callable[[str], str]
"""From the kind of a part (table, caption, head, figure, or a mark) to its HTML attribute."""


@dataclass(frozen=True)
class Figure:
    """One cell: its text, and the letter that says why it is marked (empty when it is not)."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """One row: its heads, its figures, and how deep its node lies in a tree."""

    heads: tuple[str, ...]
    figures: tuple[Figure, ...]
    depth: int = 0


def by_class(kind: str) -> str:
    """An attribute that names the kind as a class."""
    return f' class="{escape(kind)}"'


def table_markup(
    caption: str, heads: Sequence[str], lines: Sequence[Line], look: Look = by_class
) -> str:
    """The table as HTML. Every text is escaped here, and nowhere else.

    Args:
        caption: what stands above it.
        heads: the heads of all columns, those above the row heads first.
        lines: the rows.
        look: how each kind of part looks.
    """
    top = "".join(f'<th scope="col"{look("head")}>{escape(text)}</th>' for text in heads)
    body = "".join(_line(line, look) for line in lines)
    return (
        f"<table{look('table')}><caption{look('caption')}>{escape(caption)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _line(line: Line, look: Look) -> str:
    deep = "\u2003" * line.depth
    heads = "".join(
        f'<th scope="row"{look("head")}>{deep}{escape(text)}</th>' for text in line.heads
    )
    return f"<tr>{heads}{''.join(_figure(one, look) for one in line.figures)}</tr>"


def _figure(one: Figure, look: Look) -> str:
    letter = f" <b>{escape(one.mark)}</b>" if one.mark else ""
    kind = one.mark or "figure"
    return f"<td{look(kind)}>{escape(one.text)}{letter}</td>"
