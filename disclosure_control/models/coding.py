"""From terms to columns: which categorical is coded with a baseline, and which in full.

A term spans what all products of its categorical factors span. What earlier terms span already is
left out, so the columns are independent unless the data make them so. Hence ``y ~ C(g)`` has a
baseline and ``y ~ C(g) - 1`` has none. Source: Chambers and Hastie, Statistical Models in S (1992),
section 2.4.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from disclosure_control.models.formula import Factor, Formula, Term

INTERCEPT = "Intercept"


@dataclass(frozen=True)
class Column:
    """A column of the design.

    Args:
        name: as the coefficient is called: ``Intercept``, ``x``, ``C(g)[b]``, ``x:C(g)[b]``.
        numeric: the numeric factors whose product it holds.
        levels: categorical factors with the place of the level outside which it is zero.
    """

    name: str
    numeric: tuple[Factor, ...] = ()
    levels: tuple[tuple[Factor, int], ...] = ()


@dataclass(frozen=True)
class _Piece:
    """A product of factors; ``full`` are the categorical factors coded without a baseline."""

    factors: tuple[Factor, ...]
    full: frozenset[Factor]


def columns_of(formula: Formula, levels: Mapping[Factor, Sequence[str]]) -> Iterator[Column]:
    """The columns in order: intercept, main effects, then interactions by their size.

    Args:
        formula: the formula.
        levels: the categorical factors with their levels, the baseline first.
    """
    spanned: dict[frozenset[Factor], set[frozenset[Factor]]] = {}
    if formula.intercept:
        spanned[frozenset()] = {frozenset()}
        yield Column(INTERCEPT)
    for term in sorted(formula.terms, key=lambda term: len(term.factors)):
        numeric = frozenset(factor for factor in term.factors if factor not in levels)
        before = spanned.setdefault(numeric, set())
        for piece in _pieces(term, numeric, before):
            yield from _expanded(piece, levels)


def _pieces(
    term: Term, numeric: frozenset[Factor], before: set[frozenset[Factor]]
) -> Iterator[_Piece]:
    """What the term adds to the span; ``before`` grows by it."""
    categorical = [factor for factor in term.factors if factor not in numeric]
    new = [
        frozenset(chosen)
        for size in range(len(categorical) + 1)
        for chosen in combinations(categorical, size)
        if frozenset(chosen) not in before
    ]
    before.update(new)
    for held, full in _joined({(subset, frozenset()) for subset in new}, categorical):
        inside = tuple(factor for factor in term.factors if factor in numeric | held)
        yield _Piece(inside, full)


def _joined(
    parts: set[tuple[frozenset[Factor], frozenset[Factor]]], order: list[Factor]
) -> list[tuple[frozenset[Factor], frozenset[Factor]]]:
    """Parts (factors, those in full) joined: without f and with f together are f in full."""
    left = set(parts)

    def key(part: tuple[frozenset[Factor], frozenset[Factor]]) -> tuple[int, ...]:
        return (len(part[0]), *sorted(order.index(factor) for factor in part[0]))

    joining = True
    while joining:
        joining = False
        for held, full in sorted(left, key=key):
            for factor in order:
                larger = (held | {factor}, full)
                if factor not in held and larger in left:
                    left -= {(held, full), larger}
                    left.add((held | {factor}, full | {factor}))
                    joining = True
                    break
            if joining:
                break
    return sorted(left, key=key)


def _expanded(piece: _Piece, levels: Mapping[Factor, Sequence[str]]) -> Iterator[Column]:
    """The columns of a piece, the levels of its first factor running fastest."""
    numeric = tuple(factor for factor in piece.factors if factor not in levels)
    coded = [factor for factor in piece.factors if factor in levels]
    ranges = [range(0 if factor in piece.full else 1, len(levels[factor])) for factor in coded]
    for places in product(*reversed(ranges)):
        chosen = dict(zip(coded, reversed(places), strict=True))
        names = [
            f"{factor.text}[{levels[factor][chosen[factor]]}]" if factor in chosen else factor.text
            for factor in piece.factors
        ]
        yield Column(":".join(names), numeric, tuple(chosen.items()))
