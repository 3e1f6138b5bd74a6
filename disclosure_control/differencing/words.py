"""Equations in words, and in printed numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from disclosure_control.differencing.cells import PublishedCell

MOST_TERMS = 24
A_GROUP = "a small group"


@dataclass(frozen=True, eq=False)
class Term:
    """A shown cell of a table and how often it is added (subtracted when negative)."""

    factor: int
    table: str
    cell: PublishedCell


def in_words(subject: str, multiple: int, terms: Sequence[Term]) -> str:
    """``subject`` = cells by their labels; long equations are cut, and say so."""
    ordered = _ordered(terms)
    text = _joined([(t.factor, f"{t.cell.label} of {t.table}") for t in ordered[:MOST_TERMS]])
    more = f" and {len(ordered) - MOST_TERMS} further cells" if len(ordered) > MOST_TERMS else ""
    return f"{_times(multiple, subject)} = {text}{more}"


def in_numbers(multiple: int, terms: Sequence[Term]) -> str | None:
    """The same in printed values and their result; null when one was not printed as a number."""
    ordered = _ordered(terms)
    total = 0.0
    for term in ordered:
        if term.cell.value is None:
            return None
        total += term.factor * term.cell.value
    text = _joined([(t.factor, _number(t.cell.value or 0.0)) for t in ordered])
    result = _number(total) if multiple == 1 else f"{multiple} x {_number(total / multiple)}"
    return f"{text} = {result}"


def tables_of(terms: Sequence[Term], order: Sequence[str]) -> tuple[str, ...]:
    """The names of the tables in ``terms``, in the given order."""
    used = {term.table for term in terms}
    return tuple(name for name in dict.fromkeys(order) if name in used)


def _ordered(terms: Sequence[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: term.factor < 0)


def _joined(parts: Sequence[tuple[int, str]]) -> str:
    text = ""
    for place, (factor, what) in enumerate(parts):
        sign = " - " if factor < 0 else " + "
        lead = ("- " if factor < 0 else "") if place == 0 else sign
        text += lead + _times(abs(factor), what)
    return text


def _times(factor: int, what: str) -> str:
    return what if factor == 1 else f"{factor} x {what}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.12g}"
